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
} rows[] = {
    {"relu", NULL, relu}, {"leaky_relu", &slope, leaky},   {"sigmoid", NULL, sigmoid}, {"tanh", NULL, tanh},
    {"gelu", NULL, gelu}, {"softplus", NULL, softplus},    {"clip", &limits, clip},    {"relu6", NULL, relu6},
    {"silu", NULL, silu}, {"hard_swish", NULL, hard_swish}};
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

/* Whole channels are dropped, by the mask of dropout over the channels; the gradient drops the same ones. */
static void spatial_dropout_mask(void **state) {
  (void)state;
  enum { BATCH = 6, PLACES = 5, CHANNELS = 7 };
  const oc_dropout_grad_attrs attrs = {1000};
  const double keep_prob = 0.6;
  double *x = case_noises(1, BATCH * PLACES * CHANNELS);
  for (int64_t chunk = 1; chunk <= BATCH; chunk++)
    for (int gradient = 0; gradient < 2; gradient++) {
      op_case c;
      case_begin(&c, gradient ? "spatial_dropout_grad" : "spatial_dropout", OC_F32, gradient ? &attrs : NULL,
                 BATCH);
      c.state = (oc_run_state){.seed = 7, .epoch = 3, .sample = 5, .training = true};
      if (gradient) c.info.stream = 2000; /* its own, which must not count */
      case_input(&c, OC_F32, OC_SHAPE(OC_BATCH, PLACES, 1, CHANNELS), x);
      case_input(&c, OC_F32, OC_SCALAR_SHAPE, &keep_prob);
      case_run(&c, chunk);
      const oc_random_key key = oc_random_key_of(7, 1000);
      for (uint64_t i = 0; i < BATCH * PLACES * CHANNELS; i++) {
        const uint64_t sample = 5 + i / (PLACES * CHANNELS), e = i % CHANNELS;
        uint32_t word[4];
        oc_random_block(key, (uint32_t)(e / 4), (uint32_t)sample, 0, 3, word);
        const bool kept = oc_dropout_keeps(word[e % 4], (double)(float)keep_prob);
        const double wanted = kept ? (double)((float)x[i] * (1 / (float)keep_prob)) : 0;
        if (case_get(&c, 0, (int64_t)i) != wanted) fail_msg("element %d", (int)i);
      }
      c.state.training = false;
      case_run(&c, chunk);
      for (int64_t i = 0; i < BATCH * PLACES * CHANNELS; i++)
        assert_true(case_get(&c, 0, i) == (double)(float)x[i]);
      case_end(&c);
    }
  free(x);
}

/* Channels have their own slope, factors their own channel: the wrong shape is refused. */
static void shapes_of_channels(void **state) {
  (void)state;
  const struct {
    const char *op;
    oc_shape x, other;
    const char *part;
  } wrong[] = {
      {"prelu", OC_SHAPE(OC_BATCH, 3, 4), OC_SHAPE(3), "slope"},
      {"prelu", OC_SHAPE(OC_BATCH), OC_SHAPE(1), "no axis of channels"},
      {"spatial_dropout", OC_SHAPE(OC_BATCH), OC_SCALAR_SHAPE, "no axis of channels"},
      {"spatial_dropout", OC_SHAPE(OC_BATCH, 3), OC_SHAPE(3), "keep_prob"},
      {"channel_scale", OC_SHAPE(OC_BATCH, 2, 2, 3), OC_SHAPE(3), "s of channel_scale has the shape"},
      {"channel_scale", OC_SHAPE(OC_BATCH, 2, 2, 3), OC_SHAPE(OC_BATCH, 2),
       "s of channel_scale has the shape"},
      {"channel_scale", OC_SHAPE(OC_BATCH, 3), OC_SHAPE(OC_BATCH, 3), "(n, rows, columns, channels)"}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    op_case c;
    case_begin(&c, wrong[i].op, OC_F32, NULL, 1);
    case_input(&c, OC_F32, wrong[i].x, NULL);
    case_input(&c, OC_F32, wrong[i].other, NULL);
    assert_fails(case_infer(&c), OC_E_NET, c.err, wrong[i].part);
    case_end(&c);
  }
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
      cmocka_unit_test(spatial_dropout_mask),
      cmocka_unit_test(shapes_of_channels),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
