/* reduce.h: shares code of reductions: the shape of the result, and the walk over the large tensor.
 * Neighboring axes of one kind (vanishing or staying) are handled as one, so that inner loops are long. */
#ifndef OC_OPS_REDUCE_H
#define OC_OPS_REDUCE_H
#include "ops/ops.h"

static inline oc_shape oc_shape_without(const oc_shape *x, unsigned axes) {
  oc_shape y = {0};
  for (int i = 0; i < x->rank; i++)
    if (!(axes >> i & 1)) y.dim[y.rank++] = x->dim[i];
  return y;
}

/* The large tensor as runs of `run` elements. Axes innermost first; step: how far apart neighbors along the
 * axis are in the small tensor (0 along axes that vanish; 1 or 0 within a run). */
typedef struct oc_reduce_layout {
  int rank;
  int64_t size[OC_MAX_RANK], step[OC_MAX_RANK];
  int64_t runs, run;
} oc_reduce_layout;

static inline oc_reduce_layout oc_reduce_layout_of(const oc_shape *large, unsigned axes, int64_t samples) {
  oc_reduce_layout l = {.rank = 1, .size = {1}, .runs = 1};
  int64_t below = 1;
  bool last = true, first = true;
  for (int i = large->rank - 1; i >= 0; i--) {
    const int64_t size = large->dim[i] == OC_BATCH ? samples : large->dim[i];
    const bool vanishes = axes >> i & 1;
    if (!first && vanishes != last) l.rank++;
    if (first || vanishes != last) {
      l.size[l.rank - 1] = 1;
      l.step[l.rank - 1] = vanishes ? 0 : below;
    }
    l.size[l.rank - 1] *= size;
    if (!vanishes) below *= size;
    last = vanishes;
    first = false;
  }
  l.run = l.size[0];
  for (int i = 1; i < l.rank; i++) l.runs *= l.size[i];
  return l;
}

/* Where the i-th run begins in the small tensor. */
static inline int64_t oc_reduce_place(const oc_reduce_layout *l, int64_t i) {
  int64_t at = 0;
  for (int axis = 1; axis < l->rank; axis++) {
    at += i % l->size[axis] * l->step[axis];
    i /= l->size[axis];
  }
  return at;
}

#endif
