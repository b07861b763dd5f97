/* cases_each.h: uses of the operations that work element by element, and of the updates of variables. */
#ifndef TESTS_CASES_EACH_H
#define TESTS_CASES_EACH_H
#include "kernel_case.h"

static const int64_t each_trials[][3] = {{1, 1, 1},  {3, 5, 3},   {2, 3, 16},
                                         {5, 7, 17}, {9, 40, 33}, {4, 300, 64}};
#define EACH_TRIALS ((int)(sizeof each_trials / sizeof *each_trials))

static void each_text(kernel_case *k, int64_t n, int64_t rows, int64_t columns, int kind) {
  snprintf(k->text, sizeof k->text, "%lld samples of %lldx%lld, data %d", (long long)n, (long long)rows,
           (long long)columns, kind);
}

/* `same` inputs of one shape; then a vector of channels, or a scalar, if requested. */
static void each_cases(trial *t, const char *op, int same, bool vector, bool scalar) {
  for (int i = 0; i < EACH_TRIALS; i++)
    for (int kind = UNIFORM; kind <= NANS; kind++) {
      kernel_case k;
      const int64_t *d = each_trials[i];
      case_begin(&k, t, op, NULL, d[0], 2);
      each_text(&k, d[0], d[1], d[2], kind);
      for (int j = 0; j < same; j++)
        case_fill(&k, OC_F32, OC_SHAPE(OC_BATCH, d[1], d[2]), j == 0 ? (fill_kind)kind : UNIFORM);
      if (vector) case_fill(&k, OC_F32, OC_SHAPE(d[2]), UNIFORM);
      if (scalar) case_scalar(&k, 0.3f);
      case_check(&k);
    }
}
/* The same without a batch, long enough for several parts. */
static void fixed_case(trial *t, const char *op, int same) {
  kernel_case k;
  case_begin(&k, t, op, NULL, 1, 1);
  each_text(&k, 0, 3, 17003, UNIFORM);
  for (int j = 0; j < same; j++) case_fill(&k, OC_F32, OC_SHAPE(3, 17003), UNIFORM);
  case_check(&k);
}
static void bias_add_cases(trial *t) {
  each_cases(t, "bias_add", 1, true, false);
}
static void bias_grad_cases(trial *t) {
  each_cases(t, "bias_grad", 1, false, false);
}
static void relu_dropout_grad_cases(trial *t) {
  each_cases(t, "relu_dropout_grad", 2, false, true);
}
static void relu_cases(trial *t) {
  each_cases(t, "relu", 1, false, false);
  fixed_case(t, "relu", 1);
}
static void relu_grad_cases(trial *t) {
  each_cases(t, "relu_grad", 2, false, false);
  fixed_case(t, "relu_grad", 2);
}
/* Data a few times as wide as where these activations bend; `same` inputs of one shape. */
static void activation_cases(trial *t, const char *op, int same) {
  each_cases(t, op, same, false, false);
  fixed_case(t, op, same);
  for (int i = 0; i < EACH_TRIALS; i++) {
    kernel_case k;
    const int64_t *d = each_trials[i];
    case_begin(&k, t, op, NULL, d[0], 2);
    each_text(&k, d[0], d[1], d[2], WHOLE);
    float *x = NULL;
    for (int j = 0; j < same; j++) {
      case_fill(&k, OC_F32, OC_SHAPE(OC_BATCH, d[1], d[2]), UNIFORM);
      if (j == 0) x = block_data(&k.in[0]);
    }
    for (int64_t e = 0; e < d[0] * d[1] * d[2]; e++) x[e] *= e % 3 ? 8 : 120;
    x[0] = INFINITY;
    case_check(&k);
  }
}
static void relu6_cases(trial *t) {
  activation_cases(t, "relu6", 1);
}
static void relu6_grad_cases(trial *t) {
  activation_cases(t, "relu6_grad", 2);
}
static void silu_cases(trial *t) {
  activation_cases(t, "silu", 1);
}
static void silu_grad_cases(trial *t) {
  activation_cases(t, "silu_grad", 2);
}
static void hard_swish_cases(trial *t) {
  activation_cases(t, "hard_swish", 1);
}
static void hard_swish_grad_cases(trial *t) {
  activation_cases(t, "hard_swish_grad", 2);
}

