/* matmul_rows.c: matmul for weights that the cache holds, sample by sample. NN and NT: w is packed into
 * panels once a run. TN: a call adds up its own samples, in panels of d. Flops 2*n*rows*cols; bytes: each
 * operand once. */
#include "kernels/simd/define.h"
#include "kernels/simd/matmul.h"

static int64_t sums_of(const oc_op_info *info) {
  return info->in[0].shape.dim[1];
}
static int64_t cols_of(const oc_op_info *info) {
  return info->out[0].shape.dim[1];
}
static bool is_sum(const oc_op_info *info) {
  return ((const oc_matmul_attrs *)info->attrs)->transpose_a;
}

static const char *refuse(const oc_op_info *info, int64_t batch) {
  bool sum;
  (void)batch;
  return matmul_refuse_form(info, &sum);
}

static size_t prepared_bytes(const oc_op_info *info) {
  return is_sum(info) ? 0 : packed_bytes(sums_of(info), cols_of(info));
}

static void prepare(const oc_call *c) {
  const bool transposed = ((const oc_matmul_attrs *)c->info->attrs)->transpose_b;
  OC_K(oc_pack_weights)(c->in[1], sums_of(c->info), cols_of(c->info), transposed, c->out[0]);
}

static size_t scratch(const oc_op_info *info, int64_t samples) {
  return is_sum(info) ? floats_bytes(samples * NR) : 0;
}

static void run_sum(const oc_call *c) {
  const int64_t rows = sums_of(c->info), cols = cols_of(c->info);
  for (int64_t j = 0; j < cols; j += NR) {
    const oc_gemm g = {.a = c->in[0],
                       .b = c->scratch,
                       .c = (float *)c->out[0] + j,
                       .rows = rows,
                       .cols = oc_min_i64(NR, cols - j),
                       .a_row = 1,
                       .c_row = cols,
                       .count = {1, 1, c->samples},
                       .a_step = {0, 0, rows},
                       .b_step = {0, 0, NR}};
    pack_panel((const float *)c->in[1] + j, cols, c->samples, g.cols, c->scratch);
    OC_K(oc_gemm_run)(&g);
  }
}

static void run(const oc_call *c) {
  if (is_sum(c->info))
    run_sum(c);
  else
    OC_K(oc_packed_product)(c->in[0], c->prepared, c->samples, sums_of(c->info), cols_of(c->info), c->out[0]);
}

OC_DEFINE_KERNEL(matmul, rows, .tolerance = 1e-5, .refuse = refuse, .scratch = scratch,
                 .prepared_bytes = prepared_bytes, .prepare = prepare, .run = run);
