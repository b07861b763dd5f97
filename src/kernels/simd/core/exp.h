/* exp.h: computes exp on vectors: 2^n times a polynomial on [-log(2)/2, log(2)/2], as Cephes' expf (Moshier
 * 1992). Its error is about one unit in the last place. Infinity above 88.37, 0 below -87.33, NaN for NaN. */
#ifndef OC_SIMD_EXP_H
#define OC_SIMD_EXP_H
#include "kernels/simd/core/vec.h"
#include <math.h>

typedef uint32_t exp_bits __attribute__((vector_size(4 * VL), aligned(4), may_alias));

/* Where 2^n is neither infinite nor denormal. */
#define EXP_HIGH 88.37f
#define EXP_LOW  -87.33654f
/* Adding it rounds to whole numbers, which are then its lowest bits. */
#define EXP_ROUND 12582912.0f /* 1.5 * 2^23 */

OC_INLINE vf exp_polynomial(vf r) {
  vf p = vec_set1(1.9875691500e-4f);
  p = vec_fma(p, r, vec_set1(1.3981999507e-3f));
  p = vec_fma(p, r, vec_set1(8.3334519073e-3f));
  p = vec_fma(p, r, vec_set1(4.1665795894e-2f));
  p = vec_fma(p, r, vec_set1(1.6666665459e-1f));
  p = vec_fma(p, r, vec_set1(5.0000001201e-1f));
  return vec_fma(p, r * r, r + vec_set1(1));
}

OC_INLINE vf vec_exp(vf x) {
  const vf high = vec_set1(EXP_HIGH), low = vec_set1(EXP_LOW);
  const vf capped = vec_select(vec_lt(high, x), high, vec_max(x, low));
  const vf whole = vec_fma(capped, vec_set1(1.44269504088896341f), vec_set1(EXP_ROUND));
  const vf n = whole - vec_set1(EXP_ROUND);
  const vf r = vec_fma(n, vec_set1(2.12194440e-4f), vec_fma(n, vec_set1(-0.693359375f), capped));
  const vf y = (vf)((exp_bits)exp_polynomial(r) + ((exp_bits)whole << 23));
  const vf bounded =
      vec_select(vec_lt(high, x), vec_set1(INFINITY), vec_select(vec_lt(x, low), vec_zero(), y));
  return vec_select(vec_is_nan(x), x, bounded);
}

#endif
