/* dense_few.c: computes dense_block of up to MATVEC_MAX_SAMPLES samples for large weights: the product of
 * matmul_few.c, then bias, activation and dropout. Also a variant of dense_columns.c, for a prediction of few
 * samples by a plan for more. */
#include "kernels/simd/core/define.h"
#include "kernels/simd/dense/dense.h"

static const char *OC_K(dense_few_refuse)(const oc_op_info *info, int64_t batch) {
  return batch > MATVEC_MAX_SAMPLES ? "more than 4 samples" : dense_refuse_large(info);
}

static int64_t OC_K(dense_few_parts)(const oc_op_info *info, int64_t batch, int threads) {
  (void)batch;
  return column_parts(dense_units(info), true, threads);
}

static size_t OC_K(dense_few_scratch)(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return few_product_bytes(dense_units(info));
}

static void OC_K(dense_few_run)(const oc_call *c) {
  dense_part(c, NULL, OC_K(oc_few_product), c->scratch);
}

OC_DEFINE_KERNEL(dense_block, few, .tolerance = 3e-5, .refuse = OC_K(dense_few_refuse),
                 .parts = OC_K(dense_few_parts), .scratch = OC_K(dense_few_scratch),
                 .run = OC_K(dense_few_run));
OC_DEFINE_VARIANT(dense_block, columns, few, .tolerance = 3e-5, .scratch = OC_K(dense_few_scratch),
                  .run = OC_K(dense_few_run), .when = WHEN_FEW, .suits = OC_K(oc_few_suits));
