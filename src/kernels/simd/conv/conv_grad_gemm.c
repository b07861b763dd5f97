/* conv_grad_gemm.c: computes conv2d_grad, conv2d_grad_x, conv2d_grad_w and conv_block_grad by implicit GEMM.
 *
 * dz, the gradient of the convolution's output, is dy propagated back through pooling and activation;
 * conv_block_grad computes it in scratch, one image after the other: [oh][ow][oc rounded up to vectors]. dw:
 * for each kernel row, GEMM of kw*ic rows by oc columns, summed over the positions of all images of a group;
 * x is read in place. dx: for each kernel column and row of dx, GEMM of dz (a row of positions) by the
 * flipped and transposed weights, packed once per run, summed over kernel rows and oc, and added to its
 * positions of dx. No product with a zero between strides or in a border is computed. Flops:
 * 2*n*oh*ow*oc*kh*kw*ic for each of dw and dx. Bytes: x, y, dy, dw, dx once. */
#include "kernels/simd/core/define.h"
#include "kernels/simd/core/epilogue.h"
#include "kernels/simd/core/transpose.h"

#define GROUP_BYTES (192 * 1024) /* of x and dz together, for half of L2 */
#define BAND_FLOATS (48 * 1024)  /* of dy that all panels of w meet */
#define WHOLE_TILES 24           /* rows that are whole tiles at every level */
#define SLICE       128          /* positions of which L1 holds a panel of dy, for dw of a 1x1 kernel */

/* One conv_block_grad; of the other two operations' only the sizes. */
typedef struct conv_grad_shape {
  conv_sizes s;
  int64_t dz_row; /* floats of one position of dz */
  int64_t ph, pw, py, px;
  int64_t group; /* images whose dw is summed together */
  bool direct;   /* dy can serve as dz as it is */
} conv_grad_shape;

static conv_grad_shape backward_of(const oc_conv2d_attrs *a, const oc_shape *x, int64_t oc) {
  conv_grad_shape b = {.s = conv_sizes_of(a, x, oc), .ph = 1, .pw = 1};
  b.dz_row = vec_round_up(oc);
  b.direct = b.dz_row == oc;
  b.py = b.s.d.oh;
  b.px = b.s.d.ow;
  return b;
}

static void set_group(conv_grad_shape *b, int64_t samples) {
  const oc_conv_dims *d = &b->s.d;
  const int64_t bytes = 4 * (d->oh * d->ow * b->dz_row + b->s.height * b->s.width * d->ic);
  b->group = oc_max_i64(1, oc_min_i64(samples, GROUP_BYTES / bytes));
}

static int64_t dz_floats(const conv_grad_shape *b) {
  return b->s.d.oh * b->s.d.ow * b->dz_row;
}

/* ---- dx ------------------------------------------------------------------------------------------------ */

static size_t transposed_bytes(const conv_sizes *s) {
  return floats_bytes(panel_floats(s->d.kh * s->d.kw * s->d.oc, s->d.ic));
}

/* Weights for dx: panels of NR input channels; in each, for kx, ky and output channel, a row. */
static void transpose_weights(const oc_conv_dims *d, const float *w, int64_t panel, float *out) {
  const int64_t cols = oc_min_i64(NR, d->ic - panel * NR);
  for (int64_t t = 0; t < d->kh * d->kw; t++) {
    const float *from = w + oc_conv_tap(d, t % d->kh, t / d->kh) + panel * NR * d->oc;
    transpose_value(from, d->oc, cols, d->oc, out, NR);
    for (int64_t o = 0; o < d->oc; o++, out += NR)
      for (int64_t i = cols; i < NR; i++) out[i] = 0;
  }
}

static int64_t OC_K(conv_grad_gemm_prepack_parts)(const oc_op_info *info) {
  return gemm_panels(conv_x_of(info)->shape.dim[3]);
}

static void prepack_transposed(const oc_call *c, const conv_sizes *s, const float *w) {
  const panel_range r = panels_of_part(c, s->d.ic);
  for (int64_t p = r.first; p < r.end; p++)
    transpose_weights(&s->d, w, p, (float *)c->out[0] + p * s->d.kh * s->d.kw * s->d.oc * NR);
}

