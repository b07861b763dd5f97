/* Activations and dropout: values against formulas written out, at the edges (infinity, NaN, large numbers),
 * in float and double, in chunks and in parts. */
#include "harness.h"
#include "base/random.h"
#include "op_case.h"

static double relu(double x) {
  return x > 0 ? x : 0;
}
static double leaky(double x) {
  return x > 0 ? x : 0.1 * x;
}
static double sigmoid(double x) {
  return 1 / (1 + exp(-x));
}
static double gelu(double x) {
  return x * 0.5 * (1 + erf(x / sqrt(2)));
}
static double softplus(double x) {
  return log(1 + exp(x));
}
static double relu6(double x) {
  return fmin(fmax(x, 0), 6);
}
static double silu(double x) {
  return x / (1 + exp(-x));
}
static double hard_swish(double x) {
  return x * fmin(fmax(x + 3, 0), 6) / 6;
}
static double clip(double x) {
  return fmin(fmax(x, -0.5), 0.25);
}

typedef struct clip_attrs { /* as in clip.c */
  double low, high;
} clip_attrs;

static const oc_leaky_relu_attrs slope = {0.1};
static const clip_attrs limits = {-0.5, 0.25};
static const struct {
  const char *name;
  const void *attrs;
  double (*formula)(double);
  bool of_y; /* the gradient is computed from y, not from x */
} rows[] = {{"relu", NULL, relu, true},       {"leaky_relu", &slope, leaky, true},
            {"sigmoid", NULL, sigmoid, true}, {"tanh", NULL, tanh, true},
            {"gelu", NULL, gelu, false},      {"softplus", NULL, softplus, false},
            {"clip", &limits, clip, false},   {"relu6", NULL, relu6, true},
            {"silu", NULL, silu, false},      {"hard_swish", NULL, hard_swish, false}};
#define ROWS (sizeof rows / sizeof *rows)

static void check_row(size_t row, oc_dtype type, oc_shape shape, int64_t chunk, double tolerance) {
  op_case c;
  case_begin(&c, rows[row].name, type, rows[row].attrs, 5);
  const oc_tensor_desc v = {type, shape};
  double *x = case_noises(1, oc_value_count(&v, 5));
  for (int64_t i = 0; i < oc_value_count(&v, 5); i++) x[i] *= 4;
  case_input(&c, type, shape, x);
  case_run(&c, chunk);
  for (int64_t i = 0; i < case_count(&c, 0); i++) {
    const double wanted = rows[row].formula(case_load(type, c.in[0], i));
    if (!(fabs(case_get(&c, 0, i) - wanted) <= tolerance * fmax(1, fabs(wanted))))
      fail_msg("%s(%g) is %.17g, not %.17g", rows[row].name, x[i], case_get(&c, 0, i), wanted);
  }
  free(x);
  case_end(&c);
}

/* 40,000 elements without a batch are three parts. */
static void values(void **state) {
  (void)state;
  for (size_t row = 0; row < ROWS; row++) {
    for (int64_t chunk = 1; chunk <= 5; chunk++) {
      check_row(row, OC_F64, OC_SHAPE(OC_BATCH, 3, 7), chunk, 1e-15);
      check_row(row, OC_F32, OC_SHAPE(OC_BATCH, 3, 7), chunk, 1e-6);
    }
    check_row(row, OC_F64, OC_SHAPE(200, 200), 0, 1e-15);
    check_row(row, OC_F32, OC_SCALAR_SHAPE, 0, 1e-6);
  }
}

static double one(const char *op, const void *attrs, double x) {
  op_case c;
  case_begin(&c, op, OC_F32, attrs, 1);
  case_input(&c, OC_F32, OC_SCALAR_SHAPE, &x);
  case_run(&c, 0);
  const double y = case_get(&c, 0, 0);
  case_end(&c);
  return y;
}

