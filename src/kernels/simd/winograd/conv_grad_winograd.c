/* conv_grad_winograd.c: computes conv2d_grad, conv2d_grad_x, conv2d_grad_w and conv_block_grad as the adjoint
 * of conv_winograd.c.
 *
 * Passes over a block of tiles: dM from dy (in conv_block_grad propagated back through pooling and
 * activation); V again from x, which costs less than storing it; dU = V' dM, some channels at a time, and dw
 * += G' dU G; dV = dM U' into the memory of V; dx += each tile of dV. Sums run in the order of the tiles, so
 * only dw depends on blocks, which follow from shapes alone. */
#include "kernels/simd/core/define.h"
#include "kernels/simd/core/epilogue.h"
#include "kernels/simd/winograd/winograd.h"

/* One call of any of the four. */
typedef struct winograd_grad_problem {
  winograd_sizes z;
  epilogue how;
  int64_t py, px; /* rows and columns of dy */
  int64_t samples;
  const float *x, *y, *dy; /* x NULL without dw; y NULL without activation and pooling */
  const uint8_t *arg;
  const float *transposed; /* NULL without dx */
  float *dx, *dw, *db;     /* NULL if not wanted; db: ocv floats, zero */
  float *v, *m, *du;
} winograd_grad_problem;

static winograd_grad_problem backward_of(const oc_conv2d_attrs *a, const oc_shape *x, int64_t oc,
                                         int64_t samples) {
  winograd_grad_problem b = {
      .z = OC_K(oc_winograd_sizes)(a, x, oc, samples), .how = {.ph = 1, .pw = 1}, .samples = samples};
  b.py = b.z.s.d.oh;
  b.px = b.z.s.d.ow;
  return b;
}

/* ---- dM ------------------------------------------------------------------------------------------------ */

/* A tile of an image, and its vector of channels from n on. */
typedef struct tile_place {
  int64_t image, row, col, n;
} tile_place;

/* dz of one tile and vector of channels, m x m of VL floats; returns its sum. Places beyond the edge, or
 * under no window, are 0. */
OC_INLINE vf fill_tile(const winograd_grad_problem *b, const tile_place of, float *tile, const epilogue how) {
  const int64_t m = b->z.w->m, oc = b->z.s.d.oc, lanes = vec_lanes(oc - of.n);
  const int64_t y0 = of.row * m / how.ph, x0 = of.col * m / how.pw;
  const int64_t rows = oc_min_i64(m / how.ph, b->py - y0), cols = oc_min_i64(m / how.pw, b->px - x0);
  vf sum = vec_zero();
  if (rows * how.ph < m || cols * how.pw < m) memset(tile, 0, (size_t)(m * m * VL) * sizeof *tile);
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < cols; j++) {
      const int64_t at = ((of.image * b->py + y0 + i) * b->px + x0 + j) * oc + of.n;
      float *to = tile + (i * how.ph * m + j * how.pw) * VL;
      const at_place p = {b->y ? b->y + at : b->dy + at, b->dy + at, b->arg ? b->arg + at : NULL, to};
      sum += spread(&p, m * VL, VL, lanes, how);
    }
  return sum;
}

/* dM of one tile where dz is dy and no sum of it is wanted. */
static void load_tile(const winograd_grad_problem *b, int64_t image, winograd_tile of, float *planes) {
  const winograd_sizes *z = &b->z;
  const int64_t oc = z->s.d.oc;
  const float *dy = b->dy + ((image * b->py + of.row * z->w->m) * b->px + of.col * z->w->m) * oc;
  for (int64_t n = 0; n < oc; n += VL)
    z->w->result.to_planes(dy + n, b->px * oc, oc, vec_lanes(oc - n), planes + n, z->m_plane);
}

static void results_to_planes(const winograd_grad_problem *b, const winograd_run *run) {
  const winograd_sizes *z = &b->z;
  const epilogue_kind common = epilogue_kind_of(b->how);
  winograd_tile at = winograd_first_tile(z, run);
  float tile[WINOGRAD_MAX * WINOGRAD_MAX * VL];
  for (int64_t i = 0; i < run->count; i++, at = winograd_next_tile(z, at)) {
    float *planes = b->m + (run->at + i) * z->ocv;
    if (!b->db && winograd_is_whole(z, at)) {
      load_tile(b, run->image, at, planes);
      continue;
    }
    for (int64_t n = 0; n < z->s.d.oc; n += VL) {
      const tile_place of = {run->image, at.row, at.col, n};
      vf sum;
      if (common == EPILOGUE_RELU_POOLED)
        sum = fill_tile(b, of, tile, (epilogue){OC_ACT_RELU, 0, 2, 2});
      else if (common == EPILOGUE_RELU)
        sum = fill_tile(b, of, tile, (epilogue){OC_ACT_RELU, 0, 1, 1});
      else
        sum = fill_tile(b, of, tile, b->how);
      if (b->db) vec_store(b->db + n, vec_load(b->db + n) + sum);
      z->w->result.to_planes(tile, z->w->m * VL, VL, VL, planes + n, z->m_plane);
    }
  }
}

