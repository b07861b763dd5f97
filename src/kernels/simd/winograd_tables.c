/* winograd_tables.c: the transforms of winograd.h, unrolled for each table so that its numbers become constants, and zeros
 * and ones no operations at all. */
#include "kernels/simd/winograd.h"

enum { MOST = 8 };

/* t rows of n numbers; a constant wherever it is used. */
typedef struct table {
  const float *row;
  int t, n;
} table;

/* Points 0, 1, -1, 2, -2, 1/2, -1/2, infinity. */
static const float picture_8[] = {
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
/* Points 0, 3/4, -3/4, 3/2, -3/2, infinity: a third of the error of 1 and 2 in their place, and no slower. */
static const float picture_6[] = {
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
static const float picture_4[] = {
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

/* sum + c x, where c is a constant; *some: is there a sum yet? */
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

/* Columns first, first + step, .. of a row times in[]. */
OC_INLINE vf half_row(const float *row, const int n, const int first, const int step, const vf *in) {
  vf sum = vec_zero();
  bool some = false;
  OC_UNROLL
  for (int k = first; k < n; k += step) sum = add_term(sum, &some, row[k], in[k]);
  return sum;
}

/* out = T in, `step` vectors from one to the next of out. */
OC_INLINE void times(const table a, const vf *in, vf *out, const int step) {
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

/* out = T' in */
OC_INLINE void times_transposed(const table a, const vf *in, vf *out, const int step) {
  const int t = a.t, n = a.n;
  vf half[2][MOST];
  OC_UNROLL
  for (int i = 1; i < t - 1; i += 2) {
    half[0][i] = in[i] + in[i + 1];
    half[1][i] = in[i] - in[i + 1];
  }
  OC_UNROLL
  for (int k = 0; k < n; k++) {
    bool some = false;
    vf sum = add_term(vec_zero(), &some, a.row[k], in[0]);
    OC_UNROLL
    for (int i = 1; i < t - 1; i += 2) sum = add_term(sum, &some, a.row[i * n + k], half[k % 2][i]);
    out[k * step] = add_term(sum, &some, a.row[(t - 1) * n + k], in[t - 1]);
  }
}

OC_INLINE void to_planes(const table a, const float *grid, int64_t line, int64_t column, int64_t lanes,
                         float *planes, int64_t plane) {
  const int t = a.t, n = a.n;
  vf half[MOST * MOST], in[MOST], out[MOST]; /* half: t x n */
  for (int j = 0; j < n; j++) {
    OC_UNROLL
    for (int i = 0; i < n; i++) in[i] = vec_load_part(grid + i * line + j * column, lanes);
    times(a, in, half + j, n);
  }
  for (int i = 0; i < t; i++) {
    times(a, half + i * n, out, 1);
    OC_UNROLL
    for (int j = 0; j < t; j++) vec_store(planes + (i * t + j) * plane, out[j]);
  }
}

OC_INLINE void from_planes(const table a, const float *planes, int64_t plane, float *grid, int64_t line,
                           int64_t column, int64_t lanes, const bool add) {
  const int t = a.t, n = a.n;
  vf half[MOST * MOST], in[MOST], out[MOST]; /* half: n x t */
  for (int j = 0; j < t; j++) {
    OC_UNROLL
    for (int i = 0; i < t; i++) in[i] = vec_load(planes + (i * t + j) * plane);
    times_transposed(a, in, half + j, t);
  }
  for (int i = 0; i < n; i++) {
    times_transposed(a, half + i * t, out, 1);
    OC_UNROLL
    for (int j = 0; j < n; j++) {
      float *to = grid + i * line + j * column;
      if (add) out[j] += vec_load_part(to, lanes);
      vec_store_part(to, out[j], lanes);
    }
  }
}

#define TABLE(name, t, n)                                                                                    \
  static void name##_to(const float *grid, int64_t line, int64_t column, int64_t lanes, float *planes,       \
                        int64_t plane) {                                                                     \
    if (lanes == VL)                                                                                         \
      to_planes((table){name, t, n}, grid, line, column, VL, planes, plane);                                 \
    else                                                                                                     \
      to_planes((table){name, t, n}, grid, line, column, lanes, planes, plane);                              \
  }                                                                                                          \
  static void name##_from(const float *planes, int64_t plane, float *grid, int64_t line, int64_t column,     \
                          int64_t lanes) {                                                                   \
    if (lanes == VL)                                                                                         \
      from_planes((table){name, t, n}, planes, plane, grid, line, column, VL, false);                        \
    else                                                                                                     \
      from_planes((table){name, t, n}, planes, plane, grid, line, column, lanes, false);                     \
  }                                                                                                          \
  static void name##_add(const float *planes, int64_t plane, float *grid, int64_t line, int64_t column,      \
                         int64_t lanes) {                                                                    \
    if (lanes == VL)                                                                                         \
      from_planes((table){name, t, n}, planes, plane, grid, line, column, VL, true);                         \
    else                                                                                                     \
      from_planes((table){name, t, n}, planes, plane, grid, line, column, lanes, true);                      \
  }
#define FUNCTIONS(name)                                                                                      \
  { name##_to, name##_from, name##_add }
TABLE(picture_8, 8, 8)
TABLE(result_8x4, 8, 4)
TABLE(kernel_8x5, 8, 5)
TABLE(picture_6, 6, 6)
TABLE(result_6x4, 6, 4)
TABLE(kernel_6x3, 6, 3)
TABLE(picture_4, 4, 4)
TABLE(result_4x2, 4, 2)
TABLE(kernel_4x3, 4, 3)

static const oc_winograd f4_5 = {4, 5, 8, FUNCTIONS(picture_8), FUNCTIONS(result_8x4), FUNCTIONS(kernel_8x5)};
static const oc_winograd f4_3 = {4, 3, 6, FUNCTIONS(picture_6), FUNCTIONS(result_6x4), FUNCTIONS(kernel_6x3)};
static const oc_winograd f2_3 = {2, 3, 4, FUNCTIONS(picture_4), FUNCTIONS(result_4x2), FUNCTIONS(kernel_4x3)};

static int64_t products(const oc_winograd *w, int64_t oh, int64_t ow) {
  return oc_ceil_div(oh, w->m) * oc_ceil_div(ow, w->m) * w->t * w->t;
}

const oc_winograd *OC_K(oc_winograd_for)(int64_t kernel, int64_t oh, int64_t ow) {
  if (kernel == 5) return &f4_5;
  if (kernel != 3) return NULL;
  return products(&f2_3, oh, ow) < products(&f4_3, oh, ow) ? &f2_3 : &f4_3;
}
