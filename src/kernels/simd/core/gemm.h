/* gemm.h: computes the matrix product of every convolution and matmul here, with a sum of three nested loops.
 *
 *   c[r][n] (+)= sum over i < count[0], j < count[1], k < count[2] of
 *                a[r*a_row + i*a_step[0] + j*a_step[1] + k*a_step[2]]
 *              * b[n/NR*b_panel + i*b_step[0] + j*b_step[1] + k*b_step[2] + n%NR]
 *
 * for rows x cols of c, in exactly this order of the sum (except with `leaf`), so that a result depends only
 * on its own operands. A convolution needs no unfolded copy of its input: the nested sum walks over it
 * (implicit GEMM).
 *
 * a is read one value at a time and needs no layout. b is read by whole vectors, also where cols ends inside
 * one: it is packed into panels of NR columns, or has rows rounded up to whole vectors (b_panel = NR then). c
 * may have any row length; nothing outside its rows x cols is touched.
 *
 * A tile of c stays in registers over the whole sum: MR x 2 vectors, or twice the rows x 1 vector at the
 * right edge, which is what 16 or 32 vector registers hold. */
#ifndef OC_SIMD_GEMM_H
#define OC_SIMD_GEMM_H
#include "kernels/simd/core/vec.h"

#define NR (2 * VL) /* columns of a panel */
#if VL == 16
#define MR 8
#elif VL == 8
#define MR 6
#else
#define MR 4
#endif

/* True if a product prefetches: only where it has enough registers. */
#define GEMM_FETCHES (VL == 16)
/* Memory to prefetch into L2 during a product, one row at a time. */
typedef struct gemm_fetch {
  const float *row;
  int64_t rows, step, floats; /* left; to the next; of a row */
} gemm_fetch;

OC_INLINE void gemm_fetch_row(gemm_fetch *f) {
  if (f->rows == 0) return;
  for (int64_t i = 0; i < f->floats; i += 64 / (int64_t)sizeof *f->row) __builtin_prefetch(f->row + i, 0, 2);
  f->row += f->step;
  f->rows--;
}

typedef struct oc_gemm {
  const float *a, *b;
  float *c;
  int64_t rows, cols;
  int64_t a_row, b_panel, c_row; /* steps to the next row, panel, row */
  int64_t count[3], a_step[3], b_step[3];
  bool add;          /* to what c holds */
  gemm_fetch *fetch; /* NULL, or a row of it for each j of each tile; see GEMM_FETCHES */
  /* NULL, or room for a panel (count[0] is 1): b has rows of any length then, which the first tile of a panel
   * wider than a vector copies to where the others read it. */
  float *copy;
  /* 0, or products of a leaf: c is the sum of the leaves' sums, along the tree of base/tree.h. Of sums with
   * whole rows and panels: count[0] and count[1] are 1, without add, fetch and copy; at most GEMM_LEAVES
   * leaves. */
  int64_t leaf;
} oc_gemm;

#define GEMM_LEAVES 512

void OC_K(oc_gemm_run)(const oc_gemm *g);

OC_INLINE int64_t gemm_panels(int64_t cols) {
  return (cols + NR - 1) / NR;
}

#endif
