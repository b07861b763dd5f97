/* winograd.c: lays out tiles and blocks, for the forward and the backward pass. See winograd.h. */
#include "kernels/simd/winograd/winograd.h"
#include "kernels/simd/core/epilogue.h"
#include "kernels/simd/core/transpose.h"

enum { MIN_CHANNELS = 8, BLOCK_BYTES = 1024 * 1024, MIN_BLOCK = 32, MAX_BLOCK = 64 };

const char *OC_K(oc_winograd_refuse)(const oc_conv2d_attrs *a, const oc_tensor_desc *x, int64_t oc) {
  const char *reason = conv_refuse(a, x);
  if (!reason) reason = winograd_refuse_kernel(a);
  if (reason) return reason;
  if (x->shape.dim[3] < MIN_CHANNELS || oc < MIN_CHANNELS) return "fewer than 8 channels";
  const conv_sizes s = conv_sizes_of(a, &x->shape, oc);
  const oc_winograd *w = OC_K(oc_winograd_for)(a->kernel[0], s.d.oh, s.d.ow);
  const int64_t tiles = oc_ceil_div(s.d.oh, w->m) * oc_ceil_div(s.d.ow, w->m);
  if (tiles * w->t * w->t * 2 > s.d.oh * s.d.ow * w->r * w->r) return "too much of the tiles lies outside";
  return NULL;
}

const char *OC_K(oc_winograd_refuse_block)(const oc_op_info *info, int64_t batch) {
  const oc_conv_block_attrs *a = info->attrs;
  const epilogue how = epilogue_of(a);
  const char *reason = OC_K(oc_winograd_refuse)(&a->conv, &info->in[0], info->in[1].shape.dim[3]);
  (void)batch;
  if (reason) return reason;
  const conv_sizes s = conv_sizes_of(&a->conv, &info->in[0].shape, info->in[1].shape.dim[3]);
  const int64_t m = OC_K(oc_winograd_for)(s.d.kh, s.d.oh, s.d.ow)->m;
  return m % how.ph || m % how.pw ? "pooling windows do not fit the tiles" : NULL;
}

winograd_sizes OC_K(oc_winograd_sizes)(const oc_conv2d_attrs *a, const oc_shape *x, int64_t oc,
                                       int64_t samples) {
  winograd_sizes z = {.s = conv_sizes_of(a, x, oc)};
  const oc_conv_dims *d = &z.s.d;
  z.w = OC_K(oc_winograd_for)(d->kh, d->oh, d->ow);
  z.rows = oc_ceil_div(d->oh, z.w->m);
  z.cols = oc_ceil_div(d->ow, z.w->m);
  z.tiles = z.rows * z.cols;
  z.icv = vec_round_up(d->ic);
  z.ocv = vec_round_up(d->oc);
  const int64_t planes = z.w->t * z.w->t, bytes = planes * (z.icv + z.ocv) * (int64_t)sizeof(float);
  const int64_t most = oc_max_i64(MIN_BLOCK, oc_min_i64(MAX_BLOCK, BLOCK_BYTES / bytes));
  z.block =
      oc_min_i64(most, z.tiles * samples); /* never less for more samples: scratch is taken for the most */
  z.v_plane = winograd_plane(z.block * z.icv);
  z.m_plane = winograd_plane(z.block * z.ocv);
  z.u_plane = winograd_plane(panel_floats(d->ic, d->oc));
  z.transposed_plane = winograd_plane(panel_floats(d->oc, d->ic));
  z.du_plane = winograd_plane(WINOGRAD_DU_ROWS * NR);
  return z;
}

bool OC_K(oc_winograd_next)(const winograd_sizes *z, int64_t begin, int64_t end, winograd_run *run) {
  const int64_t at = run->at + run->count, tile = begin + at;
  if (tile >= end) return false;
  *run = (winograd_run){.image = tile / z->tiles, .first = tile % z->tiles, .at = at};
  run->count = oc_min_i64(end - tile, z->tiles - run->first);
  return true;
}

static winograd_window window_of(const winograd_sizes *z, winograd_tile tile) {
  const oc_conv_dims *d = &z->s.d;
  const int64_t t = z->w->t, y = tile.row * z->w->m - d->ph, x = tile.col * z->w->m - d->pw;
  winograd_window w = {.first = (y * d->iw + x) * d->ic, .line = d->iw * d->ic, .column = d->ic};
  w.top = oc_min_i64(t, oc_max_i64(0, -y));
  w.left = oc_min_i64(t, oc_max_i64(0, -x));
  w.bottom = oc_max_i64(w.top, oc_min_i64(t, d->ih - y));
  w.right = oc_max_i64(w.left, oc_min_i64(t, d->iw - x));
  return w;
}

static bool is_inside(const winograd_window *w, int64_t t) {
  return w->top == 0 && w->left == 0 && w->bottom == t && w->right == t;
}

void OC_K(oc_winograd_images)(const winograd_sizes *z, const winograd_run *run, const float *image,
                              float *v) {
  const int64_t ic = z->s.d.ic;
  winograd_tile tile = winograd_first_tile(z, run);
  for (int64_t i = 0; i < run->count; i++, tile = winograd_next_tile(z, tile)) {
    const winograd_window w = window_of(z, tile);
    const bool inside = is_inside(&w, z->w->t);
    float *to = v + (run->at + i) * z->icv;
    for (int64_t c = 0; c < ic; c += VL) {
      const int64_t lanes = vec_lanes(ic - c);
      if (inside)
        z->w->image.to_planes(image + w.first + c, w.line, w.column, lanes, to + c, z->v_plane);
      else
        z->w->window_to_planes(image + c, &w, lanes, to + c, z->v_plane);
    }
  }
}

