/* conv2d_grad (x, w, dy) -> dw, dx: both gradients of a convolution in one step, conv2d_grad_w and
 * conv2d_grad_x. Made by the planner. */
#include "ops/reference.h"
#include "ops/shape_rules.h"
#include "ops/window.h"

enum { X, W, DY };

static oc_status conv2d_grad_infer(oc_op_info *info, oc_error *err) {
  oc_shape y;
  TRY(oc_expect_reals(info, 3, OC_REAL_DTYPE, err));
  TRY(oc_expect_fixed(info, W, "w", err));
  TRY(oc_conv2d_shape(info->attrs, &info->in[X].shape, &info->in[W].shape, info->name, &y, err));
  TRY(oc_expect_shape(info, DY, "dy", &y, err));
  TRY(oc_infer_output(info, 0, OC_REAL_DTYPE, info->in[W].shape, err));
  return oc_infer_output(info, 1, OC_REAL_DTYPE, info->in[X].shape, err);
}

static oc_conv_dims dims_of(const oc_op_info *info) {
  return oc_conv_dims_of(info->attrs, &info->in[X].shape, &info->in[DY].shape);
}

static oc_cost conv2d_grad_cost(const oc_op_info *info, int64_t batch) {
  const oc_conv_dims d = dims_of(info);
  return (oc_cost){2 * oc_conv_flops(&d, oc_batch_rows(&info->in[X], batch)), oc_io_bytes(info, batch)};
}

/* Sums of dw, then of a position of dx. */
static size_t conv2d_grad_scratch(const oc_op_info *info, int64_t samples) {
  (void)samples;
  const oc_conv_dims d = dims_of(info);
  return oc_scratch_bytes(oc_conv_w_size(&d), sizeof(double)) + oc_scratch_bytes(d.ic, sizeof(double));
}

static void conv2d_grad_run(const oc_call *c) {
  const oc_conv_dims d = dims_of(c->info);
  const real *x = c->in[X], *dy = c->in[DY];
  real *dx = c->out[1];
  double *dw = c->scratch;
  double *place = (double *)((char *)c->scratch + oc_scratch_bytes(oc_conv_w_size(&d), sizeof(double)));
  const int64_t images = oc_call_rows(c, &c->info->in[X]);
  oc_clear_sums(dw, oc_conv_w_size(&d));
  for (int64_t n = 0; n < images;
       n++, x += oc_conv_x_size(&d), dx += oc_conv_x_size(&d), dy += oc_conv_y_size(&d)) {
    OC_REFERENCE(conv2d_grad_w)(&d, x, dy, dw);
    OC_REFERENCE(conv2d_grad_x)(&d, dy, c->in[W], dx, place);
  }
  oc_store_sums(dw, oc_conv_w_size(&d), c->out[0]);
}

OC_DEFINE_OP(conv2d_grad, .tf_name = "Conv2DBackprop", .attr_size = sizeof(oc_conv2d_attrs),
             .infer = conv2d_grad_infer, .cost = conv2d_grad_cost, .scratch = conv2d_grad_scratch,
             .run = conv2d_grad_run);
