/* mean_pool_grad (dy) -> dx: each dy is spread evenly over the elements of its window. attrs.target is the
 * shape of x, whose values are not needed. */
#include "ops/reference.h"
#include "ops/shape_rules.h"
#include "ops/window.h"

static oc_status mean_pool_grad_infer(oc_op_info *info, oc_error *err) {
  const oc_pool_attrs *a = info->attrs;
  oc_shape y;
  TRY(oc_expect_reals(info, 1, OC_REAL_DTYPE, err));
  TRY(oc_pool_shape(a, &a->target, info->name, &y, err));
  TRY(oc_expect_shape(info, 0, "dy", &y, err));
  return oc_infer_output(info, 0, OC_REAL_DTYPE, a->target, err);
}

static oc_cost mean_pool_grad_cost(const oc_op_info *info, int64_t batch) {
  const oc_pool_attrs *a = info->attrs;
  const double window = (double)a->size[0] * (double)a->size[1];
  return (oc_cost){window * (double)oc_value_count(&info->in[0], batch), oc_io_bytes(info, batch)};
}

static void spread_window(const oc_pool_dims *d, const oc_pool_window *w, const real *dy, real *dx) {
  const real count = (real)oc_pool_window_count(w);
  for (int64_t iy = w->y0; iy < w->y1; iy++)
    for (int64_t ix = w->x0; ix < w->x1; ix++)
      for (int64_t j = 0; j < d->c; j++) dx[(iy * d->iw + ix) * d->c + j] += dy[j] / count;
}

/* One image. */
static void spread(const oc_pool_dims *d, const real *dy, real *dx) {
  for (int64_t i = 0; i < oc_pool_x_size(d); i++) dx[i] = 0;
  for (int64_t oy = 0; oy < d->oh; oy++)
    for (int64_t ox = 0; ox < d->ow; ox++) {
      const oc_pool_window w = oc_pool_window_at(d, oy, ox);
      spread_window(d, &w, dy + (oy * d->ow + ox) * d->c, dx);
    }
}

static void mean_pool_grad_run(const oc_call *c) {
  const oc_tensor_desc *in = &c->info->in[0], *out = &c->info->out[0];
  const oc_pool_dims d = oc_pool_dims_of(c->info->attrs, &out->shape, &in->shape);
  const real *dy = c->in[0];
  real *dx = c->out[0];
  const int64_t images = oc_call_rows(c, in);
  for (int64_t n = 0; n < images; n++) spread(&d, dy + n * oc_pool_y_size(&d), dx + n * oc_pool_x_size(&d));
}

static void mean_pool_grad_describe(const oc_op_info *info, const oc_attribute_sink *sink) {
  oc_describe_pool(info->attrs, &((const oc_pool_attrs *)info->attrs)->target, sink);
}

OC_DEFINE_OP(mean_pool_grad, .describe = mean_pool_grad_describe, .tf_name = "AvgPoolGrad",
             .attr_size = sizeof(oc_pool_attrs), .infer = mean_pool_grad_infer, .cost = mean_pool_grad_cost,
             .run = mean_pool_grad_run);
