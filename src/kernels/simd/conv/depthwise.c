/* depthwise.c: computes conv2d and its gradients where each channel is its own group (depthwise convolution),
 * on vectors of channels. Taps outside the image are left out, so no border is needed. Layout: x, y NHWC, w
 * (kh, kw, 1, c). y:  each position sums its taps in a register. dx: each position of dy adds its taps'
 * products to their elements. dw: each tap sums a row of positions in a register, row after row. Flops:
 * 2*n*oh*ow*c*kh*kw each; bytes: each operand once. */
#include "base/checked.h"
#include "kernels/simd/core/define.h"
#include "ops/reference.h"

static const char *refuse_any(const oc_conv2d_attrs *a, const oc_tensor_desc *x, int64_t ic, int64_t oc) {
  if (a->groups == 1 && ic > 1) return "one group";
  if (a->groups != ic || oc != ic) return "not one channel and one result in each group";
  return oc_tensor_desc_batched(x) ? NULL : "x has no batch axis";
}
static const char *OC_K(depthwise_refuse)(const oc_op_info *info, int64_t batch) {
  (void)batch;
  return refuse_any(info->attrs, &info->in[0], info->in[0].shape.dim[3], info->out[0].shape.dim[3]);
}
static const char *OC_K(depthwise_refuse_grad_w)(const oc_op_info *info, int64_t batch) {
  (void)batch;
  return refuse_any(info->attrs, &info->in[0], info->in[0].shape.dim[3], info->in[1].shape.dim[3]);
}

/* Taps from first to end-1 of `taps` meet the image: 0 <= from + tap * dilation < size. */
typedef struct tap_range {
  int64_t first, end;
} tap_range;

static tap_range taps_inside(int64_t from, int64_t taps, int64_t dilation, int64_t size) {
  const tap_range r = {from < 0 ? oc_ceil_div(-from, dilation) : 0,
                       from < size ? oc_min_i64(taps, (size - 1 - from) / dilation + 1) : 0};
  return r;
}

/* A position of the result, and its window. */
typedef struct output_position {
  int64_t y, x; /* of tap (0,0) in the image, may be outside */
  tap_range rows, columns;
} output_position;

static output_position place_at(const oc_conv_dims *d, int64_t oy, int64_t ox) {
  const int64_t y = oy * d->sh - d->ph, x = ox * d->sw - d->pw;
  return (output_position){y, x, taps_inside(y, d->kh, d->dil_h, d->ih),
                           taps_inside(x, d->kw, d->dil_w, d->iw)};
}

static int64_t x_offset(const oc_conv_dims *d, const output_position *p, int64_t ky, int64_t kx) {
  return ((p->y + ky * d->dil_h) * d->iw + p->x + kx * d->dil_w) * d->ic;
}

static void forward_place(const oc_conv_dims *d, const output_position *p, const float *x, const float *w,
                          float *y) {
  for (int64_t j = 0; j < d->ic; j += VL) {
    const int64_t lanes = vec_lanes(d->ic - j);
    vf sum = vec_zero();
    for (int64_t ky = p->rows.first; ky < p->rows.end; ky++)
      for (int64_t kx = p->columns.first; kx < p->columns.end; kx++)
        sum = vec_fma(vec_load_part(x + x_offset(d, p, ky, kx) + j, lanes),
                      vec_load_part(w + oc_conv_tap(d, ky, kx) + j, lanes), sum);
    vec_store_part(y + j, sum, lanes);
  }
}

static void OC_K(depthwise_run)(const oc_call *c) {
  const oc_conv_dims d = oc_conv_dims_of(c->info->attrs, &c->info->in[0].shape, &c->info->out[0].shape);
  const float *x = c->in[0];
  float *y = c->out[0];
  for (int64_t n = 0; n < c->samples; n++, x += oc_conv_x_size(&d))
    for (int64_t i = 0; i < d.oh * d.ow; i++, y += d.oc) {
      const output_position p = place_at(&d, i / d.ow, i % d.ow);
      forward_place(&d, &p, x, c->in[1], y);
    }
}

