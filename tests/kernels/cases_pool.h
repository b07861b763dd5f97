/* cases_pool.h: uses of the poolings and of batch normalization. */
#ifndef TESTS_CASES_POOL_H
#define TESTS_CASES_POOL_H
#include "kernel_case.h"

typedef struct pool_trial {
  int64_t ih, iw, c, size[2], stride[2], pad[4], n;
} pool_trial;
static const pool_trial pool_trials[] = {
    {1, 1, 1, {1, 1}, {1, 1}, {0}, 1},           {4, 6, 3, {2, 2}, {2, 2}, {0}, 3},
    {5, 7, 16, {2, 2}, {2, 2}, {0}, 2},          {5, 7, 17, {2, 2}, {2, 2}, {0, 1, 0, 1}, 2},
    {9, 8, 33, {3, 3}, {2, 2}, {0}, 2},          {9, 8, 5, {3, 2}, {1, 1}, {1, 1, 0, 1}, 3},
    {7, 7, 64, {3, 3}, {2, 2}, {1, 1, 1, 1}, 2}, {10, 3, 8, {2, 3}, {3, 1}, {0}, 2},
    {6, 6, 1, {6, 6}, {1, 1}, {0}, 9},
};
#define POOL_TRIALS ((int)(sizeof pool_trials / sizeof *pool_trials))

static oc_pool_attrs pool_attrs(const pool_trial *p) {
  oc_pool_attrs a = {.target = OC_SHAPE(OC_BATCH, p->ih, p->iw, p->c)};
  memcpy(a.size, p->size, sizeof a.size);
  memcpy(a.stride, p->stride, sizeof a.stride);
  memcpy(a.pad, p->pad, sizeof a.pad);
  return a;
}
static void pool_text(kernel_case *k, const pool_trial *p, int kind) {
  snprintf(k->text, sizeof k->text,
           "x %lldx%lldx%lld, window %lldx%lld, stride %lld %lld, %lld samples, data %d", (long long)p->ih,
           (long long)p->iw, (long long)p->c, (long long)p->size[0], (long long)p->size[1],
           (long long)p->stride[0], (long long)p->stride[1], (long long)p->n, kind);
}
static oc_shape pool_y(const pool_trial *p) {
  return OC_SHAPE(OC_BATCH, (p->ih + p->pad[0] + p->pad[1] - p->size[0]) / p->stride[0] + 1,
                  (p->iw + p->pad[2] + p->pad[3] - p->size[1]) / p->stride[1] + 1, p->c);
}

/* The poolings of x, and mean_pool_grad of dy. */
static void pool_cases(trial *t, const char *op, bool of_dy) {
  for (int i = 0; i < POOL_TRIALS; i++)
    for (int kind = UNIFORM; kind <= NANS; kind++) {
      kernel_case k;
      const oc_pool_attrs a = pool_attrs(&pool_trials[i]);
      case_begin(&k, t, op, &a, pool_trials[i].n, 2);
      pool_text(&k, &pool_trials[i], kind);
      case_fill(&k, OC_F32, of_dy ? pool_y(&pool_trials[i]) : a.target, (fill_kind)kind);
      case_check(&k);
    }
}
static void max_pool_cases(trial *t) {
  pool_cases(t, "max_pool", false);
}
static void mean_pool_cases(trial *t) {
  pool_cases(t, "mean_pool", false);
}
static void mean_pool_grad_cases(trial *t) {
  pool_cases(t, "mean_pool_grad", true);
}

static void max_pool_grad_cases(trial *t) {
  for (int i = 0; i < POOL_TRIALS; i++)
    for (int kind = UNIFORM; kind <= NANS; kind++) {
      kernel_case k;
      const oc_pool_attrs a = pool_attrs(&pool_trials[i]);
      case_begin(&k, t, "max_pool_grad", &a, pool_trials[i].n, 2);
      pool_text(&k, &pool_trials[i], kind);
      case_fill(&k, OC_F32, a.target, (fill_kind)kind);
      case_fill(&k, OC_F32, pool_y(&pool_trials[i]), UNIFORM);
      case_fill(&k, OC_F32, pool_y(&pool_trials[i]), UNIFORM);
      case_check(&k);
    }
}

/* As src/ops/global_mean_pool.c has it. */
typedef struct global_attrs {
  oc_shape target;
} global_attrs;
static void global_cases(trial *t, const char *op, bool grad) {
  for (int i = 0; i < POOL_TRIALS; i++)
    for (int kind = UNIFORM; kind <= NANS; kind++) {
      kernel_case k;
      const pool_trial *p = &pool_trials[i];
      const global_attrs a = {OC_SHAPE(OC_BATCH, p->ih, p->iw * 20, p->c)};
      case_begin(&k, t, op, grad ? &a : NULL, p->n, 2);
      pool_text(&k, p, kind);
      case_fill(&k, OC_F32, grad ? OC_SHAPE(OC_BATCH, p->c) : a.target, (fill_kind)kind);
      case_check(&k);
    }
}
static void global_mean_pool_cases(trial *t) {
  global_cases(t, "global_mean_pool", false);
}
static void global_mean_pool_grad_cases(trial *t) {
  global_cases(t, "global_mean_pool_grad", true);
}

/* ---- batch normalization ------------------------------------------------------------------------------- */

