/* max_pool.c: max_pool and max_pool_grad on vectors of channels; any window, stride and padding. The gradient
 * finds the maximum again from x. Bytes: each operand once; the bits are those of the plain definitions. */
#include "kernels/simd/define.h"
#include "ops/plain.h"

/* The largest under a window and, as row * kw + column inside it, where it is. x: at the window's first
 * element. */
OC_INLINE vf window_best(const oc_pool_dims *d, const float *x, int64_t rows, int64_t cols, int64_t lanes,
                         vi *where) {
  vf best = vec_load_part(x, lanes);
  *where = vec_set1i(0);
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = i ? 0 : 1; j < cols; j++) {
      const vf v = vec_load_part(x + (i * d->iw + j) * d->c, lanes);
      const vmask wins = vec_beats(v, best);
      best = vec_select(wins, v, best);
      *where = vec_selecti(wins, vec_set1i((int32_t)(i * cols + j)), *where);
    }
  return best;
}

static void pool_picture(const oc_pool_dims *d, const float *x, float *y) {
  for (int64_t oy = 0; oy < d->oh; oy++)
    for (int64_t ox = 0; ox < d->ow; ox++, y += d->c) {
      const oc_pool_window w = oc_pool_window_at(d, oy, ox);
      const float *from = x + (w.y0 * d->iw + w.x0) * d->c;
      for (int64_t j = 0; j < d->c; j += VL) {
        const int64_t lanes = vec_lanes(d->c - j);
        vi where;
        vec_store_part(y + j, window_best(d, from + j, w.y1 - w.y0, w.x1 - w.x0, lanes, &where), lanes);
      }
    }
}

/* Adds dy to the maximum's place among rows x cols of dx. */
OC_INLINE void spread(const oc_pool_dims *d, vf dy, vi where, float *dx, int64_t rows, int64_t cols,
                      int64_t lanes) {
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < cols; j++) {
      float *to = dx + (i * d->iw + j) * d->c;
      const vf old = vec_load_part(to, lanes);
      const vmask here = vec_eqi(where, vec_set1i((int32_t)(i * cols + j)));
      vec_store_part(to, vec_select(here, old + dy, old), lanes);
    }
}

static void grad_picture(const oc_pool_dims *d, const float *x, const float *dy, float *dx) {
  memset(dx, 0, (size_t)oc_pool_x_size(d) * sizeof *dx);
  for (int64_t oy = 0; oy < d->oh; oy++)
    for (int64_t ox = 0; ox < d->ow; ox++, dy += d->c) {
      const oc_pool_window w = oc_pool_window_at(d, oy, ox);
      const int64_t at = (w.y0 * d->iw + w.x0) * d->c, rows = w.y1 - w.y0, cols = w.x1 - w.x0;
      for (int64_t j = 0; j < d->c; j += VL) {
        const int64_t lanes = vec_lanes(d->c - j);
        vi where;
        window_best(d, x + at + j, rows, cols, lanes, &where);
        spread(d, vec_load_part(dy + j, lanes), where, dx + at + j, rows, cols, lanes);
      }
    }
}

static const char *refuse(const oc_op_info *info, int64_t batch) {
  const oc_pool_attrs *a = info->attrs;
  (void)batch;
  if (!oc_value_batched(&info->in[0])) return "no batch axis";
  return a->size[0] * a->size[1] > INT32_MAX ? "the window is too large" : NULL;
}

static void run(const oc_call *c) {
  const oc_pool_dims d = oc_pool_dims_of(c->info->attrs, &c->info->in[0].shape, &c->info->out[0].shape);
  for (int64_t n = 0; n < c->samples; n++)
    pool_picture(&d, (const float *)c->in[0] + n * oc_pool_x_size(&d),
                 (float *)c->out[0] + n * oc_pool_y_size(&d));
}

static void run_grad(const oc_call *c) {
  const oc_pool_dims d = oc_pool_dims_of(c->info->attrs, &c->info->in[0].shape, &c->info->in[1].shape);
  for (int64_t n = 0; n < c->samples; n++)
    grad_picture(&d, (const float *)c->in[0] + n * oc_pool_x_size(&d),
                 (const float *)c->in[2] + n * oc_pool_y_size(&d),
                 (float *)c->out[0] + n * oc_pool_x_size(&d));
}

OC_DEFINE_KERNEL(max_pool, vector, .tolerance = 0, .refuse = refuse, .run = run);
OC_DEFINE_KERNEL(max_pool_grad, vector, .tolerance = 0, .refuse = refuse, .run = run_grad);