/* g has a panel's columns; adds all kernel rows ky that meet row iy of dx, for one kernel column. */
static void add_dx_row(const conv_grad_shape *b, const float *dz, const float *w, int64_t iy, oc_gemm *g) {
  const oc_conv_dims *d = &b->s.d;
  for (int64_t ky = 0; ky < d->kh;) {
    const int64_t from = iy + d->ph - ky * d->dil_h;
    int64_t run = 1;
    if (from >= 0 && from % d->sh == 0 && from / d->sh < d->oh) {
      if (d->sh == 1) run = oc_min_i64(d->kh - ky, from / d->dil_h + 1);
      g->a = dz + from / d->sh * d->ow * b->dz_row;
      g->b = w + ky * d->oc * NR;
      g->count[1] = run;
      OC_K(oc_gemm_run)(g);
    }
    ky += run;
  }
}

static void dx_of_image(const conv_grad_shape *b, const float *dz, const float *transposed, float *dx) {
  const oc_conv_dims *d = &b->s.d;
  const int64_t line = d->kh * d->oc * NR;
  memset(dx, 0, (size_t)oc_conv_x_size(d) * sizeof *dx);
  for (int64_t t = 0; t < gemm_panels(d->ic) * d->kw; t++) {
    const int64_t n = t / d->kw * NR, kx = t % d->kw, shift = kx * d->dil_w - d->pw;
    const int64_t first = shift < 0 ? oc_ceil_div(-shift, d->sw) : 0;
    const int64_t end = oc_min_i64(d->ow, d->iw > shift ? (d->iw - 1 - shift) / d->sw + 1 : 0);
    oc_gemm g = {.rows = end - first,
                 .cols = oc_min_i64(NR, d->ic - n),
                 .a_row = b->dz_row,
                 .c_row = d->sw * d->ic,
                 .count = {1, 1, d->oc},
                 .a_step = {0, -d->dil_h * d->ow * b->dz_row, 1},
                 .b_step = {0, d->oc * NR, NR},
                 .add = true};
    if (first >= end) continue;
    for (int64_t iy = 0; iy < d->ih; iy++) {
      g.c = dx + (iy * d->iw + first * d->sw + shift) * d->ic + n;
      add_dx_row(b, dz + first * b->dz_row, transposed + t * line, iy, &g);
    }
  }
}

/* ---- dw ------------------------------------------------------------------------------------------------ */

/* Images whose dw is summed together. */
typedef struct image_group {
  const float *image, *dz;
  int64_t step, count; /* floats from image to image; how many */
} image_group;

/* dw (+)= over a group of images and their dz. */
static void dw_of_group(const conv_grad_shape *b, const image_group *t, bool add, float *dw) {
  const oc_conv_dims *d = &b->s.d;
  const int64_t line = b->s.width * d->ic, taps = d->flip ? 1 : b->s.tap_rows;
  oc_gemm g = {.b = t->dz,
               .rows = taps * d->ic,
               .cols = d->oc,
               .a_row = 1,
               .b_panel = NR,
               .c_row = d->oc,
               .count = {t->count, d->oh, d->ow},
               .a_step = {t->step, d->sh * line, d->sw * d->ic},
               .b_step = {dz_floats(b), d->ow * b->dz_row, b->dz_row},
               .add = add};
  for (int64_t ky = 0; ky < d->kh; ky++)
    for (int64_t kx = 0; kx < d->kw; kx += taps) {
      g.a = t->image + ky * d->dil_h * line + kx * d->dil_w * d->ic;
      g.c = dw + oc_conv_tap(d, ky, kx);
      OC_K(oc_gemm_run)(&g);
    }
}

/* ---- dz: through activation and pooling ---------------------------------------------------------------- */

/* dz of an image, and its sum into db. Places of dz that no window covers are zero already. */
static void dz_of_image(const conv_grad_shape *b, const oc_conv_block_attrs *a, at_place from, float *db) {
  const int64_t oc = b->s.d.oc, line = b->s.d.ow * b->dz_row;
  const epilogue how = {a->act, (float)a->slope, b->ph, b->pw}, two = {a->act, (float)a->slope, 2, 2};
  const bool is_two = b->ph == 2 && b->pw == 2;
  for (int64_t n = 0; n < oc; n += VL) {
    const int64_t lanes = vec_lanes(oc - n);
    vf sum = vec_load(db + n);
    for (int64_t y = 0; y < b->py; y++)
      for (int64_t x = 0; x < b->px; x++) {
        const int64_t i = (y * b->px + x) * oc + n;
        const at_place p = {from.y + i, from.dy + i, from.arg ? from.arg + i : NULL,
                            from.dz + y * b->ph * line + x * b->pw * b->dz_row + n};
        sum += is_two ? spread(&p, line, b->dz_row, lanes, two) : spread(&p, line, b->dz_row, lanes, how);
      }
    vec_store(db + n, sum);
  }
}

