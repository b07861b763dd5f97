/* conv_grad_few.c: computes conv_block_grad for a first layer without pooling: dw and db without dx. With few
 * input channels dz, the gradient before the activation, is much larger than x and dw, so what counts is how
 * often it passes through memory.
 *
 * Passes over an image: for some rows of positions, of which L1 holds dz, and up to two vectors of channels:
 * dz, and its sum into db; then, for each run of up to RUN taps that touch in memory and whose sums stay in
 * registers, all of these positions. Meanwhile y and dy of the next rows are prefetched. The order of every
 * sum is that of conv_grad_gemm.c: all positions of a call, one after the other. Flops:
 * 2*n*oh*ow*oc*kh*kw*ic. Bytes: x, y, dy once, dw once for each group of rows. */
#include "kernels/simd/conv/conv.h"
#include "kernels/simd/core/act.h"
#include "kernels/simd/core/define.h"

#define PAIR         2   /* vectors of channels at a time */
#define MAX_CHANNELS 4   /* of x */
#define MIN_ROW      5   /* taps: with fewer there are too few sums at a time */
#define PLACES       128 /* positions, about, whose dz stays in L1 */
#if VL == 16
#define RUN 14 /* taps whose sums stay in registers */
#else
#define RUN 6
#endif

typedef struct few {
  conv_sizes s;
  const oc_conv_block_attrs *a;
  int64_t row, runs; /* taps that touch in memory, and the runs that they are cut into */
  int64_t high;      /* rows of positions at a time */
} few;

static few few_of(const oc_op_info *info) {
  few f = {.a = info->attrs};
  f.s = conv_sizes_of(&f.a->conv, &info->in[0].shape, info->in[1].shape.dim[3]);
  f.row = f.s.d.kw * f.s.d.ic;
  f.runs = oc_ceil_div(f.row, RUN);
  f.high = oc_max_i64(1, oc_min_i64(PLACES / f.s.d.ow, f.s.d.oh));
  return f;
}

static const char *OC_K(conv_grad_few_refuse)(const oc_op_info *info, int64_t batch) {
  const oc_conv_block_attrs *a = info->attrs;
  const int64_t ic = info->in[0].shape.dim[3];
  (void)batch;
  if (a->needs_dx) return "the input gradient is also needed";
  if (a->pooled) return "pooled";
  if (a->conv.flip) return "the kernel is flipped";
  if (a->conv.dilation[1] != 1) return "the kernel is dilated";
  if (ic > MAX_CHANNELS) return "more than 4 input channels";
  if (a->conv.kernel[1] * ic < MIN_ROW) return "fewer than 5 taps in a row";
  return conv_refuse(&a->conv, &info->in[0]);
}

static size_t OC_K(conv_grad_few_scratch)(const oc_op_info *info, int64_t samples) {
  const few f = few_of(info);
  (void)samples;
  return conv_image_bytes(&f.s) + floats_bytes(f.high * f.s.d.ow * PAIR * VL);
}

/* Rows of positions of an image, at the first of up to a pair of vectors of channels. */
typedef struct strip {
  const float *image; /* at the first window */
  const float *y, *dy;
  int64_t next; /* floats of y and dy to those of the next strip, which are prefetched; 0: none */
  float *dz, *dw, *db;
  int64_t rows, cols; /* of positions; channels */
} strip;

/* dz of all positions; db += their sum. */
OC_INLINE void fill_strip(const few *f, const strip *s, const int vectors, const oc_act act) {
  const int64_t oc = f->s.d.oc, last = vec_lanes(s->cols - (vectors - 1) * VL);
  vf sum[PAIR];
  OC_UNROLL
  for (int v = 0; v < vectors; v++) sum[v] = vec_load_part(s->db + v * VL, v + 1 < vectors ? VL : last);
  for (int64_t i = 0; i < s->rows * f->s.d.ow; i++) {
    OC_UNROLL
    for (int v = 0; v < vectors; v++) {
      const int64_t at = i * oc + v * VL, lanes = v + 1 < vectors ? VL : last;
      const vf dz = vec_activate_grad(act, (float)f->a->slope, vec_load_part(s->y + at, lanes),
                                      vec_load_part(s->dy + at, lanes));
      vec_store(s->dz + (i * PAIR + v) * VL, dz);
      sum[v] += dz;
    }
  }
  OC_UNROLL
  for (int v = 0; v < vectors; v++) vec_store_part(s->db + v * VL, sum[v], v + 1 < vectors ? VL : last);
}

/* The first of some taps: in the first window of the image, and in dw. */
typedef struct taps_at {
  const float *image;
  float *dw;
  const float *ahead; /* NULL, or memory to prefetch: for each position the vectors that it has in y */
} taps_at;

