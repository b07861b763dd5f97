/* prelu.c: computes prelu and its gradients on vectors of channels. Bytes: each operand once. */
#include "kernels/simd/conv/channels.h"
#include "kernels/simd/core/define.h"

/* v where x > 0, else slope * v. */
OC_INLINE vf prelu_choose(vf x, vf v, vf slope) {
  return vec_select(vec_gt(x, vec_zero()), v, slope * v);
}

static void OC_K(prelu_run)(const oc_call *c) {
  const float *x = c->in[0], *slope = c->in[1];
  float *y = c->out[0];
  const int64_t count = oc_call_count(c, &c->info->in[0]), channels = last_axis(&c->info->in[0]);
  for (int64_t i = 0; i < count; i += channels)
    for (int64_t j = 0; j < channels; j += VL) {
      const int64_t lanes = vec_lanes(channels - j);
      const vf v = vec_load_part(x + i + j, lanes);
      vec_store_part(y + i + j, prelu_choose(v, v, vec_load_part(slope + j, lanes)), lanes);
    }
}

static void OC_K(prelu_run_x)(const oc_call *c) {
  const float *x = c->in[0], *slope = c->in[1], *dy = c->in[2];
  float *dx = c->out[0];
  const int64_t count = oc_call_count(c, &c->info->in[0]), channels = last_axis(&c->info->in[0]);
  for (int64_t i = 0; i < count; i += channels)
    for (int64_t j = 0; j < channels; j += VL) {
      const int64_t lanes = vec_lanes(channels - j);
      const vf d = vec_load_part(dy + i + j, lanes), a = vec_load_part(slope + j, lanes);
      vec_store_part(dx + i + j, prelu_choose(vec_load_part(x + i + j, lanes), d, a), lanes);
    }
}

static size_t OC_K(prelu_scratch)(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return doubles_bytes(oc_tensor_desc_row(&info->out[0]));
}

static void OC_K(prelu_run_slope)(const oc_call *c) {
  const float *x = c->in[0], *dy = c->in[1];
  float *out = c->out[0];
  double *sums = c->scratch;
  const int64_t count = oc_call_count(c, &c->info->in[0]), channels = last_axis(&c->info->in[0]);
  for (int64_t j = 0; j < channels; j++) sums[j] = 0;
  for (int64_t first = 0; first < count; first += SUM_ROWS * channels) {
    const int64_t end = oc_min_i64(first + SUM_ROWS * channels, count);
    for (int64_t j = 0; j < channels; j += VL) {
      const int64_t lanes = vec_lanes(channels - j);
      vf sum = vec_zero();
      for (int64_t i = first; i < end; i += channels) {
        const vf v = vec_load_part(x + i + j, lanes), product = v * vec_load_part(dy + i + j, lanes);
        sum += vec_select(vec_gt(v, vec_zero()), vec_zero(), product);
      }
      add_lanes(sums + j, sum, lanes);
    }
  }
  for (int64_t j = 0; j < channels; j++) out[j] = (float)sums[j];
}

OC_DEFINE_KERNEL(prelu, vector, .tolerance = 0, .run = OC_K(prelu_run));
OC_DEFINE_KERNEL(prelu_grad_x, vector, .tolerance = 0, .run = OC_K(prelu_run_x));
OC_DEFINE_KERNEL(prelu_grad_slope, vector, .tolerance = 1e-5, .scratch = OC_K(prelu_scratch),
                 .run = OC_K(prelu_run_slope));
