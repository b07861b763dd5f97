/* dense_columns.c: dense_block for large weights: the product of matmul_columns.c, and behind each block of
 * columns, while the cache holds it, bias, activation and dropout. Kept for the backward pass: y. */
#include "kernels/simd/define.h"
#include "kernels/simd/dense.h"
#include "kernels/simd/matmul.h"

static const char *refuse(const oc_op_info *info, int64_t batch) {
  (void)batch;
  return dense_refuse_large(info);
}

static int64_t parts(const oc_op_info *info, int64_t batch, int threads) {
  return column_parts(dense_units(info), batch <= FEW, threads);
}

static size_t scratch(const oc_op_info *info, int64_t samples) {
  return block_product_bytes(dense_units(info), samples <= FEW);
}

static void run(const oc_call *c) {
  dense_part(c, NULL, c->scratch);
}

OC_DEFINE_KERNEL(dense_block, columns, .tolerance = 3e-5, .refuse = refuse, .parts = parts,
                 .scratch = scratch, .run = run);
