/* conv.h: shares code of the convolutions by implicit GEMM: sizes, images with a border of zeros, weights
 * in panels. */
#ifndef OC_SIMD_CONV_H
#define OC_SIMD_CONV_H
#include "base/checked.h"
#include "kernels/simd/core/gemm.h"
#include "ops/reference.h"

/* How the kernels see one convolution: each image as height x width, which holds the padding where there is
 * any. */
typedef struct conv_sizes {
  oc_conv_dims d;
  int64_t height, width;
  bool padded;      /* an image must be copied into a border of zeros */
  int64_t depth;    /* kh*kw*ic: products in one sum */
  int64_t tap_rows; /* how many of the kh*kw taps one nested sum walks in a row: kw if they touch in memory,
                       else 1 */
} conv_sizes;

/* Computes d.oh and d.ow, because with fused pooling no tensor has this shape. */
static inline conv_sizes conv_sizes_of(const oc_conv2d_attrs *a, const oc_shape *x, int64_t oc) {
  const int64_t high = (a->kernel[0] - 1) * a->dilation[0] + 1,
                wide = (a->kernel[1] - 1) * a->dilation[1] + 1;
  const oc_shape y = {4,
                      {x->dim[0], (x->dim[1] + a->pad[0] + a->pad[1] - high) / a->stride[0] + 1,
                       (x->dim[2] + a->pad[2] + a->pad[3] - wide) / a->stride[1] + 1, oc}};
  conv_sizes s = {.d = oc_conv_dims_of(a, x, &y)};
  s.height = (s.d.oh - 1) * s.d.sh + high;
  s.width = (s.d.ow - 1) * s.d.sw + wide;
  s.padded = s.d.ph || s.d.pw || s.height > s.d.ih || s.width > s.d.iw;
  if (!s.padded) {
    s.height = s.d.ih;
    s.width = s.d.iw;
  }
  s.depth = s.d.kh * s.d.kw * s.d.ic;
  s.tap_rows = s.d.dil_w == 1 ? s.d.kw : 1;
  return s;
}

/* True if positions of x and y are rows of one matrix product: those of all images of a call together. */
static inline bool conv_is_product(const conv_sizes *s) {
  return s->d.kh == 1 && s->d.kw == 1 && s->d.sh == 1 && s->d.sw == 1 && !s->padded;
}

/* The tensor with the shape of x: the output of conv2d_grad_x, the first input of every other operation. */
static inline const oc_tensor_desc *conv_x_of(const oc_op_info *info) {
  return strcmp(info->op->name, "conv2d_grad_x") == 0 ? &info->out[0] : &info->in[0];
}

static inline const char *conv_refuse(const oc_conv2d_attrs *a, const oc_tensor_desc *x) {
  if (a->groups != 1) return "more than one group";
  if (!oc_tensor_desc_batched(x)) return "x has no batch axis";
  return NULL;
}

static inline size_t floats_bytes(int64_t count) {
  return oc_round_up((size_t)count * sizeof(float), 64);
}

/* Scratch for one image with its border. */
static inline size_t conv_image_bytes(const conv_sizes *s) {
  return s->padded ? floats_bytes(s->height * s->width * s->d.ic) : 0;
}

/* The image as height x width: x itself, or a copy in `memory`, whose border must already be zero. */
static inline const float *conv_image(const conv_sizes *s, const float *x, float *memory) {
  if (!s->padded) return x;
  const int64_t rows = oc_min_i64(s->d.ih, s->height - s->d.ph), row = s->width * s->d.ic;
  const int64_t columns = oc_min_i64(s->d.iw, s->width - s->d.pw);
  for (int64_t i = 0; i < rows; i++)
    memcpy(memory + (i + s->d.ph) * row + s->d.pw * s->d.ic, x + i * s->d.iw * s->d.ic,
           (size_t)(columns * s->d.ic) * sizeof *x);
  return memory;
}

static inline void conv_clear_border(const conv_sizes *s, float *memory) {
  if (s->padded) memset(memory, 0, conv_image_bytes(s));
}

/* Floats of `rows` x `cols` in panels of NR columns. */
static inline int64_t panel_floats(int64_t rows, int64_t cols) {
  return gemm_panels(cols) * rows * NR;
}

/* The panels [first, end) of `cols` columns that one part of prepack() makes. */
typedef struct panel_range {
  int64_t first, end;
} panel_range;
static inline panel_range panels_of_part(const oc_call *c, int64_t cols) {
  if (c->parts > 1) return (panel_range){c->part, c->part + 1};
  return (panel_range){0, gemm_panels(cols)};
}

/* One panel: `cols` <= NR columns of `rows` rows of b, the rest of each row 0. */
static inline void pack_panel(const float *b, int64_t b_row, int64_t rows, int64_t cols, float *panel) {
  for (int64_t k = 0; k < rows; k++, b += b_row, panel += NR) {
    if (cols == NR) {
      vec_store(panel, vec_load(b));
      vec_store(panel + VL, vec_load(b + VL));
      continue;
    }
    vec_store(panel, vec_load_part(b, cols < VL ? cols : VL));
    vec_store(panel + VL, cols > VL ? vec_load_part(b + VL, cols - VL) : vec_zero());
  }
}

/* prepack() of kernels that take w, HWIO, in panels of NR output channels: kh*kw*ic rows each. */
static inline size_t conv_panels_bytes(const conv_sizes *s) {
  return floats_bytes(panel_floats(s->depth, s->d.oc));
}
static inline void conv_pack(const oc_call *c, const conv_sizes *s) {
  const oc_conv_dims *d = &s->d;
  const panel_range r = panels_of_part(c, d->oc);
  for (int64_t p = r.first; p < r.end; p++) {
    float *out = (float *)c->out[0] + p * s->depth * NR;
    for (int64_t t = 0; t < d->kh * d->kw; t++, out += d->ic * NR)
      pack_panel((const float *)c->in[1] + oc_conv_tap(d, t / d->kw, t % d->kw) + p * NR, d->oc, d->ic,
                 oc_min_i64(NR, d->oc - p * NR), out);
  }
}

#endif
