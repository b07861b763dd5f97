/* Does whatever a registry does come back with an error and nothing left, whichever allocation fails?
 * (Leaks are seen by the sanitizer build of this test.) */
#include "harness.h"
#include "registry_rows.h"
#include "fault/alloc.h"

static oc_status build(oc_registry *r, oc_error *err) {
  const oc_graph_options with = {.registry = r};
  oc_graph *g;
  oc_status status = oc_graph_create(&with, &g, err);
  if (status != OC_OK) return status;
  oc_node y, x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 9, 9, 1));
  status = oc_net_build(g, x, "t.square 2 | t.wide 4 t.square | t.wide CLASSES", 3, NULL, &y, err);
  if (status == OC_OK) {
    const oc_optimizer_options how = {.name = "t.plain"};
    oc_minimize(g, oc_reduce_mean(g, oc_graph_custom_op(g, "t.square", &y, 1, NULL), 0), &how);
    status = oc_graph_status(g, err);
  }
  oc_graph_free(g);
  return status;
}

static oc_status use(oc_error *err) {
  oc_registry *r;
  oc_data data = {0};
  oc_status status = oc_registry_create(&r, err);
  if (status != OC_OK) return status;
  status = add_rows(r, err);
  if (status == OC_OK) status = build(r, err);
  if (status == OC_OK) status = oc_data_open("t.letters", &(oc_data_options){.registry = r}, &data, err);
  if (status != OC_OK && data.train) fail_msg("data is left after an error");
  oc_data_close(&data);
  oc_registry_free(r);
  return status;
}

static void no_failure_is_lost(void **state) {
  (void)state;
  long n = 0;
  for (;;) {
    oc_error err = {0};
    fault_fail_at(++n);
    const oc_status status = use(&err);
    const long used = fault_count();
    fault_fail_at(0);
    if (status == OC_OK && used < n) break;
    if (status != OC_E_MEMORY || err.code != OC_E_MEMORY || !err.message[0])
      fail_msg("allocation %ld: %s '%s'", n, oc_status_name(status), err.message);
  }
  assert_true(n > 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(no_failure_is_lost)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
