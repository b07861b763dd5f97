/* bias_add: y = x + b, one b for each channel (the last axis). */
#include "ops/ops.h"
#include "ops/shape_rules.h"

static oc_status bias_add_infer(oc_op_info *info, oc_error *err) {
  TRY(oc_expect_reals(info, 2, OC_REAL_DTYPE, err));
  const oc_shape x = info->in[0].shape;
  if (x.rank < (oc_tensor_desc_batched(&info->in[0]) ? 2 : 1))
    return oc_fail(err, OC_E_NET, info->name, "Give x a last axis of channels.",
                   "x of bias_add has no axis of channels");
  TRY(oc_expect_vector(info, 1, "b", oc_last_dim(&x), err));
  return oc_infer_output(info, 0, OC_REAL_DTYPE, x, err);
}

static void bias_add_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  (void)node;
  dx[0] = dy[0];
  dx[1] = oc_graph_add(g, OC_OP(g, bias_grad), dy, 1, NULL);
}

static oc_cost bias_add_cost(const oc_op_info *info, int64_t batch) {
  return (oc_cost){(double)oc_value_count(&info->in[0], batch), oc_io_bytes(info, batch)};
}

static void bias_add_run(const oc_call *c) {
  const real *x = c->in[0], *b = c->in[1];
  real *y = c->out[0];
  const int64_t count = oc_call_count(c, &c->info->in[0]), channels = oc_last_dim(&c->info->in[0].shape);
  for (int64_t i = 0; i < count; i += channels)
    for (int64_t j = 0; j < channels; j++) y[i + j] = x[i + j] + b[j];
}

#ifdef OC_OPS_FLOAT
oc_node oc_bias_add(oc_graph *g, oc_node x, oc_node b) {
  return oc_graph_add(g, OC_OP(g, bias_add), (oc_node[]){x, b}, 2, NULL);
}
#endif

static void bias_add_describe(const oc_op_info *info, const oc_attribute_sink *sink) {
  (void)info;
  sink->text(sink->to, "data_format", "NHWC");
}

OC_DEFINE_OP(bias_add, .terms = OC_TERMS_BIAS, .describe = bias_add_describe, .tf_name = "BiasAdd",
             .infer = bias_add_infer, .gradient = bias_add_gradient, .cost = bias_add_cost,
             .run = bias_add_run);
