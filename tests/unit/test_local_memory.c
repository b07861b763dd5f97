/* Has every value that lives within a chunk a place in the worker's own memory, also one that is the sum of a
 * step's parts and the only one there? */
#include "plan_fixture.h"
#include "plan/plan.h"

/* A product whose parts are added in the segment of the normalization, which fetches leave alone there. */
#define NET "dense 128 bn relu | dense CLASSES"
enum { SIDE = 28, CHANNELS = 3, UNITS = 128 };

static oc_plan *plan_of(fixture *f, const char *fetch) {
  const oc_node node = oc_find(f->g, fetch);
  const oc_plan_options o = {.batch = BATCH};
  oc_error err = {0};
  oc_plan *plan;
  check(oc_plan_create(f->s, &node, 1, &o, &plan, &err), &err);
  check(oc_plan_bind(plan, f->tf_x, f->x, &err), &err);
  check(oc_plan_run(plan, BATCH, (oc_rng_counter){0, 0}, &err), &err);
  return plan;
}

/* Returns how many are sums. */
static int check_places(const oc_plan *p) {
  int sums = 0;
  for (int32_t v = 0; v < p->value_count; v++) {
    const oc_plan_value *value = &p->values[v];
    if (value->storage != OC_STORE_LOCAL || value->view_of >= 0) continue;
    const oc_segment *segment = &p->segments[p->steps[value->producer].segment];
    if (value->offset + oc_plan_value_bytes(value, segment->chunk) > p->local_bytes)
      fail_msg("%s ends after the memory of %zu bytes", value->name, p->local_bytes);
    sums += value->summed;
  }
  return sums;
}

static void a_sum_alone_has_a_place(void **state) {
  (void)state;
  oc_session_options reference = oc_session_defaults();
  reference.reference_only = reference.no_fusion = true;
  fixture *f = make(NET, SIDE, CHANNELS, NULL), *r = make(NET, SIDE, CHANNELS, &reference);
  oc_plan *have = plan_of(f, "fc_1/activation"), *want = plan_of(r, "fc_1/activation");
  const float *x = oc_plan_result(want, 0).data, *y = oc_plan_result(have, 0).data;
  if (check_places(have) == 0) skip(); /* no kernel at this level adds parts */
  for (int i = 0; i < BATCH * UNITS; i++) assert_float_equal(x[i], y[i], 1e-4);
  oc_plan_free(have);
  oc_plan_free(want);
  release(f);
  release(r);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_sum_alone_has_a_place)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