/* ---- dU, dw -------------------------------------------------------------------------------------------- */

#if VL == 16
/* dU = V' dM of a vector of channels each, whose sums stay in registers. */
static void square_kernel_planes(const winograd_grad_problem *b, int64_t tiles) {
  const winograd_sizes *z = &b->z;
  for (int64_t f = 0; f < z->w->t * z->w->t; f++) {
    const float *v = b->v + f * z->v_plane, *m = b->m + f * z->m_plane;
    float *du = b->du + f * z->du_plane;
    vf sum[VL];
    OC_UNROLL
    for (int r = 0; r < VL; r++) sum[r] = vec_zero();
    for (int64_t k = 0; k < tiles; k++, v += VL, m += VL) {
      const vf row = vec_load(m);
      OC_UNROLL
      for (int r = 0; r < VL; r++) sum[r] = vec_fma(vec_set1(v[r]), row, sum[r]);
    }
    OC_UNROLL
    for (int r = 0; r < VL; r++) vec_store(du + r * NR, sum[r]);
  }
}
#endif

/* dU = V' dM over a block of tiles, of `rows` input channels from i on and a panel of output channels from n
 * on. */
static void kernel_planes(const winograd_grad_problem *b, int64_t tiles, int64_t i, int64_t rows, int64_t n) {
  const winograd_sizes *z = &b->z;
#if VL == 16
  if (z->icv == VL && z->ocv == VL && rows == VL) {
    square_kernel_planes(b, tiles);
    return;
  }
#endif
  oc_gemm g = {.rows = rows,
               .cols = oc_min_i64(NR, z->ocv - n),
               .a_row = 1,
               .b_panel = NR,
               .c_row = NR,
               .count = {1, 1, tiles},
               .a_step = {0, 0, z->icv},
               .b_step = {0, 0, z->ocv}};
  for (int64_t f = 0; f < z->w->t * z->w->t; f++) {
    g.a = b->v + f * z->v_plane + i;
    g.b = b->m + f * z->m_plane + n;
    g.c = b->du + f * z->du_plane;
    OC_K(oc_gemm_run)(&g);
  }
}

/* dw (+)= G' dU G, panel by panel: what there is of dU at a time stays near. */
static void kernel_gradient(const winograd_grad_problem *b, int64_t tiles, bool add) {
  const oc_conv_dims *d = &b->z.s.d;
  const oc_winograd_table *t = &b->z.w->kernel;
  const winograd_taps taps = winograd_taps_of(d);
  for (int64_t i = 0; i < d->ic; i += WINOGRAD_DU_ROWS)
    for (int64_t n = 0; n < d->oc; n += NR) {
      const int64_t rows = oc_min_i64(WINOGRAD_DU_ROWS, d->ic - i), cols = oc_min_i64(NR, d->oc - n);
      kernel_planes(b, tiles, i, rows, n);
      for (int64_t at = 0; at < rows * NR; at += VL)
        if (at % NR < cols)
          (add ? t->add_from_planes : t->from_planes)(
              b->du + at, b->z.du_plane, b->dw + taps.corner + (i + at / NR) * d->oc + n + at % NR, taps.line,
              taps.column, vec_lanes(cols - at % NR));
    }
}

/* ---- dV, dx -------------------------------------------------------------------------------------------- */

static void image_gradient(const winograd_grad_problem *b, int64_t first, int64_t end) {
  const winograd_sizes *z = &b->z;
  const int64_t size = oc_conv_x_size(&z->s.d);
  const winograd_product p = {.a = b->m,
                              .b = b->transposed,
                              .c = b->v,
                              .a_plane = z->m_plane,
                              .b_plane = z->transposed_plane,
                              .c_plane = z->v_plane,
                              .tiles = end - first,
                              .a_row = z->ocv,
                              .depth = z->s.d.oc,
                              .cols = z->icv};
  OC_K(oc_winograd_multiply)(z, &p);
  for (winograd_run r = {0}; OC_K(oc_winograd_next)(z, first, end, &r);) {
    float *dx = b->dx + r.image * size;
    if (r.first == 0) memset(dx, 0, (size_t)size * sizeof *dx);
    OC_K(oc_winograd_add_images)(z, &r, b->v, dx);
  }
}

