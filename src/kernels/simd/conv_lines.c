/* conv_lines.c: conv_block of a first layer by Winograd's method along each line alone: 4 results side by side from t products
 * a row of the kernel, t = kw + 3, where a direct sum takes 4*kw (0.4 of them for kw = 5, 0.5 for 3). With few input channels
 * the transforms of whole tiles (conv_winograd.c) would cost more than the products they save; here they are short.
 *
 *   V[p] = B' x       8 or 6 numbers of a line, each 4 columns apart: a group of 4 columns and the next
 *   U[p][i] = G w[i]  row i of the kernel
 *   M[p] = sum over rows i and input channels of V[p], i lines below, times U[p][i]
 *   y = A' M
 *
 * Layout: x NHWC; x turned: [column of a group][ic][group], a line after the other, so that V, [p][ic][group], is made for
 * VL groups at once; U: panels of NR output channels, [p][i][ic][NR]; M: [line of a window][p][tile][NR], which the
 * first-level cache holds; y NHWC. Passes over a picture: V of all of it; then for each panel and each line of y, the products,
 * and A' with bias, activation and pooling. Kept for the backward pass: as of conv_gemm.c. A value that is not finite spreads
 * over the results that its groups lie in. */
#include "kernels/simd/define.h"
#include "kernels/simd/finish.h"
#include "kernels/simd/turn.h"
#include "kernels/simd/winograd_table.h"

enum { M = 4, LEAST_OUT = 8, LEAST_TILES = 3 };
enum { LEAST_IN_3 = 3 }; /* input channels: with fewer, a kernel 3 wide saves less than transforms cost */
enum { MOST_KB_5 = 512, MOST_KB_3 = 64 }; /* of V: a kernel 3 wide saves less, so that V must lie nearer */
#define MOST_TILES (VL == 16 ? 12 : 6)    /* whose sums stay in registers, two vectors each */

typedef struct lines {
  conv_sizes s; /* width: of whole groups */
  const oc_conv_block_attrs *a;
  int64_t t;               /* points */
  int64_t tiles, at_once;  /* of a line; of which so many are summed at a time */
  int64_t groups, v_row;   /* of a line; floats of a row of V */
  int64_t m_point, m_line; /* floats of M, of a line: for a point, for all */
  int64_t py, px;          /* rows and columns of y */
} lines;

/* Tiles that are summed together: a function for each of these numbers. */
static int64_t together(int64_t tiles) {
  const int64_t some = oc_ceil_div(tiles, oc_ceil_div(tiles, MOST_TILES));
  return some <= 4 ? 4 : some <= 6 ? 6 : some <= 8 ? 8 : 12;
}

static lines lines_of(const oc_op_info *info) {
  lines f = {.a = info->attrs};
  f.s = conv_sizes_of(&f.a->conv, &info->in[0].shape, info->in[1].shape.dim[3]);
  const oc_conv_dims *d = &f.s.d;
  f.t = d->kw + M - 1;
  f.tiles = oc_ceil_div(d->ow, M);
  f.at_once = together(f.tiles);
  f.groups = f.tiles + 1;
  f.s.width = f.groups * M;
  f.s.height = d->oh + d->kh - 1;
  f.s.padded = d->ph || d->pw || f.s.height != d->ih || f.s.width != d->iw;
  f.v_row = vec_round_up(f.s.height * f.groups) + VL;
  f.m_point = oc_ceil_div(f.tiles, f.at_once) * f.at_once * NR;
  f.m_line = f.t * f.m_point;
  f.py = f.a->pooled ? d->oh / 2 : d->oh;
  f.px = f.a->pooled ? d->ow / 2 : d->ow;
  return f;
}

/* Of `rows` rows of V for each input channel. */
static size_t v_bytes(const lines *f, int64_t rows) {
  return floats_bytes(rows * f->s.d.ic * f->v_row + MOST_TILES);
}