static void backward_place(const oc_conv_dims *d, const output_position *p, const float *dy, const float *w,
                           float *dx) {
  for (int64_t ky = p->rows.first; ky < p->rows.end; ky++)
    for (int64_t kx = p->columns.first; kx < p->columns.end; kx++) {
      float *to = dx + x_offset(d, p, ky, kx);
      const float *tap = w + oc_conv_tap(d, ky, kx);
      for (int64_t j = 0; j < d->ic; j += VL) {
        const int64_t lanes = vec_lanes(d->ic - j);
        vec_store_part(to + j,
                       vec_fma(vec_load_part(dy + j, lanes), vec_load_part(tap + j, lanes),
                               vec_load_part(to + j, lanes)),
                       lanes);
      }
    }
}

static void OC_K(depthwise_run_grad_x)(const oc_call *c) {
  const oc_conv_dims d = oc_conv_dims_of(c->info->attrs, &c->info->out[0].shape, &c->info->in[0].shape);
  const float *dy = c->in[0];
  float *dx = c->out[0];
  memset(dx, 0, (size_t)(c->samples * oc_conv_x_size(&d)) * sizeof *dx);
  for (int64_t n = 0; n < c->samples; n++, dx += oc_conv_x_size(&d))
    for (int64_t i = 0; i < d.oh * d.ow; i++, dy += d.oc) {
      const output_position p = place_at(&d, i / d.ow, i % d.ow);
      backward_place(&d, &p, dy, c->in[1], dx);
    }
}

/* Adds a row of positions, first to end-1, to dw of one tap. x and dy point to the first position. */
static void add_tap_row(const oc_conv_dims *d, const float *x, const float *dy, int64_t places, float *dw) {
  for (int64_t j = 0; j < d->ic; j += VL) {
    const int64_t lanes = vec_lanes(d->ic - j);
    vf sum = vec_load_part(dw + j, lanes);
    for (int64_t i = 0; i < places; i++)
      sum = vec_fma(vec_load_part(x + i * d->sw * d->ic + j, lanes), vec_load_part(dy + i * d->oc + j, lanes),
                    sum);
    vec_store_part(dw + j, sum, lanes);
  }
}

static void add_row(const oc_conv_dims *d, const float *x, const float *dy, int64_t oy, float *dw) {
  const output_position p = place_at(d, oy, 0);
  for (int64_t ky = p.rows.first; ky < p.rows.end; ky++)
    for (int64_t kx = 0; kx < d->kw; kx++) {
      const tap_range places = taps_inside(p.x + kx * d->dil_w, d->ow, d->sw, d->iw);
      if (places.first < places.end)
        add_tap_row(d, x + x_offset(d, &p, ky, kx) + places.first * d->sw * d->ic, dy + places.first * d->oc,
                    places.end - places.first, dw + oc_conv_tap(d, ky, kx));
    }
}

static void OC_K(depthwise_run_grad_w)(const oc_call *c) {
  const oc_conv_dims d = oc_conv_dims_of(c->info->attrs, &c->info->in[0].shape, &c->info->in[1].shape);
  const float *x = c->in[0], *dy = c->in[1];
  float *dw = c->out[0];
  memset(dw, 0, (size_t)oc_conv_w_size(&d) * sizeof *dw);
  for (int64_t n = 0; n < c->samples; n++, x += oc_conv_x_size(&d))
    for (int64_t oy = 0; oy < d.oh; oy++, dy += d.ow * d.oc) add_row(&d, x, dy, oy, dw);
}

OC_DEFINE_KERNEL(conv2d, depthwise, .tolerance = 1e-5, .refuse = OC_K(depthwise_refuse),
                 .run = OC_K(depthwise_run));
OC_DEFINE_KERNEL(conv2d_grad_x, depthwise, .tolerance = 1e-5, .refuse = OC_K(depthwise_refuse),
                 .run = OC_K(depthwise_run_grad_x));
OC_DEFINE_KERNEL(conv2d_grad_w, depthwise, .tolerance = 1e-5, .refuse = OC_K(depthwise_refuse_grad_w),
                 .run = OC_K(depthwise_run_grad_w));
