/* max_pool: the largest element of each window, channel by channel. Padding never wins; of equal values the
 * first in row order does; NaN counts as largest, so that it is not hidden. Source: lecture, "Subsampling".
 */
#include "ops/reference.h"
#include "ops/shape_rules.h"
#include "ops/window.h"

static oc_status max_pool_infer(oc_op_info *info, oc_error *err) {
  oc_shape y;
  TRY(oc_expect_reals(info, 1, OC_REAL_DTYPE, err));
  TRY(oc_pool_shape(info->attrs, &info->in[0].shape, info->name, &y, err));
  return oc_infer_output(info, 0, OC_REAL_DTYPE, y, err);
}

static void max_pool_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  const oc_pool_attrs a = *(const oc_pool_attrs *)oc_graph_info(g, node)->attrs;
  const oc_node in[] = {oc_graph_input(g, node, 0), oc_node_of(node, 0), dy[0]};
  dx[0] = oc_graph_add(g, OC_OP(g, max_pool_grad), in, 3, &a);
}

static oc_cost max_pool_cost(const oc_op_info *info, int64_t batch) {
  const oc_pool_attrs *a = info->attrs;
  const double window = (double)a->size[0] * (double)a->size[1];
  return (oc_cost){window * (double)oc_value_count(&info->out[0], batch), oc_io_bytes(info, batch)};
}

void OC_REFERENCE(max_pool)(const oc_pool_dims *d, const real *x, real *y, uint8_t *arg) {
  for (int64_t oy = 0; oy < d->oh; oy++)
    for (int64_t ox = 0; ox < d->ow; ox++) {
      const oc_pool_window w = oc_pool_window_at(d, oy, ox);
      for (int64_t j = 0; j < d->c; j++) {
        const int64_t out = (oy * d->ow + ox) * d->c + j, best = oc_pool_maximum(d, &w, x, j);
        y[out] = x[best * d->c + j];
        if (arg) arg[out] = oc_pool_arg(d, oy, ox, best);
      }
    }
}

static void max_pool_run(const oc_call *c) {
  const oc_tensor_desc *in = &c->info->in[0], *out = &c->info->out[0];
  const oc_pool_dims d = oc_pool_dims_of(c->info->attrs, &in->shape, &out->shape);
  const real *x = c->in[0];
  real *y = c->out[0];
  const int64_t images = oc_call_rows(c, in);
  for (int64_t n = 0; n < images; n++)
    OC_REFERENCE(max_pool)(&d, x + n * oc_pool_x_size(&d), y + n * oc_pool_y_size(&d), NULL);
}

#ifdef OC_OPS_FLOAT

oc_node oc_max_pool(oc_graph *g, oc_node x, const oc_pool_options *options) {
  oc_pool_attrs a;
  if (!oc_pool_attrs_of(g, x, options, "oc_max_pool", &a)) return OC_NO_NODE;
  return oc_graph_add(g, OC_OP(g, max_pool), &x, 1, &a);
}
#endif

static void max_pool_describe(const oc_op_info *info, const oc_attribute_sink *sink) {
  oc_describe_pool(info->attrs, &info->in[0].shape, sink);
}

static const oc_attribute max_pool_attributes[] = {OC_FIELDS(I64, oc_pool_attrs, size),
                                                   OC_FIELDS(I64, oc_pool_attrs, stride),
                                                   OC_FIELDS(I64, oc_pool_attrs, pad),
                                                   {0}};
OC_DEFINE_OP(max_pool, .terms = OC_TERMS_LARGEST, .describe = max_pool_describe,
             .attributes = max_pool_attributes, .tf_name = "MaxPool", .attr_size = sizeof(oc_pool_attrs),
             .infer = max_pool_infer, .gradient = max_pool_gradient, .cost = max_pool_cost,
             .run = max_pool_run);
