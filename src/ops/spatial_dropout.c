/* spatial_dropout: while training, each channel (the last axis) of a sample is kept as a whole with
 * probability keep_prob and divided by it, else 0 (Tompson et al. 2015). Otherwise the identity.
 * spatial_dropout_grad (dy, keep_prob): the same with the forward operation's random stream.
 * The mask is that of dropout (ops.h), of a sample whose elements are the channels. */
#include "ops/elementwise.h"
#include "ops/reference.h"
#include <string.h>

static oc_status spatial_dropout_infer(oc_op_info *info, oc_error *err) {
  TRY(oc_expect_reals(info, 2, OC_REAL_DTYPE, err));
  TRY(oc_expect_scalar(info, 1, "keep_prob", err));
  if (info->in[0].shape.rank < (oc_tensor_desc_batched(&info->in[0]) ? 2 : 1))
    return oc_fail(err, OC_E_NET, info->name, "Give x a last axis of channels.",
                   "x of %s has no axis of channels", info->op->name);
  return oc_infer_output(info, 0, OC_REAL_DTYPE, info->in[0].shape, err);
}

static void spatial_dropout_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  const oc_dropout_grad_attrs attrs = {oc_graph_info(g, node)->stream};
  dx[0] = oc_graph_add(g, OC_OP(g, spatial_dropout_grad), (oc_node[]){dy[0], oc_graph_input(g, node, 1)}, 2,
                       &attrs);
}

static oc_cost spatial_dropout_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 1);
}

static size_t spatial_dropout_scratch(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return oc_scratch_bytes(oc_last_dim(&info->in[0].shape), sizeof(real));
}

/* Rows of channels; a factor of 0 drops whatever x holds. */
static void scale_rows(const real *x, const real *factor, int64_t count, int64_t channels, real *y) {
  for (int64_t i = 0; i < count; i += channels)
    for (int64_t j = 0; j < channels; j++) y[i + j] = factor[j] > 0 ? x[i + j] * factor[j] : 0;
}

static void drop_channels(const oc_call *c, uint64_t stream) {
  const oc_tensor_desc *value = &c->info->in[0];
  const real *x = c->in[0];
  real *y = c->out[0], *factor = c->scratch;
  if (!c->state->training) {
    if (x != y) memcpy(y, x, (size_t)oc_call_count(c, value) * sizeof(real));
    return;
  }
  oc_dropout_mask m = oc_dropout_mask_of(c, stream, *(const real *)c->in[1]);
  const int64_t row = oc_tensor_desc_row(value), channels = oc_last_dim(&value->shape),
                samples = oc_tensor_desc_batched(value) ? c->samples : 1;
  for (int64_t i = 0; i < samples; i++, m.sample++) {
    for (int64_t j = 0; j < channels; j++) factor[j] = 1;
    oc_dropout_row(&m, factor, factor, channels);
    scale_rows(x + i * row, factor, row, channels, y + i * row);
  }
}

static void spatial_dropout_run(const oc_call *c) {
  drop_channels(c, c->info->stream);
}

static void spatial_dropout_grad_run(const oc_call *c) {
  const oc_dropout_grad_attrs *a = c->info->attrs;
  drop_channels(c, a->stream);
}

#ifdef OC_OPS_FLOAT
oc_node oc_spatial_dropout(oc_graph *g, oc_node x, oc_node keep_prob) {
  return oc_graph_add(g, OC_OP(g, spatial_dropout), (oc_node[]){x, keep_prob}, 2, NULL);
}
#endif

OC_DEFINE_OP(spatial_dropout, .terms = OC_TERMS_ELEMENT, .tf_type = "Dropout", .random = true,
             .tf_name = "spatial_dropout", .infer = spatial_dropout_infer,
             .gradient = spatial_dropout_gradient, .cost = spatial_dropout_cost,
             .scratch = spatial_dropout_scratch, .run = spatial_dropout_run, .inference_identity = true);
OC_DEFINE_OP(spatial_dropout_grad, .tf_name = "SpatialDropoutGrad",
             .attr_size = sizeof(oc_dropout_grad_attrs), .infer = spatial_dropout_infer,
             .cost = spatial_dropout_cost, .scratch = spatial_dropout_scratch,
             .run = spatial_dropout_grad_run, .inference_identity = true);
