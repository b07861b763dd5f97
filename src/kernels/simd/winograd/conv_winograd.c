/* conv_winograd.c: computes conv2d and conv_block (convolution + bias [+ activation] [+ max pooling]) by
 * Winograd's tiles.
 *
 * Layout: x NHWC, w HWIO transformed once per run, y NHWC. Passes over a block of tiles: V, t*t products with
 * U, and each tile back to m x m results, which get their bias, activation and pooling while they are in
 * registers or L1. Saved for backward: as in conv_gemm.c. Products: t*t/(m*m*r*r) of a direct sum's: 0.16 for
 * F(4x4,5x5), 0.25 for F(4x4,3x3), 0.44 for F(2x2,3x3). A value that is not finite spreads to all results of
 * the tiles that it lies in. */
#include "kernels/simd/core/define.h"
#include "kernels/simd/core/epilogue.h"
#include "kernels/simd/winograd/winograd.h"

typedef struct winograd_problem {
  winograd_sizes z;
  const oc_conv_block_attrs *block; /* NULL: conv2d */
  epilogue how;
  int64_t py, px; /* rows and columns of y */
} winograd_problem;

static const oc_conv_block_attrs *block_of(const oc_op_info *info) {
  return strcmp(info->op->name, "conv_block") == 0 ? info->attrs : NULL;
}

static const oc_conv2d_attrs *conv_of(const oc_op_info *info) {
  const oc_conv_block_attrs *b = block_of(info);
  return b ? &b->conv : info->attrs;
}

static winograd_problem forward_of(const oc_op_info *info, int64_t samples) {
  const oc_conv_block_attrs *b = block_of(info);
  winograd_problem f = {
      .z = OC_K(oc_winograd_sizes)(conv_of(info), &info->in[0].shape, info->in[1].shape.dim[3], samples),
      .block = b,
      .how = {.ph = 1, .pw = 1}};
  if (b) f.how = epilogue_of(b);
  f.py = f.z.s.d.oh / f.how.ph;
  f.px = f.z.s.d.ow / f.how.pw;
  return f;
}

static const char *OC_K(conv_winograd_refuse_conv)(const oc_op_info *info, int64_t batch) {
  (void)batch;
  return OC_K(oc_winograd_refuse)(info->attrs, &info->in[0], info->in[1].shape.dim[3]);
}

static size_t OC_K(conv_winograd_prepacked_bytes)(const oc_op_info *info) {
  const winograd_problem f = forward_of(info, 1);
  return floats_bytes(f.z.w->t * f.z.w->t * f.z.u_plane);
}

static int64_t OC_K(conv_winograd_prepack_parts)(const oc_op_info *info) {
  return winograd_parts(info->in[1].shape.dim[2], info->in[1].shape.dim[3]);
}

static void OC_K(conv_winograd_prepack)(const oc_call *c) {
  const winograd_problem f = forward_of(c->info, 1);
  OC_K(oc_winograd_kernel)(&f.z, c->in[1], c->part, c->out[0]);
}

static size_t OC_K(conv_winograd_scratch)(const oc_op_info *info, int64_t samples) {
  const winograd_sizes z = forward_of(info, samples).z;
  return floats_bytes(z.w->t * z.w->t * z.v_plane) + floats_bytes(z.w->t * z.w->t * z.m_plane);
}

/* Where one image's results go. */
typedef struct target {
  float *y;
  uint8_t *arg;      /* or NULL */
  const float *bias; /* or NULL: conv2d */
} target;

/* A tile, and its vector of channels from n on. */
typedef struct tile_place {
  int64_t row, col, n;
} tile_place;

/* The results z (m x m, VL floats each) of one tile and vector of channels. */
OC_INLINE void epilogue_tile(const winograd_problem *f, const target *t, const float *z, const tile_place of,
                             const epilogue how) {
  const int64_t m = f->z.w->m, oc = f->z.s.d.oc, n = of.n, lanes = vec_lanes(oc - n);
  const int64_t y0 = of.row * m / how.ph, x0 = of.col * m / how.pw;
  const int64_t rows = oc_min_i64(m / how.ph, f->py - y0), cols = oc_min_i64(m / how.pw, f->px - x0);
  const vf bias = t->bias ? vec_load_part(t->bias + n, lanes) : vec_zero();
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < cols; j++) {
      const int64_t at = ((y0 + i) * f->px + x0 + j) * oc + n;
      epilogue_window((window_values){z + (i * how.ph * m + j * how.pw) * VL, m * VL, VL}, bias, how, lanes,
                      t->y + at, t->arg ? t->arg + at : NULL);
    }
}

