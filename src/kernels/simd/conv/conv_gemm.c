/* conv_gemm.c: computes conv2d and conv_block (convolution + bias [+ activation] [+ max pooling]) by implicit
 * GEMM.
 *
 * Layout: x NHWC, w HWIO packed once per run into panels of NR output channels, y NHWC. A row of outputs is a
 * matrix product whose left side is positions of x: sw*ic apart, each kh spans of kw*ic floats. Passes over
 * an image: for a band of output rows, for a panel, for a slice of the kernel that L1 holds: GEMM; then bias,
 * activation and pooling while the data is still in L1. Saved for backward: y, and for each pooled element
 * the index of its maximum in the window, a byte. Flops: 2*n*oh*ow*oc*kh*kw*ic. Bytes: x, w, y once. */
#include "kernels/simd/core/define.h"
#include "kernels/simd/core/epilogue.h"

#define BAND_FLOATS  4096 /* outputs of one panel that a band may have: 16 KB */
#define SLICE_FLOATS 6144 /* weights of one panel that are used together: 24 KB */
#define ROWS_FLOPS   4e6  /* of an image that several threads share: some 25 microseconds of one */

typedef struct conv_shape {
  conv_sizes s;
  const oc_conv_block_attrs *block; /* NULL: conv2d */
  int64_t py, px, ph, pw;           /* pooled rows and columns, and the window; 1x1 without pooling */
  int64_t band;                     /* pooled rows of a band */
} conv_shape;

static void set_band(conv_shape *f) {
  f->band = oc_max_i64(1, oc_min_i64(f->py, BAND_FLOATS / (f->ph * f->s.d.ow * NR)));
}

static conv_shape forward_of(const oc_op_info *info) {
  const bool block = info->attrs && strcmp(info->op->name, "conv_block") == 0;
  const oc_conv_block_attrs *b = block ? info->attrs : NULL;
  const oc_conv2d_attrs *a = block ? &b->conv : info->attrs;
  conv_shape f = {
      .s = conv_sizes_of(a, &info->in[0].shape, info->in[1].shape.dim[3]), .block = b, .ph = 1, .pw = 1};
  if (b && b->pooled) {
    f.ph = b->pool[0];
    f.pw = b->pool[1];
  }
  f.py = f.s.d.oh / f.ph;
  f.px = f.s.d.ow / f.pw;
  set_band(&f);
  return f;
}

static const char *OC_K(conv_gemm_refuse_conv)(const oc_op_info *info, int64_t batch) {
  (void)batch;
  return conv_refuse(info->attrs, &info->in[0]);
}

static const char *OC_K(conv_gemm_refuse_block)(const oc_op_info *info, int64_t batch) {
  (void)batch;
  const oc_conv_block_attrs *a = info->attrs;
  return conv_refuse(&a->conv, &info->in[0]);
}

static size_t OC_K(conv_gemm_prepacked_bytes)(const oc_op_info *info) {
  const conv_sizes s = forward_of(info).s;
  return conv_panels_bytes(&s);
}

static int64_t OC_K(conv_gemm_prepack_parts)(const oc_op_info *info) {
  return gemm_panels(info->in[1].shape.dim[3]);
}

static void OC_K(conv_gemm_prepack)(const oc_call *c) {
  const conv_sizes s = forward_of(c->info).s;
  conv_pack(c, &s);
}

/* Rows of one image, where they are enough work to meet for; no result depends on them. */
static int64_t OC_K(conv_gemm_parts)(const oc_op_info *info, int64_t batch, int threads) {
  const conv_shape f = forward_of(info);
  if (batch > 1 || threads < 2 || oc_conv_flops(&f.s.d, 1) < ROWS_FLOPS) return 0;
  return oc_min_i64(f.py, 2 * threads);
}

static size_t OC_K(conv_gemm_scratch)(const oc_op_info *info, int64_t samples) {
  const conv_shape f = forward_of(info);
  (void)samples;
  return conv_image_bytes(&f.s) + floats_bytes(f.band * f.ph * f.s.d.ow * NR);
}

/* Output rows [row, row+rows) of one panel into c. */
static void convolve(const conv_shape *f, const float *image, int64_t row, int64_t rows, oc_gemm *g,
                     int64_t c_line) {
  const oc_conv_dims *d = &f->s.d;
  const int64_t run = f->s.tap_rows * d->ic, taps = d->kw / f->s.tap_rows, line = f->s.width * d->ic;
  const bool whole = f->s.depth * NR <= SLICE_FLOATS;
  float *c = g->c;
  g->rows = d->ow;
  if (conv_is_product(&f->s)) { /* rows lie one after the other, on both sides */
    g->rows *= rows;
    rows = 1;
  }
  g->a_row = d->sw * d->ic;
  g->count[0] = whole ? d->kh : 1, g->count[1] = taps, g->count[2] = run;
  g->a_step[0] = d->dil_h * line, g->a_step[1] = d->dil_w * d->ic, g->a_step[2] = 1;
  g->b_step[0] = d->kw * d->ic * NR, g->b_step[1] = run * NR, g->b_step[2] = NR;
  for (int64_t ky = 0; ky < d->kh; ky += g->count[0], g->add = true, g->b += d->kw * d->ic * NR)
    for (int64_t r = 0; r < rows; r++) {
      g->a = image + ((row + r) * d->sh + ky * d->dil_h) * line;
      g->c = c + r * c_line;
      OC_K(oc_gemm_run)(g);
    }
}

typedef struct target {
  float *y;
  uint8_t *arg; /* or NULL */
  const float *bias;
  int64_t cols;
  int64_t rows; /* pooled ones, of a band */
} target;