/* ---- all of it ----------------------------------------------------------------------------------------- */

static size_t scratch_of(const winograd_sizes *z, bool dw) {
  const int64_t planes = z->w->t * z->w->t;
  return floats_bytes(planes * z->v_plane) + floats_bytes(planes * z->m_plane) +
         (dw ? floats_bytes(planes * z->du_plane) : 0);
}

static void divide_scratch(winograd_grad_problem *b, void *scratch) {
  const winograd_sizes *z = &b->z;
  const int64_t planes = z->w->t * z->w->t;
  b->v = scratch;
  b->m = b->v + floats_bytes(planes * z->v_plane) / sizeof(float);
  b->du = b->m + floats_bytes(planes * z->m_plane) / sizeof(float);
}

static void run_backward(const winograd_grad_problem *b) {
  const winograd_sizes *z = &b->z;
  const int64_t x_size = oc_conv_x_size(&z->s.d), all = b->samples * z->tiles;
  for (int64_t first = 0, end; first < all; first = end) {
    end = oc_min_i64(first + z->block, all);
    for (winograd_run r = {0}; OC_K(oc_winograd_next)(z, first, end, &r);) {
      results_to_planes(b, &r);
      if (b->dw) OC_K(oc_winograd_images)(z, &r, b->x + r.image * x_size, b->v);
    }
    if (b->dw) kernel_gradient(b, end - first, first > 0);
    if (b->dx) image_gradient(b, first, end);
  }
}

static size_t transposed_bytes(const winograd_sizes *z) {
  return floats_bytes(z->w->t * z->w->t * z->transposed_plane);
}

static int64_t OC_K(conv_grad_winograd_prepack_parts)(const oc_op_info *info) {
  return winograd_parts(info->in[1].shape.dim[3], conv_x_of(info)->shape.dim[3]);
}

/* ---- conv_block_grad (x, w, y, dy [, arg]) -> dw, db [, dx] -------------------------------------------- */

static winograd_grad_problem block_of(const oc_op_info *info, int64_t samples) {
  const oc_conv_block_attrs *a = info->attrs;
  winograd_grad_problem b = backward_of(&a->conv, &info->in[0].shape, info->in[1].shape.dim[3], samples);
  b.how = epilogue_of(a);
  b.py /= b.how.ph;
  b.px /= b.how.pw;
  return b;
}

static size_t OC_K(conv_grad_winograd_prepacked_block)(const oc_op_info *info) {
  const oc_conv_block_attrs *a = info->attrs;
  const winograd_grad_problem b = block_of(info, 1);
  return a->needs_dx ? transposed_bytes(&b.z) : 0;
}

static void OC_K(conv_grad_winograd_prepack_block)(const oc_call *c) {
  const winograd_grad_problem b = block_of(c->info, 1);
  OC_K(oc_winograd_kernel_transposed)(&b.z, c->in[1], c->part, c->out[0]);
}

static size_t OC_K(conv_grad_winograd_scratch_block)(const oc_op_info *info, int64_t samples) {
  const winograd_grad_problem b = block_of(info, samples);
  return scratch_of(&b.z, true) + floats_bytes(b.z.ocv);
}

static void OC_K(conv_grad_winograd_run_block)(const oc_call *c) {
  const oc_conv_block_attrs *a = c->info->attrs;
  winograd_grad_problem b = block_of(c->info, c->samples);
  divide_scratch(&b, c->scratch);
  b.x = c->in[0];
  b.y = c->in[2];
  b.dy = c->in[3];
  b.arg = a->pooled ? c->in[4] : NULL;
  b.dw = c->out[0];
  b.dx = a->needs_dx ? c->out[2] : NULL;
  b.db = b.du + floats_bytes(b.z.w->t * b.z.w->t * b.z.du_plane) / sizeof(float);
  memset(b.db, 0, floats_bytes(b.z.ocv));
  b.transposed = c->prepacked;
  run_backward(&b);
  memcpy(c->out[1], b.db, (size_t)b.z.s.d.oc * sizeof *b.db);
}

