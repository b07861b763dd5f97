/* matmul.h: shares code of the matrix products: the three forms of an operation, and x w for large w.
 *
 *   NN  y[n,cols]  = x[n,depth] w[depth,cols]          a batched
 *   NT  y[n,cols]  = x[n,depth] w[cols,depth]^T        a batched: the input gradient of a layer
 *   TN  y[rows,cols] = sum over n of x[n,rows]^T d[n,cols]   both batched: the weight gradient of a layer
 */
#ifndef OC_SIMD_MATMUL_H
#define OC_SIMD_MATMUL_H
#include "base/checked.h"
#include "kernels/simd/conv/conv.h"
#include "kernels/simd/core/gemm.h"
#include "kernels/simd/core/transpose.h"
#include "ops/ops.h"

#define SMALL_BYTES (128 * 1024) /* weights up to here stay in L2 together with everything else */
#define KC          512          /* products of a panel at a time */
#define LONG_KC                                                                                              \
  (VL == 16 ? 1024 : 512) /* the same for many samples: each slice reads and writes all sums once more */
#define ROWS_AT_ONCE      64
#define PREFETCH_MAX_ROWS 128 /* rows of x up to which reading w takes much of the time */
#define MAX_PART_COLUMNS  256 /* columns of a part */

static inline const char *matmul_refuse_form(const oc_op_info *info, bool *sum) {
  const oc_matmul_attrs *t = info->attrs;
  if (!oc_tensor_desc_batched(&info->in[0])) return "no batch axis";
  *sum = t->transpose_a;
  return NULL;
}

/* Up to MATVEC_MAX_SAMPLES samples read weights (not transposed) once, in the order in which they lie: whole
 * rows, MATVEC_MAX_SAMPLES of them side by side, in GROUPS groups of rows, each with its own sums. Every
 * second run begins with the last group, which a cache may still hold. */
#define MATVEC_MAX_SAMPLES 4
#define GROUPS             8
#define FEW_PANELS         4 /* of a part at least */

/* For few samples of a plan for more. Excludes the short last batch of training, which must sum in the same
 * order as full batches, whether w is stored transposed or not. */
#define WHEN_FEW "a prediction has up to 4 samples"
bool OC_K(oc_few_suits)(const oc_call *c);

/* Parts into which `cols` columns are cut: about 8, or for few samples one per thread; and the columns of a
 * part, whole panels. */
static inline int64_t column_parts(int64_t cols, bool few, int threads) {
  const int64_t panels = oc_ceil_div(gemm_panels(cols), few ? threads : 8);
  const int64_t width =
      few ? oc_max_i64(panels, FEW_PANELS) * NR : oc_min_i64(oc_max_i64(panels * NR, 64), MAX_PART_COLUMNS);
  return oc_ceil_div(cols, width);
}
static inline int64_t columns_of_part(int64_t cols, int64_t parts) {
  return oc_ceil_div(gemm_panels(cols), parts) * NR;
}

/* Products of x by a block of columns of a large w. */
typedef struct block_product {
  const float *x, *w;
  float *y;
  int64_t n, depth, cols;      /* of this block */
  int64_t x_row, w_row, y_row; /* floats from one row to the next */
  const float *panels;         /* NULL, or, instead of w, its panels of NR columns and the whole depth */
  bool transposed;             /* w is (cols, depth) */
  bool read_reversed;          /* as in oc_call */
} block_product;

/* One of the products below, with its memory of a worker. */
typedef void (*block_product_fn)(const block_product *p, float *memory);

/* matmul_block.c: of any size, from w in place; and from panels. Memory for any part of `cols` columns: the
 * panels of a slice. How slices are packed follows from the number of samples, and changes no bit. */
static inline size_t block_product_bytes(int64_t cols) {
  const int64_t width = columns_of_part(cols, column_parts(cols, false, 1));
  return floats_bytes(panel_floats(LONG_KC, oc_max_i64(width, NR)));
}
void OC_K(oc_block_product)(const block_product *p, float *panels);
void OC_K(oc_panels_product)(const block_product *p, float *none);