static void edges(void **state) {
  (void)state;
  for (size_t row = 0; row < ROWS; row++)
    if (!isnan(one(rows[row].name, rows[row].attrs, NAN))) fail_msg("%s hides NaN", rows[row].name);
  assert_true(one("sigmoid", NULL, -INFINITY) == 0);
  assert_true(one("sigmoid", NULL, 1000) == 1);
  assert_true(one("softplus", NULL, 1000) == 1000);
  assert_true(one("softplus", NULL, -1000) == 0);
  assert_true(one("tanh", NULL, -1000) == -1);
  assert_true(one("relu", NULL, INFINITY) == INFINITY);
  assert_true(one("clip", &limits, INFINITY) == 0.25);
  assert_true(one("relu6", NULL, INFINITY) == 6 && one("relu6", NULL, -INFINITY) == 0);
  assert_true(one("hard_swish", NULL, INFINITY) == INFINITY && one("hard_swish", NULL, -INFINITY) == 0);
  assert_true(one("silu", NULL, 1000) == 1000 && one("silu", NULL, -1000) == 0);
  /* erfc keeps its digits where 1 + erf has none left: -5 * Phi(-5). */
  assert_true(fabs(one("gelu", NULL, -5) / -1.4332578576e-06 - 1) < 1e-6);
}

/* dy times the slope of the formula, which its values on both sides of x give. */
static void check_gradient(size_t row, oc_dtype type, oc_shape shape, int64_t chunk, double tolerance) {
  const double step = 1e-5;
  const oc_tensor_desc v = {type, shape};
  const int64_t count = oc_value_count(&v, 5);
  double *x = case_noises(1, count), *first = case_noises(1, count), *dy = case_noises(2, count);
  for (int64_t i = 0; i < count; i++) {
    x[i] *= 4;
    first[i] = rows[row].of_y ? rows[row].formula(x[i]) : x[i];
  }
  char op[32];
  snprintf(op, sizeof op, "%s_grad", rows[row].name);
  op_case c;
  case_begin(&c, op, type, rows[row].attrs, 5);
  case_input(&c, type, shape, first);
  case_input(&c, type, shape, dy);
  case_run(&c, chunk);
  for (int64_t i = 0; i < count; i++) {
    const double rise = rows[row].formula(x[i] + step) - rows[row].formula(x[i] - step);
    const double wanted = dy[i] * rise / (2 * step);
    if (!(fabs(case_get(&c, 0, i) - wanted) <= tolerance))
      fail_msg("%s at %g is %.17g, not %.17g", op, x[i], case_get(&c, 0, i), wanted);
  }
  free(x);
  free(first);
  free(dy);
  case_end(&c);
}

static void gradient_values(void **state) {
  (void)state;
  for (size_t row = 0; row < ROWS; row++) {
    for (int64_t chunk = 1; chunk <= 5; chunk++) {
      check_gradient(row, OC_F64, OC_SHAPE(OC_BATCH, 3, 7), chunk, 1e-9);
      check_gradient(row, OC_F32, OC_SHAPE(OC_BATCH, 3, 7), chunk, 1e-6);
    }
    check_gradient(row, OC_F64, OC_SHAPE(3, 7), 0, 1e-9);
  }
}

/* The derivative where it jumps, as TensorFlow and PyTorch have it: of clip 1 at both limits, of leaky_relu
 * the slope at 0. */
static void gradients_at_jumps(void **state) {
  (void)state;
  const struct {
    const char *op;
    const void *attrs;
    double first, dx; /* the first input: x, or y; dy is 2 */
  } cases[] = {{"relu_grad", NULL, 0, 0},
               {"relu_grad", NULL, 1e-30, 2},
               {"leaky_relu_grad", &slope, 0, 0.2},
               {"leaky_relu_grad", &slope, 1e-30, 2},
               {"clip_grad", &limits, -0.5, 2},
               {"clip_grad", &limits, 0.25, 2},
               {"clip_grad", &limits, -0.5000001, 0},
               {"clip_grad", &limits, 0.2500001, 0}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const double two = 2;
    op_case c;
    case_begin(&c, cases[i].op, OC_F64, cases[i].attrs, 1);
    case_input(&c, OC_F64, OC_SHAPE(1), &cases[i].first);
    case_input(&c, OC_F64, OC_SHAPE(1), &two);
    case_run(&c, 0);
    if (case_get(&c, 0, 0) != cases[i].dx)
      fail_msg("%s at %g is %g, not %g", cases[i].op, cases[i].first, case_get(&c, 0, 0), cases[i].dx);
    case_end(&c);
  }
}