/* x, then a vector of slopes if there is one, then dy if there is one. */
static void prelu_family(trial *t, const char *op, bool slope, bool dy) {
  for (int i = 0; i < EACH_TRIALS; i++)
    for (int kind = UNIFORM; kind <= NANS; kind++) {
      kernel_case k;
      const int64_t *d = each_trials[i];
      case_begin(&k, t, op, NULL, d[0], 2);
      each_text(&k, d[0], d[1], d[2], kind);
      case_fill(&k, OC_F32, OC_SHAPE(OC_BATCH, d[1], d[2]), (fill_kind)kind);
      if (slope) case_fill(&k, OC_F32, OC_SHAPE(d[2]), UNIFORM);
      if (dy) case_fill(&k, OC_F32, OC_SHAPE(OC_BATCH, d[1], d[2]), UNIFORM);
      case_check(&k);
    }
}
static void prelu_cases(trial *t) {
  prelu_family(t, "prelu", true, false);
}
static void prelu_grad_x_cases(trial *t) {
  prelu_family(t, "prelu_grad_x", true, true);
}
static void prelu_grad_slope_cases(trial *t) {
  prelu_family(t, "prelu_grad_slope", false, true);
}

static void scale_family(trial *t, const char *op, bool gradient) {
  for (int i = 0; i < EACH_TRIALS; i++)
    for (int kind = UNIFORM; kind <= NANS; kind++) {
      kernel_case k;
      const int64_t *d = each_trials[i];
      const oc_shape x = OC_SHAPE(OC_BATCH, d[1], 3, d[2]);
      case_begin(&k, t, op, NULL, d[0], 2);
      each_text(&k, d[0], 3 * d[1], d[2], kind);
      case_fill(&k, OC_F32, x, (fill_kind)kind);
      case_fill(&k, OC_F32, gradient ? x : OC_SHAPE(OC_BATCH, d[2]), UNIFORM);
      case_check(&k);
    }
}
static void channel_scale_cases(trial *t) {
  scale_family(t, "channel_scale", false);
}
static void channel_scale_grad_cases(trial *t) {
  scale_family(t, "channel_scale_grad", true);
}
static void add_cases(trial *t) {
  each_cases(t, "add", 2, false, false);
  each_cases(t, "add", 1, true, false);
  fixed_case(t, "add", 2);
}

/* ---- updates ------------------------------------------------------------------------------------------- */

static const int64_t apply_trials[] = {1, 3, 16, 33, 1000, 16384, 16385, 50001};

/* variable and `slots` slots, the last of them never negative; gradient; learning rate, scale [, step] */
static void apply_cases(trial *t, const char *op, const void *attrs, int slots, bool step) {
  for (size_t i = 0; i < sizeof apply_trials / sizeof *apply_trials; i++)
    for (int kind = UNIFORM; kind <= NANS; kind++) {
      kernel_case k;
      const oc_shape shape = OC_SHAPE(apply_trials[i]);
      case_begin(&k, t, op, attrs, 1, 1);
      each_text(&k, 0, 1, apply_trials[i], kind);
      for (int j = 0; j <= slots; j++) case_fill(&k, OC_F32, shape, j == 2 ? POSITIVE : UNIFORM);
      case_fill(&k, OC_F32, shape, (fill_kind)kind);
      case_scalar(&k, 1e-2f);
      case_scalar(&k, 0.7f);
      if (step) case_scalar(&k, 5);
      case_check(&k);
    }
}
static void apply_sgd_cases(trial *t) {
  for (int i = 0; i < 2; i++) apply_cases(t, "apply_sgd", &(oc_apply_sgd_attrs){i ? 0.01 : 0}, 0, false);
}
static void apply_momentum_cases(trial *t) {
  for (int i = 0; i < 4; i++)
    apply_cases(t, "apply_momentum", &(oc_apply_momentum_attrs){0.9, i & 1 ? 0.01 : 0, i & 2}, 1, false);
}
static void apply_adam_cases(trial *t) {
  for (int i = 0; i < 2; i++)
    apply_cases(t, "apply_adam", &(oc_apply_adam_attrs){0.9, 0.999, 1e-8, i ? 0.01 : 0}, 2, true);
}

#endif
