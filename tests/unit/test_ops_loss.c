/* softmax, log_softmax, cross-entropy, L2 penalty: values against formulas in long double, and logits at the
 * ends of the type's range. */
#include "harness.h"
#include "op_case.h"

enum { ROWS = 5, CLASSES = 7 };

static long double log_sum_exp(const double *x) {
  long double sum = 0;
  for (int j = 0; j < CLASSES; j++) sum += expl((long double)x[j]);
  return logl(sum);
}

static double *logits(oc_dtype type) {
  double *x = case_noises(1, ROWS * CLASSES);
  for (int i = 0; i < ROWS * CLASSES; i++) x[i] = type == OC_F32 ? (double)(float)(x[i] * 8) : x[i] * 8;
  return x;
}

static void check_softmax(oc_dtype type, double tolerance, int64_t chunk) {
  for (int logarithm = 0; logarithm < 2; logarithm++) {
    op_case c;
    double *x = logits(type);
    case_begin(&c, logarithm ? "log_softmax" : "softmax", type, NULL, ROWS);
    case_input(&c, type, OC_SHAPE(OC_BATCH, CLASSES), x);
    case_run(&c, chunk);
    for (int i = 0; i < ROWS * CLASSES; i++) {
      const long double log_y = (long double)x[i] - log_sum_exp(x + i / CLASSES * CLASSES);
      const double wanted = (double)(logarithm ? log_y : expl(log_y));
      if (!(fabs(case_get(&c, 0, i) - wanted) <= tolerance * fmax(1, fabs(wanted))))
        fail_msg("%s: %.17g, not %.17g", c.info.op->name, case_get(&c, 0, i), wanted);
    }
    free(x);
    case_end(&c);
  }
}

static void softmax_values(void **state) {
  (void)state;
  for (int64_t chunk = 1; chunk <= ROWS; chunk++) {
    check_softmax(OC_F64, 1e-14, chunk);
    check_softmax(OC_F32, 1e-7, chunk);
  }
}

static void cross_entropy_values(void **state) {
  (void)state;
  for (int64_t chunk = 1; chunk <= ROWS; chunk++) {
    op_case c;
    double *x = logits(OC_F64);
    case_begin(&c, "softmax_cross_entropy", OC_F64, NULL, ROWS);
    case_input(&c, OC_F64, OC_SHAPE(OC_BATCH, CLASSES), x);
    case_input_noise(&c, OC_F64, OC_SHAPE(OC_BATCH, CLASSES), 2);
    case_run(&c, chunk);
    for (int r = 0; r < ROWS; r++) {
      long double wanted = 0;
      for (int j = 0; j < CLASSES; j++)
        wanted -= (long double)case_noise(2, r * CLASSES + j) *
                  ((long double)x[r * CLASSES + j] - log_sum_exp(x + r * CLASSES));
      assert_true(fabs(case_get(&c, 0, r) - (double)wanted) < 1e-13);
    }
    free(x);
    case_end(&c);
  }
}

/* Two classes, the first one right. */
static double loss_of(double right, double wrong) {
  op_case c;
  case_begin(&c, "softmax_cross_entropy", OC_F32, NULL, 1);
  case_input(&c, OC_F32, OC_SHAPE(1, 2), (const double[]){right, wrong});
  case_input(&c, OC_F32, OC_SHAPE(1, 2), (const double[]){1, 0});
  case_run(&c, 0);
  const double loss = case_get(&c, 0, 0);
  case_end(&c);
  return loss;
}

