/* conv_direct.c: computes conv_block for a first layer: with few input channels each sum is short, and the
 * work around it counts. Four positions at a time, whose accumulators stay in registers until the epilogue:
 * the four of a 2x2 pooling window, or, without pooling, four adjacent ones.
 *
 * Layout: x NHWC, w HWIO packed once per run into panels of NR output channels, y NHWC. Passes over an image:
 * for a panel, which L1 holds with the image, all positions. Saved for backward: as in conv_gemm.c. The order
 * of each sum is also that of conv_gemm.c. Flops: 2*n*oh*ow*oc*kh*kw*ic. Bytes: x, w, y once. */
#include "kernels/simd/core/define.h"
#include "kernels/simd/core/epilogue.h"

#define PLACES 4
#define MAX_KB 16 /* of a panel */

typedef struct direct {
  conv_sizes s;
  const oc_conv_block_attrs *a;
  bool pooled;
  int64_t py, px;         /* rows and columns of y */
  int64_t offset[PLACES]; /* of each position's first value in the image */
} direct;

static direct direct_of(const oc_op_info *info) {
  direct f = {.a = info->attrs};
  f.s = conv_sizes_of(&f.a->conv, &info->in[0].shape, info->in[1].shape.dim[3]);
  f.pooled = f.a->pooled;
  f.py = f.pooled ? f.s.d.oh / 2 : f.s.d.oh;
  f.px = f.pooled ? f.s.d.ow / 2 : f.s.d.ow;
  const int64_t right = f.s.d.sw * f.s.d.ic, below = f.s.d.sh * f.s.width * f.s.d.ic;
  for (int64_t q = 0; q < PLACES; q++) f.offset[q] = f.pooled ? q / 2 * below + q % 2 * right : q * right;
  return f;
}

static const char *OC_K(conv_direct_refuse)(const oc_op_info *info, int64_t batch) {
  const oc_conv_block_attrs *a = info->attrs;
  const char *why = first_layer_refuse(info);
  (void)batch;
  if (why) return why;
  if (a->conv.flip) return "the kernel is flipped";
  const direct f = direct_of(info);
  if (f.s.depth * NR * (int64_t)sizeof(float) > MAX_KB * 1024) return "the kernel is too large";
  if (f.s.tap_rows == 1 && f.s.d.kw > 1) return "the kernel is dilated";
  if (!f.pooled && f.px < PLACES) return "fewer than 4 positions in a row";
  return NULL;
}

static size_t OC_K(conv_direct_prepacked_bytes)(const oc_op_info *info) {
  const conv_sizes s = direct_of(info).s;
  return conv_panels_bytes(&s);
}

static int64_t OC_K(conv_direct_prepack_parts)(const oc_op_info *info) {
  return gemm_panels(info->in[1].shape.dim[3]);
}

static void OC_K(conv_direct_prepack)(const oc_call *c) {
  const conv_sizes s = direct_of(c->info).s;
  conv_pack(c, &s);
}

static size_t OC_K(conv_direct_scratch)(const oc_op_info *info, int64_t samples) {
  const conv_sizes s = direct_of(info).s;
  (void)samples;
  return conv_image_bytes(&s);
}

/* The sums of four positions whose first window begins at x. */
OC_INLINE void four_sums(const direct *f, const float *x, const float *panel, const int vectors,
                         vf sum[PLACES][2]) {
  const int64_t run = f->s.d.kw * f->s.d.ic, line = f->s.d.dil_h * f->s.width * f->s.d.ic;
  const float *p0 = x + f->offset[0], *p1 = x + f->offset[1], *p2 = x + f->offset[2], *p3 = x + f->offset[3];
  OC_UNROLL
  for (int q = 0; q < PLACES; q++) sum[q][0] = sum[q][1] = vec_zero();
  for (int64_t ky = 0; ky < f->s.d.kh; ky++, p0 += line, p1 += line, p2 += line, p3 += line)
    for (int64_t k = 0; k < run; k++, panel += NR) {
      const vf at[PLACES] = {vec_set1(p0[k]), vec_set1(p1[k]), vec_set1(p2[k]), vec_set1(p3[k])};
      OC_UNROLL
      for (int v = 0; v < vectors; v++) {
        const vf w = vec_load(panel + v * VL);
        OC_UNROLL
        for (int q = 0; q < PLACES; q++) sum[q][v] = vec_fma(at[q], w, sum[q][v]);
      }
    }
}

/* One row of y. Without pooling, the last four positions may have been computed in part before. */
OC_INLINE void run_row(const direct *f, const float *x, const float *panel, const four_places *row,
                       const int vectors, const oc_act act) {
  const int64_t step = f->pooled ? 1 : PLACES, right = (f->pooled ? 2 : 1) * f->s.d.sw * f->s.d.ic;
  for (int64_t col = 0; col < f->px; col += step) {
    const int64_t at = f->pooled ? col : oc_min_i64(col, f->px - PLACES);
    const four_places t = four_places_on(*row, at * row->oc);
    vf sum[PLACES][2];
    four_sums(f, x + at * right, panel, vectors, sum);
    OC_UNROLL
    for (int v = 0; v < vectors; v++)
      epilogue_four(&t, v, (vf[]){sum[0][v], sum[1][v], sum[2][v], sum[3][v]}, PLACES, act);
  }
}

/* One image, one panel. */
static void run_panel(const direct *f, const float *image, const float *panel, four_places t) {
  const int64_t line = (f->pooled ? 2 : 1) * f->s.d.sh * f->s.width * f->s.d.ic, y_line = f->px * f->s.d.oc;
  for (int64_t row = 0; row < f->py; row++, image += line) {
    if (t.cols <= VL)
      run_row(f, image, panel, &t, 1, f->a->act);
    else if (f->a->act == OC_ACT_RELU)
      run_row(f, image, panel, &t, 2, OC_ACT_RELU);
    else
      run_row(f, image, panel, &t, 2, f->a->act);
    t = four_places_on(t, y_line);
  }
}

static void OC_K(conv_direct_run)(const oc_call *c) {
  const direct f = direct_of(c->info);
  const int64_t x_size = oc_conv_x_size(&f.s.d);
  conv_clear_border(&f.s, c->scratch);
  for (int64_t i = 0; i < c->samples; i++) {
    const float *image = conv_image(&f.s, (const float *)c->in[0] + i * x_size, c->scratch);
    for (int64_t n = 0; n < f.s.d.oc; n += NR)
      run_panel(&f, image, (const float *)c->prepacked + n * f.s.depth, four_places_of(c, i, f.py * f.px, n));
  }
}

OC_DEFINE_KERNEL(conv_block, direct, .tolerance = 3e-5, .refuse = OC_K(conv_direct_refuse),
                 .scratch = OC_K(conv_direct_scratch), .prepacked_bytes = OC_K(conv_direct_prepacked_bytes),
                 .prepack_parts = OC_K(conv_direct_prepack_parts), .prepack = OC_K(conv_direct_prepack),
                 .run = OC_K(conv_direct_run));
