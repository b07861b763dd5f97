/* winograd_table.h: defines the matrices of winograd.h, and products of vectors with them, unrolled for each
 * matrix so that its values become constants, and zeros and ones no operations at all. */
#ifndef OC_SIMD_WINOGRAD_TABLE_H
#define OC_SIMD_WINOGRAD_TABLE_H
#include "kernels/simd/core/vec.h"

enum { WINOGRAD_POINTS = 8 }; /* most of a table */

/* t rows of n numbers; a constant wherever it is used. */
typedef struct winograd_matrix {
  const float *row;
  int t, n;
} winograd_matrix;

/* Points 0, 1, -1, 2, -2, 1/2, -1/2, infinity. */
static const float image_8[] = {
    1, 0,     -5.25f, 0,      5.25f,  0,      -1, 0, /* */
    0, 1,     1,      -4.25f, -4.25f, 1,      1,  0, /* */
    0, -1,    1,      4.25f,  -4.25f, -1,     1,  0, /* */
    0, 0.5f,  0.25f,  -2.5f,  -1.25f, 2,      1,  0, /* */
    0, -0.5f, 0.25f,  2.5f,   -1.25f, -2,     1,  0, /* */
    0, 2,     4,      -2.5f,  -5,     0.5f,   1,  0, /* */
    0, -2,    4,      2.5f,   -5,     -0.5f,  1,  0, /* */
    0, -1,    0,      5.25f,  0,      -5.25f, 0,  1,
};
static const float result_8x4[] = {
    1, 0,     0,     0,      /* */
    1, 1,     1,     1,      /* */
    1, -1,    1,     -1,     /* */
    1, 2,     4,     8,      /* */
    1, -2,    4,     -8,     /* */
    1, 0.5f,  0.25f, 0.125f, /* */
    1, -0.5f, 0.25f, -0.125f, 0, 0, 0, 1,
};
#define NINTH (-2.0f / 9)
#define N90   (1.0f / 90)
#define N45   (1.0f / 45)
static const float kernel_8x5[] = {
    1,        0,         0,       0,        0,        /* */
    NINTH,    NINTH,     NINTH,   NINTH,    NINTH,    /* */
    NINTH,    -NINTH,    NINTH,   -NINTH,   NINTH,    /* */
    N90,      2 * N90,   4 * N90, 8 * N90,  16 * N90, /* */
    N90,      -2 * N90,  4 * N90, -8 * N90, 16 * N90, /* */
    32 * N45, 16 * N45,  8 * N45, 4 * N45,  2 * N45,  /* */
    32 * N45, -16 * N45, 8 * N45, -4 * N45, 2 * N45,  /* */
    0,        0,         0,       0,        1,
};
/* Points 0, 3/4, -3/4, 3/2, -3/2, infinity: a third of the error of 1 and 2, at the same speed. */
static const float image_6[] = {
    1.265625f, 0,         -2.8125f, 0,        1, 0, /* */
    0,         -1.6875f,  -2.25f,   0.75f,    1, 0, /* */
    0,         1.6875f,   -2.25f,   -0.75f,   1, 0, /* */
    0,         -0.84375f, -0.5625f, 1.5f,     1, 0, /* */
    0,         0.84375f,  -0.5625f, -1.5f,    1, 0, /* */
    0,         1.265625f, 0,        -2.8125f, 0, 1,
};
static const float result_6x4[] = {
    1, 0,      0,       0,          /* */
    1, 0.75f,  0.5625f, 0.421875f,  /* */
    1, -0.75f, 0.5625f, -0.421875f, /* */
    1, 1.5f,   2.25f,   3.375f,     /* */
    1, -1.5f,  2.25f,   -3.375f,    /* */
    0, 0,      0,       1,
};
#define N243 (1 / 243.0f)
static const float kernel_6x3[] = {
    64 / 81.0f,  0,          0,          /* */
    -128 * N243, -96 * N243, -72 * N243, /* */
    -128 * N243, 96 * N243,  -72 * N243, /* */
    32 * N243,   48 * N243,  72 * N243,  /* */
    32 * N243,   -48 * N243, 72 * N243,  /* */
    0,           0,          1,
};
/* Points 0, 1, -1, infinity. */
static const float image_4[] = {
    1, 0,  -1, 0, /* */
    0, 1,  1,  0, /* */
    0, -1, 1,  0, /* */
    0, -1, 0,  1,
};
static const float result_4x2[] = {
    1, 0,  /* */
    1, 1,  /* */
    1, -1, /* */
    0, 1,
};
static const float kernel_4x3[] = {
    1,    0,     0,    /* */
    0.5f, 0.5f,  0.5f, /* */
    0.5f, -0.5f, 0.5f, /* */
    0,    0,     1,
};

/* sum + c x, where c is a constant; *some is true once there is a sum. */
OC_INLINE vf add_term(vf sum, bool *some, const float c, vf x) {
  const bool first = !*some;
  if (c == 0) return sum;
  *some = true;
  if (first && c == 1) return x;
  if (first) return x * vec_set1(c);
  if (c == 1) return sum + x;
  if (c == -1) return sum - x;
  return vec_fma(vec_set1(c), x, sum);
}

/* Columns first, first + step and so on of a row times in[]. */
OC_INLINE vf half_row(const float *row, const int n, const int first, const int step, const vf *in) {
  vf sum = vec_zero();
  bool some = false;
  OC_UNROLL
  for (int k = first; k < n; k += step) sum = add_term(sum, &some, row[k], in[k]);
  return sum;
}

/* out = T in, `step` vectors from one to the next of out. */
OC_INLINE void winograd_times(const winograd_matrix a, const vf *in, vf *out, const int step) {
  const int t = a.t, n = a.n;
  out[0] = half_row(a.row, n, 0, 1, in);
  OC_UNROLL
  for (int i = 1; i < t - 1; i += 2) {
    const vf even = half_row(a.row + i * n, n, 0, 2, in), odd = half_row(a.row + i * n, n, 1, 2, in);
    out[i * step] = even + odd;
    out[(i + 1) * step] = even - odd;
  }
  out[(t - 1) * step] = half_row(a.row + (t - 1) * n, n, 0, 1, in);
}

/* out = T' in, where half[0][i] and half[1][i] are in[i] plus and minus in[i + 1] for each pair. */
OC_INLINE void winograd_from_halves(const winograd_matrix a, vf first, vf half[2][WINOGRAD_POINTS], vf last,
                                    vf *out, const int step) {
  OC_UNROLL
  for (int k = 0; k < a.n; k++) {
    bool some = false;
    vf sum = add_term(vec_zero(), &some, a.row[k], first);
    OC_UNROLL
    for (int i = 1; i < a.t - 1; i += 2) sum = add_term(sum, &some, a.row[i * a.n + k], half[k % 2][i]);
    out[k * step] = add_term(sum, &some, a.row[(a.t - 1) * a.n + k], last);
  }
}

/* out = T' in */
OC_INLINE void winograd_times_transposed(const winograd_matrix a, const vf *in, vf *out, const int step) {
  vf half[2][WINOGRAD_POINTS];
  OC_UNROLL
  for (int i = 1; i < a.t - 1; i += 2) {
    half[0][i] = in[i] + in[i + 1];
    half[1][i] = in[i] - in[i + 1];
  }
  winograd_from_halves(a, in[0], half, in[a.t - 1], out, step);
}

#endif
