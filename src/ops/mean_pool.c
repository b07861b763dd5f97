/* mean_pool: the mean of each window, channel by channel. Padding is not counted, neither in the sum nor in
 * the number of elements. Source: lecture, "Subsampling". */
#include "ops/reference.h"
#include "ops/shape_rules.h"
#include "ops/window.h"

static oc_status mean_pool_infer(oc_op_info *info, oc_error *err) {
  oc_shape y;
  TRY(oc_expect_reals(info, 1, OC_REAL_DTYPE, err));
  TRY(oc_pool_shape(info->attrs, &info->in[0].shape, info->name, &y, err));
  return oc_infer_output(info, 0, OC_REAL_DTYPE, y, err);
}

static void mean_pool_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  oc_pool_attrs a = *(const oc_pool_attrs *)oc_graph_info(g, node)->attrs;
  a.target = oc_node_shape(g, oc_graph_input(g, node, 0));
  dx[0] = oc_graph_add(g, OC_OP(g, mean_pool_grad), dy, 1, &a);
}

static oc_cost mean_pool_cost(const oc_op_info *info, int64_t batch) {
  const oc_pool_attrs *a = info->attrs;
  const double window = (double)a->size[0] * (double)a->size[1];
  return (oc_cost){window * (double)oc_value_count(&info->out[0], batch), oc_io_bytes(info, batch)};
}

static real mean_of(const oc_pool_dims *d, const oc_pool_window *w, const real *x, int64_t channel) {
  double sum = 0;
  for (int64_t iy = w->y0; iy < w->y1; iy++)
    for (int64_t ix = w->x0; ix < w->x1; ix++) sum += (double)x[(iy * d->iw + ix) * d->c + channel];
  return (real)(sum / (double)oc_pool_window_count(w));
}

/* One image. */
static void pool(const oc_pool_dims *d, const real *x, real *y) {
  for (int64_t oy = 0; oy < d->oh; oy++)
    for (int64_t ox = 0; ox < d->ow; ox++) {
      const oc_pool_window w = oc_pool_window_at(d, oy, ox);
      for (int64_t j = 0; j < d->c; j++) y[(oy * d->ow + ox) * d->c + j] = mean_of(d, &w, x, j);
    }
}

static void mean_pool_run(const oc_call *c) {
  const oc_tensor_desc *in = &c->info->in[0], *out = &c->info->out[0];
  const oc_pool_dims d = oc_pool_dims_of(c->info->attrs, &in->shape, &out->shape);
  const real *x = c->in[0];
  real *y = c->out[0];
  const int64_t images = oc_call_rows(c, in);
  for (int64_t n = 0; n < images; n++) pool(&d, x + n * oc_pool_x_size(&d), y + n * oc_pool_y_size(&d));
}

#ifdef OC_OPS_FLOAT
oc_node oc_mean_pool(oc_graph *g, oc_node x, const oc_pool_options *options) {
  oc_pool_attrs a;
  if (!oc_pool_attrs_of(g, x, options, "oc_mean_pool", &a)) return OC_NO_NODE;
  return oc_graph_add(g, OC_OP(g, mean_pool), &x, 1, &a);
}
#endif

static void mean_pool_describe(const oc_op_info *info, const oc_attribute_sink *sink) {
  oc_describe_pool(info->attrs, &info->in[0].shape, sink);
}

static const oc_attribute mean_pool_attributes[] = {OC_FIELDS(I64, oc_pool_attrs, size),
                                                    OC_FIELDS(I64, oc_pool_attrs, stride),
                                                    OC_FIELDS(I64, oc_pool_attrs, pad),
                                                    {0}};
OC_DEFINE_OP(mean_pool, .terms = OC_TERMS_MEAN, .describe = mean_pool_describe,
             .attributes = mean_pool_attributes, .tf_name = "AvgPool", .attr_size = sizeof(oc_pool_attrs),
             .infer = mean_pool_infer, .gradient = mean_pool_gradient, .cost = mean_pool_cost,
             .run = mean_pool_run);
