/* Operations that change variables, against the papers' formulas in double, over several steps and parts. */
#include "harness.h"
#include "op_case.h"

enum { COUNT = 20000 }; /* two parts */

typedef struct adam_state {
  double w, m, v;
} adam_state;

static void put_scalar(op_case *c, double value) {
  case_input(c, OC_F64, OC_SCALAR_SHAPE, &value);
}

/* Runs one step with fresh gradients; the variable and its slots stay as they are. */
static void step(op_case *c, int gradient, uint32_t seed) {
  for (int64_t i = 0; i < COUNT; i++) case_store(OC_F64, c->in[gradient], i, case_noise(seed, i));
  case_run(c, 0);
}

static void check_variable(const op_case *c, int64_t i, double wanted) {
  const double w = case_load(OC_F64, c->in[0], i);
  if (!(fabs(w - wanted) < 1e-12)) fail_msg("element %d: %.17g, not %.17g", (int)i, w, wanted);
}

static void sgd(void **state) {
  (void)state;
  const oc_apply_sgd_attrs attrs = {0.25};
  op_case c;
  case_begin(&c, "apply_sgd", OC_F64, &attrs, 1);
  case_input_noise(&c, OC_F64, OC_SHAPE(COUNT), 1);
  case_input(&c, OC_F64, OC_SHAPE(COUNT), NULL);
  put_scalar(&c, 0.1);
  put_scalar(&c, 0.5);
  step(&c, 1, 2);
  step(&c, 1, 3);
  for (int64_t i = 0; i < COUNT; i++) {
    double w = case_noise(1, i);
    w = w - 0.1 * 0.5 * case_noise(2, i) - 0.1 * 0.25 * w;
    w = w - 0.1 * 0.5 * case_noise(3, i) - 0.1 * 0.25 * w;
    check_variable(&c, i, w);
  }
  case_end(&c);
}

static void check_momentum(bool nesterov) {
  const oc_apply_momentum_attrs attrs = {.momentum = 0.8, .weight_decay = 0.25, .nesterov = nesterov};
  op_case c;
  case_begin(&c, "apply_momentum", OC_F64, &attrs, 1);
  case_input_noise(&c, OC_F64, OC_SHAPE(COUNT), 1);
  case_input(&c, OC_F64, OC_SHAPE(COUNT), NULL); /* m */
  case_input(&c, OC_F64, OC_SHAPE(COUNT), NULL);
  put_scalar(&c, 0.1);
  put_scalar(&c, 0.5);
  for (uint32_t s = 0; s < 3; s++) step(&c, 2, 10 + s);
  for (int64_t i = 0; i < COUNT; i++) {
    double w = case_noise(1, i), m = 0;
    for (uint32_t s = 0; s < 3; s++) {
      const double g = 0.5 * case_noise(10 + s, i);
      m = 0.8 * m + g;
      w = w - 0.1 * (nesterov ? g + 0.8 * m : m) - 0.1 * 0.25 * w;
    }
    check_variable(&c, i, w);
  }
  case_end(&c);
}
static void momentum(void **state) {
  (void)state;
  check_momentum(false);
  check_momentum(true);
}

/* Algorithm 1 of the paper, with corrected moments; epsilon is small enough for both forms to agree. */
static adam_state adam_step(adam_state s, double g, double t) {
  s.m = 0.9 * s.m + 0.1 * g;
  s.v = 0.99 * s.v + 0.01 * g * g;
  const double m = s.m / (1 - pow(0.9, t)), v = s.v / (1 - pow(0.99, t));
  s.w = s.w - 0.1 * m / (sqrt(v) + 1e-300) - 0.1 * 0.25 * s.w;
  return s;
}

