/* dense_rows.c: computes dense_block for weights that the cache holds: the product of matmul_rows.c, then
 * bias, activation and dropout, sample by sample. Saved for backward: y. */
#include "kernels/simd/core/define.h"
#include "kernels/simd/dense/dense.h"
#include "kernels/simd/dense/matmul.h"

static const char *OC_K(dense_rows_refuse)(const oc_op_info *info, int64_t batch) {
  (void)batch;
  return dense_refuse(info);
}

static size_t OC_K(dense_rows_prepacked_bytes)(const oc_op_info *info) {
  return packed_bytes(dense_depth(info), dense_units(info));
}

static void OC_K(dense_rows_prepack)(const oc_call *c) {
  OC_K(oc_pack_weights)(c->in[1], dense_depth(c->info), dense_units(c->info), false, c->out[0]);
}

static void OC_K(dense_rows_run)(const oc_call *c) {
  OC_K(oc_packed_product)
  (c->in[0], c->prepacked, c->samples, dense_depth(c->info), dense_units(c->info), c->out[0]);
  dense_epilogue(c, 0, c->samples, 0, dense_units(c->info));
}

OC_DEFINE_KERNEL(dense_block, rows, .tolerance = 3e-5, .refuse = OC_K(dense_rows_refuse),
                 .prepacked_bytes = OC_K(dense_rows_prepacked_bytes), .prepack = OC_K(dense_rows_prepack),
                 .run = OC_K(dense_rows_run));