static const int64_t norm_trials[][4] = {{1, 1, 1, 1},  {3, 5, 4, 3},  {2, 9, 9, 16},  {5, 3, 2, 17},
                                         {4, 6, 6, 33}, {9, 7, 5, 64}, {8, 13, 11, 5}, {2, 3, 5, 149}};

/* x [, dy], then `vectors` vectors of channels, of which number `variance` is a variance. */
typedef struct norm_inputs {
  int tensors, vectors, variance;
} norm_inputs;

static void norm_case(trial *t, const char *op, norm_inputs in, const int64_t *d, fill_kind kind,
                      bool inference) {
  kernel_case k;
  const oc_batch_norm_attrs a = {1e-3};
  case_begin(&k, t, op, &a, d[0], 2);
  k.inference = inference;
  snprintf(k.text, sizeof k.text, "%lld samples of %lldx%lldx%lld, data %d", (long long)d[0], (long long)d[1],
           (long long)d[2], (long long)d[3], (int)kind);
  for (int j = 0; j < in.tensors; j++)
    case_fill(&k, OC_F32, OC_SHAPE(OC_BATCH, d[1], d[2], d[3]), j ? UNIFORM : kind);
  for (int j = 0; j < in.vectors; j++)
    case_fill(&k, OC_F32, OC_SHAPE(d[3]), j == in.variance ? POSITIVE : UNIFORM);
  case_check(&k);
}
static void norm_cases(trial *t, const char *op, int tensors, int vectors, int variance) {
  const norm_inputs in = {tensors, vectors, variance};
  for (int i = 0; i < (int)(sizeof norm_trials / sizeof *norm_trials); i++)
    for (int kind = UNIFORM; kind <= NANS; kind++)
      if (kind != EXTREME) {
        norm_case(t, op, in, norm_trials[i], (fill_kind)kind, false);
        norm_case(t, op, in, norm_trials[i], (fill_kind)kind, true);
      }
}
static void batch_mean_cases(trial *t) {
  norm_cases(t, "batch_mean", 1, 0, -1);
}
static void batch_variance_cases(trial *t) {
  norm_cases(t, "batch_variance", 1, 1, -1);
}
static void batch_norm_cases(trial *t) {
  norm_cases(t, "batch_norm", 1, 6, 3);
}
static void batch_norm_grad_sums_cases(trial *t) {
  norm_cases(t, "batch_norm_grad_sums", 2, 4, 1);
}
static void batch_norm_grad_x_cases(trial *t) {
  norm_cases(t, "batch_norm_grad_x", 2, 6, 1);
}

/* A block: `tensors` tensors in front, the vectors, then `more` tensors. */
typedef struct block_inputs {
  int tensors, vectors, variance, more;
} block_inputs;

static void norm_block_case(trial *t, const char *op, block_inputs in, const int64_t *d, fill_kind kind,
                            oc_act act) {
  kernel_case k;
  const oc_batch_norm_block_attrs a = {{1e-3}, act, 0.25};
  const oc_shape x = OC_SHAPE(OC_BATCH, d[1], d[2], d[3]);
  case_begin(&k, t, op, &a, d[0], 2);
  k.inference = act == OC_ACT_LEAKY_RELU;
  snprintf(k.text, sizeof k.text, "%lld samples of %lldx%lldx%lld, data %d, act %d, %d more", (long long)d[0],
           (long long)d[1], (long long)d[2], (long long)d[3], (int)kind, (int)act, in.more);
  for (int j = 0; j < in.tensors; j++) case_fill(&k, OC_F32, x, j ? UNIFORM : kind);
  for (int j = 0; j < in.vectors; j++)
    case_fill(&k, OC_F32, OC_SHAPE(d[3]), j == in.variance ? POSITIVE : UNIFORM);
  for (int j = 0; j < in.more; j++) case_fill(&k, OC_F32, x, UNIFORM);
  case_check(&k);
}
static void norm_block_cases(trial *t, const char *op, block_inputs in) {
  static const oc_act acts[] = {OC_ACT_NONE, OC_ACT_RELU, OC_ACT_LEAKY_RELU};
  for (int i = 0; i < (int)(sizeof norm_trials / sizeof *norm_trials); i++)
    for (int kind = UNIFORM; kind <= NANS; kind++)
      for (int j = 0; j < 3 && kind != EXTREME; j++)
        norm_block_case(t, op, in, norm_trials[i], (fill_kind)kind, acts[j]);
}
static void batch_norm_block_cases(trial *t) {
  norm_block_cases(t, "batch_norm_block", (block_inputs){1, 4, 3, 0});
  norm_block_cases(t, "batch_norm_block", (block_inputs){1, 4, 3, 1});
}
static void batch_norm_block_grad_sums_cases(trial *t) {
  norm_block_cases(t, "batch_norm_block_grad_sums", (block_inputs){2, 4, 1, 0});
}
static void batch_norm_block_grad_z_cases(trial *t) {
  norm_block_cases(t, "batch_norm_block_grad_z", (block_inputs){2, 2, 1, 1});
  norm_block_cases(t, "batch_norm_block_grad_z", (block_inputs){2, 2, 1, 2});
}
static void batch_norm_block_grad_x_cases(trial *t) {
  norm_block_cases(t, "batch_norm_block_grad_x", (block_inputs){2, 6, 1, 0});
}

#endif
