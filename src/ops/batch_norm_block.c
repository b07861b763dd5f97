/* batch_norm_block: y = act(batch_norm(x) [+ r]), made by the planner out of batch_norm [+ add]
 * [+ activation]; and the gradients of batch normalization together with that of the activation after it:
 *
 *   batch_norm_block (x, gamma, beta, mean, variance [, r]) -> y
 *   batch_norm_block_grad_sums (x, dy, mean, variance, gamma, beta) -> dgamma, dbeta
 *   batch_norm_block_grad_x (x, dy, mean, variance, gamma, dgamma, dbeta, beta) -> dx
 *     dz = dy * act'(y), where y is computed again from x, is not stored
 *   batch_norm_block_grad_z (x, dy, mean, variance, y [, dy2]) -> dgamma, dbeta, dz
 *     dz = (dy + dy2) * act'(y), which others need too, as after a residual sum
 *
 * Each part is the definition of the operation that it replaces. */
#include "ops/activate.h"
#include "ops/reference.h"
#include "ops/shape_rules.h"
#include <math.h>

enum { X, GAMMA, BETA, MEAN, VARIANCE, R }; /* of batch_norm_block */
enum { DY = 1, GRAD_MEAN, GRAD_VARIANCE, GRAD_GAMMA, GRAD_BETA };
enum { DGAMMA = GRAD_GAMMA + 1, DBETA, X_BETA, X_INPUTS }; /* of .._grad_x */
enum { Y = GRAD_VARIANCE + 1, DY2 };                       /* of .._grad_z */

static oc_status expect_vectors(const oc_op_info *info, int first, int end, oc_error *err) {
  for (int i = first; i < end; i++)
    TRY(oc_expect_vector(info, i, "a statistic", oc_last_dim(&info->in[X].shape), err));
  return OC_OK;
}

static oc_status batch_norm_block_infer(oc_op_info *info, oc_error *err) {
  TRY(oc_expect_reals(info, info->n_in > R ? R + 1 : R, OC_REAL_DTYPE, err));
  TRY(expect_vectors(info, GAMMA, R, err));
  if (info->n_in > R) TRY(oc_expect_shape(info, R, "r", &info->in[X].shape, err));
  return oc_infer_output(info, 0, OC_REAL_DTYPE, info->in[X].shape, err);
}

static oc_status infer_sums(oc_op_info *info, oc_error *err) {
  const oc_shape channels = OC_SHAPE(oc_last_dim(&info->in[X].shape));
  TRY(oc_expect_shape(info, DY, "dy", &info->in[X].shape, err));
  TRY(oc_infer_output(info, 0, OC_REAL_DTYPE, channels, err));
  return oc_infer_output(info, 1, OC_REAL_DTYPE, channels, err);
}
static oc_status batch_norm_block_grad_sums_infer(oc_op_info *info, oc_error *err) {
  TRY(oc_expect_reals(info, GRAD_BETA + 1, OC_REAL_DTYPE, err));
  TRY(expect_vectors(info, GRAD_MEAN, GRAD_BETA + 1, err));
  return infer_sums(info, err);
}
static oc_status batch_norm_block_grad_z_infer(oc_op_info *info, oc_error *err) {
  TRY(oc_expect_reals(info, info->n_in > DY2 ? DY2 + 1 : DY2, OC_REAL_DTYPE, err));
  TRY(expect_vectors(info, GRAD_MEAN, Y, err));
  for (int i = Y; i < info->n_in; i++) TRY(oc_expect_shape(info, i, "y", &info->in[X].shape, err));
  TRY(infer_sums(info, err));
  return oc_infer_output(info, 2, OC_REAL_DTYPE, info->in[X].shape, err);
}
static oc_status batch_norm_block_grad_x_infer(oc_op_info *info, oc_error *err) {
  TRY(oc_expect_reals(info, X_INPUTS, OC_REAL_DTYPE, err));
  TRY(oc_expect_shape(info, DY, "dy", &info->in[X].shape, err));
  TRY(expect_vectors(info, GRAD_MEAN, X_INPUTS, err));
  return oc_infer_output(info, 0, OC_REAL_DTYPE, info->in[X].shape, err);
}

static oc_cost cost_each(const oc_op_info *info, int64_t batch, double flops) {
  return (oc_cost){flops * (double)oc_value_count(&info->in[X], batch), oc_io_bytes(info, batch)};
}
static oc_cost batch_norm_block_cost(const oc_op_info *info, int64_t batch) {
  return cost_each(info, batch, 6);
}
static oc_cost batch_norm_block_grad_sums_cost(const oc_op_info *info, int64_t batch) {
  return cost_each(info, batch, 10);
}
static oc_cost batch_norm_block_grad_z_cost(const oc_op_info *info, int64_t batch) {
  return cost_each(info, batch, 7);
}
static oc_cost batch_norm_block_grad_x_cost(const oc_op_info *info, int64_t batch) {
  return cost_each(info, batch, 12);
}

static double inverse(const oc_call *c, real variance) {
  return 1 / sqrt((double)variance + ((const oc_batch_norm_block_attrs *)c->info->attrs)->norm.epsilon);
}
static double normal(const oc_call *c, real x, real mean, real variance) {
  return ((double)x - (double)mean) * inverse(c, variance);
}

