/* conv_tiles.c: computes conv_block for a first layer by Winograd's tiles of 4x4 results (winograd.h), which
 * never leave the registers between the products and y. With few input channels a tile's sums are so short
 * that planes of products in memory, as conv_winograd.c has them, would cost more than they save. A tile
 * takes 64 products for a 5x5 kernel, where a direct sum takes 400.
 *
 * Layout: x NHWC. A strip is as many rows of tiles as fill a vector with STRIP times 8 values; of it, in
 * this order: rows, [row of tiles, point][column, ic], after B' down the columns; the same transposed,
 * [column, ic][row of tiles, point]; V, [tile][ic][point across][row of tiles, point down]. U: for each
 * vector of output channels [point across][point down][ic][VL]. y NHWC. Passes over a strip: V; then for each
 * vector of channels, whose U fits L1, tile by tile: for each point across, the products with all points down
 * and A' over them, which is added immediately to the tile's results. Saved for backward: as in conv_gemm.c.
 * A value that is not finite spreads to its whole tile. */
#include "kernels/simd/core/define.h"
#include "kernels/simd/core/epilogue.h"
#include "kernels/simd/core/transpose.h"
#include "kernels/simd/winograd/winograd.h"
#include "kernels/simd/winograd/winograd_table.h"

#define M     4
#define SLOT  8                           /* numbers for the points of a tile's column: 6 or 8 */
#define STRIP (VL > SLOT ? VL / SLOT : 1) /* rows of tiles */
#define LINE  (STRIP * SLOT)
enum { MIN_OUT = 8 };
enum { MIN_IN_3 = 3 }; /* input channels: with fewer, a kernel of 3x3 saves less than transforms cost */

typedef struct tiling {
  conv_sizes s; /* height: of whole strips; width: of whole tiles */
  const oc_conv_block_attrs *a;
  const oc_winograd *w;
  int64_t t, cols, strips; /* points; tiles side by side; of an image */
  int64_t row;             /* floats of a row of the image in whole vectors */
  int64_t py, px;          /* rows and columns of y */
} tiling;

static tiling tiling_of(const oc_op_info *info) {
  tiling f = {.a = info->attrs};
  f.s = conv_sizes_of(&f.a->conv, &info->in[0].shape, info->in[1].shape.dim[3]);
  const oc_conv_dims *d = &f.s.d;
  f.w = OC_K(oc_winograd_for)(d->kh, d->oh, d->ow);
  f.t = d->kh + M - 1;
  f.cols = oc_ceil_div(d->ow, M);
  f.strips = oc_ceil_div(d->oh, STRIP * M);
  f.s.height = f.strips * STRIP * M + d->kh - 1;
  f.s.width = f.cols * M + d->kw - 1;
  f.s.padded = d->ph || d->pw || f.s.height != d->ih || f.s.width != d->iw;
  f.row = vec_round_up(f.s.width * d->ic);
  f.py = f.a->pooled ? d->oh / 2 : d->oh;
  f.px = f.a->pooled ? d->ow / 2 : d->ow;
  return f;
}

static const char *OC_K(conv_tiles_refuse)(const oc_op_info *info, int64_t batch) {
  const oc_conv_block_attrs *a = info->attrs;
  const char *why = first_layer_refuse(info);
  (void)batch;
  if (!why) why = winograd_refuse_kernel(&a->conv);
  if (why) return why;
  if (a->conv.kernel[1] == 3 && info->in[0].shape.dim[3] < MIN_IN_3)
    return "too few products for each transform";
  const tiling f = tiling_of(info);
  if (f.s.d.oc < MIN_OUT) return "fewer than 8 output channels";
  if (f.w->m != M) return "too few results for tiles of 4x4";
  return NULL;
}

/* ---- U ------------------------------------------------------------------------------------------------- */

/* Floats of U of a vector of output channels. */
static int64_t vector_size(const tiling *f) {
  return f->t * f->t * f->s.d.ic * VL;
}

static size_t OC_K(conv_tiles_prepacked_bytes)(const oc_op_info *info) {
  const tiling f = tiling_of(info);
  return floats_bytes(oc_ceil_div(f.s.d.oc, VL) * vector_size(&f));
}

static void OC_K(conv_tiles_prepack)(const oc_call *c) {
  const tiling f = tiling_of(c->info);
  const oc_conv_dims *d = &f.s.d;
  const winograd_taps t = winograd_taps_of(d);
  float *u = c->out[0];
  for (int64_t n = 0; n < d->oc; n += VL, u += vector_size(&f))
    for (int64_t k = 0; k < d->ic; k++)
      f.w->kernel.to_planes((const float *)c->in[1] + t.corner + k * d->oc + n, t.column, t.line,
                            vec_lanes(d->oc - n), u + k * VL, d->ic * VL);
}

/* ---- V ------------------------------------------------------------------------------------------------- */

