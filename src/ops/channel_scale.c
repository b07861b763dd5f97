/* channel_scale: y = x * s, x (n,h,w,c) and one factor for each channel of each image, s (n,c), as in
 * squeeze-and-excite (Hu, Shen and Sun 2018). By x, its gradient is channel_scale (dy, s).
 * channel_scale_grad (x, dy) -> ds (n,c): the sum of x * dy over the positions. */
#include "ops/reference.h"
#include "ops/shape_rules.h"

static oc_status channel_scale_infer(oc_op_info *info, oc_error *err) {
  TRY(oc_expect_reals(info, 2, OC_REAL_DTYPE, err));
  TRY(oc_expect_rank(info, 0, "x", 4, "(n, rows, columns, channels)", err));
  const oc_shape *x = &info->in[0].shape, factors = OC_SHAPE(x->dim[0], x->dim[3]);
  TRY(oc_expect_shape(info, 1, "s", &factors, err));
  return oc_infer_output(info, 0, OC_REAL_DTYPE, *x, err);
}

static oc_status channel_scale_grad_infer(oc_op_info *info, oc_error *err) {
  TRY(oc_expect_reals(info, 2, OC_REAL_DTYPE, err));
  TRY(oc_expect_rank(info, 0, "x", 4, "(n, rows, columns, channels)", err));
  TRY(oc_expect_shape(info, 1, "dy", &info->in[0].shape, err));
  const oc_shape *x = &info->in[0].shape;
  return oc_infer_output(info, 0, OC_REAL_DTYPE, OC_SHAPE(x->dim[0], x->dim[3]), err);
}

static void channel_scale_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  const oc_node x = oc_graph_input(g, node, 0), s = oc_graph_input(g, node, 1);
  dx[0] = oc_channel_scale(g, dy[0], s);
  dx[1] = oc_graph_add(g, OC_OP(g, channel_scale_grad), (oc_node[]){x, dy[0]}, 2, NULL);
}

static oc_cost channel_scale_cost(const oc_op_info *info, int64_t batch) {
  return (oc_cost){(double)oc_value_count(&info->in[0], batch), oc_io_bytes(info, batch)};
}
static oc_cost channel_scale_grad_cost(const oc_op_info *info, int64_t batch) {
  return (oc_cost){2 * (double)oc_value_count(&info->in[0], batch), oc_io_bytes(info, batch)};
}

static size_t channel_scale_scratch(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return oc_scratch_bytes(oc_last_dim(&info->out[0].shape), sizeof(double));
}

static void channel_scale_run(const oc_call *c) {
  const oc_shape *shape = &c->info->in[0].shape;
  const int64_t places = shape->dim[1] * shape->dim[2], channels = shape->dim[3],
                images = oc_call_rows(c, &c->info->in[0]);
  const real *x = c->in[0], *s = c->in[1];
  real *y = c->out[0];
  for (int64_t n = 0; n < images; n++, s += channels)
    for (int64_t i = 0; i < places; i++, x += channels, y += channels)
      for (int64_t j = 0; j < channels; j++) y[j] = x[j] * s[j];
}

static void channel_scale_grad_run(const oc_call *c) {
  const oc_shape *shape = &c->info->in[0].shape;
  const int64_t places = shape->dim[1] * shape->dim[2], channels = shape->dim[3],
                images = oc_call_rows(c, &c->info->in[0]);
  const real *x = c->in[0], *dy = c->in[1];
  real *ds = c->out[0];
  double *sums = c->scratch;
  for (int64_t n = 0; n < images; n++, ds += channels) {
    oc_clear_sums(sums, channels);
    for (int64_t i = 0; i < places; i++, x += channels, dy += channels)
      for (int64_t j = 0; j < channels; j++) sums[j] += (double)x[j] * (double)dy[j];
    oc_store_sums(sums, channels, ds);
  }
}

#ifdef OC_OPS_FLOAT
oc_node oc_channel_scale(oc_graph *g, oc_node x, oc_node s) {
  return oc_graph_add(g, OC_OP(g, channel_scale), (oc_node[]){x, s}, 2, NULL);
}
#endif

OC_DEFINE_OP(channel_scale, .inputs = 2, .tf_name = "Scale", .tf_type = "Mul", .infer = channel_scale_infer,
             .gradient = channel_scale_gradient, .cost = channel_scale_cost, .run = channel_scale_run);
OC_DEFINE_OP(channel_scale_grad, .tf_name = "ScaleGrad", .infer = channel_scale_grad_infer,
             .cost = channel_scale_grad_cost, .scratch = channel_scale_scratch,
             .run = channel_scale_grad_run);
