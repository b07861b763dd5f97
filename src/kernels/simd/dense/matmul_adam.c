/* matmul_adam.c: computes the weight gradient of a large layer directly into Adam's update.
 *
 * A part is rows of the weights. For SPARSE_PANEL_COLUMNS or FEW_ROWS rows at a time: a block of the gradient
 * (matmul_sum.c), of all columns, which stays in L2; then the update, row by row, in the memory order of the
 * three matrices. Flops: 2*n*rows*cols and 15 for each weight. Bytes: w, m and v twice, x once, d once per
 * worker, from the cache. */
#include "kernels/simd/core/adam_step.h"
#include "kernels/simd/core/define.h"
#include "kernels/simd/dense/matmul.h"

#define PAD      16 /* floats between rows of a block, against conflicts in a cache */
#define FEW_ROWS 32 /* of a block where the product does not need SPARSE_PANEL_COLUMNS */

static const char *OC_K(matmul_adam_refuse)(const oc_op_info *info, int64_t batch) {
  const bool small = oc_value_count(&info->in[0], 1) * (int64_t)sizeof(float) <= SMALL_BYTES;
  (void)batch;
  return small ? "the matrix fits the cache as a whole" : NULL;
}

static int64_t OC_K(matmul_adam_parts)(const oc_op_info *info, int64_t batch, int threads) {
  const int64_t rows = info->in[0].shape.dim[0];
  (void)batch, (void)threads;
  return oc_ceil_div(rows, weight_height(rows));
}

static size_t block_bytes(int64_t cols) {
  return floats_bytes(SPARSE_PANEL_COLUMNS * (cols + PAD));
}

static size_t OC_K(matmul_adam_scratch)(const oc_op_info *info, int64_t samples) {
  return block_bytes(info->in[0].shape.dim[1]) + OC_K(oc_weight_bytes)(samples, info->in[0].shape.dim[1]);
}
static size_t OC_K(matmul_adam_right_scratch)(const oc_op_info *info, int64_t samples) {
  const int64_t cols = info->in[0].shape.dim[1];
  return block_bytes(cols) + OC_K(oc_sparse_right_bytes)(samples, cols);
}
static size_t OC_K(matmul_adam_left_scratch)(const oc_op_info *info, int64_t samples) {
  const int64_t cols = info->in[0].shape.dim[1];
  return block_bytes(cols) + OC_K(oc_sparse_left_bytes)(samples, cols);
}

/* The data after a block in a worker's scratch. */
static weight_sum sum_of(const oc_call *c) {
  const int64_t *w = c->info->in[0].shape.dim;
  float *memory = c->scratch ? (float *)c->scratch + block_bytes(w[1]) / sizeof *memory : NULL;
  return (weight_sum){c->in[3], c->in[4], c->samples, w[0], w[1], c->chunk, memory};
}

static bool OC_K(matmul_adam_right_suits)(const oc_call *c) {
  const weight_sum s = sum_of(c);
  return OC_K(oc_sparse_right_suits)(&s);
}
static bool OC_K(matmul_adam_left_suits)(const oc_call *c) {
  const weight_sum s = sum_of(c);
  return OC_K(oc_sparse_left_suits)(&s);
}

static void OC_K(matmul_adam_right_begin)(const oc_call *c) {
  const weight_sum s = sum_of(c);
  OC_K(oc_sparse_right_begin)(&s);
}
static void OC_K(matmul_adam_left_begin)(const oc_call *c) {
  const weight_sum s = sum_of(c);
  OC_K(oc_sparse_left_begin)(&s);
}

/* Rows of fewer columns are updated as one. */
static int64_t pad_of(int64_t cols) {
  return cols < SPARSE_PANEL_COLUMNS ? 0 : PAD;
}

static void update_rows(const oc_call *c, const vec_adam *adam, int64_t row, int64_t rows,
                        const float *block) {
  const int64_t cols = c->info->in[0].shape.dim[1], pad = pad_of(cols);
  const int64_t count = pad ? cols : rows * cols, end = (row + rows) * cols;
  for (int64_t at = row * cols; at < end; at += count, block += count + pad)
    vec_adam_update(adam, oc_call_update(c, 0) + at, oc_call_update(c, 1) + at, oc_call_update(c, 2) + at,
                    block, count);
}

/* A part, at most `most` rows at a time. */
static void run_part(const oc_call *c, weight_rows_fn make_rows, int64_t most) {
  const oc_adam numbers = oc_adam_of(c, 5);
  const vec_adam adam = vec_adam_of(&numbers);
  const weight_sum s = sum_of(c);
  float *block = c->scratch;
  const int64_t height = weight_height(s.rows), first = c->part * height,
                end = oc_min_i64(first + height, s.rows);
  for (int64_t row = first; row < end; row += most) {
    const int64_t rows = oc_min_i64(most, end - row);
    make_rows(&s, row, rows, block, s.cols + pad_of(s.cols));
    update_rows(c, &adam, row, rows, block);
  }
}

static void OC_K(matmul_adam_run)(const oc_call *c) {
  run_part(c, OC_K(oc_weight_rows), SPARSE_PANEL_COLUMNS);
}
static void OC_K(matmul_adam_right_run)(const oc_call *c) {
  run_part(c, OC_K(oc_sparse_right_rows), SPARSE_PANEL_COLUMNS);
}
static void OC_K(matmul_adam_left_run)(const oc_call *c) {
  run_part(c, OC_K(oc_sparse_left_rows), FEW_ROWS);
}

OC_DEFINE_KERNEL(matmul_adam, rows, .tolerance = 1e-5, .refuse = OC_K(matmul_adam_refuse),
                 .parts = OC_K(matmul_adam_parts), .scratch = OC_K(matmul_adam_scratch),
                 .run = OC_K(matmul_adam_run));
OC_DEFINE_VARIANT(matmul_adam, rows, right, .tolerance = 1e-5, .scratch = OC_K(matmul_adam_right_scratch),
                  .begin = OC_K(matmul_adam_right_begin), .run = OC_K(matmul_adam_right_run),
                  .when = WHEN_RIGHT, .suits = OC_K(matmul_adam_right_suits));
OC_DEFINE_VARIANT(matmul_adam, rows, left, .tolerance = 1e-5, .scratch = OC_K(matmul_adam_left_scratch),
                  .begin = OC_K(matmul_adam_left_begin), .run = OC_K(matmul_adam_left_run), .when = WHEN_LEFT,
                  .suits = OC_K(matmul_adam_left_suits));
