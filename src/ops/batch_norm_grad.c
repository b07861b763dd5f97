/* batch_norm_grad.c: gradients of batch normalization, with normal = (x - mean) / sqrt(variance + epsilon).
 *
 *   batch_norm_grad_sums (x, dy, mean, variance, moving_mean, moving_variance) -> dgamma, dbeta
 *     dgamma = sum of dy * normal, dbeta = sum of dy, over all axes but the last
 *   batch_norm_grad_x (x, dy, mean, variance, gamma, dgamma, dbeta, moving_variance) -> dx
 *     dx = gamma / sqrt(variance + epsilon) * (dy - dbeta / count - normal * dgamma / count)
 *
 * The last two terms are there because mean and variance move with x (Ioffe and Szegedy 2015, section 3);
 * count is that of the whole batch. In a plan without training they are fixed moving averages, and the terms
 * vanish. */
#include "ops/reference.h"
#include "ops/shape_rules.h"
#include <math.h>

enum { X, DY, MEAN, VARIANCE };
enum { SUMS_MOVING_MEAN = VARIANCE + 1, SUMS_MOVING_VARIANCE, SUMS_INPUTS };
enum { GAMMA = VARIANCE + 1, DGAMMA, DBETA, MOVING_VARIANCE, GRAD_X_INPUTS };

/* x and dy of one shape, all others vectors of channels. */
static oc_status infer_inputs(const oc_op_info *info, int n_in, oc_error *err) {
  TRY(oc_expect_reals(info, n_in, OC_REAL_DTYPE, err));
  TRY(oc_expect_elements(info, X, "x", err));
  TRY(oc_expect_shape(info, DY, "dy", &info->in[X].shape, err));
  for (int i = MEAN; i < n_in; i++)
    TRY(oc_expect_vector(info, i, "a statistic", oc_last_dim(&info->in[X].shape), err));
  return OC_OK;
}

static oc_status batch_norm_grad_sums_infer(oc_op_info *info, oc_error *err) {
  TRY(infer_inputs(info, SUMS_INPUTS, err));
  const oc_shape channels = OC_SHAPE(oc_last_dim(&info->in[X].shape));
  TRY(oc_infer_output(info, 0, OC_REAL_DTYPE, channels, err));
  return oc_infer_output(info, 1, OC_REAL_DTYPE, channels, err);
}

static oc_status batch_norm_grad_x_infer(oc_op_info *info, oc_error *err) {
  TRY(infer_inputs(info, GRAD_X_INPUTS, err));
  return oc_infer_output(info, 0, OC_REAL_DTYPE, info->in[X].shape, err);
}

static oc_cost batch_norm_grad_sums_cost(const oc_op_info *info, int64_t batch) {
  return (oc_cost){5.0 * (double)oc_value_count(&info->in[X], batch), oc_io_bytes(info, batch)};
}
static oc_cost batch_norm_grad_x_cost(const oc_op_info *info, int64_t batch) {
  return (oc_cost){7.0 * (double)oc_value_count(&info->in[X], batch), oc_io_bytes(info, batch)};
}

static size_t batch_norm_grad_sums_scratch(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return oc_scratch_bytes(2 * oc_tensor_desc_row(&info->out[0]), sizeof(double));
}

static void batch_norm_grad_sums_run(const oc_call *c) {
  const oc_batch_norm_attrs *a = c->info->attrs;
  const real *x = c->in[X], *dy = c->in[DY], *mean = c->in[MEAN], *variance = c->in[VARIANCE];
  const int64_t count = oc_call_count(c, &c->info->in[X]), channels = oc_tensor_desc_row(&c->info->out[0]);
  double *dgamma = c->scratch, *dbeta = dgamma + channels;
  oc_clear_sums(dgamma, 2 * channels);
  for (int64_t i = 0; i < count; i += channels)
    for (int64_t j = 0; j < channels; j++) {
      const double normal = ((double)x[i + j] - (double)mean[j]) / sqrt((double)variance[j] + a->epsilon);
      dgamma[j] += (double)dy[i + j] * normal;
      dbeta[j] += (double)dy[i + j];
    }
  oc_store_sums(dgamma, channels, c->out[0]);
  oc_store_sums(dbeta, channels, c->out[1]);
}

static void batch_norm_grad_x_run(const oc_call *c) {
  const oc_batch_norm_attrs *a = c->info->attrs;
  const real *x = c->in[X], *dy = c->in[DY], *mean = c->in[MEAN], *variance = c->in[VARIANCE],
             *gamma = c->in[GAMMA], *dgamma = c->in[DGAMMA], *dbeta = c->in[DBETA];
  real *dx = c->out[0];
  const int64_t count = oc_call_count(c, &c->info->in[X]), channels = oc_last_dim(&c->info->in[X].shape);
  const double all = (double)(oc_value_count(&c->info->in[X], c->batch) / channels);
  for (int64_t i = 0; i < count; i += channels)
    for (int64_t j = 0; j < channels; j++) {
      const double inverse = 1 / sqrt((double)variance[j] + a->epsilon);
      const double normal = ((double)x[i + j] - (double)mean[j]) * inverse;
      const double through_statistics = ((double)dbeta[j] + normal * (double)dgamma[j]) / all;
      const double own = (double)dy[i + j] - (c->state->training ? through_statistics : 0);
      dx[i + j] = (real)((double)gamma[j] * inverse * own);
    }
}

OC_DEFINE_OP(batch_norm_grad_sums, .tf_name = "FusedBatchNormGrad", .attr_size = sizeof(oc_batch_norm_attrs),
             .infer = batch_norm_grad_sums_infer, .cost = batch_norm_grad_sums_cost,
             .scratch = batch_norm_grad_sums_scratch, .run = batch_norm_grad_sums_run,
             .inference_swap = {[MEAN] = SUMS_MOVING_MEAN + 1, [VARIANCE] = SUMS_MOVING_VARIANCE + 1});
OC_DEFINE_OP(batch_norm_grad_x, .tf_name = "FusedBatchNormGradInput",
             .attr_size = sizeof(oc_batch_norm_attrs), .infer = batch_norm_grad_x_infer,
             .cost = batch_norm_grad_x_cost, .run = batch_norm_grad_x_run,
             .inference_swap = {[VARIANCE] = MOVING_VARIANCE + 1});