OC_INLINE void pool_row(const conv_shape *f, const float *c, const target *t, const epilogue how) {
  for (int64_t n = 0; n < t->cols; n += VL) {
    const int64_t lanes = vec_lanes(t->cols - n);
    const vf bias = vec_load_part(t->bias + n, lanes);
    for (int64_t x = 0; x < f->px; x++) {
      const int64_t at = x * f->s.d.oc + n;
      epilogue_window((window_values){c + x * how.pw * NR + n, f->s.d.ow * NR, NR}, bias, how, lanes,
                      t->y + at, t->arg ? t->arg + at : NULL);
    }
  }
}

/* Bias, activation and pooling of a band of conv rows in c (rows of NR) into y. */
static void epilogue_pooled(const conv_shape *f, const float *c, int64_t pooled_rows, target t) {
  const int64_t y_line = f->px * f->s.d.oc, c_line = f->ph * f->s.d.ow * NR;
  const epilogue how = {f->block->act, (float)f->block->slope, f->ph, f->pw};
  for (int64_t r = 0; r < pooled_rows; r++) {
    if (how.act == OC_ACT_RELU && how.ph == 2 && how.pw == 2)
      pool_row(f, c + r * c_line, &t, (epilogue){OC_ACT_RELU, 0, 2, 2});
    else
      pool_row(f, c + r * c_line, &t, how);
    t.y += y_line;
    if (t.arg) t.arg += y_line;
  }
}

/* Applies bias and activation at positions [0, places) of y. */
static void epilogue_plain(const conv_shape *f, int64_t places, const target *t) {
  const oc_act act = f->block->act;
  const float slope = (float)f->block->slope;
  for (int64_t n = 0; n < t->cols; n += VL) {
    const int64_t lanes = vec_lanes(t->cols - n);
    const vf bias = vec_load_part(t->bias + n, lanes);
    for (int64_t i = 0; i < places; i++) {
      float *y = t->y + i * f->s.d.oc + n;
      vec_store_part(y, vec_activate(act, slope, vec_load_part(y, lanes) + bias), lanes);
    }
  }
}

static void run_band(const oc_call *call, const conv_shape *f, const float *image, int64_t first, target t,
                     float *memory) {
  const oc_conv_dims *d = &f->s.d;
  const int64_t rows = t.rows, oc = d->oc;
  const bool pooled = f->block && f->block->pooled;
  for (int64_t n = 0; n < oc; n += NR) {
    oc_gemm g = {.b = (const float *)call->prepacked + n * f->s.depth, .cols = oc_min_i64(NR, oc - n)};
    const target at = {t.y + n, t.arg ? t.arg + n : NULL, f->block ? t.bias + n : NULL, g.cols, rows};
    g.c = pooled ? memory : at.y;
    g.c_row = pooled ? NR : oc;
    convolve(f, image, first * f->ph, rows * f->ph, &g, d->ow * g.c_row);
    if (pooled)
      epilogue_pooled(f, memory, rows, at);
    else if (f->block)
      epilogue_plain(f, rows * d->ow, &at);
  }
}

/* Where images touch as their rows do, those of a call are one image: bands and tiles are then whole. */
static int64_t join_images(conv_shape *f, int64_t samples) {
  if (!conv_is_product(&f->s) || (f->block && f->block->pooled)) return samples;
  f->py *= samples;
  set_band(f);
  return 1;
}

static void OC_K(conv_gemm_run)(const oc_call *c) {
  conv_shape f = forward_of(c->info);
  const int64_t images = join_images(&f, c->samples);
  const int64_t x_size = oc_conv_x_size(&f.s.d), y_size = f.py * f.px * f.s.d.oc;
  float *border = c->scratch, *memory = border + conv_image_bytes(&f.s) / sizeof(float);
  const bool keep = f.block && f.block->pooled && f.block->save_argmax;
  const int64_t first = f.py * c->part / c->parts, end = f.py * (c->part + 1) / c->parts;
  conv_clear_border(&f.s, border);
  for (int64_t i = 0; i < images; i++) {
    const float *image = conv_image(&f.s, (const float *)c->in[0] + i * x_size, border);
    for (int64_t row = first; row < end; row += f.band) {
      const int64_t at = i * y_size + row * f.px * f.s.d.oc;
      const target t = {(float *)c->out[0] + at, keep ? (uint8_t *)c->out[1] + at : NULL,
                        f.block ? c->in[2] : NULL, f.s.d.oc, oc_min_i64(f.band, end - row)};
      run_band(c, &f, image, row, t, memory);
    }
  }
}

OC_DEFINE_KERNEL(conv2d, gemm, .tolerance = 1e-5, .refuse = OC_K(conv_gemm_refuse_conv),
                 .parts = OC_K(conv_gemm_parts), .scratch = OC_K(conv_gemm_scratch),
                 .prepacked_bytes = OC_K(conv_gemm_prepacked_bytes),
                 .prepack_parts = OC_K(conv_gemm_prepack_parts), .prepack = OC_K(conv_gemm_prepack),
                 .run = OC_K(conv_gemm_run));
OC_DEFINE_KERNEL(conv_block, gemm, .tolerance = 3e-5, .refuse = OC_K(conv_gemm_refuse_block),
                 .parts = OC_K(conv_gemm_parts), .scratch = OC_K(conv_gemm_scratch),
                 .prepacked_bytes = OC_K(conv_gemm_prepacked_bytes),
                 .prepack_parts = OC_K(conv_gemm_prepack_parts), .prepack = OC_K(conv_gemm_prepack),
                 .run = OC_K(conv_gemm_run));