static void extreme_logits(void **state) {
  (void)state;
  assert_true(loss_of(1e30, -1e30) == 0);
  assert_true(loss_of(-1e30, 1e30) == 2 * (double)1e30f);
  assert_true(fabs(loss_of(3e38, 3e38) - log(2)) < 1e-7);
  assert_true(fabs(loss_of(0, -20) - exp(-20)) < 1e-15); /* 1 - probability has no digits of this left */
  assert_true(isnan(loss_of(NAN, 0)) && isnan(loss_of(0, NAN)));
  op_case c;
  const double x[] = {3e38, -3e38, 3e38};
  case_begin(&c, "softmax", OC_F32, NULL, 1);
  case_input(&c, OC_F32, OC_SHAPE(3), x);
  case_run(&c, 0);
  assert_true(case_get(&c, 0, 0) == 0.5 && case_get(&c, 0, 1) == 0 && case_get(&c, 0, 2) == 0.5);
  case_end(&c);
}

/* The gradient is right for the largest logits, too: softmax - labels, times dloss. */
static void gradient_values(void **state) {
  (void)state;
  op_case c;
  case_begin(&c, "softmax_cross_entropy_grad", OC_F32, NULL, 2);
  case_input(&c, OC_F32, OC_SHAPE(OC_BATCH, 2), (const double[]){1e30, -1e30, 1e30, 1e30});
  case_input(&c, OC_F32, OC_SHAPE(OC_BATCH, 2), (const double[]){0, 1, 2, 1});
  case_input(&c, OC_F32, OC_SHAPE(OC_BATCH), (const double[]){0.5, 4});
  case_run(&c, 1);
  const double wanted[] = {0.5, -0.5, 4 * (1.5 - 2), 4 * (1.5 - 1)};
  for (int i = 0; i < 4; i++) assert_true(case_get(&c, 0, i) == wanted[i]);
  case_end(&c);
}

static void refusals(void **state) {
  (void)state;
  const struct {
    const char *op;
    oc_shape a, b;
    const char *part;
  } rows[] = {
      {"softmax_cross_entropy", OC_SHAPE(OC_BATCH, 3), OC_SHAPE(OC_BATCH, 4), "(?, 4), but must have (?, 3)"},
      {"softmax_cross_entropy", OC_SHAPE(OC_BATCH), OC_SHAPE(OC_BATCH), "(n, classes)"},
      {"softmax_cross_entropy", OC_SHAPE(OC_BATCH, 0), OC_SHAPE(OC_BATCH, 0), "at least one element"},
      {"softmax_grad", OC_SHAPE(OC_BATCH), OC_SHAPE(OC_BATCH), "besides the batch"},
      {"softmax_grad", OC_SCALAR_SHAPE, OC_SCALAR_SHAPE, "besides the batch"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    op_case c;
    case_begin(&c, rows[i].op, OC_F32, NULL, 2);
    case_input(&c, OC_F32, rows[i].a, NULL);
    case_input(&c, OC_F32, rows[i].b, NULL);
    assert_fails(case_infer(&c), OC_E_NET, c.err, rows[i].part);
    case_end(&c);
  }
}

/* The squares of 1 to n, for lengths around the eight interleaved sums. */
static void squares(void **state) {
  (void)state;
  for (int64_t n = 0; n < 40; n++) {
    double x[40], wanted = 0;
    for (int64_t i = 0; i < n; i++) {
      x[i] = (double)i + 1;
      wanted += x[i] * x[i];
    }
    op_case sum, penalty;
    case_begin(&sum, "sum_squares", OC_F32, NULL, 1);
    case_input(&sum, OC_F32, OC_SHAPE(n), x);
    case_run(&sum, 0);
    assert_true(case_get(&sum, 0, 0) == wanted);
    case_begin(&penalty, "l2_penalty", OC_F32, NULL, 1);
    case_input(&penalty, OC_F32, OC_SHAPE(n), x);
    case_run(&penalty, 0);
    assert_true(case_get(&penalty, 0, 0) == wanted / 2);
    case_end(&sum);
    case_end(&penalty);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(softmax_values), cmocka_unit_test(cross_entropy_values),
      cmocka_unit_test(extreme_logits), cmocka_unit_test(gradient_values),
      cmocka_unit_test(refusals),       cmocka_unit_test(squares),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
