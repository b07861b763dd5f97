/* dense_columns.c: computes dense_block for large weights: the product of matmul_columns.c, and after each
 * block of columns, while the cache holds it, bias, activation and dropout. Saved for backward: y. */
#include "kernels/simd/core/define.h"
#include "kernels/simd/dense/dense.h"
#include "kernels/simd/dense/matmul.h"

static const char *OC_K(dense_columns_refuse)(const oc_op_info *info, int64_t batch) {
  return batch <= MATVEC_MAX_SAMPLES ? "up to 4 samples" : dense_refuse_large(info);
}

static int64_t OC_K(dense_columns_parts)(const oc_op_info *info, int64_t batch, int threads) {
  (void)batch;
  return column_parts(dense_units(info), false, threads);
}

static size_t OC_K(dense_columns_scratch)(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return block_product_bytes(dense_units(info));
}

static void OC_K(dense_columns_run)(const oc_call *c) {
  dense_part(c, NULL, OC_K(oc_block_product), c->scratch);
}

OC_DEFINE_KERNEL(dense_block, columns, .tolerance = 3e-5, .refuse = OC_K(dense_columns_refuse),
                 .parts = OC_K(dense_columns_parts), .scratch = OC_K(dense_columns_scratch),
                 .run = OC_K(dense_columns_run));
