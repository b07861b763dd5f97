/* conv_grad_gather.c: computes conv_block_grad for a first layer with 2x2 max pooling: dw and db without dx.
 *
 * Only one of the four positions of a pooling window passes a gradient, so only a quarter of the products of
 * conv_grad_gemm.c are nonzero. Only these are computed. The position differs from channel to channel: a
 * table holds, for each element of the image, the four values that the positions of a window would read, next
 * to each other, and a shuffle picks one for each lane. Passes over an image: the table; then for some pooled
 * rows at a time the gradients and positions of up to two vectors of channels, which share the reads of the
 * table; for groups of up to GROUP taps, whose sums stay in registers, all of these positions. Flops:
 * n*oh*ow*oc*kh*kw*ic/2; bytes: x, y, dy, arg once, dw once per image. */
#include "kernels/simd/core/act.h"
#include "kernels/simd/conv/conv.h"
#include "kernels/simd/core/define.h"
#include "kernels/simd/core/transpose.h"

#if VL > 4 /* the portable level has no shuffle by lane */

#define GROUP        5
#define PAIR         2  /* vectors of channels at a time */
#define MAX_CHANNELS 4  /* of x: the table is four times as large as an image */
#define PLACES       64 /* pooled positions, about: their gradients stay in L1 together with the table */

/* Repeats four values. */
OC_INLINE vf vec_four(const float *four) {
#if VL == 16
  return (vf)_mm512_broadcast_f32x4(_mm_loadu_ps(four));
#else
  return (vf)_mm256_broadcast_ps((const __m128 *)four);
#endif
}

/* The operand of vec_pick that selects one of the four for each lane. By bytes where there are no wider
 * registers: there, the shuffle of floats takes twice as long on some CPUs. */
OC_INLINE vi vec_picker(vi which) {
#if VL == 16
  return which;
#else
  return which * vec_set1i(0x04040404) + vec_set1i(0x03020100);
#endif
}

OC_INLINE vf vec_pick(vf four, vi picker) {
#if VL == 16
  return (vf)_mm512_permutevar_ps((__m512)four, (__m512i)picker);
#else
  return (vf)_mm256_shuffle_epi8((__m256i)four, (__m256i)picker);
#endif
}

typedef struct gather {
  conv_sizes s;
  const oc_conv_block_attrs *a;
  int64_t py, px;     /* pooled rows and columns */
  int64_t taps;       /* kh * kw * ic */
  int64_t rows, line; /* of the table, in rows and floats */
  int64_t high;       /* pooled rows at a time */
} gather;

static gather gather_of(const oc_op_info *info) {
  gather g = {.a = info->attrs};
  g.s = conv_sizes_of(&g.a->conv, &info->in[0].shape, info->in[1].shape.dim[3]);
  g.py = g.s.d.oh / 2;
  g.px = g.s.d.ow / 2;
  g.taps = g.s.depth;
  g.rows = g.s.height - g.s.d.sh;
  g.line = (g.s.width - g.s.d.sw) * g.s.d.ic * 4;
  g.high = oc_min_i64(oc_ceil_div(PLACES, oc_max_i64(g.px, 1)), g.py);
  return g;
}

static const char *OC_K(conv_grad_gather_refuse)(const oc_op_info *info, int64_t batch) {
  const oc_conv_block_attrs *a = info->attrs;
  (void)batch;
  if (a->conv.flip) return "the kernel is flipped";
  if (a->needs_dx) return "the input gradient is also needed";
  if (!a->pooled || a->pool[0] != 2 || a->pool[1] != 2) return "not pooled by 2x2";
  if (info->in[0].shape.dim[3] > MAX_CHANNELS) return "more than 4 input channels";
  return conv_refuse(&a->conv, &info->in[0]);
}

/* Pieces of scratch. */
typedef struct pieces {
  float *border, *table, *dz;
  vi *picker;      /* the position that each goes to */
  int64_t *offset; /* of each tap in the table */
  int64_t rows;    /* pooled rows of dz; the table begins at the first */
} pieces;

static size_t offsets_bytes(const gather *g) {
  return oc_round_up((size_t)g->taps * sizeof(int64_t), 64);
}