static void refusals(void **state) {
  (void)state;
  const oc_leaky_relu_attrs steep[] = {{1}, {-0.1}, {NAN}};
  for (int i = 0; i < 3; i++) {
    op_case c;
    case_begin(&c, "leaky_relu", OC_F32, &steep[i], 1);
    case_input(&c, OC_F32, OC_SHAPE(2), NULL);
    assert_fails(case_infer(&c), OC_E_ARGUMENT, c.err, "at least 0 and less than 1");
    case_end(&c);
  }
  const clip_attrs crossed = {1, 0};
  op_case c;
  case_begin(&c, "clip", OC_F32, &crossed, 1);
  case_input(&c, OC_F32, OC_SHAPE(2), NULL);
  assert_fails(case_infer(&c), OC_E_ARGUMENT, c.err, "low must be at most high, got 1 and 0");
  case_end(&c);
  case_begin(&c, "relu", OC_F32, NULL, 1);
  case_input(&c, OC_I32, OC_SHAPE(2), NULL);
  assert_fails(case_infer(&c), OC_E_NET, c.err, "oc_cast");
  case_end(&c);
}

/* ---- dropout ------------------------------------------------------------------------------------------- */

static void start_dropout(op_case *c, const char *op, const void *attrs, double keep_prob, const double *x) {
  case_begin(c, op, OC_F32, attrs, 6);
  c->state = (oc_run_state){.seed = 7, .epoch = 3, .sample = 4294967294u, .training = true};
  case_input(c, OC_F32, OC_SHAPE(OC_BATCH, 3, 3), x); /* 9 elements: the last random block is not used up */
  case_input(c, OC_F32, OC_SCALAR_SHAPE, &keep_prob);
}

/* The rule of ops.h, written out; the position of the sample crosses 2^32 within the batch. */
static void dropout_mask(void **state) {
  (void)state;
  for (int64_t chunk = 1; chunk <= 6; chunk++) {
    op_case c;
    double *x = case_noises(1, 54);
    start_dropout(&c, "dropout", NULL, 0.75, x);
    case_run(&c, chunk);
    const oc_random_key key = oc_random_key_of(7, 1000);
    for (uint64_t i = 0; i < 54; i++) {
      const uint64_t sample = 4294967294u + i / 9, e = i % 9;
      uint32_t word[4];
      oc_random_block(key, (uint32_t)(e / 4), (uint32_t)sample, (uint32_t)(sample >> 32), 3, word);
      const double wanted = word[e % 4] < 0.75 * 4294967296.0 ? (double)(float)((float)x[i] / 0.75f) : 0;
      if (case_get(&c, 0, (int64_t)i) != wanted) fail_msg("element %d", (int)i);
    }
    free(x);
    case_end(&c);
  }
}

static void dropout_gradient_has_the_same_mask(void **state) {
  (void)state;
  const oc_dropout_grad_attrs attrs = {1000}; /* the stream of the case */
  op_case y, dx;
  double *x = case_noises(1, 54);
  start_dropout(&y, "dropout", NULL, 0.4, x);
  start_dropout(&dx, "dropout_grad", &attrs, 0.4, x);
  free(x);
  dx.info.stream = 2000; /* its own, which must not count */
  case_run(&y, 0);
  case_run(&dx, 2);
  for (int64_t i = 0; i < 54; i++) assert_true(case_get(&y, 0, i) == case_get(&dx, 0, i));
  case_end(&y);
  case_end(&dx);
}

static void dropout_share(void **state) {
  (void)state;
  const double keep_prob = 0.3;
  double *ones = malloc(100000 * sizeof *ones), sum = 0;
  int64_t kept = 0;
  op_case c;
  for (int i = 0; i < 100000; i++) ones[i] = 1;
  case_begin(&c, "dropout", OC_F64, NULL, 10);
  case_input(&c, OC_F64, OC_SHAPE(OC_BATCH, 10000), ones);
  case_input(&c, OC_F64, OC_SCALAR_SHAPE, &keep_prob);
  case_run(&c, 0);
  for (int64_t i = 0; i < 100000; i++) {
    sum += case_get(&c, 0, i);
    kept += case_get(&c, 0, i) != 0;
  }
  assert_true(fabs((double)kept / 100000 - 0.3) < 0.006); /* four deviations */
  assert_true(fabs(sum / 100000 - 1) < 0.02);
  c.state.training = false;
  case_run(&c, 0);
  for (int64_t i = 0; i < 100000; i++) assert_true(case_get(&c, 0, i) == 1);
  case_end(&c);
  free(ones);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values),
      cmocka_unit_test(edges),
      cmocka_unit_test(refusals),
      cmocka_unit_test(dropout_mask),
      cmocka_unit_test(dropout_share),
      cmocka_unit_test(dropout_gradient_has_the_same_mask),
      cmocka_unit_test(gradients_at_jumps),
      cmocka_unit_test(gradient_values),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
