/* dense_columns.c: dense_block for large weights: the product of matmul_columns.c, and behind each block of
 * columns, while the cache holds it, bias, activation and dropout. Kept for the backward pass: y. */
#include "kernels/simd/core/define.h"
#include "kernels/simd/dense/dense.h"
#include "kernels/simd/dense/matmul.h"

static const char *OC_K(dense_columns_refuse)(const oc_op_info *info, int64_t batch) {
  (void)batch;
  return dense_refuse_large(info);
}

static int64_t OC_K(dense_columns_parts)(const oc_op_info *info, int64_t batch, int threads) {
  return column_parts(dense_units(info), batch <= FEW, threads);
}

static size_t OC_K(dense_columns_scratch)(const oc_op_info *info, int64_t samples) {
  const int64_t units = dense_units(info), width = columns_of_part(units, column_parts(units, false, 1));
  const size_t product = block_product_bytes(units, samples <= FEW);
  const size_t kept = OC_K(oc_dense_masked_bytes)(info, samples, width);
  return kept > product ? kept : product;
}

static void OC_K(dense_columns_run)(const oc_call *c) {
  const int64_t units = dense_units(c->info), width = columns_of_part(units, c->parts),
                first = c->part * width;
  if (OC_K(oc_dense_mask_is_sparse)(c))
    OC_K(oc_dense_masked)(c, first, oc_min_i64(width, units - first), c->scratch);
  else
    dense_part(c, NULL, c->scratch);
}

OC_DEFINE_KERNEL(dense_block, columns, .tolerance = 3e-5, .refuse = OC_K(dense_columns_refuse),
                 .parts = OC_K(dense_columns_parts), .scratch = OC_K(dense_columns_scratch),
                 .run = OC_K(dense_columns_run));
