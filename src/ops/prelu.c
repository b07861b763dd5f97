/* prelu: y = x for x > 0, else slope * x, with a learned slope for each channel, the last axis (He et al.
 * 2015).
 * prelu_grad_x (x, slope, dy) -> dy where x > 0, else slope * dy.
 * prelu_grad_slope (x, dy) -> the sum of x * dy over all elements of a channel with x <= 0. */
#include "ops/reference.h"
#include "ops/shape_rules.h"

static oc_status prelu_expect(oc_op_info *info, int count, oc_error *err) {
  TRY(oc_expect_reals(info, count, OC_REAL_DTYPE, err));
  const oc_shape *x = &info->in[0].shape;
  if (x->rank < (oc_tensor_desc_batched(&info->in[0]) ? 2 : 1))
    return oc_fail(err, OC_E_NET, info->name, "Give x a last axis of channels.",
                   "x of %s has no axis of channels", info->op->name);
  return OC_OK;
}

static oc_status prelu_infer(oc_op_info *info, oc_error *err) {
  TRY(prelu_expect(info, 2, err));
  TRY(oc_expect_vector(info, 1, "slope", oc_last_dim(&info->in[0].shape), err));
  return oc_infer_output(info, 0, OC_REAL_DTYPE, info->in[0].shape, err);
}

static oc_status prelu_grad_x_infer(oc_op_info *info, oc_error *err) {
  TRY(prelu_expect(info, 3, err));
  TRY(oc_expect_vector(info, 1, "slope", oc_last_dim(&info->in[0].shape), err));
  TRY(oc_expect_shape(info, 2, "dy", &info->in[0].shape, err));
  return oc_infer_output(info, 0, OC_REAL_DTYPE, info->in[0].shape, err);
}

static oc_status prelu_grad_slope_infer(oc_op_info *info, oc_error *err) {
  TRY(prelu_expect(info, 2, err));
  TRY(oc_expect_shape(info, 1, "dy", &info->in[0].shape, err));
  return oc_infer_output(info, 0, OC_REAL_DTYPE, OC_SHAPE(oc_last_dim(&info->in[0].shape)), err);
}

static void prelu_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  const oc_node x = oc_graph_input(g, node, 0), slope = oc_graph_input(g, node, 1);
  dx[0] = oc_graph_add(g, OC_OP(g, prelu_grad_x), (oc_node[]){x, slope, dy[0]}, 3, NULL);
  dx[1] = oc_graph_add(g, OC_OP(g, prelu_grad_slope), (oc_node[]){x, dy[0]}, 2, NULL);
}

static oc_cost prelu_cost(const oc_op_info *info, int64_t batch) {
  return (oc_cost){2 * (double)oc_value_count(&info->in[0], batch), oc_io_bytes(info, batch)};
}

static size_t prelu_scratch(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return oc_scratch_bytes(oc_tensor_desc_row(&info->out[0]), sizeof(double));
}

static void prelu_run(const oc_call *c) {
  const real *x = c->in[0], *slope = c->in[1];
  real *y = c->out[0];
  const int64_t count = oc_call_count(c, &c->info->in[0]), channels = oc_last_dim(&c->info->in[0].shape);
  for (int64_t i = 0; i < count; i += channels)
    for (int64_t j = 0; j < channels; j++) y[i + j] = x[i + j] > 0 ? x[i + j] : slope[j] * x[i + j];
}

static void prelu_grad_x_run(const oc_call *c) {
  const real *x = c->in[0], *slope = c->in[1], *dy = c->in[2];
  real *dx = c->out[0];
  const int64_t count = oc_call_count(c, &c->info->in[0]), channels = oc_last_dim(&c->info->in[0].shape);
  for (int64_t i = 0; i < count; i += channels)
    for (int64_t j = 0; j < channels; j++) dx[i + j] = x[i + j] > 0 ? dy[i + j] : slope[j] * dy[i + j];
}

static void prelu_grad_slope_run(const oc_call *c) {
  const real *x = c->in[0], *dy = c->in[1];
  double *sums = c->scratch;
  const int64_t count = oc_call_count(c, &c->info->in[0]), channels = oc_last_dim(&c->info->in[0].shape);
  oc_clear_sums(sums, channels);
  for (int64_t i = 0; i < count; i += channels)
    for (int64_t j = 0; j < channels; j++)
      if (!(x[i + j] > 0)) sums[j] += (double)x[i + j] * (double)dy[i + j];
  oc_store_sums(sums, channels, c->out[0]);
}

#ifdef OC_OPS_FLOAT
oc_node oc_prelu(oc_graph *g, oc_node x, oc_node slope) {
  return oc_graph_add(g, OC_OP(g, prelu), (oc_node[]){x, slope}, 2, NULL);
}
#endif

OC_DEFINE_OP(prelu, .inputs = 2, .tf_name = "PRelu", .infer = prelu_infer, .gradient = prelu_gradient,
             .cost = prelu_cost, .run = prelu_run);
OC_DEFINE_OP(prelu_grad_x, .tf_name = "PReluGrad", .infer = prelu_grad_x_infer, .cost = prelu_cost,
             .run = prelu_grad_x_run);
OC_DEFINE_OP(prelu_grad_slope, .tf_name = "PReluSlopeGrad", .infer = prelu_grad_slope_infer,
             .cost = prelu_cost, .scratch = prelu_scratch, .run = prelu_grad_slope_run);