/* B' down the columns of one row of tiles. */
OC_INLINE void down_columns(const tiling *f, const winograd_matrix b, const float *image, float *rows) {
  const int64_t line = f->s.width * f->s.d.ic;
  for (int64_t x = 0; x < line; x += VL) {
    vf in[WINOGRAD_POINTS], out[WINOGRAD_POINTS];
    const int64_t lanes = vec_lanes(line - x);
    OC_UNROLL
    for (int j = 0; j < b.n; j++)
      in[j] = lanes == VL ? vec_load(image + j * line + x) : vec_load_part(image + j * line + x, lanes);
    winograd_times(b, in, out, 1);
    OC_UNROLL
    for (int p = 0; p < b.t; p++) vec_store(rows + p * f->row + x, out[p]);
  }
}

/* Applies B' across, for all points down and rows of tiles together. */
OC_INLINE void across_rows(const tiling *f, const winograd_matrix b, const float *transposed, float *v) {
  const int64_t ic = f->s.d.ic, cols = f->cols;
  for (int64_t x = 0; x < cols; x++)
    for (int64_t k = 0; k < ic; k++, v += b.t * LINE)
      for (int h = 0; h < LINE; h += VL) {
        vf in[WINOGRAD_POINTS], out[WINOGRAD_POINTS];
        OC_UNROLL
        for (int j = 0; j < b.n; j++) in[j] = vec_load(transposed + ((x * M + j) * ic + k) * LINE + h);
        winograd_times(b, in, out, 1);
        OC_UNROLL
        for (int p = 0; p < b.t; p++) vec_store(v + p * LINE + h, out[p]);
      }
}

static void strip_to_points(const tiling *f, const float *image, float *rows, float *transposed, float *v) {
  const winograd_matrix five = {image_8, 8, 8}, three = {image_6, 6, 6};
  for (int64_t r = 0; r < STRIP; r++) {
    const float *from = image + r * M * f->s.width * f->s.d.ic;
    if (f->t == 8)
      down_columns(f, five, from, rows + r * SLOT * f->row);
    else
      down_columns(f, three, from, rows + r * SLOT * f->row);
  }
  transpose_value(rows, f->row, LINE, f->row, transposed, LINE);
  if (f->t == 8)
    across_rows(f, five, transposed, v);
  else
    across_rows(f, three, transposed, v);
}

/* ---- y ------------------------------------------------------------------------------------------------- */

/* The sums for one point across and all points down, as winograd_from_halves needs them. One input channel:
 * no sums, so that the products go straight into the halves. */
OC_INLINE void column_halves(const winograd_matrix a, const int64_t ic, const float *v, const float *u,
                             vf in[WINOGRAD_POINTS], vf half[2][WINOGRAD_POINTS]) {
  OC_UNROLL
  for (int q = 0; q < a.t; q++) in[q] = vec_set1(v[q]) * vec_load(u + q * ic * VL);
  for (int64_t k = 1; k < ic; k++) {
    OC_UNROLL
    for (int q = 0; q < a.t; q++)
      in[q] = vec_fma(vec_set1(v[k * a.t * LINE + q]), vec_load(u + (q * ic + k) * VL), in[q]);
  }
  OC_UNROLL
  for (int q = 1; q < a.t - 1; q += 2) {
    const vf at = vec_set1(v[q]), by = vec_load(u + q * ic * VL), next = in[q + 1];
    half[0][q] = in[q] + next;
    half[1][q] = in[q] - next;
    if (ic == 1) {
      half[0][q] = vec_fma(at, by, next);
      half[1][q] = vec_fma(at, by, -next);
    }
  }
}

/* A' over them: a column of the tile. */
OC_INLINE void column(const winograd_matrix a, const int64_t ic, const float *v, const float *u, vf y[M]) {
  vf in[WINOGRAD_POINTS], half[2][WINOGRAD_POINTS];
  column_halves(a, ic, v, u, in, half);
  winograd_from_halves(a, in[0], half, in[a.t - 1], y, 1);
}

/* The 4x4 results of a tile and vector of channels. */
OC_INLINE void tile_results(const winograd_matrix a, const int64_t ic, const float *v, const float *u,
                            vf z[M][M]) {
  const int64_t point = a.t * ic * VL;
  vf one[M], two[M];
  column(a, ic, v, u, one);
  OC_UNROLL
  for (int i = 0; i < M; i++) z[i][0] = one[i];
  OC_UNROLL
  for (int p = 1; p < a.t - 1; p += 2) {
    column(a, ic, v + p * LINE, u + p * point, one);
    column(a, ic, v + (p + 1) * LINE, u + (p + 1) * point, two);
    OC_UNROLL
    for (int i = 0; i < M; i++) {
      const vf half[2] = {one[i] + two[i], one[i] - two[i]};
      OC_UNROLL
      for (int j = 0; j < M; j++) {
        bool some = p > 1 || j == 0;
        z[i][j] = add_term(z[i][j], &some, a.row[p * M + j], half[j % 2]);
      }
    }
  }
  column(a, ic, v + (a.t - 1) * LINE, u + (a.t - 1) * point, one);
  OC_UNROLL
  for (int i = 0; i < M; i++) z[i][M - 1] += one[i];
}

