/* conv2d_grad_w (x, dy) -> dw: how the loss changes with each weight of a convolution, summed over the
 * samples.
 *
 *   dw[ky,kx,i,o] = sum over n,oy,ox of x[n, oy*sh + ky*dh - ph, ox*sw + kx*dw - pw, g*icg + i] *
 * dy[n,oy,ox,o]
 *
 * attrs.target is the shape of w. */
#include "ops/reference.h"
#include "ops/shape_rules.h"
#include "ops/window.h"

static oc_status conv2d_grad_w_infer(oc_op_info *info, oc_error *err) {
  const oc_conv2d_attrs *a = info->attrs;
  oc_shape y;
  TRY(oc_expect_reals(info, 2, OC_REAL_DTYPE, err));
  TRY(oc_conv2d_shape(a, &info->in[0].shape, &a->target, info->name, &y, err));
  TRY(oc_expect_shape(info, 1, "dy", &y, err));
  return oc_infer_output(info, 0, OC_REAL_DTYPE, a->target, err);
}

static oc_conv_dims dims_of(const oc_op_info *info) {
  return oc_conv_dims_of(info->attrs, &info->in[0].shape, &info->in[1].shape);
}

static oc_cost conv2d_grad_w_cost(const oc_op_info *info, int64_t batch) {
  const oc_conv_dims d = dims_of(info);
  return (oc_cost){oc_conv_flops(&d, oc_batch_rows(&info->in[0], batch)), oc_io_bytes(info, batch)};
}

static size_t conv2d_grad_w_scratch(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return oc_scratch_bytes(oc_tensor_desc_row(&info->out[0]), sizeof(double));
}

/* Adds the products of one output position to the sums of one tap's weights. */
static void add_tap(const oc_conv_dims *d, const real *x, const real *dy, double *sums) {
  for (int64_t g = 0; g < d->groups; g++)
    for (int64_t i = 0; i < d->icg; i++) {
      const double value = (double)x[g * d->icg + i];
      for (int64_t o = g * d->ocg; o < (g + 1) * d->ocg; o++) sums[i * d->oc + o] += value * (double)dy[o];
    }
}

void OC_REFERENCE(conv2d_grad_w)(const oc_conv_dims *d, const real *x, const real *dy, double *sums) {
  for (int64_t ky = 0; ky < d->kh; ky++)
    for (int64_t kx = 0; kx < d->kw; kx++)
      for (int64_t oy = 0; oy < d->oh; oy++)
        for (int64_t ox = 0; ox < d->ow; ox++) {
          const int64_t iy = oy * d->sh + ky * d->dil_h - d->ph, ix = ox * d->sw + kx * d->dil_w - d->pw;
          if (iy < 0 || iy >= d->ih || ix < 0 || ix >= d->iw) continue;
          add_tap(d, x + (iy * d->iw + ix) * d->ic, dy + (oy * d->ow + ox) * d->oc,
                  sums + oc_conv_tap(d, ky, kx));
        }
}

static void conv2d_grad_w_run(const oc_call *c) {
  const oc_conv_dims d = dims_of(c->info);
  const real *x = c->in[0], *dy = c->in[1];
  double *sums = c->scratch;
  const int64_t images = oc_call_rows(c, &c->info->in[0]);
  oc_clear_sums(sums, oc_conv_w_size(&d));
  for (int64_t n = 0; n < images; n++)
    OC_REFERENCE(conv2d_grad_w)(&d, x + n * oc_conv_x_size(&d), dy + n * oc_conv_y_size(&d), sums);
  oc_store_sums(sums, oc_conv_w_size(&d), c->out[0]);
}

static void conv2d_grad_w_describe(const oc_op_info *info, const oc_attribute_sink *sink) {
  oc_describe_conv2d(info->attrs, &info->in[0].shape, sink);
}

OC_DEFINE_OP(conv2d_grad_w, .describe = conv2d_grad_w_describe, .tf_name = "Conv2DBackpropFilter",
             .attr_size = sizeof(oc_conv2d_attrs), .infer = conv2d_grad_w_infer, .cost = conv2d_grad_w_cost,
             .scratch = conv2d_grad_w_scratch, .run = conv2d_grad_w_run);
