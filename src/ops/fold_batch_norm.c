/* fold_batch_norm (w, gamma, beta, mean, variance) -> w', b': the weights and the bias of the convolution
 * that equals the convolution by w followed by batch normalization with these statistics. Made by the planner
 * for plans without training:
 *
 *   w' = w * gamma / sqrt(variance + epsilon)          for each result channel, the last axis of w
 *   b' = beta - mean * gamma / sqrt(variance + epsilon)
 *
 * Its attributes are those of batch_norm. */
#include "ops/ops.h"
#include "ops/shape_rules.h"
#include <math.h>

enum { W, GAMMA, BETA, MEAN, VARIANCE, INPUTS };

static oc_status fold_batch_norm_infer(oc_op_info *info, oc_error *err) {
  static const char *const names[INPUTS] = {"w", "gamma", "beta", "mean", "variance"};
  const oc_shape *w = &info->in[W].shape;
  TRY(oc_expect_reals(info, INPUTS, OC_REAL_DTYPE, err));
  TRY(oc_expect_fixed(info, W, names[W], err));
  for (int i = GAMMA; i < INPUTS; i++) TRY(oc_expect_vector(info, i, names[i], oc_last_dim(w), err));
  TRY(oc_infer_output(info, 0, OC_REAL_DTYPE, *w, err));
  return oc_infer_output(info, 1, OC_REAL_DTYPE, OC_SHAPE(oc_last_dim(w)), err);
}

static oc_cost fold_batch_norm_cost(const oc_op_info *info, int64_t batch) {
  return (oc_cost){(double)oc_value_count(&info->in[W], batch), oc_io_bytes(info, batch)};
}

static void fold_batch_norm_run(const oc_call *c) {
  const oc_batch_norm_attrs *a = c->info->attrs;
  const real *w = c->in[W], *gamma = c->in[GAMMA], *beta = c->in[BETA], *mean = c->in[MEAN],
             *variance = c->in[VARIANCE];
  real *folded = c->out[0], *bias = c->out[1];
  const int64_t count = oc_call_count(c, &c->info->in[W]), channels = oc_last_dim(&c->info->in[W].shape);
  for (int64_t j = 0; j < channels; j++) {
    const double scale = (double)gamma[j] / sqrt((double)variance[j] + a->epsilon);
    bias[j] = (real)((double)beta[j] - (double)mean[j] * scale);
    for (int64_t i = j; i < count; i += channels) folded[i] = (real)((double)w[i] * scale);
  }
}

OC_DEFINE_OP(fold_batch_norm, .tf_name = "FoldBatchNorm", .attr_size = sizeof(oc_batch_norm_attrs),
             .infer = fold_batch_norm_infer, .cost = fold_batch_norm_cost, .run = fold_batch_norm_run);