/* Bias, activation and pooling of a tile, as much of it as lies in y. */
OC_INLINE void epilogue_tile(const tiling *f, vf z[M][M], four_places t, int64_t rows, int64_t cols,
                             const oc_act act) {
  const int64_t y_line = f->px * t.oc;
  if (!t.pooled) {
    for (int i = 0; i < M && i < rows; i++, t.y += y_line)
      epilogue_four(&t, 0, z[i], oc_min_i64(cols, M), act);
    return;
  }
  OC_UNROLL
  for (int q = 0; q < M; q++) {
    const int i = q / 2 * 2, j = q % 2 * 2;
    if (i / 2 >= rows || j / 2 >= cols) continue;
    const four_places at = four_places_on(t, i / 2 * y_line + j / 2 * t.oc);
    epilogue_four(&at, 0, (vf[]){z[i][j], z[i][j + 1], z[i + 1][j], z[i + 1][j + 1]}, 4, act);
  }
}

/* Number of a strip, its transformed image and the transformed kernels. */
typedef struct strip_input {
  int64_t strip;
  const float *v, *u;
} strip_input;

/* A strip's tiles of one vector of channels; t: at the strip's first. */
OC_INLINE void strip_results(const tiling *f, const winograd_matrix a, const int64_t ic, const strip_input in,
                             four_places t, const oc_act act) {
  const int64_t step = t.pooled ? M / 2 : M, y_line = f->px * t.oc;
  for (int64_t r = 0; r < STRIP; r++) {
    const int64_t row = (in.strip * STRIP + r) * step;
    for (int64_t x = 0; x < f->cols && row < f->py; x++) {
      vf z[M][M];
      const four_places at = four_places_on(t, row * y_line + x * step * t.oc);
      tile_results(a, ic, in.v + x * ic * a.t * LINE + r * SLOT, in.u, z);
      epilogue_tile(f, z, at, f->py - row, f->px - x * step, act);
    }
  }
}

OC_INLINE void run_strip(const oc_call *c, const tiling *f, int64_t image, strip_input in,
                         const winograd_matrix a, const int64_t ic) {
  for (int64_t n = 0; n < f->s.d.oc; n += VL, in.u += vector_size(f)) {
    four_places t = four_places_of(c, image, f->py * f->px, n);
    if (f->a->act == OC_ACT_RELU)
      strip_results(f, a, ic, in, t, OC_ACT_RELU);
    else
      strip_results(f, a, ic, in, t, f->a->act);
  }
}

static size_t OC_K(conv_tiles_scratch)(const oc_op_info *info, int64_t samples) {
  const tiling f = tiling_of(info);
  (void)samples;
  return conv_image_bytes(&f.s) + 2 * floats_bytes(f.row * LINE) +
         floats_bytes(f.cols * f.s.d.ic * f.t * LINE);
}

static void run_image(const oc_call *c, const tiling *f, int64_t image, const float *x, float *memory) {
  float *transposed = memory + floats_bytes(f->row * LINE) / sizeof(float);
  float *v = transposed + floats_bytes(f->row * LINE) / sizeof(float);
  for (int64_t strip = 0; strip < f->strips; strip++) {
    strip_to_points(f, x + strip * STRIP * M * f->s.width * f->s.d.ic, memory, transposed, v);
    const strip_input in = {strip, v, c->prepacked};
    if (f->t == 8 && f->s.d.ic == 1)
      run_strip(c, f, image, in, (winograd_matrix){result_8x4, 8, 4}, 1);
    else if (f->t == 8)
      run_strip(c, f, image, in, (winograd_matrix){result_8x4, 8, 4}, f->s.d.ic);
    else
      run_strip(c, f, image, in, (winograd_matrix){result_6x4, 6, 4}, f->s.d.ic);
  }
}

static void OC_K(conv_tiles_run)(const oc_call *c) {
  const tiling f = tiling_of(c->info);
  float *border = c->scratch, *memory = border + conv_image_bytes(&f.s) / sizeof(float);
  conv_clear_border(&f.s, border);
  memset(memory, 0, floats_bytes(f.row * LINE));
  for (int64_t i = 0; i < c->samples; i++) {
    const float *x = (const float *)c->in[0] + i * oc_conv_x_size(&f.s.d);
    run_image(c, &f, i, conv_image(&f.s, x, border), memory);
  }
}

OC_DEFINE_KERNEL(conv_block, tiles, .tolerance = 3e-5, .refuse = OC_K(conv_tiles_refuse),
                 .scratch = OC_K(conv_tiles_scratch), .prepacked_bytes = OC_K(conv_tiles_prepacked_bytes),
                 .prepack = OC_K(conv_tiles_prepack), .run = OC_K(conv_tiles_run));
