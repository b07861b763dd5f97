/* act_each.c: computes relu6, silu, hard_swish and their gradients on vectors. Bytes: each operand once,
 * which determines their time, also that of silu with its exponential. */
#include "kernels/simd/core/act.h"
#include "kernels/simd/core/define.h"
#include "kernels/simd/core/exp.h"
#include "ops/elementwise.h"

/* A kernel that computes f of each element, and one that computes f of two operands. Macros, since a function
 * that takes f is not inlined without optimization. */
#define DEFINE_EACH(name, f)                                                                                 \
  static void OC_K(activation_##name)(const oc_call *c) {                                                    \
    const float *x = c->in[0];                                                                               \
    float *y = c->out[0];                                                                                    \
    const oc_span s = oc_call_span(c, &c->info->in[0]);                                                      \
    for (int64_t i = s.begin; i < s.end; i += VL) {                                                          \
      const int64_t lanes = vec_lanes(s.end - i);                                                            \
      vec_store_part(y + i, f(vec_load_part(x + i, lanes)), lanes);                                          \
    }                                                                                                        \
  }
#define DEFINE_EACH_PAIR(name, f)                                                                            \
  static void OC_K(activation_##name)(const oc_call *c) {                                                    \
    const float *a = c->in[0], *b = c->in[1];                                                                \
    float *y = c->out[0];                                                                                    \
    const oc_span s = oc_call_span(c, &c->info->in[0]);                                                      \
    for (int64_t i = s.begin; i < s.end; i += VL) {                                                          \
      const int64_t lanes = vec_lanes(s.end - i);                                                            \
      vec_store_part(y + i, f(vec_load_part(a + i, lanes), vec_load_part(b + i, lanes)), lanes);             \
    }                                                                                                        \
  }

OC_INLINE vf silu_of(vf x) {
  return x / (vec_set1(1) + vec_exp(-x));
}

OC_INLINE vf silu_slope(vf x, vf dy) {
  const vf one = vec_set1(1), s = one / (one + vec_exp(-x));
  return dy * (s * (one + x * (one - s)));
}

/* `low` up to -3, `high` from 3 on, between them `middle`. */
OC_INLINE vf hard_swish_pieces(vf x, vf high, vf middle) {
  const vf rest = vec_select(vec_le(vec_set1(3), x), high, middle);
  return vec_select(vec_le(x, vec_set1(-3)), vec_zero(), rest);
}

OC_INLINE vf hard_swish_of(vf x) {
  return hard_swish_pieces(x, x, x * (x + vec_set1(3)) / vec_set1(6));
}

OC_INLINE vf hard_swish_slope(vf x, vf dy) {
  return hard_swish_pieces(x, dy, dy * (vec_set1(2) * x + vec_set1(3)) / vec_set1(6));
}

DEFINE_EACH(relu6, vec_relu6)
DEFINE_EACH_PAIR(relu6_grad, vec_relu6_grad)
DEFINE_EACH(silu, silu_of)
DEFINE_EACH_PAIR(silu_grad, silu_slope)
DEFINE_EACH(hard_swish, hard_swish_of)
DEFINE_EACH_PAIR(hard_swish_grad, hard_swish_slope)

OC_DEFINE_KERNEL(relu6, vector, .tolerance = 0, .run = OC_K(activation_relu6));
OC_DEFINE_KERNEL(relu6_grad, vector, .tolerance = 0, .run = OC_K(activation_relu6_grad));
OC_DEFINE_KERNEL(silu, vector, .tolerance = 1e-6, .run = OC_K(activation_silu));
OC_DEFINE_KERNEL(silu_grad, vector, .tolerance = 1e-6, .run = OC_K(activation_silu_grad));
OC_DEFINE_KERNEL(hard_swish, vector, .tolerance = 0, .run = OC_K(activation_hard_swish));
OC_DEFINE_KERNEL(hard_swish_grad, vector, .tolerance = 0, .run = OC_K(activation_hard_swish_grad));