/* One tile of conv2d, from its planes to y without a stop. */
static void store_tile(const winograd_problem *f, const target *t, const float *planes, winograd_tile of) {
  const winograd_sizes *z = &f->z;
  const int64_t oc = z->s.d.oc;
  float *y = t->y + (of.row * f->px + of.col) * z->w->m * oc;
  for (int64_t n = 0; n < oc; n += VL)
    z->w->result.from_planes(planes + n, z->m_plane, y + n, f->px * oc, oc, vec_lanes(oc - n));
}

static void epilogue_run(const winograd_problem *f, const winograd_run *run, const float *planes,
                         const target *t) {
  const winograd_sizes *z = &f->z;
  const epilogue_kind common = epilogue_kind_of(f->how);
  winograd_tile at = winograd_first_tile(z, run);
  float tile[WINOGRAD_MAX * WINOGRAD_MAX * VL];
  for (int64_t i = 0; i < run->count; i++, at = winograd_next_tile(z, at)) {
    const float *from = planes + (run->at + i) * z->ocv;
    if (!f->block && winograd_is_whole(z, at)) {
      store_tile(f, t, from, at);
      continue;
    }
    for (int64_t n = 0; n < z->s.d.oc; n += VL) {
      const tile_place of = {at.row, at.col, n};
      z->w->result.from_planes(from + n, z->m_plane, tile, z->w->m * VL, VL, VL);
      if (common == EPILOGUE_RELU_POOLED)
        epilogue_tile(f, t, tile, of, (epilogue){OC_ACT_RELU, 0, 2, 2});
      else if (common == EPILOGUE_RELU)
        epilogue_tile(f, t, tile, of, (epilogue){OC_ACT_RELU, 0, 1, 1});
      else
        epilogue_tile(f, t, tile, of, f->how);
    }
  }
}

static void OC_K(conv_winograd_run)(const oc_call *c) {
  const winograd_problem f = forward_of(c->info, c->samples);
  const winograd_sizes *z = &f.z;
  const int64_t x_size = oc_conv_x_size(&z->s.d), y_size = f.py * f.px * z->s.d.oc,
                planes = z->w->t * z->w->t;
  const bool keep = f.block && f.block->pooled && f.block->save_argmax;
  float *v = c->scratch, *m = v + floats_bytes(planes * z->v_plane) / sizeof(float);
  for (int64_t first = 0, end; first < c->samples * z->tiles; first = end) {
    end = oc_min_i64(first + z->block, c->samples * z->tiles);
    for (winograd_run r = {0}; OC_K(oc_winograd_next)(z, first, end, &r);)
      OC_K(oc_winograd_images)(z, &r, (const float *)c->in[0] + r.image * x_size, v);
    const winograd_product p = {.a = v,
                                .b = c->prepacked,
                                .c = m,
                                .a_plane = z->v_plane,
                                .b_plane = z->u_plane,
                                .c_plane = z->m_plane,
                                .tiles = end - first,
                                .a_row = z->icv,
                                .depth = z->s.d.ic,
                                .cols = z->ocv};
    OC_K(oc_winograd_multiply)(z, &p);
    for (winograd_run r = {0}; OC_K(oc_winograd_next)(z, first, end, &r);) {
      const target t = {(float *)c->out[0] + r.image * y_size,
                        keep ? (uint8_t *)c->out[1] + r.image * y_size : NULL, f.block ? c->in[2] : NULL};
      epilogue_run(&f, &r, m, &t);
    }
  }
}

OC_DEFINE_KERNEL(conv2d, winograd, .tolerance = 2e-5, .refuse = OC_K(conv_winograd_refuse_conv),
                 .scratch = OC_K(conv_winograd_scratch),
                 .prepacked_bytes = OC_K(conv_winograd_prepacked_bytes),
                 .prepack_parts = OC_K(conv_winograd_prepack_parts), .prepack = OC_K(conv_winograd_prepack),
                 .run = OC_K(conv_winograd_run));
OC_DEFINE_KERNEL(conv_block, winograd, .tolerance = 1e-4, .refuse = OC_K(oc_winograd_refuse_block),
                 .scratch = OC_K(conv_winograd_scratch),
                 .prepacked_bytes = OC_K(conv_winograd_prepacked_bytes),
                 .prepack_parts = OC_K(conv_winograd_prepack_parts), .prepack = OC_K(conv_winograd_prepack),
                 .run = OC_K(conv_winograd_run));
