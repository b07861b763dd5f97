/* plain.h: the plain C definitions that more than one operation needs, for one picture or one row. The fused
 * operations are made of the same functions as the operations they replace. They are defined in the file of
 * the operation they are named after, once for float and once for double. */
#ifndef OC_OPS_PLAIN_H
#define OC_OPS_PLAIN_H
#include "ops/ops.h"

#ifdef OC_OPS_DOUBLE
#define OC_PLAIN(name) oc_plain_##name##_f64
#else
#define OC_PLAIN(name) oc_plain_##name##_f32
#endif

/* Rounds a size up to whole cache lines, so that pieces of scratch stay aligned. */
static inline size_t oc_scratch_bytes(int64_t count, size_t size) {
  return ((size_t)count * size + 63) / 64 * 64;
}

/* ---- convolution
 * ----------------------------------------------------------------------------------------------- */

/* Sizes of one picture's convolution. Tap (ky,kx) of output (oy,ox) meets row oy*sh + ky*dh - ph, column
 * ox*sw + kx*dw - pw of x, and row (ky), column (kx) of w, or counted from the end if it is flipped. */
typedef struct oc_conv_dims {
  int64_t ih, iw, ic, kh, kw, oh, ow, oc, sh, sw, dh, dw, ph, pw;
  int64_t groups, icg, ocg; /* channels of one group */
  bool flip;
} oc_conv_dims;

static inline oc_conv_dims oc_conv_dims_of(const oc_conv2d_attrs *a, const oc_shape *x, const oc_shape *y) {
  return (oc_conv_dims){.ih = x->dim[1],
                        .iw = x->dim[2],
                        .ic = x->dim[3],
                        .kh = a->kernel[0],
                        .kw = a->kernel[1],
                        .oh = y->dim[1],
                        .ow = y->dim[2],
                        .oc = y->dim[3],
                        .sh = a->stride[0],
                        .sw = a->stride[1],
                        .dh = a->dilation[0],
                        .dw = a->dilation[1],
                        .ph = a->pad[0],
                        .pw = a->pad[2],
                        .groups = a->groups,
                        .icg = x->dim[3] / a->groups,
                        .ocg = y->dim[3] / a->groups,
                        .flip = a->flip};
}
static inline int64_t oc_conv_x_size(const oc_conv_dims *d) {
  return d->ih * d->iw * d->ic;
}
static inline int64_t oc_conv_y_size(const oc_conv_dims *d) {
  return d->oh * d->ow * d->oc;
}
static inline int64_t oc_conv_w_size(const oc_conv_dims *d) {
  return d->kh * d->kw * d->icg * d->oc;
}
/* Where the weights (icg, oc) of tap (ky,kx) begin. */
static inline int64_t oc_conv_tap(const oc_conv_dims *d, int64_t ky, int64_t kx) {
  const int64_t row = d->flip ? d->kh - 1 - ky : ky, column = d->flip ? d->kw - 1 - kx : kx;
  return (row * d->kw + column) * d->icg * d->oc;
}
static inline double oc_conv_flops(const oc_conv_dims *d, int64_t pictures) {
  return 2.0 * (double)pictures * (double)oc_conv_y_size(d) * (double)(d->kh * d->kw * d->icg);
}

/* y = conv(x, w) for one picture; sums: oc doubles. */
void OC_PLAIN(conv2d)(const oc_conv_dims *d, const real *x, const real *w, real *y, double *sums);
/* dx = gradient by x of sum(y * dy) for one picture; sums: ic doubles. */
void OC_PLAIN(conv2d_grad_x)(const oc_conv_dims *d, const real *dy, const real *w, real *dx, double *sums);
/* sums += gradient by w of sum(y * dy) for one picture; sums: as many doubles as w. */
void OC_PLAIN(conv2d_grad_w)(const oc_conv_dims *d, const real *x, const real *dy, double *sums);

/* ---- sums over rows
 * -------------------------------------------------------------------------------------------- */

/* sums[j] += sum over i of x[i][j]. */
static inline void oc_add_rows(const real *x, int64_t rows, int64_t columns, double *sums) {
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < columns; j++) sums[j] += (double)x[i * columns + j];
}
static inline void oc_clear_sums(double *sums, int64_t count) {
  for (int64_t i = 0; i < count; i++) sums[i] = 0;
}
static inline void oc_store_sums(const double *sums, int64_t count, real *out) {
  for (int64_t i = 0; i < count; i++) out[i] = (real)sums[i];
}

/* ---- pooling
 * --------------------------------------------------------------------------------------------------- */

/* Sizes of one picture's pooling. */
typedef struct oc_pool_dims {
  int64_t ih, iw, oh, ow, c, kh, kw, sh, sw, ph, pw;
} oc_pool_dims;

static inline oc_pool_dims oc_pool_dims_of(const oc_pool_attrs *a, const oc_shape *x, const oc_shape *y) {
  return (oc_pool_dims){.ih = x->dim[1],
                        .iw = x->dim[2],
                        .oh = y->dim[1],
                        .ow = y->dim[2],
                        .c = y->dim[3],
                        .kh = a->size[0],
                        .kw = a->size[1],
                        .sh = a->stride[0],
                        .sw = a->stride[1],
                        .ph = a->pad[0],
                        .pw = a->pad[2]};
}

/* The elements of x that one window meets: rows y0..y1-1, columns x0..x1-1; never none (see oc_pool_shape).
 */
typedef struct oc_pool_window {
  int64_t y0, y1, x0, x1;
} oc_pool_window;

static inline oc_pool_window oc_pool_window_at(const oc_pool_dims *d, int64_t oy, int64_t ox) {
  const int64_t top = oy * d->sh - d->ph, left = ox * d->sw - d->pw;
  return (oc_pool_window){.y0 = top < 0 ? 0 : top,
                          .y1 = top + d->kh > d->ih ? d->ih : top + d->kh,
                          .x0 = left < 0 ? 0 : left,
                          .x1 = left + d->kw > d->iw ? d->iw : left + d->kw};
}

/* Index in x (iy*iw + ix) of the window's maximum in one channel: the first in row order; NaN counts as
 * largest. */
static inline int64_t oc_pool_maximum(const oc_pool_dims *d, const oc_pool_window *w, const real *x,
                                      int64_t channel) {
  int64_t best = w->y0 * d->iw + w->x0;
  for (int64_t iy = w->y0; iy < w->y1; iy++)
    for (int64_t ix = w->x0; ix < w->x1; ix++) {
      const int64_t here = iy * d->iw + ix;
      const real value = x[here * d->c + channel], most = x[best * d->c + channel];
      const bool value_nan = value != value, most_nan = most != most;
      if (!most_nan && (value > most || value_nan)) best = here;
    }
  return best;
}

/* y = maxima of one picture. arg (may be NULL): where in its window each stands, in row order. */
void OC_PLAIN(max_pool)(const oc_pool_dims *d, const real *x, real *y, uint8_t *arg);

/* ---- dense
 * ----------------------------------------------------------------------------------------------------- */

/* y = x w for one row: x (k), w (k,n), y (n); sums: n doubles. */
void OC_PLAIN(matmul_row)(int64_t k, int64_t n, const real *x, const real *w, real *y, double *sums);

#endif