static void adam(void **state) {
  (void)state;
  const oc_apply_adam_attrs attrs = {.beta1 = 0.9, .beta2 = 0.99, .epsilon = 1e-300, .weight_decay = 0.25};
  op_case c;
  case_begin(&c, "apply_adam", OC_F64, &attrs, 1);
  case_input_noise(&c, OC_F64, OC_SHAPE(COUNT), 1);
  for (int i = 0; i < 3; i++) case_input(&c, OC_F64, OC_SHAPE(COUNT), NULL); /* m, v, gradient */
  put_scalar(&c, 0.1);
  put_scalar(&c, 0.5);
  put_scalar(&c, 0);
  for (uint32_t s = 0; s < 4; s++) {
    case_store(OC_F64, c.in[6], 0, s);
    step(&c, 3, 10 + s);
  }
  for (int64_t i = 0; i < COUNT; i++) {
    adam_state s = {.w = case_noise(1, i)};
    for (uint32_t t = 0; t < 4; t++) s = adam_step(s, 0.5 * case_noise(10 + t, i), t + 1);
    check_variable(&c, i, s.w);
  }
  case_end(&c);
}

/* Epsilon is added to sqrt(v) before the correction of v (the paper's "epsilon hat"). */
static void adam_epsilon(void **state) {
  (void)state;
  const oc_apply_adam_attrs attrs = {.beta1 = 0.9, .beta2 = 0.75, .epsilon = 0.5};
  const double one = 1;
  op_case c;
  case_begin(&c, "apply_adam", OC_F64, &attrs, 1);
  for (int i = 0; i < 3; i++) case_input(&c, OC_F64, OC_SHAPE(1), NULL);
  case_input(&c, OC_F64, OC_SHAPE(1), &one);
  put_scalar(&c, 1);
  put_scalar(&c, 1);
  put_scalar(&c, 0);
  case_run(&c, 0);
  /* m = 0.1, v = 0.25; 1 * sqrt(0.25) / 0.1 * 0.1 / (0.5 + 0.5) */
  check_variable(&c, 0, -0.5);
  case_end(&c);
}

/* The gradient of matmul_adam is x' d, summed over the samples. */
static void matmul_adam(void **state) {
  (void)state;
  enum { ROWS = 3, COLS = 4, SAMPLES = 5 };
  const oc_apply_adam_attrs attrs = {.beta1 = 0.9, .beta2 = 0.99, .epsilon = 1e-300, .weight_decay = 0.25};
  op_case c;
  case_begin(&c, "matmul_adam", OC_F64, &attrs, SAMPLES);
  case_input_noise(&c, OC_F64, OC_SHAPE(ROWS, COLS), 1);
  for (int i = 0; i < 2; i++) case_input(&c, OC_F64, OC_SHAPE(ROWS, COLS), NULL);
  case_input_noise(&c, OC_F64, OC_SHAPE(OC_BATCH, ROWS), 2);
  case_input_noise(&c, OC_F64, OC_SHAPE(OC_BATCH, COLS), 3);
  put_scalar(&c, 0.1);
  put_scalar(&c, 0.5);
  put_scalar(&c, 0);
  case_run(&c, 0);
  for (int64_t i = 0; i < ROWS; i++)
    for (int64_t j = 0; j < COLS; j++) {
      double gradient = 0;
      for (int64_t n = 0; n < SAMPLES; n++)
        gradient += case_noise(2, n * ROWS + i) * case_noise(3, n * COLS + j);
      check_variable(&c, i * COLS + j,
                     adam_step((adam_state){.w = case_noise(1, i * COLS + j)}, 0.5 * gradient, 1).w);
    }
  case_end(&c);
}

static double scale_for(double max_norm, double total) {
  const oc_clip_scale_attrs attrs = {max_norm};
  op_case c;
  case_begin(&c, "clip_scale", OC_F64, &attrs, 1);
  put_scalar(&c, total);
  case_run(&c, 0);
  const double scale = case_get(&c, 0, 0);
  case_end(&c);
  return scale;
}