static size_t OC_K(conv_grad_gather_scratch)(const oc_op_info *info, int64_t samples) {
  const gather g = gather_of(info);
  (void)samples;
  return conv_image_bytes(&g.s) + floats_bytes(g.rows * g.line) +
         2 * floats_bytes(g.high * g.px * PAIR * VL) + offsets_bytes(&g);
}

static pieces divide_scratch(const gather *g, void *scratch) {
  pieces p = {.border = scratch};
  p.table = p.border + conv_image_bytes(&g->s) / sizeof(float);
  p.dz = p.table + floats_bytes(g->rows * g->line) / sizeof(float);
  p.picker = (vi *)(p.dz + floats_bytes(g->high * g->px * PAIR * VL) / sizeof(float));
  p.offset = (int64_t *)(p.picker + g->high * g->px * PAIR);
  for (int64_t t = 0; t < g->taps; t++) {
    const int64_t i = t % g->s.d.ic, kx = t / g->s.d.ic % g->s.d.kw, ky = t / g->s.d.ic / g->s.d.kw;
    p.offset[t] = ky * g->s.d.dil_h * g->line + (kx * g->s.d.dil_w * g->s.d.ic + i) * 4;
  }
  return p;
}

static void fill_table(const gather *g, const float *image, float *table) {
  const int64_t row = g->s.width * g->s.d.ic, right = g->s.d.sw * g->s.d.ic, below = g->s.d.sh * row;
  const int64_t count = g->line / 4;
  for (int64_t y = 0; y < g->rows; y++, image += row, table += g->line) {
    const float *p = image, *q = image + below;
    int64_t x = 0;
    for (; x + 4 <= count; x += 4)
      vec_transpose_rows(p + x, p + x + right, q + x, q + x + right, table + x * 4, 4);
    for (; x < count; x++) {
      table[x * 4] = p[x];
      table[x * 4 + 1] = p[x + right];
      table[x * 4 + 2] = q[x];
      table[x * 4 + 3] = q[x + right];
    }
  }
}

/* y, dy and arg of some pooled rows of an image, at the first of up to a pair of vectors of channels. */
typedef struct pooled {
  const float *y, *dy;
  const uint8_t *arg;
  int64_t cols; /* channels */
} pooled;

/* Gradients before the activation, and the position that each goes to; db += their sum. */
OC_INLINE void fill_gradients(const gather *g, const pooled *from, const pieces *p, float *db,
                              const int vectors) {
  const int64_t oc = g->s.d.oc;
  vf sum[PAIR];
  OC_UNROLL
  for (int v = 0; v < vectors; v++) sum[v] = vec_load_part(db + v * VL, vec_lanes(from->cols - v * VL));
  for (int64_t i = 0; i < p->rows * g->px; i++) {
    OC_UNROLL
    for (int v = 0; v < vectors; v++) {
      const int64_t at = i * oc + v * VL, lanes = vec_lanes(from->cols - v * VL);
      const vf dz = vec_activate_grad(g->a->act, (float)g->a->slope, vec_load_part(from->y + at, lanes),
                                      vec_load_part(from->dy + at, lanes));
      vec_store(p->dz + (i * PAIR + v) * VL, dz);
      p->picker[i * PAIR + v] = vec_picker(vec_load_bytes(from->arg + at, lanes));
      sum[v] += dz;
    }
  }
  OC_UNROLL
  for (int v = 0; v < vectors; v++) vec_store_part(db + v * VL, sum[v], vec_lanes(from->cols - v * VL));
}

/* Taps of dw from number `first` on, of `cols` channels. */
typedef struct tap_range {
  float *dw;
  int64_t first, cols;
} tap_range;