/* ---- conv2d_grad (x, w, dy) -> dw, dx; conv2d_grad_x (dy, w) -> dx; conv2d_grad_w (x, dy) -> dw -------- */

static winograd_grad_problem grad_of(const oc_op_info *info, int64_t samples) {
  return backward_of(info->attrs, &conv_x_of(info)->shape, info->in[1].shape.dim[3], samples);
}

static const char *OC_K(conv_grad_winograd_refuse_grad)(const oc_op_info *info, int64_t batch) {
  (void)batch;
  return OC_K(oc_winograd_refuse)(info->attrs, conv_x_of(info), info->in[1].shape.dim[3]);
}

static size_t OC_K(conv_grad_winograd_prepacked_grad)(const oc_op_info *info) {
  const winograd_grad_problem b = grad_of(info, 1);
  return transposed_bytes(&b.z);
}

static void OC_K(conv_grad_winograd_prepack_grad)(const oc_call *c) {
  const winograd_grad_problem b = grad_of(c->info, 1);
  OC_K(oc_winograd_kernel_transposed)(&b.z, c->in[1], c->part, c->out[0]);
}

static size_t OC_K(conv_grad_winograd_scratch_grad)(const oc_op_info *info, int64_t samples) {
  const winograd_grad_problem b = grad_of(info, samples);
  return scratch_of(&b.z, conv_x_of(info) == &info->in[0]); /* with dw */
}

static void OC_K(conv_grad_winograd_run_grad)(const oc_call *c) {
  winograd_grad_problem b = grad_of(c->info, c->samples);
  divide_scratch(&b, c->scratch);
  b.x = c->in[0];
  b.dy = c->in[2];
  b.dw = c->out[0];
  b.dx = c->out[1];
  b.transposed = c->prepacked;
  run_backward(&b);
}

static void OC_K(conv_grad_winograd_run_grad_x)(const oc_call *c) {
  winograd_grad_problem b = grad_of(c->info, c->samples);
  divide_scratch(&b, c->scratch);
  b.dy = c->in[0];
  b.dx = c->out[0];
  b.transposed = c->prepacked;
  run_backward(&b);
}

static void OC_K(conv_grad_winograd_run_grad_w)(const oc_call *c) {
  winograd_grad_problem b = grad_of(c->info, c->samples);
  divide_scratch(&b, c->scratch);
  b.x = c->in[0];
  b.dy = c->in[1];
  b.dw = c->out[0];
  run_backward(&b);
}

OC_DEFINE_KERNEL(conv_block_grad, winograd, .tolerance = 5e-5, .refuse = OC_K(oc_winograd_refuse_block),
                 .scratch = OC_K(conv_grad_winograd_scratch_block),
                 .prepacked_bytes = OC_K(conv_grad_winograd_prepacked_block),
                 .prepack_parts = OC_K(conv_grad_winograd_prepack_parts),
                 .prepack = OC_K(conv_grad_winograd_prepack_block),
                 .run = OC_K(conv_grad_winograd_run_block));
OC_DEFINE_KERNEL(conv2d_grad, winograd, .tolerance = 5e-5, .refuse = OC_K(conv_grad_winograd_refuse_grad),
                 .scratch = OC_K(conv_grad_winograd_scratch_grad),
                 .prepacked_bytes = OC_K(conv_grad_winograd_prepacked_grad),
                 .prepack_parts = OC_K(conv_grad_winograd_prepack_parts),
                 .prepack = OC_K(conv_grad_winograd_prepack_grad), .run = OC_K(conv_grad_winograd_run_grad));
OC_DEFINE_KERNEL(conv2d_grad_x, winograd, .tolerance = 5e-5, .refuse = OC_K(conv_grad_winograd_refuse_grad),
                 .scratch = OC_K(conv_grad_winograd_scratch_grad),
                 .prepacked_bytes = OC_K(conv_grad_winograd_prepacked_grad),
                 .prepack_parts = OC_K(conv_grad_winograd_prepack_parts),
                 .prepack = OC_K(conv_grad_winograd_prepack_grad),
                 .run = OC_K(conv_grad_winograd_run_grad_x));
OC_DEFINE_KERNEL(conv2d_grad_w, winograd, .tolerance = 5e-5, .refuse = OC_K(conv_grad_winograd_refuse_grad),
                 .scratch = OC_K(conv_grad_winograd_scratch_grad),
                 .run = OC_K(conv_grad_winograd_run_grad_w));