/* ---- conv_block_grad (x, w, y, dy [, arg]) -> dw, db [, dx] -------------------------------------------- */

static conv_grad_shape block_of(const oc_op_info *info) {
  const oc_conv_block_attrs *a = info->attrs;
  conv_grad_shape b = backward_of(&a->conv, &info->in[0].shape, info->in[1].shape.dim[3]);
  b.direct = false;
  if (!a->pooled) return b;
  b.ph = a->pool[0];
  b.pw = a->pool[1];
  b.py /= b.ph;
  b.px /= b.pw;
  return b;
}

static const char *OC_K(conv_grad_gemm_refuse_block)(const oc_op_info *info, int64_t batch) {
  (void)batch;
  const oc_conv_block_attrs *a = info->attrs;
  return conv_refuse(&a->conv, &info->in[0]);
}

static size_t OC_K(conv_grad_gemm_prepacked_block)(const oc_op_info *info) {
  const oc_conv_block_attrs *a = info->attrs;
  const conv_grad_shape b = block_of(info);
  return a->needs_dx ? transposed_bytes(&b.s) : 0;
}

static void OC_K(conv_grad_gemm_prepack_block)(const oc_call *c) {
  const conv_grad_shape b = block_of(c->info);
  prepack_transposed(c, &b.s, c->in[1]);
}

static size_t OC_K(conv_grad_gemm_scratch_block)(const oc_op_info *info, int64_t samples) {
  conv_grad_shape b = block_of(info);
  set_group(&b, samples);
  return floats_bytes(b.dz_row) + (size_t)b.group * (floats_bytes(dz_floats(&b)) + conv_image_bytes(&b.s));
}

typedef struct scratch_layout {
  float *db, *dz, *border;
  int64_t image; /* floats from one image to the next in `border` */
} scratch_layout;

static scratch_layout divide_scratch(const oc_call *c, const conv_grad_shape *b) {
  scratch_layout m = {.db = c->scratch, .image = (int64_t)(conv_image_bytes(&b->s) / sizeof(float))};
  m.dz = m.db + floats_bytes(b->dz_row) / sizeof(float);
  m.border = m.dz + (size_t)b->group * floats_bytes(dz_floats(b)) / sizeof(float);
  memset(m.db, 0, OC_K(conv_grad_gemm_scratch_block)(c->info, c->samples));
  return m;
}

static void OC_K(conv_grad_gemm_run_block)(const oc_call *c) {
  const oc_conv_block_attrs *a = c->info->attrs;
  conv_grad_shape b = block_of(c->info);
  set_group(&b, c->samples);
  const scratch_layout m = divide_scratch(c, &b);
  const int64_t x_size = oc_conv_x_size(&b.s.d), y_size = b.py * b.px * b.s.d.oc;
  const float *x = c->in[0];
  for (int64_t first = 0; first < c->samples; first += b.group) {
    const int64_t end = oc_min_i64(first + b.group, c->samples);
    for (int64_t i = first; i < end; i++) {
      const at_place p = {(const float *)c->in[2] + i * y_size, (const float *)c->in[3] + i * y_size,
                          a->pooled ? (const uint8_t *)c->in[4] + i * y_size : NULL,
                          m.dz + (i - first) * dz_floats(&b)};
      dz_of_image(&b, a, p, m.db);
      conv_image(&b.s, x + i * x_size, m.border + (i - first) * m.image);
      if (a->needs_dx) dx_of_image(&b, p.dz, c->prepacked, (float *)c->out[2] + i * x_size);
    }
    const image_group t = {b.s.padded ? m.border : x + first * x_size, m.dz, b.s.padded ? m.image : x_size,
                           end - first};
    dw_of_group(&b, &t, first > 0, c->out[0]);
  }
  memcpy(c->out[1], m.db, (size_t)b.s.d.oc * sizeof *m.db);
}

/* ---- conv2d_grad_x (dy, w) -> dx ----------------------------------------------------------------------- */

static conv_grad_shape grad_x_of(const oc_op_info *info) {
  conv_grad_shape b = backward_of(info->attrs, &info->out[0].shape, info->in[1].shape.dim[3]);
  b.dz_row = b.s.d.oc;
  return b;
}

