/* mean_pool.c: computes mean_pool, global_mean_pool and their gradients on vectors of channels. Bytes: each
 * operand once. */
#include "kernels/simd/conv/channels.h"
#include "kernels/simd/core/define.h"
#include "ops/reference.h"

static const char *OC_K(mean_pool_refuse)(const oc_op_info *info, int64_t batch) {
  (void)batch;
  return oc_tensor_desc_batched(&info->in[0]) ? NULL : "no batch axis";
}

static void pool_image(const oc_pool_dims *d, const float *x, float *y) {
  for (int64_t oy = 0; oy < d->oh; oy++)
    for (int64_t ox = 0; ox < d->ow; ox++, y += d->c) {
      const oc_pool_window w = oc_pool_window_at(d, oy, ox);
      const vf count = vec_set1((float)oc_pool_window_count(&w));
      for (int64_t j = 0; j < d->c; j += VL) {
        const int64_t lanes = vec_lanes(d->c - j);
        vf sum = vec_zero();
        for (int64_t iy = w.y0; iy < w.y1; iy++)
          for (int64_t ix = w.x0; ix < w.x1; ix++)
            sum += vec_load_part(x + (iy * d->iw + ix) * d->c + j, lanes);
        vec_store_part(y + j, sum / count, lanes);
      }
    }
}

static void spread_window(const oc_pool_dims *d, const oc_pool_window *w, const float *dy, float *dx) {
  const vf count = vec_set1((float)oc_pool_window_count(w));
  for (int64_t j = 0; j < d->c; j += VL) {
    const int64_t lanes = vec_lanes(d->c - j);
    const vf share = vec_load_part(dy + j, lanes) / count;
    for (int64_t iy = w->y0; iy < w->y1; iy++)
      for (int64_t ix = w->x0; ix < w->x1; ix++) {
        float *to = dx + (iy * d->iw + ix) * d->c + j;
        vec_store_part(to, vec_load_part(to, lanes) + share, lanes);
      }
  }
}

static void OC_K(mean_pool_run)(const oc_call *c) {
  const oc_pool_dims d = oc_pool_dims_of(c->info->attrs, &c->info->in[0].shape, &c->info->out[0].shape);
  for (int64_t n = 0; n < c->samples; n++)
    pool_image(&d, (const float *)c->in[0] + n * oc_pool_x_size(&d),
               (float *)c->out[0] + n * oc_pool_y_size(&d));
}

static void OC_K(mean_pool_run_grad)(const oc_call *c) {
  const oc_pool_dims d = oc_pool_dims_of(c->info->attrs, &c->info->out[0].shape, &c->info->in[0].shape);
  const float *dy = c->in[0];
  float *dx = c->out[0];
  memset(dx, 0, (size_t)(c->samples * oc_pool_x_size(&d)) * sizeof *dx);
  for (int64_t n = 0; n < c->samples; n++, dx += oc_pool_x_size(&d))
    for (int64_t i = 0; i < d.oh * d.ow; i++, dy += d.c) {
      const oc_pool_window w = oc_pool_window_at(&d, i / d.ow, i % d.ow);
      spread_window(&d, &w, dy, dx);
    }
}

static size_t OC_K(mean_pool_scratch_global)(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return doubles_bytes(last_axis(&info->out[0]));
}

static void OC_K(mean_pool_run_global)(const oc_call *c) {
  const oc_shape *s = &c->info->in[0].shape;
  const int64_t places = s->dim[1] * s->dim[2], channels = s->dim[3];
  const float *x = c->in[0];
  float *y = c->out[0];
  double *sums = c->scratch;
  for (int64_t n = 0; n < c->samples; n++, x += places * channels, y += channels) {
    for (int64_t j = 0; j < channels; j++) sums[j] = 0;
    for (int64_t first = 0; first < places; first += SUM_ROWS)
      for (int64_t j = 0; j < channels; j += VL) {
        const int64_t lanes = vec_lanes(channels - j), end = oc_min_i64(first + SUM_ROWS, places);
        vf sum = vec_zero();
        for (int64_t i = first; i < end; i++) sum += vec_load_part(x + i * channels + j, lanes);
        add_lanes(sums + j, sum, lanes);
      }
    for (int64_t j = 0; j < channels; j++) y[j] = (float)(sums[j] / (double)places);
  }
}

static void OC_K(mean_pool_run_global_grad)(const oc_call *c) {
  const oc_shape *s = &c->info->out[0].shape;
  const int64_t places = s->dim[1] * s->dim[2], channels = s->dim[3];
  const vf count = vec_set1((float)places);
  const float *dy = c->in[0];
  float *dx = c->out[0];
  for (int64_t n = 0; n < c->samples; n++, dy += channels, dx += places * channels)
    for (int64_t j = 0; j < channels; j += VL) {
      const int64_t lanes = vec_lanes(channels - j);
      const vf share = vec_load_part(dy + j, lanes) / count;
      for (int64_t i = 0; i < places; i++) vec_store_part(dx + i * channels + j, share, lanes);
    }
}

OC_DEFINE_KERNEL(mean_pool, vector, .tolerance = 1e-6, .refuse = OC_K(mean_pool_refuse),
                 .run = OC_K(mean_pool_run));
OC_DEFINE_KERNEL(mean_pool_grad, vector, .tolerance = 0, .refuse = OC_K(mean_pool_refuse),
                 .run = OC_K(mean_pool_run_grad));
OC_DEFINE_KERNEL(global_mean_pool, vector, .tolerance = 1e-6, .refuse = OC_K(mean_pool_refuse),
                 .scratch = OC_K(mean_pool_scratch_global), .run = OC_K(mean_pool_run_global));
OC_DEFINE_KERNEL(global_mean_pool_grad, vector, .tolerance = 0, .refuse = OC_K(mean_pool_refuse),
                 .run = OC_K(mean_pool_run_global_grad));
