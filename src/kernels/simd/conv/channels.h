/* channels.h: loops over rows of channels (the last axis), and sums over rows that are as good as the plain
 * definitions' sums in double: up to SUM_ROWS rows are added in float, then to a double. */
#ifndef OC_SIMD_CHANNELS_H
#define OC_SIMD_CHANNELS_H
#include "base/checked.h"
#include "graph/op.h"
#include "kernels/simd/core/vec.h"

#define SUM_ROWS 64

static inline int64_t last_axis(const oc_tensor_desc *v) {
  return v->shape.dim[v->shape.rank - 1];
}

/* Adds a vector's lanes to doubles. */
OC_INLINE void add_lanes(double *sums, vf v, int64_t lanes) {
  for (int64_t i = 0; i < lanes; i++) sums[i] += (double)v[i];
}

static inline size_t doubles_bytes(int64_t count) {
  return oc_round_up((size_t)count * sizeof(double), 64);
}

#endif
