/* batch_statistics.c: computes the statistics of a batch for batch normalization, over all axes except the
 * last.
 *
 *   batch_mean (x) -> mean                      sum of x / count
 *   batch_variance (x, mean) -> variance        sum of (x - mean)^2 / count, the biased one
 *   update_moving (moving, value)               moving = momentum * moving + (1 - momentum) * value
 *
 * count is that of the whole batch, so that the sums of the chunks add up to the statistic. */
#include "ops/reference.h"
#include "ops/shape_rules.h"

static oc_status infer_statistic(oc_op_info *info, int n_in, oc_error *err) {
  TRY(oc_expect_reals(info, n_in, OC_REAL_DTYPE, err));
  const oc_shape *x = &info->in[0].shape;
  if (x->rank < 2)
    return oc_fail(err, OC_E_NET, info->name, "Give x the axes (n, ..., channels).",
                   "x of %s has %d axes, but needs at least 2", info->op->name, x->rank);
  TRY(oc_expect_elements(info, 0, "x", err));
  if (n_in == 2) TRY(oc_expect_vector(info, 1, "mean", oc_last_dim(x), err));
  return oc_infer_output(info, 0, OC_REAL_DTYPE, OC_SHAPE(oc_last_dim(x)), err);
}
static oc_status batch_mean_infer(oc_op_info *info, oc_error *err) {
  return infer_statistic(info, 1, err);
}
static oc_status batch_variance_infer(oc_op_info *info, oc_error *err) {
  return infer_statistic(info, 2, err);
}

static oc_status update_moving_infer(oc_op_info *info, oc_error *err) {
  const oc_moving_attrs *a = info->attrs;
  TRY(oc_expect_reals(info, 2, OC_REAL_DTYPE, err));
  if (!(a->momentum >= 0 && a->momentum <= 1))
    return oc_fail(err, OC_E_NET, info->name, "Use, for example, 0.9 to 0.99.",
                   "momentum must be 0 to 1, got %g", a->momentum);
  TRY(oc_expect_fixed(info, 0, "the moving average", err));
  return oc_expect_shape(info, 1, "the batch's value", &info->in[0].shape, err);
}

static oc_cost batch_mean_cost(const oc_op_info *info, int64_t batch) {
  return (oc_cost){(double)oc_value_count(&info->in[0], batch), oc_io_bytes(info, batch)};
}
static oc_cost batch_variance_cost(const oc_op_info *info, int64_t batch) {
  return (oc_cost){3.0 * (double)oc_value_count(&info->in[0], batch), oc_io_bytes(info, batch)};
}
static oc_cost update_moving_cost(const oc_op_info *info, int64_t batch) {
  return (oc_cost){3.0 * (double)oc_value_count(&info->in[0], batch), oc_io_bytes(info, batch)};
}

static size_t batch_statistics_scratch(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return oc_scratch_bytes(oc_tensor_desc_row(&info->out[0]), sizeof(double));
}

/* out = sums / (elements of one channel in the whole batch). */
static void store_means(const oc_call *c, const double *sums) {
  const int64_t channels = oc_tensor_desc_row(&c->info->out[0]);
  const double count = (double)(oc_value_count(&c->info->in[0], c->batch) / channels);
  real *out = c->out[0];
  for (int64_t j = 0; j < channels; j++) out[j] = (real)(sums[j] / count);
}

static void batch_mean_run(const oc_call *c) {
  const int64_t channels = oc_tensor_desc_row(&c->info->out[0]), count = oc_call_count(c, &c->info->in[0]);
  double *sums = c->scratch;
  oc_clear_sums(sums, channels);
  oc_add_rows(c->in[0], count / channels, channels, sums);
  store_means(c, sums);
}

static void batch_variance_run(const oc_call *c) {
  const int64_t channels = oc_tensor_desc_row(&c->info->out[0]), count = oc_call_count(c, &c->info->in[0]);
  const real *x = c->in[0], *mean = c->in[1];
  double *sums = c->scratch;
  oc_clear_sums(sums, channels);
  for (int64_t i = 0; i < count; i += channels)
    for (int64_t j = 0; j < channels; j++) {
      const double distance = (double)x[i + j] - (double)mean[j];
      sums[j] += distance * distance;
    }
  store_means(c, sums);
}

static void update_moving_run(const oc_call *c) {
  const oc_moving_attrs *a = c->info->attrs;
  const real momentum = (real)a->momentum;
  real *moving = (real *)(uintptr_t)c->in[0]; /* updates = bit 0 */
  const real *value = c->in[1];
  const int64_t count = oc_tensor_desc_row(&c->info->in[0]);
  for (int64_t i = 0; i < count; i++) moving[i] = momentum * moving[i] + (1 - momentum) * value[i];
}

OC_DEFINE_OP(batch_mean, .stored = true, .tf_name = "BatchMean", .infer = batch_mean_infer,
             .cost = batch_mean_cost, .scratch = batch_statistics_scratch, .run = batch_mean_run);
OC_DEFINE_OP(batch_variance, .stored = true, .tf_name = "BatchVariance", .infer = batch_variance_infer,
             .cost = batch_variance_cost, .scratch = batch_statistics_scratch, .run = batch_variance_run);
static const oc_attribute update_moving_attributes[] = {OC_FIELD(F64, oc_moving_attrs, momentum), {0}};
OC_DEFINE_OP(update_moving, .attributes = update_moving_attributes, .stored = true,
             .tf_name = "AssignMovingAvg", .attr_size = sizeof(oc_moving_attrs), .infer = update_moving_infer,
             .cost = update_moving_cost, .run = update_moving_run, .updates = 1u << 0);
