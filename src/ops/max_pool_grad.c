/* max_pool_grad (x, y, dy) -> dx: each dy goes to the element that was its window's maximum (the first in row
 * order); an element that won several windows gets the sum. y is an input for faster kernels; the definition
 * looks again. */
#include "ops/reference.h"
#include "ops/shape_rules.h"
#include "ops/window.h"

static oc_status max_pool_grad_infer(oc_op_info *info, oc_error *err) {
  oc_shape y;
  TRY(oc_expect_reals(info, 3, OC_REAL_DTYPE, err));
  TRY(oc_pool_shape(info->attrs, &info->in[0].shape, info->name, &y, err));
  TRY(oc_expect_shape(info, 1, "y", &y, err));
  TRY(oc_expect_shape(info, 2, "dy", &y, err));
  return oc_infer_output(info, 0, OC_REAL_DTYPE, info->in[0].shape, err);
}

static oc_cost max_pool_grad_cost(const oc_op_info *info, int64_t batch) {
  const oc_pool_attrs *a = info->attrs;
  const double window = (double)a->size[0] * (double)a->size[1];
  return (oc_cost){window * (double)oc_value_count(&info->in[1], batch), oc_io_bytes(info, batch)};
}

/* One image. */
static void scatter(const oc_pool_dims *d, const real *x, const real *dy, real *dx) {
  for (int64_t i = 0; i < oc_pool_x_size(d); i++) dx[i] = 0;
  for (int64_t oy = 0; oy < d->oh; oy++)
    for (int64_t ox = 0; ox < d->ow; ox++) {
      const oc_pool_window w = oc_pool_window_at(d, oy, ox);
      for (int64_t j = 0; j < d->c; j++)
        dx[oc_pool_maximum(d, &w, x, j) * d->c + j] += dy[(oy * d->ow + ox) * d->c + j];
    }
}

static void max_pool_grad_run(const oc_call *c) {
  const oc_tensor_desc *in = c->info->in;
  const oc_pool_dims d = oc_pool_dims_of(c->info->attrs, &in[0].shape, &in[1].shape);
  const real *x = c->in[0], *dy = c->in[2];
  real *dx = c->out[0];
  const int64_t images = oc_call_rows(c, &in[0]);
  for (int64_t n = 0; n < images; n++)
    scatter(&d, x + n * oc_pool_x_size(&d), dy + n * oc_pool_y_size(&d), dx + n * oc_pool_x_size(&d));
}

static void max_pool_grad_describe(const oc_op_info *info, const oc_attribute_sink *sink) {
  oc_describe_pool(info->attrs, &info->in[0].shape, sink);
}

OC_DEFINE_OP(max_pool_grad, .describe = max_pool_grad_describe, .tf_name = "MaxPoolGrad",
             .attr_size = sizeof(oc_pool_attrs), .infer = max_pool_grad_infer, .cost = max_pool_grad_cost,
             .run = max_pool_grad_run);
