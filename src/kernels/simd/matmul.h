/* matmul.h: what the matrix products share: which of the three forms an operation is, and x w for large w.
 *
 *   NN  y[n,cols]  = x[n,sums] w[sums,cols]          a batched
 *   NT  y[n,cols]  = x[n,sums] w[cols,sums]^T        a batched: the gradient by a layer's input
 *   TN  y[rows,cols] = sum over n of x[n,rows]^T d[n,cols]   both batched: the gradient of a layer's weights
 */
#ifndef OC_SIMD_MATMUL_H
#define OC_SIMD_MATMUL_H
#include "base/checked.h"
#include "kernels/simd/conv.h"
#include "kernels/simd/gemm.h"
#include "ops/ops.h"

#define SMALL_BYTES                                                                                          \
  (128 * 1024)           /* weights up to here stay in the second-level cache beside everything else */
#define SLICE        512 /* products of a panel at a time */
#define ROWS_AT_ONCE 64
#define WIDEST       256 /* columns of a part */

static inline const char *matmul_refuse_form(const oc_op_info *info, bool *sum) {
  const oc_matmul_attrs *t = info->attrs;
  if (!oc_value_batched(&info->in[0])) return "no batch axis";
  *sum = t->transpose_a;
  return NULL;
}

/* Columns of one part when `cols` columns are cut into about 16 parts of whole panels. */
static inline int64_t columns_of_part(int64_t cols) {
  const int64_t panels = oc_ceil_div(gemm_panels(cols), 16);
  return oc_min_i64(oc_max_i64(panels * NR, 64), WIDEST);
}

/* Products of x by a block of columns of a large w. */
typedef struct block_product {
  const float *x, *w;
  float *y;
  int64_t n, sums, cols;       /* of this block */
  int64_t x_row, w_row, y_row; /* floats from one row to the next */
  bool transposed;             /* w is (cols, sums) */
} block_product;

static inline size_t block_product_bytes(int64_t cols) {
  return floats_bytes(panel_floats(SLICE, cols));
}
void OC_K(oc_block_product)(const block_product *p, float *panels);

/* A small w (sums, cols), or (cols, sums) if transposed, as panels of `sums` rows; and y = x times them. */
void OC_K(oc_pack_weights)(const float *w, int64_t sums, int64_t cols, bool transposed, float *panels);
void OC_K(oc_packed_product)(const float *x, const float *panels, int64_t n, int64_t sums, int64_t cols,
                             float *y);

#endif
