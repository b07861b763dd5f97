/* winograd_tables.c: computes the transforms of winograd.h in two dimensions, between a grid and planes. */
#include "kernels/simd/winograd/winograd.h"
#include "kernels/simd/winograd/winograd_table.h"

/* Floats from line to line and column to column of a grid, how many of a vector are used, and floats from
 * plane to plane. The grid begins `first` floats from its pointer, and has the rows and columns from the
 * first of these to before the last, and zeros around. */
typedef struct grid_steps {
  int64_t line, column, lanes, plane;
  int64_t top, bottom, left, right, first;
} grid_steps;

OC_INLINE void to_planes(const winograd_matrix a, const float *grid, float *planes, const grid_steps s) {
  const int t = a.t, n = a.n;
  vf half[WINOGRAD_POINTS * WINOGRAD_POINTS], in[WINOGRAD_POINTS], out[WINOGRAD_POINTS]; /* half: t x n */
  for (int j = 0; j < n; j++) {
    const bool column_is_there = j >= s.left && j < s.right;
    OC_UNROLL
    for (int i = 0; i < n; i++) {
      const bool there = column_is_there && i >= s.top && i < s.bottom;
      in[i] = there ? vec_load_part(grid + (s.first + i * s.line + j * s.column), s.lanes) : vec_zero();
    }
    winograd_times(a, in, half + j, n);
  }
  for (int i = 0; i < t; i++) {
    winograd_times(a, half + i * n, out, 1);
    OC_UNROLL
    for (int j = 0; j < t; j++) vec_store(planes + (i * t + j) * s.plane, out[j]);
  }
}

OC_INLINE void from_planes(const winograd_matrix a, const float *planes, float *grid, const grid_steps s,
                           const bool add) {
  const int t = a.t, n = a.n;
  vf half[WINOGRAD_POINTS * WINOGRAD_POINTS], in[WINOGRAD_POINTS], out[WINOGRAD_POINTS]; /* half: n x t */
  for (int j = 0; j < t; j++) {
    OC_UNROLL
    for (int i = 0; i < t; i++) in[i] = vec_load(planes + (i * t + j) * s.plane);
    winograd_times_transposed(a, in, half + j, t);
  }
  for (int i = 0; i < n; i++) {
    if (i < s.top || i >= s.bottom) continue;
    winograd_times_transposed(a, half + i * t, out, 1);
    OC_UNROLL
    for (int j = 0; j < n; j++) {
      if (j < s.left || j >= s.right) continue;
      float *to = grid + (s.first + i * s.line + j * s.column);
      if (add) out[j] += vec_load_part(to, s.lanes);
      vec_store_part(to, out[j], s.lanes);
    }
  }
}

static grid_steps window_steps(const winograd_window *w, int64_t lanes, int64_t plane) {
  return (grid_steps){w->line, w->column, lanes, plane, w->top, w->bottom, w->left, w->right, w->first};
}

#define TABLE(name, t, n)                                                                                    \
  static void name##_to(const float *grid, int64_t line, int64_t column, int64_t lanes, float *planes,       \
                        int64_t plane) {                                                                     \
    if (lanes == VL)                                                                                         \
      to_planes((winograd_matrix){name, t, n}, grid, planes,                                                 \
                (grid_steps){line, column, VL, plane, 0, n, 0, n, 0});                                       \
    else                                                                                                     \
      to_planes((winograd_matrix){name, t, n}, grid, planes,                                                 \
                (grid_steps){line, column, lanes, plane, 0, n, 0, n, 0});                                    \
  }                                                                                                          \
  static void name##_from(const float *planes, int64_t plane, float *grid, int64_t line, int64_t column,     \
                          int64_t lanes) {                                                                   \
    if (lanes == VL)                                                                                         \
      from_planes((winograd_matrix){name, t, n}, planes, grid,                                               \
                  (grid_steps){line, column, VL, plane, 0, n, 0, n, 0}, false);                              \
    else                                                                                                     \
      from_planes((winograd_matrix){name, t, n}, planes, grid,                                               \
                  (grid_steps){line, column, lanes, plane, 0, n, 0, n, 0}, false);                           \
  }                                                                                                          \
  static void name##_add(const float *planes, int64_t plane, float *grid, int64_t line, int64_t column,      \
                         int64_t lanes) {                                                                    \
    if (lanes == VL)                                                                                         \
      from_planes((winograd_matrix){name, t, n}, planes, grid,                                               \
                  (grid_steps){line, column, VL, plane, 0, n, 0, n, 0}, true);                               \
    else                                                                                                     \
      from_planes((winograd_matrix){name, t, n}, planes, grid,                                               \
                  (grid_steps){line, column, lanes, plane, 0, n, 0, n, 0}, true);                            \
  }
/* Of a grid that lies partly beyond the image. */
#define WINDOW(name, t)                                                                                      \
  static void name##_window_to(const float *image, const winograd_window *w, int64_t lanes, float *planes,   \
                               int64_t plane) {                                                              \
    to_planes((winograd_matrix){name, t, t}, image, planes, window_steps(w, lanes, plane));                  \
  }                                                                                                          \
  static void name##_window_add(const float *planes, int64_t plane, float *image, const winograd_window *w,  \
                                int64_t lanes) {                                                             \
    from_planes((winograd_matrix){name, t, t}, planes, image, window_steps(w, lanes, plane), true);          \
  }
#define FUNCTIONS(name)                                                                                      \
  { name##_to, name##_from, name##_add }
TABLE(image_8, 8, 8)
TABLE(result_8x4, 8, 4)
TABLE(kernel_8x5, 8, 5)
TABLE(image_6, 6, 6)
TABLE(result_6x4, 6, 4)
TABLE(kernel_6x3, 6, 3)
TABLE(image_4, 4, 4)
TABLE(result_4x2, 4, 2)
TABLE(kernel_4x3, 4, 3)
WINDOW(image_8, 8)
WINDOW(image_6, 6)
WINDOW(image_4, 4)

#define WINOGRAD(m, r, t, image, result, kernel)                                                             \
  { m, r, t, FUNCTIONS(image), FUNCTIONS(result), FUNCTIONS(kernel), image##_window_to, image##_window_add }
static const oc_winograd f4_5 = WINOGRAD(4, 5, 8, image_8, result_8x4, kernel_8x5);
static const oc_winograd f4_3 = WINOGRAD(4, 3, 6, image_6, result_6x4, kernel_6x3);
static const oc_winograd f2_3 = WINOGRAD(2, 3, 4, image_4, result_4x2, kernel_4x3);

static int64_t products(const oc_winograd *w, int64_t oh, int64_t ow) {
  return oc_ceil_div(oh, w->m) * oc_ceil_div(ow, w->m) * w->t * w->t;
}

const oc_winograd *OC_K(oc_winograd_for)(int64_t kernel, int64_t oh, int64_t ow) {
  if (kernel == 5) return &f4_5;
  if (kernel != 3) return NULL;
  return products(&f2_3, oh, ow) < products(&f4_3, oh, ow) ? &f2_3 : &f4_3;
}
