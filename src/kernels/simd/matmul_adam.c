/* matmul_adam.c: the gradient of a large layer's weights, straight into Adam's update of them.
 *
 * A part is rows of the weights. Passes over a part: if d is mostly zeros, lists of its columns (matmul_sparse.c); then for
 * WIDE rows at a time a block of the gradient, of all columns, which stays in the second-level cache, and the update, row by
 * row, as the three matrices lie in memory. Flops 2*n*rows*cols and 15 for each weight; bytes: w, m and v twice, x once, d once
 * a part, from the cache. */
#include "kernels/simd/adam.h"
#include "kernels/simd/define.h"
#include "kernels/simd/matmul.h"

#define PAD 16 /* floats between rows, against conflicts in a cache */

typedef struct update {
  const float *x, *d;
  int64_t n, rows, cols;
  float *w, *m, *v;
  vec_adam adam;
} update;

static int64_t rows_of_part(int64_t rows) {
  return oc_max_i64(WIDE, oc_ceil_div(oc_ceil_div(rows, 8), WIDE) * WIDE);
}

static const char *refuse(const oc_op_info *info, int64_t batch) {
  (void)batch;
  return oc_value_count(&info->in[0], 1) * (int64_t)sizeof(float) <= SMALL_BYTES
             ? "the matrix fits the cache as a whole"
             : NULL;
}

static int64_t parts(const oc_op_info *info, int64_t batch) {
  const int64_t rows = info->in[0].shape.dim[0];
  (void)batch;
  return oc_ceil_div(rows, rows_of_part(rows));
}

static size_t block_bytes(int64_t cols) {
  return floats_bytes(WIDE * (cols + PAD));
}

static size_t scratch(const oc_op_info *info, int64_t samples) {
  const int64_t cols = info->in[0].shape.dim[1];
  const size_t dense = floats_bytes(SLICE * (WIDE + PAD)) + floats_bytes(SLICE * NR);
  const size_t sparse = OC_K(oc_sparse_rows_bytes)(samples, cols);
  return block_bytes(cols) + (sparse > dense ? sparse : dense);
}

/* `rows` rows of the gradient from `row` on: SLICE samples at a time, x copied together, then one panel of d after the other. */
static void dense_block(const update *u, int64_t row, int64_t rows, float *block, float *memory) {
  float *left = memory, *panel = left + floats_bytes(SLICE * (WIDE + PAD)) / sizeof(float);
  for (int64_t k = 0; k < u->n; k += SLICE) {
    const int64_t n = oc_min_i64(SLICE, u->n - k);
    for (int64_t i = 0; i < n; i++)
      memcpy(left + i * (WIDE + PAD), u->x + (k + i) * u->rows + row, (size_t)rows * sizeof *left);
    for (int64_t j = 0; j < u->cols; j += NR) {
      const oc_gemm g = {.a = left,
                         .b = panel,
                         .c = block + j,
                         .rows = rows,
                         .cols = oc_min_i64(NR, u->cols - j),
                         .a_row = 1,
                         .c_row = u->cols + PAD,
                         .count = {1, 1, n},
                         .a_step = {0, 0, WIDE + PAD},
                         .b_step = {0, 0, NR},
                         .add = k > 0};
      pack_panel(u->d + k * u->cols + j, u->cols, n, g.cols, panel);
      OC_K(oc_gemm_run)(&g);
    }
  }
}

static void update_rows(const update *u, int64_t row, int64_t rows, const float *block) {
  for (int64_t i = 0; i < rows; i++) {
    const int64_t at = (row + i) * u->cols;
    vec_adam_update(&u->adam, u->w + at, u->m + at, u->v + at, block + i * (u->cols + PAD), u->cols);
  }
}

static void run(const oc_call *c) {
  const int64_t *w = c->info->in[0].shape.dim;
  const oc_adam numbers = oc_adam_of(c, 5);
  const update u = {c->in[3],
                    c->in[4],
                    c->samples,
                    w[0],
                    w[1],
                    oc_call_update(c, 0),
                    oc_call_update(c, 1),
                    oc_call_update(c, 2),
                    vec_adam_of(&numbers)};
  float *block = c->scratch, *memory = block + block_bytes(u.cols) / sizeof *block;
  const bool sparse = OC_K(oc_sparse_sum_fits)(u.n) && OC_K(oc_is_sparse)(u.d, u.n * u.cols);
  const int64_t height = rows_of_part(u.rows), first = c->part * height,
                end = oc_min_i64(first + height, u.rows);
  if (sparse) OC_K(oc_sparse_columns)(u.d, u.n, u.cols, memory);
  for (int64_t row = first; row < end; row += WIDE) {
    const int64_t rows = oc_min_i64(WIDE, end - row);
    if (sparse)
      OC_K(oc_sparse_rows)(u.x + row, u.rows, u.n, rows, u.cols, block, u.cols + PAD, memory);
    else
      dense_block(&u, row, rows, block, memory);
    update_rows(&u, row, rows, block);
  }
}

OC_DEFINE_KERNEL(matmul_adam, rows, .tolerance = 1e-5, .refuse = refuse, .parts = parts, .scratch = scratch,
                 .run = run);
