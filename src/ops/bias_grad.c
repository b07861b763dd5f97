/* bias_grad (dy) -> db: the sum of dy over every axis but the last, and over the samples. */
#include "ops/reference.h"
#include "ops/shape_rules.h"

static oc_status bias_grad_infer(oc_op_info *info, oc_error *err) {
  TRY(oc_expect_reals(info, 1, OC_REAL_DTYPE, err));
  return oc_infer_output(info, 0, OC_REAL_DTYPE, OC_SHAPE(oc_last_dim(&info->in[0].shape)), err);
}

static oc_cost bias_grad_cost(const oc_op_info *info, int64_t batch) {
  return (oc_cost){(double)oc_value_count(&info->in[0], batch), oc_io_bytes(info, batch)};
}

static size_t bias_grad_scratch(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return oc_scratch_bytes(oc_tensor_desc_row(&info->out[0]), sizeof(double));
}

static void bias_grad_run(const oc_call *c) {
  const int64_t channels = oc_tensor_desc_row(&c->info->out[0]);
  double *sums = c->scratch;
  if (channels == 0) return;
  oc_clear_sums(sums, channels);
  oc_add_rows(c->in[0], oc_call_count(c, &c->info->in[0]) / channels, channels, sums);
  oc_store_sums(sums, channels, c->out[0]);
}

static void bias_grad_describe(const oc_op_info *info, const oc_attribute_sink *sink) {
  (void)info;
  sink->text(sink->to, "data_format", "NHWC");
}

OC_DEFINE_OP(bias_grad, .describe = bias_grad_describe, .tf_name = "BiasAddGrad", .infer = bias_grad_infer,
             .cost = bias_grad_cost, .scratch = bias_grad_scratch, .run = bias_grad_run);
