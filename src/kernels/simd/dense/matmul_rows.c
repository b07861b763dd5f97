/* matmul_rows.c: computes matmul for weights that the cache holds, sample by sample: NN and NT. w is packed
 * into panels once per run. Flops: 2*n*rows*cols. Bytes: each operand once. */
#include "kernels/simd/core/define.h"
#include "kernels/simd/dense/matmul.h"

static int64_t depth_of(const oc_op_info *info) {
  return info->in[0].shape.dim[1];
}
static int64_t cols_of(const oc_op_info *info) {
  return info->out[0].shape.dim[1];
}

static const char *OC_K(matmul_rows_refuse)(const oc_op_info *info, int64_t batch) {
  bool sum;
  const char *why = matmul_refuse_form(info, &sum);
  (void)batch;
  return !why && sum ? "a sum over the samples" : why;
}

static size_t OC_K(matmul_rows_prepacked_bytes)(const oc_op_info *info) {
  return packed_bytes(depth_of(info), cols_of(info));
}

static void OC_K(matmul_rows_prepack)(const oc_call *c) {
  const bool transposed = ((const oc_matmul_attrs *)c->info->attrs)->transpose_b;
  OC_K(oc_pack_weights)(c->in[1], depth_of(c->info), cols_of(c->info), transposed, c->out[0]);
}

static void OC_K(matmul_rows_run)(const oc_call *c) {
  OC_K(oc_packed_product)(c->in[0], c->prepacked, c->samples, depth_of(c->info), cols_of(c->info), c->out[0]);
}

OC_DEFINE_KERNEL(matmul, rows, .tolerance = 1e-5, .refuse = OC_K(matmul_rows_refuse),
                 .prepacked_bytes = OC_K(matmul_rows_prepacked_bytes), .prepack = OC_K(matmul_rows_prepack),
                 .run = OC_K(matmul_rows_run));
