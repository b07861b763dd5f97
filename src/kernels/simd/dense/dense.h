/* dense.h: applies the epilogue of dense_block: bias, activation and dropout on a block of columns of y.
 */
#ifndef OC_SIMD_DENSE_H
#define OC_SIMD_DENSE_H
#include "kernels/simd/core/act.h"
#include "kernels/simd/dense/matmul.h"
#include "kernels/simd/core/philox.h"

static inline int64_t dense_depth(const oc_op_info *info) {
  return info->in[0].shape.dim[1];
}
static inline int64_t dense_units(const oc_op_info *info) {
  return info->out[0].shape.dim[1];
}

static inline bool dense_transposed(const oc_op_info *info) {
  return ((const oc_dense_block_attrs *)info->attrs)->transposed;
}

static inline const char *dense_refuse(const oc_op_info *info) {
  if (dense_transposed(info)) return "the weights are stored transposed";
  return oc_tensor_desc_batched(&info->in[0]) ? NULL : "no batch axis";
}

static inline bool dense_is_small(const oc_op_info *info) {
  return dense_depth(info) * dense_units(info) * (int64_t)sizeof(float) <= SMALL_BYTES;
}

/* Like dense_refuse, for the kernels for weights that no cache holds. */
static inline const char *dense_refuse_large(const oc_op_info *info) {
  const char *why = dense_refuse(info);
  return !why && dense_is_small(info) ? "the weights fit the cache as a whole" : why;
}

OC_INLINE void dense_row(float *y, const float *bias, int64_t cols, oc_act act, float slope) {
  for (int64_t j = 0; j < cols; j += VL) {
    const int64_t lanes = vec_lanes(cols - j);
    vec_store_part(
        y + j, vec_activate(act, slope, vec_load_part(y + j, lanes) + vec_load_part(bias + j, lanes)), lanes);
  }
}

/* Columns first .. first+cols-1 (first a multiple of 4) of `samples` rows, from number `begin` of the call
 * on. */
static inline void dense_epilogue(const oc_call *c, int64_t begin, int64_t samples, int64_t first,
                                  int64_t cols) {
  const oc_dense_block_attrs *a = c->info->attrs;
  const int64_t units = c->info->out[0].shape.dim[1];
  const float *bias = (const float *)c->in[2] + first, keep = a->dropout ? *(const float *)c->in[3] : 1;
  philox_row row = {.key = oc_random_key_of(c->state->seed, a->stream),
                    .sample = c->state->sample + (uint64_t)(c->first + begin),
                    .epoch = c->state->epoch,
                    .first = first,
                    .count = cols};
  for (int64_t i = begin; i < begin + samples; i++, row.sample++) {
    float *y = (float *)c->out[0] + i * units + first;
    if (a->act == OC_ACT_RELU)
      dense_row(y, bias, cols, OC_ACT_RELU, 0);
    else
      dense_row(y, bias, cols, a->act, (float)a->slope);
    if (c->state->training && keep != 1) philox_drop(&row, keep, y);
  }
}

/* Computes their product alone: `cols` columns, from the weights in place or from panels (NULL: none). */
static inline block_product dense_product(const oc_call *c, int64_t first, int64_t cols,
                                          const float *panels) {
  const int64_t depth = dense_depth(c->info), units = dense_units(c->info);
  const block_product p = {.x = c->in[0],
                           .w = (const float *)c->in[1] + first,
                           .y = (float *)c->out[0] + first,
                           .n = c->samples,
                           .depth = depth,
                           .cols = cols,
                           .x_row = depth,
                           .w_row = units,
                           .y_row = units,
                           .panels = panels ? panels + first * depth : NULL,
                           .read_reversed = c->read_reversed};
  return p;
}

/* Computes a part of the layer: its block of columns, by one of the products of matmul.h. */
static inline void dense_part(const oc_call *c, const float *panels, block_product_fn product,
                              float *memory) {
  const int64_t units = dense_units(c->info), width = columns_of_part(units, c->parts);
  const int64_t first = c->part * width, cols = oc_min_i64(width, units - first);
  const block_product p = dense_product(c, first, cols, panels);
  product(&p, memory);
  dense_epilogue(c, 0, c->samples, first, cols);
}

#endif
