/* apply_sgd (w, gradient, lr, scale): w -= lr * (scale * g) + lr * weight_decay * w. */
#include "ops/ops.h"
#include "ops/update.h"

static oc_status apply_sgd_infer(oc_op_info *info, oc_error *err) {
  return oc_infer_update(info, 4, 2, err);
}

static oc_cost apply_sgd_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 5);
}

static void apply_sgd_run(const oc_call *c) {
  const oc_apply_sgd_attrs *a = c->info->attrs;
  real *restrict w = oc_call_update(c, 0);
  const real *restrict g = c->in[1];
  const real lr = oc_call_scalar(c, 2), scale = oc_call_scalar(c, 3);
  const real decay = (real)((double)lr * a->weight_decay);
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i++) w[i] -= lr * (scale * g[i]) + decay * w[i];
}

OC_DEFINE_OP(apply_sgd, .tf_name = "ApplyGradientDescent", .attr_size = sizeof(oc_apply_sgd_attrs),
             .infer = apply_sgd_infer, .cost = apply_sgd_cost, .parts = oc_elementwise_parts,
             .run = apply_sgd_run, .updates = 1u << 0);