static void batch_norm_block_run(const oc_call *c) {
  const oc_batch_norm_block_attrs *a = c->info->attrs;
  const real *x = c->in[X], *gamma = c->in[GAMMA], *beta = c->in[BETA], *mean = c->in[MEAN],
             *variance = c->in[VARIANCE], *r = c->info->n_in > R ? c->in[R] : NULL;
  real *y = c->out[0];
  const int64_t count = oc_call_count(c, &c->info->in[X]), channels = oc_last_dim(&c->info->in[X].shape);
  for (int64_t i = 0; i < count; i++) {
    const int64_t j = i % channels;
    const real own = (real)((double)gamma[j] * normal(c, x[i], mean[j], variance[j]) + (double)beta[j]);
    y[i] = oc_activate(a->act, a->slope, r ? own + r[i] : own);
  }
}

/* dz of element i, of channel j, where y is computed again. */
static real dz_again(const oc_call *c, int64_t i, int64_t j, const real *gamma, const real *beta) {
  const oc_batch_norm_block_attrs *a = c->info->attrs;
  const real *x = c->in[X], *dy = c->in[DY], *mean = c->in[GRAD_MEAN], *variance = c->in[GRAD_VARIANCE];
  const real z = (real)((double)gamma[j] * normal(c, x[i], mean[j], variance[j]) + (double)beta[j]);
  return oc_activate_back(a->act, a->slope, oc_activate(a->act, a->slope, z), dy[i]);
}

/* dz of element i where y is given. */
static real dz_given(const oc_call *c, int64_t i) {
  const oc_batch_norm_block_attrs *a = c->info->attrs;
  const real *dy = c->in[DY], *y = c->in[Y], *dy2 = c->info->n_in > DY2 ? c->in[DY2] : NULL;
  return oc_activate_back(a->act, a->slope, y[i], dy2 ? dy[i] + dy2[i] : dy[i]);
}

static size_t sums_scratch(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return oc_scratch_bytes(2 * oc_tensor_desc_row(&info->out[0]), sizeof(double));
}

/* Sums dz with and without the normal, and stores dz if there is a place for it. */
static void run_sums(const oc_call *c, bool given) {
  const real *x = c->in[X], *mean = c->in[GRAD_MEAN], *variance = c->in[GRAD_VARIANCE];
  const int64_t count = oc_call_count(c, &c->info->in[X]), channels = oc_tensor_desc_row(&c->info->out[0]);
  double *dgamma = c->scratch, *dbeta = dgamma + channels;
  oc_clear_sums(dgamma, 2 * channels);
  for (int64_t i = 0; i < count; i++) {
    const int64_t j = i % channels;
    const real dz = given ? dz_given(c, i) : dz_again(c, i, j, c->in[GRAD_GAMMA], c->in[GRAD_BETA]);
    dgamma[j] += (double)dz * normal(c, x[i], mean[j], variance[j]);
    dbeta[j] += (double)dz;
    if (given) ((real *)c->out[2])[i] = dz;
  }
  oc_store_sums(dgamma, channels, c->out[0]);
  oc_store_sums(dbeta, channels, c->out[1]);
}
static void batch_norm_block_grad_sums_run(const oc_call *c) {
  run_sums(c, false);
}
static void batch_norm_block_grad_z_run(const oc_call *c) {
  run_sums(c, true);
}

static void batch_norm_block_grad_x_run(const oc_call *c) {
  const real *x = c->in[X], *mean = c->in[GRAD_MEAN], *variance = c->in[GRAD_VARIANCE],
             *gamma = c->in[GRAD_GAMMA], *dgamma = c->in[DGAMMA], *dbeta = c->in[DBETA];
  real *dx = c->out[0];
  const int64_t count = oc_call_count(c, &c->info->in[X]), channels = oc_last_dim(&c->info->in[X].shape);
  const double all = (double)(oc_value_count(&c->info->in[X], c->batch) / channels);
  for (int64_t i = 0; i < count; i++) {
    const int64_t j = i % channels;
    const double through =
        ((double)dbeta[j] + normal(c, x[i], mean[j], variance[j]) * (double)dgamma[j]) / all;
    const double own = (double)dz_again(c, i, j, gamma, c->in[X_BETA]) - (c->state->training ? through : 0);
    dx[i] = (real)((double)gamma[j] * inverse(c, variance[j]) * own);
  }
}

OC_DEFINE_OP(batch_norm_block, .tf_name = "BatchNormBlock", .attr_size = sizeof(oc_batch_norm_block_attrs),
             .infer = batch_norm_block_infer, .cost = batch_norm_block_cost, .run = batch_norm_block_run);
OC_DEFINE_OP(batch_norm_block_grad_sums, .tf_name = "BatchNormBlockGrad",
             .attr_size = sizeof(oc_batch_norm_block_attrs), .infer = batch_norm_block_grad_sums_infer,
             .cost = batch_norm_block_grad_sums_cost, .scratch = sums_scratch,
             .run = batch_norm_block_grad_sums_run);
OC_DEFINE_OP(batch_norm_block_grad_z, .tf_name = "BatchNormBlockGradZ",
             .attr_size = sizeof(oc_batch_norm_block_attrs), .infer = batch_norm_block_grad_z_infer,
             .cost = batch_norm_block_grad_z_cost, .scratch = sums_scratch,
             .run = batch_norm_block_grad_z_run);
OC_DEFINE_OP(batch_norm_block_grad_x, .tf_name = "BatchNormBlockGradInput",
             .attr_size = sizeof(oc_batch_norm_block_attrs), .infer = batch_norm_block_grad_x_infer,
             .cost = batch_norm_block_grad_x_cost, .run = batch_norm_block_grad_x_run);
