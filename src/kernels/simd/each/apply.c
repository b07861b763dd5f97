/* apply.c: computes apply_sgd, apply_momentum and apply_adam on vectors, by the formulas of the reference
 * implementations, divided into the same parts. Bytes: variable and slots twice, gradient once; at most a
 * square root and a division for each element. */
#include "kernels/simd/core/adam_step.h"
#include "kernels/simd/core/define.h"
#include "ops/ops.h"

static void OC_K(apply_sgd)(const oc_call *c) {
  const oc_apply_sgd_attrs *a = c->info->attrs;
  float *w = oc_call_update(c, 0);
  const float *g = c->in[1], lr = oc_call_scalar(c, 2);
  const vf scale = vec_set1(oc_call_scalar(c, 3)), rate = vec_set1(-lr);
  const vf keep = vec_set1(-(float)((double)lr * a->weight_decay));
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i += VL) {
    const int64_t lanes = vec_lanes(s.end - i);
    const vf old = vec_load_part(w + i, lanes), step = scale * vec_load_part(g + i, lanes);
    vec_store_part(w + i, old + vec_fma(rate, step, keep * old), lanes);
  }
}

static void OC_K(apply_momentum)(const oc_call *c) {
  const oc_apply_momentum_attrs *a = c->info->attrs;
  float *w = oc_call_update(c, 0), *m = oc_call_update(c, 1);
  const float *g = c->in[2], lr = oc_call_scalar(c, 3);
  const vf scale = vec_set1(oc_call_scalar(c, 4)), rate = vec_set1(-lr), mu = vec_set1((float)a->momentum);
  const vf keep = vec_set1(-(float)((double)lr * a->weight_decay));
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i += VL) {
    const int64_t lanes = vec_lanes(s.end - i);
    const vf old = vec_load_part(w + i, lanes), step = scale * vec_load_part(g + i, lanes);
    const vf moment = vec_fma(mu, vec_load_part(m + i, lanes), step);
    const vf move = a->nesterov ? vec_fma(mu, moment, step) : moment;
    vec_store_part(m + i, moment, lanes);
    vec_store_part(w + i, old + vec_fma(rate, move, keep * old), lanes);
  }
}

static void OC_K(apply_adam)(const oc_call *c) {
  const oc_adam numbers = oc_adam_of(c, 4);
  const vec_adam a = vec_adam_of(&numbers);
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  vec_adam_update(&a, oc_call_update(c, 0) + s.begin, oc_call_update(c, 1) + s.begin,
                  oc_call_update(c, 2) + s.begin, (const float *)c->in[3] + s.begin, s.end - s.begin);
}

OC_DEFINE_KERNEL(apply_sgd, vector, .tolerance = 1e-6, .run = OC_K(apply_sgd));
OC_DEFINE_KERNEL(apply_momentum, vector, .tolerance = 1e-6, .run = OC_K(apply_momentum));
OC_DEFINE_KERNEL(apply_adam, vector, .tolerance = 1e-6, .run = OC_K(apply_adam));
