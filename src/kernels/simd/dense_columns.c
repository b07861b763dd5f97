/* dense_columns.c: dense_block for large weights: the product of matmul_columns.c, and behind each block of
 * columns, while the cache holds it, bias, activation and dropout. Kept for the backward pass: y. */
#include "kernels/simd/define.h"
#include "kernels/simd/dense.h"
#include "kernels/simd/matmul.h"

static int64_t sums_of(const oc_op_info *info) {
  return info->in[1].shape.dim[0];
}
static int64_t units_of(const oc_op_info *info) {
  return info->in[1].shape.dim[1];
}

static const char *refuse(const oc_op_info *info, int64_t batch) {
  const char *why = dense_refuse(info);
  (void)batch;
  if (!why && sums_of(info) * units_of(info) * (int64_t)sizeof(float) <= SMALL_BYTES)
    why = "the weights fit the cache as a whole";
  return why;
}

static int64_t parts(const oc_op_info *info, int64_t batch, int threads) {
  return column_parts(units_of(info), batch <= FEW, threads);
}

static size_t scratch(const oc_op_info *info, int64_t samples) {
  return block_product_bytes(units_of(info), samples <= FEW);
}

static void run(const oc_call *c) {
  const int64_t units = units_of(c->info), width = columns_of_part(units, c->parts), first = c->part * width;
  const block_product p = {.x = c->in[0],
                           .w = (const float *)c->in[1] + first,
                           .y = (float *)c->out[0] + first,
                           .n = c->samples,
                           .sums = sums_of(c->info),
                           .cols = oc_min_i64(width, units - first),
                           .x_row = sums_of(c->info),
                           .w_row = units,
                           .y_row = units,
                           .backward = c->backward};
  OC_K(oc_block_product)(&p, c->scratch);
  dense_finish(c, first, p.cols);
}

OC_DEFINE_KERNEL(dense_block, columns, .tolerance = 3e-5, .refuse = refuse, .parts = parts,
                 .scratch = scratch, .run = run);
