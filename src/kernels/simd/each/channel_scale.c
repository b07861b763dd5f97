/* channel_scale.c: computes channel_scale and its gradient by the factors on vectors of channels. Bytes: each
 * operand once. */
#include "kernels/simd/conv/channels.h"
#include "kernels/simd/core/define.h"

typedef struct scale_dims {
  int64_t images, places, channels;
} scale_dims;

static scale_dims scale_dims_of(const oc_call *c) {
  const oc_shape *s = &c->info->in[0].shape;
  const int64_t images = oc_tensor_desc_batched(&c->info->in[0]) ? c->samples : s->dim[0];
  return (scale_dims){images, s->dim[1] * s->dim[2], s->dim[3]};
}

static void OC_K(channel_scale_run)(const oc_call *c) {
  const scale_dims d = scale_dims_of(c);
  const float *x = c->in[0], *s = c->in[1];
  float *y = c->out[0];
  for (int64_t n = 0; n < d.images; n++, s += d.channels)
    for (int64_t i = 0; i < d.places; i++, x += d.channels, y += d.channels)
      for (int64_t j = 0; j < d.channels; j += VL) {
        const int64_t lanes = vec_lanes(d.channels - j);
        vec_store_part(y + j, vec_load_part(x + j, lanes) * vec_load_part(s + j, lanes), lanes);
      }
}

static size_t OC_K(channel_scale_scratch)(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return doubles_bytes(last_axis(&info->out[0]));
}

/* sums += x * dy over the places of an image. */
OC_INLINE void add_image(const scale_dims *d, const float *x, const float *dy, double *sums) {
  for (int64_t first = 0; first < d->places; first += SUM_ROWS) {
    const int64_t end = oc_min_i64(first + SUM_ROWS, d->places);
    for (int64_t j = 0; j < d->channels; j += VL) {
      const int64_t lanes = vec_lanes(d->channels - j);
      vf sum = vec_zero();
      for (int64_t i = first * d->channels + j; i < end * d->channels; i += d->channels)
        sum = vec_fma(vec_load_part(x + i, lanes), vec_load_part(dy + i, lanes), sum);
      add_lanes(sums + j, sum, lanes);
    }
  }
}

static void OC_K(channel_scale_run_grad)(const oc_call *c) {
  const scale_dims d = scale_dims_of(c);
  const int64_t image = d.places * d.channels;
  const float *x = c->in[0], *dy = c->in[1];
  float *ds = c->out[0];
  double *sums = c->scratch;
  for (int64_t n = 0; n < d.images; n++, ds += d.channels) {
    for (int64_t j = 0; j < d.channels; j++) sums[j] = 0;
    add_image(&d, x + n * image, dy + n * image, sums);
    for (int64_t j = 0; j < d.channels; j++) ds[j] = (float)sums[j];
  }
}

OC_DEFINE_KERNEL(channel_scale, vector, .tolerance = 0, .run = OC_K(channel_scale_run));
OC_DEFINE_KERNEL(channel_scale_grad, vector, .tolerance = 1e-5, .scratch = OC_K(channel_scale_scratch),
                 .run = OC_K(channel_scale_run_grad));