void OC_K(oc_winograd_add_images)(const winograd_sizes *z, const winograd_run *run, const float *v,
                                  float *image) {
  const int64_t ic = z->s.d.ic;
  winograd_tile tile = winograd_first_tile(z, run);
  for (int64_t i = 0; i < run->count; i++, tile = winograd_next_tile(z, tile)) {
    const winograd_window w = window_of(z, tile);
    const bool inside = is_inside(&w, z->w->t);
    const float *from = v + (run->at + i) * z->icv;
    for (int64_t c = 0; c < ic; c += VL) {
      const int64_t lanes = vec_lanes(ic - c);
      if (inside)
        z->w->image.add_from_planes(from + c, z->v_plane, image + w.first + c, w.line, w.column, lanes);
      else
        z->w->add_window_from_planes(from + c, z->v_plane, image + c, &w, lanes);
    }
  }
}

void OC_K(oc_winograd_kernel)(const winograd_sizes *z, const float *w, int64_t part, float *u) {
  const oc_conv_dims *d = &z->s.d;
  const int64_t blocks = oc_ceil_div(d->ic, VL), panel = part / blocks, first = part % blocks * VL;
  const winograd_taps t = winograd_taps_of(d);
  const float *from = w + t.corner;
  for (int64_t i = first; i < oc_min_i64(first + VL, d->ic); i++)
    for (int64_t n = 0; n < NR && panel * NR + n < d->oc; n += VL) {
      const int64_t o = panel * NR + n;
      z->w->kernel.to_planes(from + i * d->oc + o, t.line, t.column, vec_lanes(d->oc - o),
                             u + (panel * d->ic + i) * NR + n, z->u_plane);
    }
}

void OC_K(oc_winograd_kernel_transposed)(const winograd_sizes *z, const float *w, int64_t part, float *u) {
  const oc_conv_dims *d = &z->s.d;
  const int64_t blocks = oc_ceil_div(d->oc, VL), panel = part / blocks, o = part % blocks * VL;
  const int64_t r = z->w->r, end = oc_min_i64(panel * NR + NR, d->ic), count = vec_lanes(d->oc - o);
  float grid[5 * 5 * VL * VL]; /* of VL output channels: a grid for each, taps x VL input channels */
  const winograd_taps t = winograd_taps_of(d);
  const float *from = w + t.corner;
  for (int64_t i = panel * NR; i < end; i += VL) {
    const int64_t lanes = vec_lanes(end - i);
    if (lanes < VL) memset(grid, 0, sizeof grid);
    for (int64_t tap = 0; tap < r * r; tap++)
      transpose_value(from + tap / r * t.line + tap % r * t.column + i * d->oc + o, d->oc, lanes, count,
                      grid + tap * VL, r * r * VL);
    for (int64_t k = 0; k < count; k++)
      z->w->kernel.to_planes(grid + k * r * r * VL, r * VL, VL, VL, u + (panel * d->oc + o + k) * NR + i % NR,
                             z->transposed_plane);
  }
}

#if VL == 16
enum { SQUARE_ROWS = 8 };

/* c = a b of `rows` rows, where all are rows of one vector, as of 16 channels: b stays in registers, so
 * there are only multiply-adds and a store for each row. */
OC_INLINE void square_rows(const float *a, const vf *b, float *c, const int rows) {
  vf sum[SQUARE_ROWS];
  OC_UNROLL
  for (int r = 0; r < rows; r++) sum[r] = vec_zero();
  OC_UNROLL
  for (int k = 0; k < VL; k++) {
    OC_UNROLL
    for (int r = 0; r < rows; r++) sum[r] = vec_fma(vec_set1(a[r * VL + k]), b[k], sum[r]);
  }
  OC_UNROLL
  for (int r = 0; r < rows; r++) vec_store(c + r * VL, sum[r]);
}

static void multiply_square(const winograd_sizes *z, const winograd_product *p) {
  for (int64_t f = 0; f < z->w->t * z->w->t; f++) {
    const float *a = p->a + f * p->a_plane;
    float *c = p->c + f * p->c_plane;
    int64_t left = p->tiles;
    vf b[VL];
    OC_UNROLL
    for (int k = 0; k < VL; k++) b[k] = vec_load(p->b + f * p->b_plane + k * NR);
    for (; left >= SQUARE_ROWS; left -= SQUARE_ROWS, a += SQUARE_ROWS * VL, c += SQUARE_ROWS * VL)
      square_rows(a, b, c, SQUARE_ROWS);
    for (; left > 0; left--, a += VL, c += VL) square_rows(a, b, c, 1);
  }
}
#endif

void OC_K(oc_winograd_multiply)(const winograd_sizes *z, const winograd_product *p) {
#if VL == 16
  if (p->a_row == VL && p->depth == VL && p->cols == VL) {
    multiply_square(z, p);
    return;
  }
#endif
  oc_gemm g = {.rows = p->tiles,
               .cols = p->cols,
               .a_row = p->a_row,
               .b_panel = p->depth * NR,
               .c_row = p->cols,
               .count = {1, 1, p->depth},
               .a_step = {0, 0, 1},
               .b_step = {0, 0, NR}};
  for (int64_t f = 0; f < z->w->t * z->w->t; f++) {
    g.a = p->a + f * p->a_plane;
    g.b = p->b + f * p->b_plane;
    g.c = p->c + f * p->c_plane;
    OC_K(oc_gemm_run)(&g);
  }
}
