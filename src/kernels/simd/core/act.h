/* act.h: computes the activations that are fused into convolutions and dense layers, on vectors, as
 * ops/activate.h does. */
#ifndef OC_SIMD_ACT_H
#define OC_SIMD_ACT_H
#include "kernels/simd/core/vec.h"
#include "ops/activate.h"

/* As relu6.c: NaN stays NaN. */
OC_INLINE vf vec_relu6(vf v) {
  const vf six = vec_set1(6), least = vec_max(v, vec_zero());
  return vec_select(vec_lt(six, least), six, least);
}
OC_INLINE vf vec_relu6_grad(vf y, vf dy) {
  const vf above = vec_select(vec_gt(y, vec_zero()), dy, vec_zero());
  return vec_select(vec_lt(y, vec_set1(6)), above, vec_zero());
}

/* Sigmoid and tanh one lane at a time, with the reference implementation's own formula: they are rare after
 * convolutions. */
OC_INLINE vf vec_activate(oc_act act, float slope, vf v) {
  if (act == OC_ACT_NONE) return v;
  if (act == OC_ACT_RELU) return vec_max(v, vec_zero());
  if (act == OC_ACT_RELU6) return vec_relu6(v);
  if (act == OC_ACT_LEAKY_RELU) return vec_select(vec_lt(v, vec_zero()), v * slope, v);
  float lane[VL];
  vec_store(lane, v);
  for (int i = 0; i < VL; i++) lane[i] = oc_activate(act, slope, lane[i]);
  return vec_load(lane);
}

/* The first `count` of several, which one branch serves. */
OC_INLINE void activate_all(oc_act act, float slope, vf *v, const int count) {
  if (act == OC_ACT_NONE) return;
  if (act == OC_ACT_RELU) {
    OC_UNROLL
    for (int i = 0; i < count; i++) v[i] = vec_activate(OC_ACT_RELU, 0, v[i]);
  } else if (act == OC_ACT_RELU6) {
    OC_UNROLL
    for (int i = 0; i < count; i++) v[i] = vec_activate(OC_ACT_RELU6, 0, v[i]);
  } else {
    for (int i = 0; i < count; i++) v[i] = vec_activate(act, slope, v[i]);
  }
}

/* dy * (derivative at the x that gave y) */
OC_INLINE vf vec_activate_grad(oc_act act, float slope, vf y, vf dy) {
  const vf one = vec_set1(1);
  if (act == OC_ACT_RELU) return vec_select(vec_gt(y, vec_zero()), dy, vec_zero());
  if (act == OC_ACT_RELU6) return vec_relu6_grad(y, dy);
  if (act == OC_ACT_LEAKY_RELU) return vec_select(vec_gt(y, vec_zero()), dy, dy * slope);
  if (act == OC_ACT_SIGMOID) return dy * (y * (one - y));
  if (act == OC_ACT_TANH) return dy * (one - y * y);
  return dy;
}

#endif
