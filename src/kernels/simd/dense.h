/* dense.h: what dense_block does behind its product: bias, activation and dropout on a block of columns of y.
 */
#ifndef OC_SIMD_DENSE_H
#define OC_SIMD_DENSE_H
#include "kernels/simd/act.h"
#include "kernels/simd/philox.h"

static inline const char *dense_refuse(const oc_op_info *info) {
  return oc_value_batched(&info->in[0]) ? NULL : "no batch axis";
}

OC_INLINE void dense_row(float *y, const float *bias, int64_t cols, oc_activation act, float slope) {
  for (int64_t j = 0; j < cols; j += VL) {
    const int64_t lanes = vec_lanes(cols - j);
    vec_store_part(
        y + j, vec_activate(act, slope, vec_load_part(y + j, lanes) + vec_load_part(bias + j, lanes)), lanes);
  }
}

/* Columns first .. first+cols-1 (first a multiple of 4) of all rows of the call. */
static inline void dense_finish(const oc_call *c, int64_t first, int64_t cols) {
  const oc_dense_block_attrs *a = c->info->attrs;
  const int64_t units = c->info->out[0].shape.dim[1];
  const float *bias = (const float *)c->in[2] + first, keep = a->dropout ? *(const float *)c->in[3] : 1;
  philox_row row = {.key = oc_random_key_of(c->state->seed, a->stream),
                    .sample = c->state->sample + (uint64_t)c->first,
                    .epoch = c->state->epoch,
                    .first = first,
                    .count = cols};
  for (int64_t i = 0; i < c->samples; i++, row.sample++) {
    float *y = (float *)c->out[0] + i * units + first;
    if (a->act == OC_ACT_RELU)
      dense_row(y, bias, cols, OC_ACT_RELU, 0);
    else
      dense_row(y, bias, cols, a->act, (float)a->slope);
    if (c->state->training && keep != 1) philox_drop(&row, keep, y);
  }
}

#endif