/* dw of `taps` taps += their sums over the positions. */
OC_INLINE void add_taps(const few *f, const strip *s, taps_at to, const int taps, const int vectors) {
  const int64_t oc = f->s.d.oc, right = f->s.d.sw * f->s.d.ic, below = f->s.d.sh * f->s.width * f->s.d.ic;
  const int64_t last = vec_lanes(s->cols - (vectors - 1) * VL);
  const float *dz = s->dz, *image = to.image, *ahead = to.ahead;
  float *dw = to.dw;
  vf sum[RUN][PAIR];
  OC_UNROLL
  for (int t = 0; t < taps; t++) {
    OC_UNROLL
    for (int v = 0; v < vectors; v++)
      sum[t][v] = vec_load_part(dw + t * oc + v * VL, v + 1 < vectors ? VL : last);
  }
  for (int64_t y = 0; y < s->rows; y++, image += below) {
    const float *at = image;
    for (int64_t x = f->s.d.ow; x > 0; x--, at += right, dz += PAIR * VL) {
      vf d[PAIR];
      if (ahead) {
        OC_UNROLL
        for (int v = 0; v < vectors; v++) __builtin_prefetch(ahead + v * VL, 0, 2);
        ahead += oc;
      }
      OC_UNROLL
      for (int v = 0; v < vectors; v++) d[v] = vec_load(dz + v * VL);
      OC_UNROLL
      for (int t = 0; t < taps; t++) {
        const vf tap = vec_set1(at[t]);
        OC_UNROLL
        for (int v = 0; v < vectors; v++) sum[t][v] = vec_fma(tap, d[v], sum[t][v]);
      }
      OC_UNROLL
      for (int t = 0; t < taps; t++) {
        OC_UNROLL
        for (int v = 0; v < vectors; v++) vec_keep(sum[t][v]);
      }
    }
  }
  OC_UNROLL
  for (int t = 0; t < taps; t++) {
    OC_UNROLL
    for (int v = 0; v < vectors; v++)
      vec_store_part(dw + t * oc + v * VL, sum[t][v], v + 1 < vectors ? VL : last);
  }
}

typedef void (*run_fn)(const few *f, const strip *s, taps_at to);
#define RUN_OF(taps)                                                                                         \
  static void run_##taps##x1(const few *f, const strip *s, taps_at to) {                                     \
    add_taps(f, s, to, taps, 1);                                                                             \
  }                                                                                                          \
  static void run_##taps##x2(const few *f, const strip *s, taps_at to) {                                     \
    add_taps(f, s, to, taps, 2);                                                                             \
  }
#define RUN_NAME(taps) {run_##taps##x1, run_##taps##x2},
#define RUNS_6(X)      X(1) X(2) X(3) X(4) X(5) X(6)
#if VL == 16
#define RUNS(X) RUNS_6(X) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)
#else
#define RUNS RUNS_6
#endif
RUNS(RUN_OF)
static const run_fn runs[RUN][PAIR] = {RUNS(RUN_NAME)};

/* dw += of a strip: all taps, in runs of nearly equal length. */
static void add_strip(const few *f, const strip *s) {
  const oc_conv_dims *d = &f->s.d;
  const int vectors = s->cols > VL ? 2 : 1;
  if (vectors == 2 && f->a->act == OC_ACT_RELU)
    fill_strip(f, s, 2, OC_ACT_RELU);
  else if (vectors == 2)
    fill_strip(f, s, 2, f->a->act);
  else
    fill_strip(f, s, 1, f->a->act);
  for (int64_t ky = 0; ky < d->kh; ky++)
    for (int64_t i = 0, first = 0, taps; i < f->runs; i++, first += taps) {
      taps = oc_ceil_div(f->row - first, f->runs - i);
      const taps_at to = {s->image + ky * d->dil_h * f->s.width * d->ic + first,
                          s->dw + (ky * f->row + first) * d->oc,
                          !s->next || ky + i > 1 ? NULL : (ky + i ? s->y : s->dy) + s->next};
      runs[taps - 1][vectors - 1](f, s, to);
    }
}

static void OC_K(conv_grad_few_run)(const oc_call *c) {
  const few f = few_of(c->info);
  const oc_conv_dims *d = &f.s.d;
  float *border = c->scratch, *dz = border + conv_image_bytes(&f.s) / sizeof(float);
  const int64_t line = d->sh * f.s.width * d->ic, y_line = d->ow * d->oc, rows = c->samples * d->oh;
  const float *image = NULL;
  memset(c->out[0], 0, (size_t)oc_conv_w_size(d) * sizeof(float));
  memset(c->out[1], 0, (size_t)d->oc * sizeof(float));
  conv_clear_border(&f.s, border);
  for (int64_t r = 0, count; r < rows; r += count) {
    const int64_t row = r % d->oh;
    if (row == 0) image = conv_image(&f.s, (const float *)c->in[0] + r / d->oh * oc_conv_x_size(d), border);
    count = oc_min_i64(f.high, d->oh - row);
    for (int64_t n = 0; n < d->oc; n += PAIR * VL)
      add_strip(&f, &(strip){.image = image + row * line,
                             .y = (const float *)c->in[2] + r * y_line + n,
                             .dy = (const float *)c->in[3] + r * y_line + n,
                             .next = r + 2 * count > rows ? 0 : count * y_line,
                             .dz = dz,
                             .dw = (float *)c->out[0] + n,
                             .db = (float *)c->out[1] + n,
                             .rows = count,
                             .cols = d->oc - n});
  }
}

OC_DEFINE_KERNEL(conv_block_grad, few, .tolerance = 1e-5, .refuse = OC_K(conv_grad_few_refuse),
                 .scratch = OC_K(conv_grad_few_scratch), .run = OC_K(conv_grad_few_run));
