/* Scopes and names: what a name becomes inside scopes, how names are kept apart, how scopes end. */
#include "harness.h"
#include "ocellus/ocellus.h"

static oc_graph *graph(void) {
  oc_graph *g;
  oc_error err;
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  return g;
}

static void assert_named(oc_graph *g, const char *wanted, const char *full) {
  assert_string_equal(oc_node_name(g, oc_named(g, oc_scalar(g, 1), wanted)), full);
}

static void nested(void **state) {
  (void)state;
  oc_graph *g = graph();
  oc_scope_push(g, "a");
  oc_scope_push(g, "b");
  assert_named(g, "x", "a/b/x");
  oc_scope_pop(g);
  assert_named(g, "x", "a/x");
  oc_scope_pop(g);
  assert_named(g, "x", "x");
  oc_graph_free(g);
}

/* One pop takes away what one push added, however many parts its name has. */
static void slash_in_a_scope(void **state) {
  (void)state;
  oc_graph *g = graph();
  oc_scope_push(g, "outer");
  oc_scope_push(g, "block/conv");
  assert_named(g, "x", "outer/block/conv/x");
  oc_scope_pop(g);
  assert_named(g, "x", "outer/x");
  oc_scope_pop(g);
  oc_scope_pop(g); /* one too many: nothing to end */
  assert_named(g, "x", "x");
  oc_graph_free(g);
}

static void made_unique(void **state) {
  (void)state;
  oc_graph *g = graph();
  assert_named(g, "x", "x");
  assert_named(g, "x", "x_1");
  assert_named(g, "x", "x_2");
  oc_graph_free(g);
}

/* As many scopes as 255 characters hold; one more is refused, and the graph says so. */
static void deepest(void **state) {
  (void)state;
  oc_graph *g = graph();
  oc_error err;
  for (int i = 0; i < 128; i++) oc_scope_push(g, "s");
  assert_ok(oc_graph_status(g, &err), err);
  for (int i = 0; i < 127; i++) oc_scope_pop(g);
  assert_named(g, "x", "s/x");
  for (int i = 0; i < 128; i++) oc_scope_push(g, "s");
  assert_fails(oc_graph_status(g, &err), OC_E_ARGUMENT, err, "cannot be a scope");
  oc_graph_free(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nested),
      cmocka_unit_test(slash_in_a_scope),
      cmocka_unit_test(made_unique),
      cmocka_unit_test(deepest),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
