/* apply.c: apply_sgd, apply_momentum and apply_adam on vectors, by the formulas of the plain definitions, cut
 * into the same parts. Bytes: variable and slots twice, gradient once; at most a square root and a division
 * for each element. */
#include "kernels/simd/define.h"
#include "ops/ops.h"
#include "ops/update.h"
#include <math.h>

static void sgd(const oc_call *c) {
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

static void momentum(const oc_call *c) {
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

static void adam(const oc_call *c) {
  const oc_apply_adam_attrs *a = c->info->attrs;
  float *w = oc_call_update(c, 0), *m = oc_call_update(c, 1), *v = oc_call_update(c, 2);
  const float *gradient = c->in[3];
  const double lr = (double)oc_call_scalar(c, 4), t = (double)oc_call_scalar(c, 6) + 1;
  const vf rate = vec_set1((float)(lr * sqrt(1 - pow(a->beta2, t)) / (1 - pow(a->beta1, t))));
  const vf beta1 = vec_set1((float)a->beta1), rest1 = vec_set1((float)(1 - a->beta1));
  const vf beta2 = vec_set1((float)a->beta2), rest2 = vec_set1((float)(1 - a->beta2));
  const vf epsilon = vec_set1((float)a->epsilon), decay = vec_set1((float)(lr * a->weight_decay));
  const vf scale = vec_set1(oc_call_scalar(c, 5));
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i += VL) {
    const int64_t lanes = vec_lanes(s.end - i);
    const vf g = scale * vec_load_part(gradient + i, lanes), old = vec_load_part(w + i, lanes);
    const vf m1 = vec_fma(beta1, vec_load_part(m + i, lanes), rest1 * g);
    const vf v1 = vec_fma(beta2, vec_load_part(v + i, lanes), rest2 * g * g);
    vec_store_part(m + i, m1, lanes);
    vec_store_part(v + i, v1, lanes);
    vec_store_part(w + i, old - vec_fma(decay, old, rate * m1 / (vec_sqrt(v1) + epsilon)), lanes);
  }
}

OC_DEFINE_KERNEL(apply_sgd, vector, .tolerance = 1e-6, .run = sgd);
OC_DEFINE_KERNEL(apply_momentum, vector, .tolerance = 1e-6, .run = momentum);
OC_DEFINE_KERNEL(apply_adam, vector, .tolerance = 1e-6, .run = adam);
