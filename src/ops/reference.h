/* reference.h: has the reference implementations that more than one operation needs, for one image or one
 * row. The fused operations are made of the same functions as the operations they replace. They are defined
 * in the file of the operation they are named after, once for float and once for double. */
#ifndef OC_OPS_REFERENCE_H
#define OC_OPS_REFERENCE_H
#include "base/random.h"
#include "ops/ops.h"

#ifdef OC_OPS_DOUBLE
#define OC_REFERENCE(name) oc_plain_##name##_f64
#else
#define OC_REFERENCE(name) oc_plain_##name##_f32
#endif

/* Rounds a size up to whole cache lines, so that pieces of scratch stay aligned. */
static inline size_t oc_scratch_bytes(int64_t count, size_t size) {
  return ((size_t)count * size + 63) / 64 * 64;
}

/* ---- convolution --------------------------------------------------------------------------------------- */

/* Sizes of one image's convolution. Tap (ky,kx) of output (oy,ox) meets row oy*sh + ky*dh - ph, column
 * ox*sw + kx*dw - pw of x, and row (ky), column (kx) of w, or counted from the end if it is flipped. */
typedef struct oc_conv_dims {
  int64_t ih, iw, ic, kh, kw, oh, ow, oc, sh, sw, dil_h, dil_w, ph, pw;
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
                        .dil_h = a->dilation[0],
                        .dil_w = a->dilation[1],
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
static inline double oc_conv_flops(const oc_conv_dims *d, int64_t images) {
  return 2.0 * (double)images * (double)oc_conv_y_size(d) * (double)(d->kh * d->kw * d->icg);
}

/* y = conv(x, w) for one image; sums: oc doubles. */
void OC_REFERENCE(conv2d)(const oc_conv_dims *d, const real *x, const real *w, real *y, double *sums);
/* dx = gradient by x of sum(y * dy) for one image; sums: ic doubles. */
void OC_REFERENCE(conv2d_grad_x)(const oc_conv_dims *d, const real *dy, const real *w, real *dx,
                                 double *sums);
/* sums += gradient by w of sum(y * dy) for one image; sums: as many doubles as w. */
void OC_REFERENCE(conv2d_grad_w)(const oc_conv_dims *d, const real *x, const real *dy, double *sums);

/* ---- sums over rows ------------------------------------------------------------------------------------ */

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

/* ---- pooling ------------------------------------------------------------------------------------------- */

/* Sizes of one image's pooling. */
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

static inline int64_t oc_pool_window_count(const oc_pool_window *w) {
  return (w->y1 - w->y0) * (w->x1 - w->x0);
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

static inline int64_t oc_pool_x_size(const oc_pool_dims *d) {
  return d->ih * d->iw * d->c;
}
static inline int64_t oc_pool_y_size(const oc_pool_dims *d) {
  return d->oh * d->ow * d->c;
}

/* Between an index in x (iy*iw + ix) and the position in the window of (oy,ox), counted in row order with
 * padding. */
static inline uint8_t oc_pool_arg(const oc_pool_dims *d, int64_t oy, int64_t ox, int64_t index) {
  const int64_t ky = index / d->iw - (oy * d->sh - d->ph), kx = index % d->iw - (ox * d->sw - d->pw);
  return (uint8_t)(ky * d->kw + kx);
}
static inline int64_t oc_pool_index(const oc_pool_dims *d, int64_t oy, int64_t ox, uint8_t arg) {
  return (oy * d->sh - d->ph + arg / d->kw) * d->iw + ox * d->sw - d->pw + arg % d->kw;
}

/* y = maxima of one image. arg (may be NULL): where in its window each stands, in row order. */
void OC_REFERENCE(max_pool)(const oc_pool_dims *d, const real *x, real *y, uint8_t *arg);

/* ---- dense --------------------------------------------------------------------------------------------- */

/* y = x w for one row: x (k) with `x_step` elements from one to the next, w (k,n), y (n); sums: n doubles. */
void OC_REFERENCE(matmul_row)(int64_t k, int64_t n, const real *x, int64_t x_step, const real *w, real *y,
                              double *sums);
/* The same with w (n,k). */
void OC_REFERENCE(matmul_row_transposed)(int64_t k, int64_t n, const real *x, int64_t x_step, const real *w,
                                         real *y);

/* The dropout mask of one sample (the rule is in ops.h). */
typedef struct oc_dropout_mask {
  oc_random_key key;
  uint64_t sample, epoch; /* sample: its position in the epoch */
  real keep_prob;
} oc_dropout_mask;

static inline oc_dropout_mask oc_dropout_mask_of(const oc_call *c, uint64_t stream, real keep_prob) {
  return (oc_dropout_mask){.key = oc_random_key_of(c->state->seed, stream),
                           .sample = c->state->sample + (uint64_t)c->first,
                           .epoch = c->state->epoch,
                           .keep_prob = keep_prob};
}

/* y = dropout of one sample's elements. x may be y. */
static inline void oc_dropout_row(const oc_dropout_mask *m, const real *x, real *y, int64_t row) {
  uint32_t word[4] = {0};
  for (int64_t e = 0; e < row; e++) {
    if (e % 4 == 0)
      oc_random_block(m->key, (uint32_t)(e / 4), (uint32_t)m->sample, (uint32_t)(m->sample >> 32),
                      (uint32_t)m->epoch, word);
    y[e] = oc_dropout_keeps(word[e % 4], (double)m->keep_prob) ? x[e] / m->keep_prob : 0;
  }
}

#endif
