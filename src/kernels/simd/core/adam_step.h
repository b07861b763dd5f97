/* adam_step.h: computes the update of apply_adam on vectors. */
#ifndef OC_SIMD_ADAM_STEP_H
#define OC_SIMD_ADAM_STEP_H
#include "kernels/simd/core/vec.h"
#include "ops/update.h"

/* oc_adam in all lanes. */
typedef struct vec_adam {
  vf rate, decay, beta1, rest1, beta2, rest2, epsilon, scale;
} vec_adam;

static inline vec_adam vec_adam_of(const oc_adam *a) {
  return (vec_adam){vec_set1((float)a->rate),    vec_set1((float)a->decay),
                    vec_set1((float)a->beta1),   vec_set1((float)(1 - a->beta1)),
                    vec_set1((float)a->beta2),   vec_set1((float)(1 - a->beta2)),
                    vec_set1((float)a->epsilon), vec_set1((float)a->scale)};
}

/* One vector of each: the first `lanes`. */
OC_INLINE void vec_adam_lanes(const vec_adam *a, float *w, float *m, float *v, const float *gradient,
                              int64_t lanes) {
  const vf g = a->scale * vec_load_part(gradient, lanes), old = vec_load_part(w, lanes);
  const vf m1 = vec_fma(a->beta1, vec_load_part(m, lanes), a->rest1 * g);
  const vf v1 = vec_fma(a->beta2, vec_load_part(v, lanes), a->rest2 * g * g);
  vec_store_part(m, m1, lanes);
  vec_store_part(v, v1, lanes);
  vec_store_part(w, old - vec_fma(a->decay, old, a->rate * m1 / (vec_sqrt(v1) + a->epsilon)), lanes);
}

static inline void vec_adam_update(const vec_adam *of, float *w, float *m, float *v, const float *gradient,
                                   int64_t count) {
  const vec_adam a = *of; /* in registers: for the compiler, the stores below might alias it */
  int64_t i = 0;
  for (; i + VL <= count; i += VL) vec_adam_lanes(&a, w + i, m + i, v + i, gradient + i, VL);
  if (i < count) vec_adam_lanes(&a, w + i, m + i, v + i, gradient + i, count - i);
}

#endif