static const char *refuse(const oc_op_info *info, int64_t batch) {
  const oc_conv_block_attrs *a = info->attrs;
  const char *why = first_layer_refuse(info);
  (void)batch;
  if (why) return why;
  if (a->conv.kernel[1] != 3 && a->conv.kernel[1] != 5) return "the kernel is neither 3 nor 5 wide";
  if (a->conv.kernel[1] == 3 && info->in[0].shape.dim[3] < LEAST_IN_3)
    return "too few products for each transform";
  if (a->conv.stride[0] != 1 || a->conv.stride[1] != 1) return "the stride is not 1";
  if (a->conv.dilation[0] != 1 || a->conv.dilation[1] != 1) return "the kernel is dilated";
  const lines f = lines_of(info);
  if (f.s.d.oc < LEAST_OUT) return "fewer than 8 output channels";
  if (f.tiles < LEAST_TILES) return "lines of 8 or fewer results";
  if (v_bytes(&f, f.t) > (size_t)(f.t == 8 ? MOST_KB_5 : MOST_KB_3) * 1024)
    return "pictures too large for a cache";
  return NULL;
}

/* ---- U -------------------------------------------------------------------------------------------------- */

static int64_t panel_size(const lines *f) {
  return f->t * f->s.d.kh * f->s.d.ic * NR;
}

static size_t prepared_bytes(const oc_op_info *info) {
  const lines f = lines_of(info);
  return floats_bytes(gemm_panels(f.s.d.oc) * panel_size(&f));
}

static int64_t prepare_parts(const oc_op_info *info) {
  return gemm_panels(info->in[1].shape.dim[3]);
}

/* Row i of the kernel for input channel k and a vector of output channels. */
static void kernel_row(const lines *f, const float *w, int64_t i, int64_t k, int64_t lanes, float *u) {
  const oc_conv_dims *d = &f->s.d;
  const int64_t point = d->kh * d->ic * NR;
  vf in[5], out[WINOGRAD_POINTS];
  for (int64_t j = 0; j < d->kw; j++) in[j] = vec_load_part(w + oc_conv_tap(d, i, j) + k * d->oc, lanes);
  if (d->kw == 5)
    winograd_times((winograd_numbers){kernel_8x5, 8, 5}, in, out, 1);
  else
    winograd_times((winograd_numbers){kernel_6x3, 6, 3}, in, out, 1);
  for (int64_t p = 0; p < f->t; p++) vec_store(u + p * point + (i * d->ic + k) * NR, out[p]);
}

static void prepare(const oc_call *c) {
  const lines f = lines_of(c->info);
  const panel_range r = panels_of_part(c, f.s.d.oc);
  for (int64_t n = r.first * NR; n < r.end * NR && n < f.s.d.oc; n += VL) {
    float *u = (float *)c->out[0] + n / NR * panel_size(&f) + n % NR;
    for (int64_t i = 0; i < f.s.d.kh; i++)
      for (int64_t k = 0; k < f.s.d.ic; k++)
        kernel_row(&f, (const float *)c->in[1] + n, i, k, vec_lanes(f.s.d.oc - n), u);
  }
}

/* ---- V -------------------------------------------------------------------------------------------------- */

/* VL groups of one input channel; `turned` begins with column 0 of that channel. */
OC_INLINE void groups_to_points(const lines *f, const winograd_numbers b, const float *turned, float *v) {
  const int64_t step = f->s.d.ic * f->v_row;
  vf in[WINOGRAD_POINTS], out[WINOGRAD_POINTS];
  OC_UNROLL
  for (int j = 0; j < b.n; j++) in[j] = vec_load(turned + j % M * step + j / M);
  winograd_times(b, in, out, 1);
  OC_UNROLL
  for (int p = 0; p < b.t; p++) vec_store(v + p * step, out[p]);
}

static void picture_to_points(const lines *f, const float *picture, float *turned, float *v) {
  const int64_t row = M * f->s.d.ic, all = f->s.height * f->groups;
  turn(picture, row, all, row, turned, f->v_row);
  for (int64_t k = 0; k < f->s.d.ic; k++)
    for (int64_t g = k * f->v_row; g < k * f->v_row + all; g += VL) {
      if (f->t == 8)
        groups_to_points(f, (winograd_numbers){picture_8, 8, 8}, turned + g, v + g);
      else
        groups_to_points(f, (winograd_numbers){picture_6, 6, 6}, turned + g, v + g);
    }
}