static const char *OC_K(conv_grad_gemm_refuse_grad_x)(const oc_op_info *info, int64_t batch) {
  (void)batch;
  return conv_refuse(info->attrs, &info->in[0]);
}

static conv_sizes sizes_of(const oc_op_info *info) {
  return conv_sizes_of(info->attrs, &conv_x_of(info)->shape, info->in[1].shape.dim[3]);
}

static size_t OC_K(conv_grad_gemm_prepacked_grad)(const oc_op_info *info) {
  const conv_sizes s = sizes_of(info);
  return transposed_bytes(&s);
}

static void OC_K(conv_grad_gemm_prepack_grad)(const oc_call *c) {
  const conv_sizes s = sizes_of(c->info);
  prepack_transposed(c, &s, c->in[1]);
}

/* dx = dy w' of all images, in bands of rows that L2 holds while all panels of w' meet them. */
static void dx_of_product(const conv_grad_shape *b, const oc_call *c, const float *dy, float *dx) {
  const oc_conv_dims *d = &b->s.d;
  const int64_t rows = c->samples * d->oh * d->ow;
  const int64_t band = oc_max_i64(1, BAND_FLOATS / (d->oc * WHOLE_TILES)) * WHOLE_TILES;
  for (int64_t first = 0; first < rows; first += band) {
    const oc_gemm g = {.a = dy + first * d->oc,
                       .b = c->prepacked,
                       .c = dx + first * d->ic,
                       .rows = oc_min_i64(band, rows - first),
                       .cols = d->ic,
                       .a_row = d->oc,
                       .b_panel = d->oc * NR,
                       .c_row = d->ic,
                       .count = {1, 1, d->oc},
                       .a_step = {0, 0, 1},
                       .b_step = {0, 0, NR}};
    OC_K(oc_gemm_run)(&g);
  }
}

static void dx_of_images(const conv_grad_shape *b, const oc_call *c, const float *dy, float *dx) {
  if (conv_is_product(&b->s)) {
    dx_of_product(b, c, dy, dx);
    return;
  }
  for (int64_t i = 0; i < c->samples; i++)
    dx_of_image(b, dy + i * oc_conv_y_size(&b->s.d), c->prepacked, dx + i * oc_conv_x_size(&b->s.d));
}

static void OC_K(conv_grad_gemm_run_grad_x)(const oc_call *c) {
  const conv_grad_shape b = grad_x_of(c->info);
  dx_of_images(&b, c, c->in[0], c->out[0]);
}

/* ---- conv2d_grad_w (x, dy) -> dw ----------------------------------------------------------------------- */

static conv_grad_shape grad_w_of(const oc_op_info *info, int64_t samples) {
  conv_grad_shape b = backward_of(info->attrs, &info->in[0].shape, info->in[1].shape.dim[3]);
  set_group(&b, samples);
  return b;
}

static size_t OC_K(conv_grad_gemm_scratch_grad_w)(const oc_op_info *info, int64_t samples) {
  const conv_grad_shape b = grad_w_of(info, samples);
  if (conv_is_product(&b.s)) return floats_bytes(SLICE * (b.direct ? NR : NR + b.dz_row));
  return (size_t)b.group * ((b.direct ? 0 : floats_bytes(dz_floats(&b))) + conv_image_bytes(&b.s));
}

/* dy with rows rounded up to whole vectors, so that the last vector of a row may be read whole. */
static void round_up_rows(const conv_grad_shape *b, const float *dy, int64_t rows, float *dz) {
  const int64_t oc = b->s.d.oc;
  for (int64_t i = 0; i < rows; i++)
    for (int64_t n = 0; n < oc; n += VL)
      vec_store(dz + i * b->dz_row + n, vec_load_part(dy + i * oc + n, vec_lanes(oc - n)));
}

/* dw = x' dy of all images, in slices of positions. The first tile of a panel copies it for the others. */
static void dw_of_product(const conv_grad_shape *b, const oc_call *c, const float *x, const float *dy) {
  const oc_conv_dims *d = &b->s.d;
  const int64_t all = c->samples * d->oh * d->ow;
  float *panel = c->scratch, *dz = panel + SLICE * NR;
  for (int64_t first = 0; first < all; first += SLICE) {
    const int64_t count = oc_min_i64(SLICE, all - first);
    if (!b->direct) round_up_rows(b, dy + first * d->oc, count, dz);
    const oc_gemm g = {.a = x + first * d->ic,
                       .b = b->direct ? dy + first * d->oc : dz,
                       .c = c->out[0],
                       .rows = d->ic,
                       .cols = d->oc,
                       .a_row = 1,
                       .b_panel = NR,
                       .c_row = d->oc,
                       .count = {1, 1, count},
                       .a_step = {0, 0, d->ic},
                       .b_step = {0, 0, b->dz_row},
                       .add = first > 0,
                       .copy = panel};
    OC_K(oc_gemm_run)(&g);
  }
}

