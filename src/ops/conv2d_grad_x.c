/* conv2d_grad_x (dy, w) -> dx: how the loss changes with each element of a convolution's input.
 *
 *   dx[n,iy,ix,i] = sum over ky,kx,o of w[ky,kx,i,o] * dy[n,oy,ox,o]   where oy*sh + ky*dh - ph = iy (columns
 * alike)
 *
 * attrs.target is the shape of x. */
#include "ops/reference.h"
#include "ops/shape_rules.h"
#include "ops/window.h"

static oc_status conv2d_grad_x_infer(oc_op_info *info, oc_error *err) {
  const oc_conv2d_attrs *a = info->attrs;
  oc_shape y;
  TRY(oc_expect_reals(info, 2, OC_REAL_DTYPE, err));
  TRY(oc_expect_fixed(info, 1, "w", err));
  TRY(oc_conv2d_shape(a, &a->target, &info->in[1].shape, info->name, &y, err));
  TRY(oc_expect_shape(info, 0, "dy", &y, err));
  return oc_infer_output(info, 0, OC_REAL_DTYPE, a->target, err);
}

static oc_conv_dims dims_of(const oc_op_info *info) {
  return oc_conv_dims_of(info->attrs, &info->out[0].shape, &info->in[0].shape);
}

static oc_cost conv2d_grad_x_cost(const oc_op_info *info, int64_t batch) {
  const oc_conv_dims d = dims_of(info);
  return (oc_cost){oc_conv_flops(&d, oc_batch_rows(&info->in[0], batch)), oc_io_bytes(info, batch)};
}

static size_t conv2d_grad_x_scratch(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return oc_scratch_bytes(oc_last_dim(&info->out[0].shape), sizeof(double));
}

/* Adds the products of one output position and one tap to the sums of all input channels. */
static void add_tap(const oc_conv_dims *d, const real *dy, const real *w, double *sums) {
  for (int64_t g = 0; g < d->groups; g++)
    for (int64_t i = 0; i < d->icg; i++) {
      double sum = 0;
      for (int64_t o = g * d->ocg; o < (g + 1) * d->ocg; o++) sum += (double)w[i * d->oc + o] * (double)dy[o];
      sums[g * d->icg + i] += sum;
    }
}

/* The output index whose tap at distance `tap` meets input index i, or -1: none. */
static int64_t output_at(int64_t i, int64_t tap, int64_t pad, int64_t stride, int64_t outputs) {
  const int64_t from_start = i + pad - tap;
  if (from_start < 0 || from_start % stride || from_start / stride >= outputs) return -1;
  return from_start / stride;
}

void OC_REFERENCE(conv2d_grad_x)(const oc_conv_dims *d, const real *dy, const real *w, real *dx,
                                 double *sums) {
  for (int64_t iy = 0; iy < d->ih; iy++)
    for (int64_t ix = 0; ix < d->iw; ix++) {
      oc_clear_sums(sums, d->ic);
      for (int64_t ky = 0; ky < d->kh; ky++)
        for (int64_t kx = 0; kx < d->kw; kx++) {
          const int64_t oy = output_at(iy, ky * d->dil_h, d->ph, d->sh, d->oh);
          const int64_t ox = output_at(ix, kx * d->dil_w, d->pw, d->sw, d->ow);
          if (oy < 0 || ox < 0) continue;
          add_tap(d, dy + (oy * d->ow + ox) * d->oc, w + oc_conv_tap(d, ky, kx), sums);
        }
      oc_store_sums(sums, d->ic, dx + (iy * d->iw + ix) * d->ic);
    }
}

static void conv2d_grad_x_run(const oc_call *c) {
  const oc_conv_dims d = dims_of(c->info);
  const real *dy = c->in[0], *w = c->in[1];
  real *dx = c->out[0];
  const int64_t images = oc_call_rows(c, &c->info->in[0]);
  for (int64_t n = 0; n < images; n++)
    OC_REFERENCE(conv2d_grad_x)(&d, dy + n * oc_conv_y_size(&d), w, dx + n * oc_conv_x_size(&d), c->scratch);
}

static void conv2d_grad_x_describe(const oc_op_info *info, const oc_attribute_sink *sink) {
  oc_describe_conv2d(info->attrs, &((const oc_conv2d_attrs *)info->attrs)->target, sink);
}

OC_DEFINE_OP(conv2d_grad_x, .describe = conv2d_grad_x_describe, .tf_name = "Conv2DBackpropInput",
             .attr_size = sizeof(oc_conv2d_attrs), .infer = conv2d_grad_x_infer, .cost = conv2d_grad_x_cost,
             .scratch = conv2d_grad_x_scratch, .run = conv2d_grad_x_run);