/* ---- M -------------------------------------------------------------------------------------------------- */

/* The sum runs over kernel rows and, inside, over input channels; or over kernel rows alone, if there is one channel. */
typedef struct sum_job {
  const float *v, *u; /* of the first tile and point; of a panel */
  float *m;
  int64_t points, v_point, m_point;
  int64_t outer, outer_step, inner, inner_step; /* steps: of v */
} sum_job;

/* `tiles` tiles for each point, whose sums stay in registers. */
OC_INLINE void sum_tiles(const sum_job *job, const int tiles, const int vectors) {
  const sum_job j = *job;
  const float *u = j.u;
  for (int64_t p = 0; p < j.points; p++) {
    vf sum[MOST_TILES][2];
    OC_UNROLL
    for (int b = 0; b < tiles; b++) sum[b][0] = sum[b][1] = vec_zero();
    for (int64_t i = 0; i < j.outer; i++) {
      const float *v = j.v + p * j.v_point + i * j.outer_step;
      for (int64_t k = 0; k < j.inner; k++, u += NR, v += j.inner_step) {
        OC_UNROLL
        for (int b = 0; b < tiles; b++) {
          const vf at = vec_set1(v[b]);
          OC_UNROLL
          for (int q = 0; q < vectors; q++) sum[b][q] = vec_fma(at, vec_load(u + q * VL), sum[b][q]);
        }
      }
    }
    OC_UNROLL
    for (int b = 0; b < tiles; b++) {
      OC_UNROLL
      for (int q = 0; q < vectors; q++) vec_store(j.m + p * j.m_point + b * NR + q * VL, sum[b][q]);
    }
  }
}

/* All tiles of a line; the last of them may lie beyond it. */
OC_INLINE void sum_line(const lines *f, sum_job j, const int vectors) {
  for (int64_t tile = 0; tile < f->tiles; tile += f->at_once) {
    if (f->at_once == 4) sum_tiles(&j, 4, vectors);
    if (f->at_once == 6) sum_tiles(&j, 6, vectors);
#if VL == 16
    if (f->at_once == 8) sum_tiles(&j, 8, vectors);
    if (f->at_once == 12) sum_tiles(&j, 12, vectors);
#endif
    j.v += f->at_once;
    j.m += f->at_once * NR;
  }
}

/* ---- y -------------------------------------------------------------------------------------------------- */

/* Four results side by side of a tile. */
OC_INLINE void tile_results(const winograd_numbers a, const float *m, int64_t point, vf result[M]) {
  vf in[WINOGRAD_POINTS];
  OC_UNROLL
  for (int p = 0; p < a.t; p++) in[p] = vec_load(m + p * point);
  winograd_times_transposed(a, in, result, 1);
}

/* A line of y of a panel of channels, for one vector of them. */
OC_INLINE void finish_line(const lines *f, const winograd_numbers a, const float *m, four_places t,
                           const int v, const oc_activation act) {
  const int64_t tiles = f->tiles, point = f->m_point, px = f->px;
  for (int64_t x = 0; x < tiles * M; x += M, m += NR, t.y += M * t.oc) {
    vf result[M];
    tile_results(a, m, point, result);
    finish_four(&t, v, result, oc_min_i64(M, px - x), act);
  }
}

/* The same of two lines that are pooled: two windows a tile. */
OC_INLINE void finish_two_lines(const lines *f, const winograd_numbers a, const float *m, four_places t,
                                const int v, const oc_activation act) {
  const int64_t tiles = f->tiles, point = f->m_point, line = f->m_line, px = f->px;
  for (int64_t x = 0; x < tiles * 2; x += 2, m += NR) {
    vf top[M], low[M];
    tile_results(a, m, point, top);
    tile_results(a, m + line, point, low);
    for (int w = 0; w < 2 && x + w < px; w++, t.y += t.oc, t.arg += t.arg ? t.oc : 0)
      finish_four(&t, v, (vf[]){top[2 * w], top[2 * w + 1], low[2 * w], low[2 * w + 1]}, 4, act);
  }
}

