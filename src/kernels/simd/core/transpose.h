/* transpose.h: transposes by blocks that stay in registers. */
#ifndef OC_SIMD_TRANSPOSE_H
#define OC_SIMD_TRANSPOSE_H
#include "kernels/simd/core/vec.h"

/* to[j][i] = row i [j] for four rows of four numbers. */
OC_INLINE void vec_transpose_rows(const float *row0, const float *row1, const float *row2, const float *row3,
                                  float *to, int64_t to_row) {
  typedef float v4 __attribute__((vector_size(16), aligned(4), may_alias));
  const v4 a = *(const v4 *)row0, b = *(const v4 *)row1, c = *(const v4 *)row2, d = *(const v4 *)row3;
  const v4 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const v4 AB = __builtin_shufflevector(a, b, 2, 6, 3, 7), CD = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  *(v4 *)to = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
  *(v4 *)(to + to_row) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
  *(v4 *)(to + 2 * to_row) = __builtin_shufflevector(AB, CD, 0, 1, 4, 5);
  *(v4 *)(to + 3 * to_row) = __builtin_shufflevector(AB, CD, 2, 3, 6, 7);
}

/* to[j][i] = from[i][j] for a block of 4x4. */
OC_INLINE void vec_transpose_4x4(const float *from, int64_t from_row, float *to, int64_t to_row) {
  vec_transpose_rows(from, from + from_row, from + 2 * from_row, from + 3 * from_row, to, to_row);
}

/* to[j][i] = from[i][j], by blocks of 4x4. The side whose rows lie farther apart is walked along its rows:
 * its lines of the cache would otherwise push each other out. */
static inline void vec_transpose(const float *from, int64_t from_row, int64_t rows, int64_t cols, float *to,
                                 int64_t to_row) {
  const int64_t even_rows = rows / 4 * 4, even_cols = cols / 4 * 4;
  if (from_row >= to_row) {
    for (int64_t i = 0; i < even_rows; i += 4)
      for (int64_t j = 0; j < even_cols; j += 4)
        vec_transpose_4x4(from + i * from_row + j, from_row, to + j * to_row + i, to_row);
  } else {
    for (int64_t j = 0; j < even_cols; j += 4)
      for (int64_t i = 0; i < even_rows; i += 4)
        vec_transpose_4x4(from + i * from_row + j, from_row, to + j * to_row + i, to_row);
  }
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = i < even_rows ? even_cols : 0; j < cols; j++)
      to[j * to_row + i] = from[i * from_row + j];
}

#if VL == 16
/* A block of 16x16, where shuffles reach all lanes: in each of four stages, the first half of the rows
 * interleaved with the second. */
OC_INLINE void transpose_stage(const vf from[VL], vf to[VL]) {
  OC_UNROLL
  for (int i = 0; i < VL / 2; i++) {
    to[2 * i] = __builtin_shufflevector(from[i], from[i + VL / 2], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21,
                                        6, 22, 7, 23);
    to[2 * i + 1] = __builtin_shufflevector(from[i], from[i + VL / 2], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28,
                                            13, 29, 14, 30, 15, 31);
  }
}
static inline void vec_transpose_16x16(const float *from, int64_t from_row, float *to, int64_t to_row) {
  vf a[VL], b[VL];
  OC_UNROLL
  for (int i = 0; i < VL; i++) a[i] = vec_load(from + i * from_row);
  transpose_stage(a, b);
  transpose_stage(b, a);
  transpose_stage(a, b);
  transpose_stage(b, a);
  OC_UNROLL
  for (int i = 0; i < VL; i++) vec_store(to + i * to_row, a[i]);
}

static inline void transpose_value(const float *from, int64_t from_row, int64_t rows, int64_t cols, float *to,
                                   int64_t to_row) {
  const int64_t whole_rows = rows / VL * VL, whole_cols = cols / VL * VL;
  if (from_row >= to_row) {
    for (int64_t i = 0; i < whole_rows; i += VL)
      for (int64_t j = 0; j < whole_cols; j += VL)
        vec_transpose_16x16(from + i * from_row + j, from_row, to + j * to_row + i, to_row);
  } else {
    for (int64_t j = 0; j < whole_cols; j += VL)
      for (int64_t i = 0; i < whole_rows; i += VL)
        vec_transpose_16x16(from + i * from_row + j, from_row, to + j * to_row + i, to_row);
  }
  vec_transpose(from + whole_cols, from_row, whole_rows, cols - whole_cols, to + whole_cols * to_row, to_row);
  vec_transpose(from + whole_rows * from_row, from_row, rows - whole_rows, cols, to + whole_rows, to_row);
}
#else
static inline void transpose_value(const float *from, int64_t from_row, int64_t rows, int64_t cols, float *to,
                                   int64_t to_row) {
  vec_transpose(from, from_row, rows, cols, to, to_row);
}
#endif

#endif
