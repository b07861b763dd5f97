/* Initial values: limits and moments of each law, the same numbers in float and double, and what they depend
 * on. */
#include "harness.h"
#include "graph/init.h"
#include <math.h>

enum { COUNT = 5 * 5 * 20 * 30 };
static double values[COUNT], other[COUNT];

/* Fills `out` for a kernel of 5x5x20x30: fan-in 500, fan-out 750. */
static void fill(oc_init_kind kind, uint64_t seed, uint64_t variable, double *out) {
  oc_init init = oc_init_of(kind);
  const oc_shape shape = OC_SHAPE(5, 5, 20, 30);
  oc_error err;
  init.value = -2.5;
  assert_ok(oc_init_fill(&init, &shape, OC_F64, seed, variable, out, &err), err);
}

static double mean(void) {
  double sum = 0;
  for (int i = 0; i < COUNT; i++) sum += values[i];
  return sum / COUNT;
}
static double variance(void) {
  double sum = 0;
  for (int i = 0; i < COUNT; i++) sum += values[i] * values[i];
  return sum / COUNT;
}
static double largest(void) {
  double most = 0;
  for (int i = 0; i < COUNT; i++) most = fmax(most, fabs(values[i]));
  return most;
}

static void fixed(void **state) {
  (void)state;
  fill(OC_INIT_ZEROS, 1, 0, values);
  assert_true(largest() == 0);
  fill(OC_INIT_ONES, 1, 0, values);
  assert_true(mean() == 1);
  fill(OC_INIT_CONSTANT, 1, 0, values);
  assert_true(mean() == -2.5);
}

/* Variance 2 / (in + out) or 2 / in; a uniform law ends at sqrt(3) deviations, which 15,000 draws come close
 * to. */
static void laws(void **state) {
  (void)state;
  const struct {
    oc_init_kind kind;
    double variance;
    bool uniform;
  } rows[] = {{OC_INIT_GLOROT_UNIFORM, 2.0 / 1250, true},
              {OC_INIT_GLOROT_NORMAL, 2.0 / 1250, false},
              {OC_INIT_HE_UNIFORM, 2.0 / 500, true},
              {OC_INIT_HE_NORMAL, 2.0 / 500, false}};
  for (int i = 0; i < 4; i++) {
    const double deviation = sqrt(rows[i].variance), end = sqrt(3) * deviation;
    fill(rows[i].kind, 1, 0, values);
    assert_true(fabs(mean()) < 4 * deviation / sqrt(COUNT));
    assert_true(fabs(variance() / rows[i].variance - 1) < 0.05);
    if (rows[i].uniform)
      assert_true(largest() <= end && largest() > 0.999 * end);
    else
      assert_true(largest() > 3.3 * deviation); /* not truncated */
  }
}

static double deviation_for(oc_shape shape, oc_init_kind kind, int64_t count) {
  const oc_init init = oc_init_of(kind);
  oc_error err;
  assert_ok(oc_init_fill(&init, &shape, OC_F64, 1, 0, values, &err), err);
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += values[i] * values[i];
  return sqrt(sum / (double)count);
}

static void fans(void **state) {
  (void)state;
  assert_true(fabs(deviation_for(OC_SHAPE(50, 200), OC_INIT_HE_NORMAL, 10000) - 0.2) < 0.01); /* in 50 */
  assert_true(fabs(deviation_for(OC_SHAPE(50, 200), OC_INIT_GLOROT_NORMAL, 10000) - 0.08944) <
              0.005); /* 250 */
  assert_true(fabs(deviation_for(OC_SHAPE(5000), OC_INIT_GLOROT_NORMAL, 5000) - 0.014142) <
              0.001); /* 10000 */
}

static void same_in_float(void **state) {
  (void)state;
  static float rounded[COUNT];
  const oc_init_kind kinds[] = {OC_INIT_GLOROT_UNIFORM, OC_INIT_HE_NORMAL};
  const oc_shape shape = OC_SHAPE(5, 5, 20, 30);
  for (int k = 0; k < 2; k++) {
    const oc_init init = oc_init_of(kinds[k]);
    oc_error err;
    fill(kinds[k], 7, 3, values);
    assert_ok(oc_init_fill(&init, &shape, OC_F32, 7, 3, rounded, &err), err);
    for (int i = 0; i < COUNT; i++) assert_true(rounded[i] == (float)values[i]);
  }
}

static void what_it_depends_on(void **state) {
  (void)state;
  fill(OC_INIT_HE_NORMAL, 7, 3, values);
  fill(OC_INIT_HE_NORMAL, 7, 3, other);
  assert_memory_equal(values, other, sizeof values);
  fill(OC_INIT_HE_NORMAL, 7, 4, other);
  int equal = 0;
  for (int i = 0; i < COUNT; i++) equal += values[i] == other[i];
  fill(OC_INIT_HE_NORMAL, 8, 3, other);
  for (int i = 0; i < COUNT; i++) equal += values[i] == other[i];
  assert_int_equal(equal, 0);
}

static void refusals(void **state) {
  (void)state;
  const oc_init init = {.kind = (oc_init_kind)99};
  const oc_shape shape = OC_SHAPE(1), negative = OC_SHAPE(-3);
  oc_error err;
  assert_fails(oc_init_fill(&init, &shape, OC_F32, 1, 0, values, &err), OC_E_ARGUMENT, err, "99");
  assert_fails(oc_init_fill(&init, &negative, OC_F32, 1, 0, values, &err), OC_E_ARGUMENT, err, "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fixed),
      cmocka_unit_test(laws),
      cmocka_unit_test(fans),
      cmocka_unit_test(same_in_float),
      cmocka_unit_test(what_it_depends_on),
      cmocka_unit_test(refusals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