static void clip_scale(void **state) {
  (void)state;
  assert_true(scale_for(2, 16) == 0.5);
  assert_true(scale_for(4, 16) == 1);
  assert_true(scale_for(5, 16) == 1);
  assert_true(scale_for(5, 0) == 1);
  assert_true(scale_for(5, INFINITY) == 0);
  assert_true(isnan(scale_for(5, NAN)));
  for (int i = 0; i < 4; i++) {
    const oc_clip_scale_attrs attrs = {((const double[]){0, -1, NAN, INFINITY})[i]};
    op_case c;
    case_begin(&c, "clip_scale", OC_F64, &attrs, 1);
    put_scalar(&c, 1);
    assert_fails(case_infer(&c), OC_E_ARGUMENT, c.err, "must be positive and finite");
    case_end(&c);
  }
}

static void add_squares(void **state) {
  (void)state;
  op_case c;
  case_begin(&c, "add_squares", OC_F64, NULL, 1);
  put_scalar(&c, 9);
  put_scalar(&c, 16);
  case_run(&c, 0);
  assert_true(case_get(&c, 0, 0) == 25);
  case_end(&c);
}

static void increment(void **state) {
  (void)state;
  op_case c;
  case_begin(&c, "increment", OC_F64, NULL, 1);
  case_input(&c, OC_F64, OC_SHAPE(3), (double[]){41, -1, 0.5});
  case_run(&c, 0);
  for (int i = 0; i < 3; i++) check_variable(&c, i, ((double[]){42, 0, 1.5})[i]);
  assert_int_equal(c.info.n_out, 0);
  case_end(&c);
}

/* In parts: more elements than one has. */
static void assign(void **state) {
  (void)state;
  for (int adds = 0; adds < 2; adds++) {
    op_case c;
    case_begin(&c, adds ? "assign_add" : "assign", OC_F64, NULL, 1);
    case_input_noise(&c, OC_F64, OC_SHAPE(COUNT), 1);
    case_input_noise(&c, OC_F64, OC_SHAPE(COUNT), 2);
    case_run(&c, 0);
    for (int64_t i = 0; i < COUNT; i++)
      check_variable(&c, i, (adds ? case_noise(1, i) : 0) + case_noise(2, i));
    c.info.in[0].shape = OC_SHAPE(OC_BATCH);
    assert_fails(case_infer(&c), OC_E_NET, c.err, "the variable of assign");
    c.info.in[0].shape = OC_SHAPE(COUNT);
    case_end(&c);
  }
}

static void refusals(void **state) {
  (void)state;
  const oc_apply_sgd_attrs attrs = {0};
  const struct {
    oc_shape variable, gradient, rate;
    const char *part;
  } rows[] = {{OC_SHAPE(3), OC_SHAPE(4), OC_SCALAR_SHAPE, "the gradient of apply_sgd has the shape (4,)"},
              {OC_SHAPE(3), OC_SHAPE(3), OC_SHAPE(1), "learning rate"},
              {OC_SHAPE(OC_BATCH), OC_SHAPE(OC_BATCH), OC_SCALAR_SHAPE, "batch"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    op_case c;
    case_begin(&c, "apply_sgd", OC_F64, &attrs, 1);
    case_input(&c, OC_F64, rows[i].variable, NULL);
    case_input(&c, OC_F64, rows[i].gradient, NULL);
    case_input(&c, OC_F64, rows[i].rate, NULL);
    put_scalar(&c, 1);
    assert_fails(case_infer(&c), OC_E_NET, c.err, rows[i].part);
    case_end(&c);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sgd),          cmocka_unit_test(momentum),    cmocka_unit_test(adam),
      cmocka_unit_test(adam_epsilon), cmocka_unit_test(matmul_adam), cmocka_unit_test(clip_scale),
      cmocka_unit_test(add_squares),  cmocka_unit_test(increment),   cmocka_unit_test(refusals),
      cmocka_unit_test(assign),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