/* matmul_few.c: of up to MATVEC_MAX_SAMPLES samples. Memory: a panel, and the groups' sums. */
static inline size_t few_product_bytes(int64_t cols) {
  return floats_bytes(panel_floats(KC, NR)) + floats_bytes(GROUPS * MATVEC_MAX_SAMPLES * cols);
}
void OC_K(oc_few_product)(const block_product *p, float *memory);

/* ---- mostly zeros: matmul_sparse.c ---- */

#define SPARSE_PANEL_COLUMNS (8 * VL) /* columns of a panel here: their sums fill half of the registers */

/* The product of a sparse x, after the first, which lists x, for any columns of w. It suits if so many values
 * of x are 0 that skipping them pays, and if lists of n samples fit the memory, which is enough for all
 * smaller n that fit. */
size_t OC_K(oc_sparse_product_bytes)(int64_t n, int64_t depth);
bool OC_K(oc_sparse_product_suits)(const block_product *p);
void OC_K(oc_sparse_product_begin)(const block_product *p, float *memory);
void OC_K(oc_sparse_product)(const block_product *p, float *memory);

/* ---- TN: y[rows, cols] = x[n, rows]' d[n, cols] ---- */

typedef struct weight_sum {
  const float *x, *d;
  int64_t n, rows, cols;
  int64_t leaf; /* samples that are summed one after the other: the sums of these are added along the tree of
             * base/tree.h */
  float *memory;
} weight_sum;

/* Rows of a part. */
static inline int64_t weight_height(int64_t rows) {
  return oc_max_i64(SPARSE_PANEL_COLUMNS,
                    oc_ceil_div(oc_ceil_div(rows, 8), SPARSE_PANEL_COLUMNS) * SPARSE_PANEL_COLUMNS);
}

/* Rows [row, row + rows) of y, rows <= SPARSE_PANEL_COLUMNS, y_row floats apart. */
typedef void (*weight_rows_fn)(const weight_sum *s, int64_t row, int64_t rows, float *y, int64_t y_row);

/* matmul_sum.c: by blocks of both. */
size_t OC_K(oc_weight_bytes)(int64_t n, int64_t cols);
void OC_K(oc_weight_rows)(const weight_sum *s, int64_t row, int64_t rows, float *y, int64_t y_row);

/* matmul_sparse_sum.c: by lists of d (right) or x (left), if it is mostly zeros and the samples are not too
 * many. The data for all parts of a worker is made first, in the memory of the sum. */
#define WHEN_RIGHT "the gradient is mostly zeros"
#define WHEN_LEFT  "x is mostly zeros"
size_t OC_K(oc_sparse_right_bytes)(int64_t n, int64_t cols);
bool OC_K(oc_sparse_right_suits)(const weight_sum *s);
void OC_K(oc_sparse_right_begin)(const weight_sum *s);
void OC_K(oc_sparse_right_rows)(const weight_sum *s, int64_t row, int64_t rows, float *y, int64_t y_row);
size_t OC_K(oc_sparse_left_bytes)(int64_t n, int64_t cols);
bool OC_K(oc_sparse_left_suits)(const weight_sum *s);
void OC_K(oc_sparse_left_begin)(const weight_sum *s);
void OC_K(oc_sparse_left_rows)(const weight_sum *s, int64_t row, int64_t rows, float *y, int64_t y_row);

/* A small w (depth, cols), or (cols, depth) if transposed, as panels of `depth` rows, or as a single vector's
 * panel if it has no more columns; and y = x times them. */
static inline int64_t packed_width(int64_t cols) {
  return cols <= VL ? VL : NR;
}
static inline size_t packed_bytes(int64_t depth, int64_t cols) {
  return floats_bytes(oc_ceil_div(cols, packed_width(cols)) * packed_width(cols) * depth);
}
void OC_K(oc_pack_weights)(const float *w, int64_t depth, int64_t cols, bool transposed, float *panels);
void OC_K(oc_packed_product)(const float *x, const float *panels, int64_t n, int64_t depth, int64_t cols,
                             float *y);

#endif
