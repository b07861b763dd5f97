/* Is the average of variables that of numbers, for any layout of a matrix and any number of threads? */
#include "harness.h"
#include "plan/session.h"
#include <math.h>

enum { ROWS = 300, COLUMNS = 123, STATES = 7, STEPS = 5 };

typedef struct sessions {
  oc_graph *g;
  oc_session *of, *average;
} sessions;

/* A matrix, a vector, a state between them, and one that is not averaged. */
static sessions make_sessions(int threads) {
  sessions s;
  oc_error err;
  oc_init state = oc_init_of(OC_INIT_ZEROS);
  state.not_trainable = true;
  const oc_session_options options = {.threads = threads};
  assert_ok(oc_graph_create(NULL, &s.g, &err), err);
  oc_variable(s.g, "w", OC_SHAPE(ROWS, COLUMNS), oc_init_of(OC_INIT_HE_NORMAL));
  oc_variable(s.g, "mean", OC_SHAPE(STATES), state);
  oc_variable(s.g, "b", OC_SHAPE(COLUMNS), oc_init_of(OC_INIT_ZEROS));
  oc_variable(s.g, "step", OC_SHAPE(STATES), state);
  assert_ok(oc_session_create(s.g, &options, &s.of, &err), err);
  assert_ok(oc_session_create(s.g, &options, &s.average, &err), err);
  return s;
}

static double value_at(int step, int variable, int i) {
  return ((i * 37 + variable * 11 + step * 101) % 257 - 128) / 64.0;
}

static void set_values(oc_session *s, int step) {
  static const int counts[] = {ROWS * COLUMNS, STATES, COLUMNS, STATES};
  for (int v = 0; v < 4; v++) {
    float *values = oc_variable_value(s, v).data;
    for (int i = 0; i < counts[v]; i++) values[i] = (float)value_at(step, v, i);
  }
}

static void check_average(const oc_session *average, int variable, int count, double keep) {
  static float values[ROWS * COLUMNS];
  oc_error err;
  assert_ok(oc_variable_get(average, variable, values, (size_t)count * sizeof *values, &err), err);
  for (int i = 0; i < count; i++) {
    double wanted = value_at(0, variable, i);
    for (int step = 1; step < STEPS; step++)
      wanted = keep * wanted + (1 - keep) * value_at(step, variable, i);
    if (!(fabs((double)values[i] - wanted) < 1e-5))
      fail_msg("variable %d, element %d: %g, expected %g", variable, i, (double)values[i], wanted);
  }
}

static void an_average_is_that_of_numbers(void **state) {
  (void)state;
  static float first[ROWS * COLUMNS], again[ROWS * COLUMNS];
  oc_error err;
  for (int threads = 1; threads <= 3; threads++) {
    sessions s = make_sessions(threads);
    assert_ok(oc_variable_allow_transposed(s.of, 0, &err), err);
    assert_ok(oc_variables_average_prepare(s.average, s.of, 3, &err), err);
    for (int step = 0; step < STEPS; step++) {
      set_values(s.of, step);
      oc_variable_set_transposed(s.of, 0, step % 3 != 0);
      if (step == 4) oc_variable_set_transposed(s.average, 0, false); /* as validation may leave it */
      oc_variables_average(s.average, s.of, 3, step == 0 ? 0 : 0.75);
    }
    check_average(s.average, 0, ROWS * COLUMNS, 0.75);
    check_average(s.average, 1, STATES, 0.75);
    check_average(s.average, 2, COLUMNS, 0.75);
    const float *untouched = oc_variable_view(s.average, 3).data;
    for (int i = 0; i < STATES; i++) assert_true(untouched[i] == 0);
    assert_ok(oc_variable_get(s.average, 0, threads == 1 ? first : again, sizeof first, &err), err);
    if (threads > 1) assert_memory_equal(first, again, sizeof first);
    oc_session_free(s.of);
    oc_session_free(s.average);
    oc_graph_free(s.g);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(an_average_is_that_of_numbers)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
