/* nonzeros.h: lists nonzeros, for products in which one factor is mostly zeros, such as the gradient that
 * passes relu and dropout. The lists replace the inner loop, so exactly the products with 0 are skipped. */
#ifndef OC_SIMD_NONZEROS_H
#define OC_SIMD_NONZEROS_H
#include "kernels/simd/dense/matmul.h"

#define LISTED_SAMPLES 256 /* at most in one list */
#define LISTS_BYTES    (8 * 1024 * 1024)

/* Rows of values that are not zero, one row after the other. A row is cut into leaves: leaf 0 of row 0 begins
 * at `begin`, leaf k of row i ends at end[i * leaves + k]. */
typedef struct nonzeros {
  float *value;
  int32_t *at; /* offset of this value's panel row: its index times SPARSE_PANEL_COLUMNS */
  int32_t *end, begin;
  int64_t leaf, leaves; /* values of a leaf, leaves of a row */
} nonzeros;

static inline int64_t nonzeros_room(int64_t rows, int64_t count) {
  return rows * count + VL;
}
static inline size_t nonzeros_bytes(int64_t rows, int64_t count, int64_t leaf) {
  return 2 * floats_bytes(nonzeros_room(rows, count)) + floats_bytes(rows * oc_ceil_div(count, leaf));
}
/* Each worker has its own lists: none where they would need more than LISTS_BYTES. Fewer samples than the
 * plan's capacity may need less, so that much is reserved. */
static inline size_t lists_bytes(size_t bytes) {
  return bytes < LISTS_BYTES ? bytes : LISTS_BYTES;
}
static inline nonzeros nonzeros_in(float *memory, int64_t rows, int64_t count, int64_t leaf) {
  const size_t room = floats_bytes(nonzeros_room(rows, count)) / sizeof(float);
  return (nonzeros){memory, (int32_t *)(memory + room), (int32_t *)(memory + 2 * room), 0,
                    leaf,   oc_ceil_div(count, leaf)};
}
/* Samples of x that are listed together. */
static inline int64_t listed_rows(int64_t n) {
  return oc_min_i64(LISTED_SAMPLES, n);
}

/* True if so many values are 0 that lists pay. */
bool OC_K(oc_is_sparse)(const float *x, int64_t x_row, int64_t rows, int64_t cols);
/* Lists the values that are not zero of `rows` rows of `count` values, in order, as rows `first` and so on of
 * the list. */
void OC_K(oc_list_nonzeros)(const float *x, int64_t x_row, int64_t rows, int64_t count, const nonzeros *l,
                            int64_t first);

/* Packs n rows of `cols` values into a panel; the rest of each panel row stays as it is. */
static inline void pack_wide(const float *x, int64_t x_row, int64_t n, int64_t cols, float *panel) {
  for (int64_t i = 0; i < n; i++, x += x_row, panel += SPARSE_PANEL_COLUMNS) {
    if (cols < SPARSE_PANEL_COLUMNS) {
      memcpy(panel, x, (size_t)cols * sizeof *panel);
      continue;
    }
    OC_UNROLL
    for (int v = 0; v < SPARSE_PANEL_COLUMNS; v += VL) vec_store(panel + v, vec_load(x + v));
  }
}

#endif
