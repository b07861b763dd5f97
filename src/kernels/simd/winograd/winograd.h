/* winograd.h: convolves with few multiplications: m x m results of an r x r kernel from t x t products per
 * pair of channels, t = m + r - 1, where a direct sum takes m*m*r*r (Winograd 1980; Lavin and Gray 2016,
 * "Fast Algorithms for Convolutional Neural Networks").
 *
 *   V = B' x B      a tile of the image, t x t       (B' stands for the transpose of B)
 *   U = G w G'      the kernel, r x r
 *   M = sum over input channels of U * V, place by place: t*t matrix products of tiles x ic by ic x oc
 *   y = A' M A      m x m results
 * and its adjoint, which is the gradient:
 *   dM = A dy A';  dU = V' dM and dV = dM U' (matrix products again);  dw = G' dU G;  dx += B dV B'
 *
 * Rows of all three tables belong to points: 0, pairs of p and -p, infinity. A pair's two rows differ in the
 * sign of odd columns alone, so their even and odd halves are made once for both. The rows of B and G are
 * scaled against each other so that no entry is large. Layout: t*t planes of tiles x channels; channels are
 * rounded up to whole vectors. */
#ifndef OC_SIMD_WINOGRAD_H
#define OC_SIMD_WINOGRAD_H
#include "kernels/simd/conv/conv.h"

/* One table T of t rows and n columns, for one vector of channels. grid: n x n, planes: t x t of them. */
typedef struct oc_winograd_table {
  /* planes = T grid T'; reads `lanes` floats per position, writes whole vectors. */
  void (*to_planes)(const float *grid, int64_t line, int64_t column, int64_t lanes, float *planes,
                    int64_t plane);
  /* grid = T' planes T, or added to the grid; reads whole vectors, writes `lanes` floats per position. */
  void (*from_planes)(const float *planes, int64_t plane, float *grid, int64_t line, int64_t column,
                      int64_t lanes);
  void (*add_from_planes)(const float *planes, int64_t plane, float *grid, int64_t line, int64_t column,
                          int64_t lanes);
} oc_winograd_table;

/* A tile's t x t positions in the image: the floats from the image's start to the first, which may lie
 * outside, from line to line and column to column, and the rows and columns inside. */
typedef struct winograd_window {
  int64_t first, line, column;
  int64_t top, bottom, left, right;
} winograd_window;

typedef struct oc_winograd {
  int64_t m, r, t;
  oc_winograd_table image, result, kernel; /* B', A, G */
  /* As to_planes and add_from_planes of image, for a window; outside of it are zeros. */
  void (*window_to_planes)(const float *image, const winograd_window *w, int64_t lanes, float *planes,
                           int64_t plane);
  void (*add_window_from_planes)(const float *planes, int64_t plane, float *image, const winograd_window *w,
                                 int64_t lanes);
} oc_winograd;

enum { WINOGRAD_MAX = 4, WINOGRAD_MAX_POINTS = 8 }; /* largest m and t */
enum { WINOGRAD_DU_ROWS = 4 * MR };                 /* input channels of dU at a time */

/* F(4x4,5x5), F(4x4,3x3) or F(2x2,3x3), whichever needs the fewest products for oh x ow results; NULL for
 * other kernels. */
const oc_winograd *OC_K(oc_winograd_for)(int64_t kernel, int64_t oh, int64_t ow);

/* How a convolution is cut into tiles, and the tiles of a call into blocks. */
typedef struct winograd_sizes {
  const oc_winograd *w;
  conv_sizes s;
  int64_t rows, cols, tiles; /* of an image */
  int64_t icv, ocv;          /* channels in whole vectors */
  int64_t block;             /* tiles of a block */
  int64_t v_plane, m_plane;  /* floats from plane to plane of V and of M, for a block */
  int64_t u_plane, transposed_plane,
      du_plane; /* of U in panels of oc, of U' in panels of ic, of a panel of dU */
} winograd_sizes;