OC_INLINE void finish_panel(const lines *f, const winograd_numbers a, const float *m, const four_places *t,
                            const oc_activation act) {
  for (int v = 0; v * VL < t->cols; v++) {
    if (t->pooled)
      finish_two_lines(f, a, m + v * VL, *t, v, act);
    else
      finish_line(f, a, m + v * VL, *t, v, act);
  }
}

static sum_job sum_job_of(const lines *f, const float *v, const float *u, float *m) {
  const int64_t ic = f->s.d.ic, kh = f->s.d.kh;
  sum_job j = {.v = v, .u = u, .m = m, .points = f->t, .v_point = ic * f->v_row, .m_point = f->m_point};
  j.outer = ic > 1 ? kh : 1;
  j.inner = ic > 1 ? ic : kh;
  j.outer_step = f->groups;
  j.inner_step = ic > 1 ? f->v_row : f->groups;
  return j;
}

/* One line of y of a panel of channels, or two that are pooled. */
static void run_line(const lines *f, const float *v, const float *u, float *m, const four_places *t) {
  for (int64_t line = 0; line < (t->pooled ? 2 : 1); line++) {
    const sum_job j = sum_job_of(f, v + line * f->groups, u, m + line * f->m_line);
    if (t->cols > VL)
      sum_line(f, j, 2);
    else
      sum_line(f, j, 1);
  }
  const winograd_numbers five = {result_8x4, 8, 4}, three = {result_6x4, 6, 4};
  if (f->t == 8 && f->a->act == OC_ACT_RELU)
    finish_panel(f, five, m, t, OC_ACT_RELU);
  else if (f->t == 8)
    finish_panel(f, five, m, t, f->a->act);
  else if (f->a->act == OC_ACT_RELU)
    finish_panel(f, three, m, t, OC_ACT_RELU);
  else
    finish_panel(f, three, m, t, f->a->act);
}

static size_t scratch(const oc_op_info *info, int64_t samples) {
  const lines f = lines_of(info);
  (void)samples;
  return conv_picture_bytes(&f.s) + v_bytes(&f, M) + v_bytes(&f, f.t) + floats_bytes(2 * f.m_line);
}

static void run_picture(const oc_call *c, const lines *f, int64_t picture, const float *v, float *m) {
  const int64_t oc = f->s.d.oc, y_line = f->px * oc, step = f->a->pooled ? 2 : 1;
  for (int64_t n = 0; n < oc; n += NR) {
    four_places t = four_places_of(c, picture, f->py * f->px, n);
    for (int64_t row = 0; row < f->py; row++, t.y += y_line) {
      run_line(f, v + row * step * f->groups, (const float *)c->prepared + n / NR * panel_size(f), m, &t);
      if (t.arg) t.arg += y_line;
    }
  }
}

static void run(const oc_call *c) {
  const lines f = lines_of(c->info);
  float *border = c->scratch, *turned = border + conv_picture_bytes(&f.s) / sizeof(float);
  float *v = turned + v_bytes(&f, M) / sizeof(float), *m = v + v_bytes(&f, f.t) / sizeof(float);
  conv_clear_border(&f.s, border);
  for (int64_t i = 0; i < c->samples; i++) {
    const float *x = (const float *)c->in[0] + i * oc_conv_x_size(&f.s.d);
    picture_to_points(&f, conv_picture(&f.s, x, border), turned, v);
    run_picture(c, &f, i, v, m);
  }
}

OC_DEFINE_KERNEL(conv_block, lines, .tolerance = 3e-5, .refuse = refuse, .scratch = scratch,
                 .prepared_bytes = prepared_bytes, .prepare_parts = prepare_parts, .prepare = prepare,
                 .run = run);
