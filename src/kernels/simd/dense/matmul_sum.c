/* matmul_sum.c: TN, the gradient of a large layer's weights, WIDE rows at a time: from lists, if d or x is mostly zeros
 * (matmul_sparse.c); else SLICE samples at a time, whose columns of x are copied together, then one panel of d after the
 * other. */
#include "kernels/simd/dense/matmul.h"

#define LINE (WIDE + 16) /* floats between copied rows of x: no power of two, against conflicts in a cache */

size_t OC_K(oc_weight_bytes)(int64_t n, int64_t cols) {
  const int64_t slice = oc_min_i64(SLICE, n);
  const size_t dense = floats_bytes(slice * LINE) + floats_bytes(slice * NR);
  const size_t right = OC_K(oc_sparse_right_bytes)(n, cols), left = OC_K(oc_sparse_left_bytes)(n, cols);
  const size_t sparse = right > left ? right : left;
  return NOTE_BYTES + (sparse > dense ? sparse : dense);
}

static int kind_of(const weight_sum *s) {
  if (s->cols < WIDE / 2) return OC_DENSE;
  if (OC_K(oc_sparse_right_fits)(s->n, s->cols) && OC_K(oc_is_sparse)(s->d, s->cols, s->n, s->cols))
    return OC_SPARSE_RIGHT;
  if (OC_K(oc_sparse_left_fits)(s->n, s->cols) && OC_K(oc_is_sparse)(s->x, s->rows, s->n, s->rows))
    return OC_SPARSE_LEFT;
  return OC_DENSE;
}

void OC_K(oc_weight_begin)(weight_sum *s, bool kept) {
  int *note = (int *)s->memory;
  s->memory += NOTE_BYTES / sizeof *s->memory;
  if (!kept) {
    *note = kind_of(s);
    if (*note == OC_SPARSE_RIGHT) OC_K(oc_sparse_right_begin)(s->d, s->n, s->cols, s->memory);
    if (*note == OC_SPARSE_LEFT) OC_K(oc_sparse_left_begin)(s);
  }
  s->kind = *note;
}

static void dense_rows(const weight_sum *s, int64_t row, int64_t rows, float *y, int64_t y_row) {
  float *left = s->memory, *panel = left + floats_bytes(oc_min_i64(SLICE, s->n) * LINE) / sizeof(float);
  for (int64_t k = 0; k < s->n; k += SLICE) {
    const int64_t n = oc_min_i64(SLICE, s->n - k);
    for (int64_t i = 0; i < n; i++)
      memcpy(left + i * LINE, s->x + (k + i) * s->rows + row, (size_t)rows * sizeof *left);
    for (int64_t j = 0; j < s->cols; j += NR) {
      const oc_gemm g = {.a = left,
                         .b = panel,
                         .c = y + j,
                         .rows = rows,
                         .cols = oc_min_i64(NR, s->cols - j),
                         .a_row = 1,
                         .c_row = y_row,
                         .count = {1, 1, n},
                         .a_step = {0, 0, LINE},
                         .b_step = {0, 0, NR},
                         .add = k > 0};
      pack_panel(s->d + k * s->cols + j, s->cols, n, g.cols, panel);
      OC_K(oc_gemm_run)(&g);
    }
  }
}

void OC_K(oc_weight_rows)(const weight_sum *s, int64_t row, int64_t rows, float *y, int64_t y_row) {
  if (s->kind == OC_SPARSE_RIGHT)
    OC_K(oc_sparse_right_rows)(s->x + row, s->rows, s->n, rows, s->cols, y, y_row, s->memory);
  else if (s->kind == OC_SPARSE_LEFT)
    OC_K(oc_sparse_left_rows)(s, row, rows, y, y_row);
  else
    dense_rows(s, row, rows, y, y_row);
}
