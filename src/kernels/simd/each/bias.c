/* bias.c: computes bias_add and bias_grad on vectors of channels. Bytes: each operand once. */
#include "kernels/simd/conv/channels.h"
#include "kernels/simd/core/define.h"

static void bias_add(const oc_call *c) {
  const float *x = c->in[0], *b = c->in[1];
  float *y = c->out[0];
  const int64_t count = oc_call_count(c, &c->info->in[0]), channels = last_axis(&c->info->in[0]);
  for (int64_t i = 0; i < count; i += channels)
    for (int64_t j = 0; j < channels; j += VL) {
      const int64_t lanes = vec_lanes(channels - j);
      vec_store_part(y + i + j, vec_load_part(x + i + j, lanes) + vec_load_part(b + j, lanes), lanes);
    }
}

static size_t OC_K(bias_scratch)(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return doubles_bytes(oc_tensor_desc_row(&info->out[0]));
}

static void bias_grad(const oc_call *c) {
  const float *dy = c->in[0];
  float *db = c->out[0];
  double *sums = c->scratch;
  const int64_t channels = oc_tensor_desc_row(&c->info->out[0]), count = oc_call_count(c, &c->info->in[0]);
  for (int64_t j = 0; j < channels; j++) sums[j] = 0;
  for (int64_t first = 0; first < count; first += SUM_ROWS * channels) {
    const int64_t end = oc_min_i64(first + SUM_ROWS * channels, count);
    for (int64_t j = 0; j < channels; j += VL) {
      const int64_t lanes = vec_lanes(channels - j);
      vf sum = vec_zero();
      for (int64_t i = first; i < end; i += channels) sum += vec_load_part(dy + i + j, lanes);
      add_lanes(sums + j, sum, lanes);
    }
  }
  for (int64_t j = 0; j < channels; j++) db[j] = (float)sums[j];
}

OC_DEFINE_KERNEL(bias_add, vector, .tolerance = 0, .run = bias_add);
OC_DEFINE_KERNEL(bias_grad, vector, .tolerance = 1e-5, .scratch = OC_K(bias_scratch), .run = bias_grad);