static inline const char *winograd_refuse_kernel(const oc_conv2d_attrs *a) {
  if (a->kernel[0] != a->kernel[1] || (a->kernel[0] != 3 && a->kernel[0] != 5))
    return "the kernel is neither 3x3 nor 5x5";
  if (a->stride[0] != 1 || a->stride[1] != 1) return "the stride is not 1";
  if (a->dilation[0] != 1 || a->dilation[1] != 1) return "the kernel is dilated";
  return NULL;
}
const char *OC_K(oc_winograd_refuse)(const oc_conv2d_attrs *a, const oc_tensor_desc *x, int64_t oc);
/* Of conv_block and conv_block_grad, as a kernel's refuse. */
const char *OC_K(oc_winograd_refuse_block)(const oc_op_info *info, int64_t batch);
winograd_sizes OC_K(oc_winograd_sizes)(const oc_conv2d_attrs *a, const oc_shape *x, int64_t oc,
                                       int64_t samples);

/* A run of tiles that lie in one image. */
typedef struct winograd_run {
  int64_t image, first, count; /* first: in the image */
  int64_t at;                  /* of the first, in the block */
} winograd_run;
/* The next run of block [begin, end) of all tiles; start with count and at of 0. False at the end. */
bool OC_K(oc_winograd_next)(const winograd_sizes *z, int64_t begin, int64_t end, winograd_run *run);

/* A tile's place in its image: that of the first of a run, and of the next one. */
typedef struct winograd_tile {
  int64_t row, col;
} winograd_tile;
static inline winograd_tile winograd_first_tile(const winograd_sizes *z, const winograd_run *run) {
  return (winograd_tile){run->first / z->cols, run->first % z->cols};
}
static inline winograd_tile winograd_next_tile(const winograd_sizes *z, winograd_tile t) {
  return t.col + 1 < z->cols ? (winograd_tile){t.row, t.col + 1} : (winograd_tile){t.row + 1, 0};
}
/* True if none of its m x m results lies beyond the edge. */
static inline bool winograd_is_whole(const winograd_sizes *z, winograd_tile t) {
  return (t.row + 1) * z->w->m <= z->s.d.oh && (t.col + 1) * z->w->m <= z->s.d.ow;
}

/* V of a run's tiles of an image, and its adjoint: what dV of these tiles adds to dx of the image. */
void OC_K(oc_winograd_images)(const winograd_sizes *z, const winograd_run *run, const float *image, float *v);
void OC_K(oc_winograd_add_images)(const winograd_sizes *z, const winograd_run *run, const float *v,
                                  float *image);
/* U in panels of NR output channels, or, transposed, U' in panels of NR input channels: a part of
 * winograd_parts() of either, VL rows of a panel. */
void OC_K(oc_winograd_kernel)(const winograd_sizes *z, const float *w, int64_t part, float *u);
void OC_K(oc_winograd_kernel_transposed)(const winograd_sizes *z, const float *w, int64_t part, float *u);
static inline int64_t winograd_parts(int64_t rows, int64_t cols) {
  return gemm_panels(cols) * oc_ceil_div(rows, VL);
}
/* t*t products c = a b for a block of `tiles`: a tiles x depth (rows of a_row), b in panels, c rows of
 * cols. */
typedef struct winograd_product {
  const float *a, *b;
  float *c;
  int64_t a_plane, b_plane, c_plane;
  int64_t tiles, a_row, depth, cols;
} winograd_product;
void OC_K(oc_winograd_multiply)(const winograd_sizes *z, const winograd_product *p);

/* Where tap (0,0) of a kernel lies, and how far the next row and column of taps are. */
typedef struct winograd_taps {
  int64_t corner, line, column;
} winograd_taps;
static inline winograd_taps winograd_taps_of(const oc_conv_dims *d) {
  const int64_t corner = oc_conv_tap(d, 0, 0);
  return (winograd_taps){corner, oc_conv_tap(d, 1, 0) - corner, oc_conv_tap(d, 0, 1) - corner};
}

/* Floats with room so that planes do not fall on each other in a cache. */
static inline int64_t winograd_plane(int64_t floats) {
  return floats + 2 * VL;
}

#endif
