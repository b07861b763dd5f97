/* max_pool.c: computes max_pool and max_pool_grad on vectors of channels; any window, stride and padding. The
 * gradient finds the maximum again from x. Bytes: each operand once; the bits are those of the reference
 * implementations. */
#include "kernels/simd/core/define.h"
#include "ops/reference.h"

/* A window that begins at x; its rows are `line` floats apart, its columns `c`. */
typedef struct window {
  int64_t rows, cols, line, c;
} window;

static window window_of(const oc_pool_dims *d, const oc_pool_window *w) {
  return (window){w->y1 - w->y0, w->x1 - w->x0, d->iw * d->c, d->c};
}

/* The largest under a window and, as row * columns + column inside it, where it is. */
OC_INLINE vf window_best(const window *w, const float *x, int64_t lanes, vi *where) {
  vf best = vec_load_part(x, lanes);
  *where = vec_set1i(0);
  for (int64_t i = 0; i < w->rows; i++)
    for (int64_t j = i ? 0 : 1; j < w->cols; j++) {
      const vf v = vec_load_part(x + i * w->line + j * w->c, lanes);
      const vmask wins = vec_beats(v, best);
      best = vec_select(wins, v, best);
      *where = vec_selecti(wins, vec_set1i((int32_t)(i * w->cols + j)), *where);
    }
  return best;
}

static void pool_image(const oc_pool_dims *d, const float *x, float *y) {
  for (int64_t oy = 0; oy < d->oh; oy++)
    for (int64_t ox = 0; ox < d->ow; ox++, y += d->c) {
      const oc_pool_window at = oc_pool_window_at(d, oy, ox);
      const window w = window_of(d, &at);
      const float *from = x + (at.y0 * d->iw + at.x0) * d->c;
      for (int64_t j = 0; j < d->c; j += VL) {
        const int64_t lanes = vec_lanes(d->c - j);
        vi where;
        vec_store_part(y + j, window_best(&w, from + j, lanes, &where), lanes);
      }
    }
}

/* Adds dy to the maximum's position in a window of dx. */
OC_INLINE void spread(const window *w, vf dy, vi where, float *dx, int64_t lanes) {
  for (int64_t i = 0; i < w->rows; i++)
    for (int64_t j = 0; j < w->cols; j++) {
      float *to = dx + i * w->line + j * w->c;
      const vf old = vec_load_part(to, lanes);
      const vmask here = vec_eqi(where, vec_set1i((int32_t)(i * w->cols + j)));
      vec_store_part(to, vec_select(here, old + dy, old), lanes);
    }
}

static void grad_image(const oc_pool_dims *d, const float *x, const float *dy, float *dx) {
  memset(dx, 0, (size_t)oc_pool_x_size(d) * sizeof *dx);
  for (int64_t oy = 0; oy < d->oh; oy++)
    for (int64_t ox = 0; ox < d->ow; ox++, dy += d->c) {
      const oc_pool_window at = oc_pool_window_at(d, oy, ox);
      const window w = window_of(d, &at);
      const int64_t first = (at.y0 * d->iw + at.x0) * d->c;
      for (int64_t j = 0; j < d->c; j += VL) {
        const int64_t lanes = vec_lanes(d->c - j);
        vi where;
        window_best(&w, x + first + j, lanes, &where);
        spread(&w, vec_load_part(dy + j, lanes), where, dx + first + j, lanes);
      }
    }
}

static const char *OC_K(max_pool_refuse)(const oc_op_info *info, int64_t batch) {
  const oc_pool_attrs *a = info->attrs;
  (void)batch;
  if (!oc_tensor_desc_batched(&info->in[0])) return "no batch axis";
  return a->size[0] * a->size[1] > INT32_MAX ? "the window is too large" : NULL;
}

static void OC_K(max_pool_run)(const oc_call *c) {
  const oc_pool_dims d = oc_pool_dims_of(c->info->attrs, &c->info->in[0].shape, &c->info->out[0].shape);
  for (int64_t n = 0; n < c->samples; n++)
    pool_image(&d, (const float *)c->in[0] + n * oc_pool_x_size(&d),
               (float *)c->out[0] + n * oc_pool_y_size(&d));
}

static void OC_K(max_pool_run_grad)(const oc_call *c) {
  const oc_pool_dims d = oc_pool_dims_of(c->info->attrs, &c->info->in[0].shape, &c->info->in[1].shape);
  for (int64_t n = 0; n < c->samples; n++)
    grad_image(&d, (const float *)c->in[0] + n * oc_pool_x_size(&d),
               (const float *)c->in[2] + n * oc_pool_y_size(&d), (float *)c->out[0] + n * oc_pool_x_size(&d));
}

OC_DEFINE_KERNEL(max_pool, vector, .tolerance = 0, .refuse = OC_K(max_pool_refuse),
                 .run = OC_K(max_pool_run));
OC_DEFINE_KERNEL(max_pool_grad, vector, .tolerance = 0, .refuse = OC_K(max_pool_refuse),
                 .run = OC_K(max_pool_run_grad));
