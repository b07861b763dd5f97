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

/* One pop too many is an error of the caller, which would put what follows into another scope. */
static void popped_too_often(void **state) {
  (void)state;
  oc_graph *g = graph();
  oc_error err;
  oc_scope_push(g, "a");
  oc_scope_pop(g);
  oc_scope_pop(g);
  assert_fails(oc_graph_status(g, &err), OC_E_ARGUMENT, err, "no scope is open");
  oc_graph_clear_error(g);
  assert_named(g, "x", "x");
  oc_graph_free(g);
}

/* The least number that is free, also where one became free between others. */
static void numbers_that_became_free(void **state) {
  (void)state;
  oc_graph *g = graph();
  assert_named(g, "x", "x");
  const oc_node one = oc_named(g, oc_scalar(g, 1), "x"), two = oc_named(g, oc_scalar(g, 1), "x");
  assert_string_equal(oc_node_name(g, two), "x_2");
  assert_named(g, "x", "x_3");
  oc_named(g, one, "y");
  assert_named(g, "x", "x_1");
  assert_named(g, "x", "x_4");
  assert_named(g, "x_2", "x_2_1");
  oc_named(g, oc_find(g, "x"), "z");
  assert_named(g, "x", "x");
  assert_named(g, "x", "x_5");
  oc_graph_free(g);
}

/* With a search through all equal names this would take minutes. */
static void many_equal_names(void **state) {
  (void)state;
  enum { MANY = 100000 };
  oc_graph *g = graph();
  char last[32];
  for (int i = 1; i < MANY; i++) oc_named(g, oc_scalar(g, i), "x");
  (void)snprintf(last, sizeof last, "x_%d", MANY - 1);
  assert_named(g, "x", last);
  oc_graph_free(g);
}

/* A table full of removed names would be searched forever. */
static void renamed_often(void **state) {
  (void)state;
  oc_graph *g = graph();
  const oc_node x = oc_scalar(g, 1);
  char name[32];
  for (int i = 0; i < 10000; i++) {
    (void)snprintf(name, sizeof name, "name%d", i);
    oc_named(g, x, name);
  }
  assert_string_equal(oc_node_name(g, oc_find(g, "name9999")), "name9999");
  assert_false(oc_node_valid(oc_find(g, "name0")));
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
  assert_fails(oc_graph_status(g, &err), OC_E_ARGUMENT, err, "invalid scope");
  oc_graph_free(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nested),           cmocka_unit_test(slash_in_a_scope),
      cmocka_unit_test(made_unique),      cmocka_unit_test(deepest),
      cmocka_unit_test(popped_too_often), cmocka_unit_test(numbers_that_became_free),
      cmocka_unit_test(many_equal_names), cmocka_unit_test(renamed_often),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