static void dw_of_images(const conv_grad_shape *b, const oc_call *c, const float *x, const float *dy) {
  if (conv_is_product(&b->s)) {
    dw_of_product(b, c, x, dy);
    return;
  }
  const int64_t x_size = oc_conv_x_size(&b->s.d), y_size = oc_conv_y_size(&b->s.d);
  const int64_t step = (int64_t)(conv_image_bytes(&b->s) / sizeof(float));
  float *border = c->scratch, *dz = border + b->group * step;
  if (step) memset(border, 0, (size_t)(b->group * step) * sizeof *border);
  for (int64_t first = 0; first < c->samples; first += b->group) {
    const int64_t n = oc_min_i64(b->group, c->samples - first);
    for (int64_t i = 0; i < n; i++) {
      conv_image(&b->s, x + (first + i) * x_size, border + i * step);
      if (!b->direct) round_up_rows(b, dy + (first + i) * y_size, y_size / b->s.d.oc, dz + i * dz_floats(b));
    }
    const image_group t = {b->s.padded ? border : x + first * x_size, b->direct ? dy + first * y_size : dz,
                           b->s.padded ? step : x_size, n};
    dw_of_group(b, &t, first > 0, c->out[0]);
  }
}

static void OC_K(conv_grad_gemm_run_grad_w)(const oc_call *c) {
  const conv_grad_shape b = grad_w_of(c->info, c->samples);
  dw_of_images(&b, c, c->in[0], c->in[1]);
}

/* ---- conv2d_grad (x, w, dy) -> dw, dx ------------------------------------------------------------------ */

static void OC_K(conv_grad_gemm_run_grad)(const oc_call *c) {
  conv_grad_shape b = grad_w_of(c->info, c->samples);
  dw_of_images(&b, c, c->in[0], c->in[2]);
  b.dz_row = b.s.d.oc; /* dx reads dy as it lies */
  dx_of_images(&b, c, c->in[2], c->out[1]);
}

OC_DEFINE_KERNEL(conv_block_grad, gemm, .tolerance = 1e-5, .refuse = OC_K(conv_grad_gemm_refuse_block),
                 .scratch = OC_K(conv_grad_gemm_scratch_block),
                 .prepacked_bytes = OC_K(conv_grad_gemm_prepacked_block),
                 .prepack_parts = OC_K(conv_grad_gemm_prepack_parts),
                 .prepack = OC_K(conv_grad_gemm_prepack_block), .run = OC_K(conv_grad_gemm_run_block));
OC_DEFINE_KERNEL(conv2d_grad, gemm, .tolerance = 1e-5, .refuse = OC_K(conv_grad_gemm_refuse_grad_x),
                 .scratch = OC_K(conv_grad_gemm_scratch_grad_w),
                 .prepacked_bytes = OC_K(conv_grad_gemm_prepacked_grad),
                 .prepack_parts = OC_K(conv_grad_gemm_prepack_parts),
                 .prepack = OC_K(conv_grad_gemm_prepack_grad), .run = OC_K(conv_grad_gemm_run_grad));
OC_DEFINE_KERNEL(conv2d_grad_x, gemm, .tolerance = 1e-5, .refuse = OC_K(conv_grad_gemm_refuse_grad_x),
                 .prepacked_bytes = OC_K(conv_grad_gemm_prepacked_grad),
                 .prepack_parts = OC_K(conv_grad_gemm_prepack_parts),
                 .prepack = OC_K(conv_grad_gemm_prepack_grad), .run = OC_K(conv_grad_gemm_run_grad_x));
OC_DEFINE_KERNEL(conv2d_grad_w, gemm, .tolerance = 1e-5, .refuse = OC_K(conv_grad_gemm_refuse_grad_x),
                 .scratch = OC_K(conv_grad_gemm_scratch_grad_w), .run = OC_K(conv_grad_gemm_run_grad_w));
