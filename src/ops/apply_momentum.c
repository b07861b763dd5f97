/* apply_momentum (w, m, gradient, lr, scale), as TensorFlow's (Sutskever et al. 2013). With g = scale *
 * gradient:
 *
 *   m = momentum * m + g
 *   w = w - lr * m - lr * weight_decay * w                      or, by Nesterov:
 *   w = w - lr * (g + momentum * m) - lr * weight_decay * w */
#include "ops/ops.h"
#include "ops/update.h"

static oc_status apply_momentum_infer(oc_op_info *info, oc_error *err) {
  return oc_infer_update(info, 5, 3, err);
}

static oc_cost apply_momentum_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 9);
}

static void apply_momentum_run(const oc_call *c) {
  const oc_apply_momentum_attrs *a = c->info->attrs;
  real *restrict w = oc_call_update(c, 0), *restrict m = oc_call_update(c, 1);
  const real *restrict gradient = c->in[2];
  const real lr = oc_call_scalar(c, 3), scale = oc_call_scalar(c, 4), momentum = (real)a->momentum;
  const real decay = (real)((double)lr * a->weight_decay);
  /* One loop for both: the step is lr * (own * g + ahead * m). */
  const real own = a->nesterov ? 1 : 0, ahead = a->nesterov ? momentum : 1;
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i++) {
    const real g = scale * gradient[i];
    m[i] = momentum * m[i] + g;
    w[i] -= lr * (own * g + ahead * m[i]) + decay * w[i];
  }
}

OC_DEFINE_OP(apply_momentum, .tf_name = "ApplyMomentum", .attr_size = sizeof(oc_apply_momentum_attrs),
             .infer = apply_momentum_infer, .cost = apply_momentum_cost, .parts = oc_elementwise_parts,
             .run = apply_momentum_run, .updates = 1u << 0 | 1u << 1);