/* dw of `taps` taps += their sums over the positions of dz. */
OC_INLINE void add_taps(const gather *g, const pieces *p, const tap_range to, const int taps,
                        const int vectors) {
  const int64_t first = to.first, cols = to.cols;
  float *dw = to.dw;
  const int64_t oc = g->s.d.oc, down = 2 * g->s.d.sh * g->line, right = 2 * g->s.d.sw * g->s.d.ic * 4;
  const int64_t *offset = p->offset + first;
  vf sum[GROUP][PAIR];
  OC_UNROLL
  for (int t = 0; t < taps; t++) {
    OC_UNROLL
    for (int v = 0; v < vectors; v++)
      sum[t][v] = vec_load_part(dw + (first + t) * oc + v * VL, vec_lanes(cols - v * VL));
  }
  for (int64_t y = 0, i = 0; y < p->rows; y++)
    for (int64_t x = 0; x < g->px; x++, i += PAIR) {
      const float *window = p->table + y * down + x * right;
      OC_UNROLL
      for (int t = 0; t < taps; t++) {
        const vf four = vec_four(window + offset[t]);
        OC_UNROLL
        for (int v = 0; v < vectors; v++)
          sum[t][v] = vec_fma(vec_pick(four, p->picker[i + v]), vec_load(p->dz + (i + v) * VL), sum[t][v]);
      }
    }
  OC_UNROLL
  for (int t = 0; t < taps; t++) {
    OC_UNROLL
    for (int v = 0; v < vectors; v++)
      vec_store_part(dw + (first + t) * oc + v * VL, sum[t][v], vec_lanes(cols - v * VL));
  }
}

OC_INLINE void add_group(const gather *g, const pieces *p, const tap_range to, int64_t taps,
                         const int vectors) {
  switch (taps) {
  case 5:
    add_taps(g, p, to, 5, vectors);
    break;
  case 4:
    add_taps(g, p, to, 4, vectors);
    break;
  case 3:
    add_taps(g, p, to, 3, vectors);
    break;
  case 2:
    add_taps(g, p, to, 2, vectors);
    break;
  default:
    add_taps(g, p, to, 1, vectors);
    break;
  }
}

/* dw of up to a pair of vectors of channels, in groups of nearly equal size. */
static void add_places(const gather *g, const pieces *p, int64_t cols, float *dw) {
  const int64_t groups = oc_ceil_div(g->taps, GROUP);
  for (int64_t i = 0, first = 0; i < groups; i++) {
    const int64_t taps = oc_ceil_div(g->taps - first, groups - i);
    if (cols > VL)
      add_group(g, p, (tap_range){dw, first, cols}, taps, 2);
    else
      add_group(g, p, (tap_range){dw, first, cols}, taps, 1);
    first += taps;
  }
}

/* dw and db += what an image gives, some pooled rows at a time. */
static void add_image(const oc_call *c, const gather *g, int64_t image, pieces p) {
  const int64_t oc = g->s.d.oc, down = 2 * g->s.d.sh * g->line;
  for (int64_t row = 0; row < g->py; row += p.rows, p.table += p.rows * down) {
    const int64_t first = (image * g->py + row) * g->px * oc;
    p.rows = oc_min_i64(g->high, g->py - row);
    for (int64_t j = 0; j < oc; j += PAIR * VL) {
      const int64_t at = first + j;
      const pooled from = {(const float *)c->in[2] + at, (const float *)c->in[3] + at,
                           (const uint8_t *)c->in[4] + at, oc - j};
      if (oc - j > VL)
        fill_gradients(g, &from, &p, (float *)c->out[1] + j, 2);
      else
        fill_gradients(g, &from, &p, (float *)c->out[1] + j, 1);
      add_places(g, &p, oc - j, (float *)c->out[0] + j);
    }
  }
}

static void OC_K(conv_grad_gather_run)(const oc_call *c) {
  const gather g = gather_of(c->info);
  const pieces p = divide_scratch(&g, c->scratch);
  const int64_t oc = g.s.d.oc, x_size = oc_conv_x_size(&g.s.d);
  memset(c->out[0], 0, (size_t)(g.taps * oc) * sizeof(float));
  memset(c->out[1], 0, (size_t)oc * sizeof(float));
  conv_clear_border(&g.s, p.border);
  for (int64_t n = 0; n < c->samples; n++) {
    fill_table(&g, conv_image(&g.s, (const float *)c->in[0] + n * x_size, p.border), p.table);
    add_image(c, &g, n, p);
  }
}

OC_DEFINE_KERNEL(conv_block_grad, gather, .tolerance = 1e-5, .refuse = OC_K(conv_grad_gather_refuse),
                 .scratch = OC_K(conv_grad_gather_scratch), .run = OC_K(conv_grad_gather_run));

#else
typedef int oc_nothing_here; /* ISO C requires a declaration in every file */
#endif
