/* update.h: shares code of the operations that change variables. They have no output; a training step depends
 * on them. */
#ifndef OC_OPS_UPDATE_H
#define OC_OPS_UPDATE_H
#include "ops/elementwise.h"
#include "ops/ops.h"
#include <tgmath.h>

/* The first `like` inputs (variable, its slots, its gradient) have one fixed shape; those after them are
 * scalars. */
static inline oc_status oc_infer_update(oc_op_info *info, int n_in, int like, oc_error *err) {
  TRY(oc_expect_reals(info, n_in, OC_REAL_DTYPE, err));
  TRY(oc_expect_fixed(info, 0, "the variable", err));
  for (int i = 1; i < like; i++)
    TRY(oc_expect_shape(info, i, i + 1 < like ? "a slot" : "the gradient", &info->in[0].shape, err));
  for (int i = like; i < n_in; i++) TRY(oc_expect_scalar(info, i, "learning rate, scale or step", err));
  info->n_out = 0;
  return OC_OK;
}

/* The memory of input i, to be changed. */
static inline real *oc_call_update(const oc_call *c, int i) {
  return (real *)(uintptr_t)c->in[i];
}
/* The value of the scalar input i. */
static inline real oc_call_scalar(const oc_call *c, int i) {
  return *(const real *)c->in[i];
}

/* Adam's numbers for one step, and the update of `count` elements: see apply_adam.c. */
typedef struct oc_adam {
  double rate, decay; /* lr * sqrt(1 - beta2^t) / (1 - beta1^t), t = step + 1; lr * weight_decay */
  double beta1, beta2, epsilon;
  double scale; /* of the gradient */
} oc_adam;

/* lr, scale and step are the scalar inputs from number `first` on. */
static inline oc_adam oc_adam_of(const oc_call *c, int first) {
  const oc_apply_adam_attrs *a = c->info->attrs;
  const double lr = (double)oc_call_scalar(c, first), t = (double)oc_call_scalar(c, first + 2) + 1;
  return (oc_adam){.rate = lr * sqrt(1 - pow(a->beta2, t)) / (1 - pow(a->beta1, t)),
                   .decay = lr * a->weight_decay,
                   .beta1 = a->beta1,
                   .beta2 = a->beta2,
                   .epsilon = a->epsilon,
                   .scale = (double)oc_call_scalar(c, first + 1)};
}

static inline void oc_adam_update(const oc_adam *a, real *restrict w, real *restrict m, real *restrict v,
                                  const real *restrict gradient, int64_t count) {
  const real scale = (real)a->scale, rate = (real)a->rate, decay = (real)a->decay, epsilon = (real)a->epsilon;
  const real beta1 = (real)a->beta1, rest1 = (real)(1 - a->beta1);
  const real beta2 = (real)a->beta2, rest2 = (real)(1 - a->beta2);
  for (int64_t i = 0; i < count; i++) {
    const real g = scale * gradient[i];
    m[i] = beta1 * m[i] + rest1 * g;
    v[i] = beta2 * v[i] + rest2 * g * g;
    w[i] -= rate * m[i] / (sqrt(v[i]) + epsilon) + decay * w[i];
  }
}

#endif
