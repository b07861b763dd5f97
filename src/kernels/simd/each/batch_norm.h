/* batch_norm.h: shares code of the kernels of batch normalization. What all positions of a channel share is
 * computed once per call, in double, as in the reference implementations. */
#ifndef OC_SIMD_BATCH_NORM_H
#define OC_SIMD_BATCH_NORM_H
#include "kernels/simd/conv/channels.h"
#include "kernels/simd/core/act.h"
#include "kernels/simd/core/define.h"
#include "ops/ops.h"
#include <math.h>

/* Vectors of a row that are summed together, so that adjacent lines of the cache are read together. */
#if VL == 16
#define NORM_VECTORS 4
#else
#define NORM_VECTORS 2
#endif
#define NORM_ROWS 4 /* rows that share what belongs to their channels */

enum { NORM_AHEAD = 2048 }; /* floats, 8 KB */

/* Requests what is read or written NORM_AHEAD floats later: the requests that a processor makes itself end
 * with a page of 4 KB. */
OC_INLINE void norm_request(const float *p) {
  __builtin_prefetch(p + NORM_AHEAD, 0, 2);
}

/* A vector of elements, or the first of several: its place in a tensor, its channel, and how many lanes. */
typedef struct norm_place {
  int64_t at, channel, lanes;
} norm_place;

typedef struct norm_rows {
  int64_t count, channels; /* elements in all, and of a row */
} norm_rows;

static inline norm_rows norm_rows_of(const oc_call *c) {
  return (norm_rows){oc_call_count(c, &c->info->in[0]), last_axis(&c->info->in[0])};
}

/* Floats from one array of channels in scratch to the next, whole lines of a cache. */
static inline int64_t norm_floats(int64_t channels) {
  return (int64_t)(oc_round_up((size_t)channels * sizeof(float), 64) / sizeof(float));
}

/* 1 / sqrt(variance + epsilon). Attributes of blocks begin with those of batch normalization. */
static inline double norm_inverse(const oc_call *c, float variance) {
  return 1 / sqrt((double)variance + ((const oc_batch_norm_attrs *)c->info->attrs)->epsilon);
}
static inline void norm_scales(const oc_call *c, int64_t channels, const float *gamma, const float *variance,
                               float *scale) {
  for (int64_t j = 0; j < channels; j++) scale[j] = (float)((double)gamma[j] * norm_inverse(c, variance[j]));
}

/* As the operations that a block replaces: relu makes a positive zero of each zero. */
OC_INLINE vf norm_activate(const oc_act act, float slope, vf v) {
  if (act == OC_ACT_RELU) return vec_select(vec_le(v, vec_zero()), vec_zero(), v);
  return vec_activate(act, slope, v);
}

/* NULL, or why no block has this activation. */
static inline const char *norm_refuse(const oc_op_info *info) {
  const oc_act act = ((const oc_batch_norm_block_attrs *)info->attrs)->act;
  return oc_activation_repeatable(act) ? NULL : "an activation that takes long";
}

#endif
