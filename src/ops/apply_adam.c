/* apply_adam (w, m, v, gradient, lr, scale, step): Adam in the order of computation that Kingma and Ba (2015)
 * give at the end of their section 2. With t = step + 1 and g = scale * gradient:
 *
 *   m = beta1 * m + (1 - beta1) * g
 *   v = beta2 * v + (1 - beta2) * g^2
 *   w = w - lr * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon)
 *         - lr * weight_decay * w
 *
 * The decay is decoupled from the gradient (Loshchilov and Hutter 2019). `step` counts finished steps; another
 * operation raises it after all of these. */
#include "ops/ops.h"
#include "ops/update.h"
#include <tgmath.h>

static oc_status infer(oc_op_info *info, oc_error *err) {
  return oc_infer_update(info, 7, 4, err);
}

static oc_cost cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 15);
}

static void run(const oc_call *c) {
  const oc_apply_adam_attrs *a = c->info->attrs;
  real *restrict w = oc_call_update(c, 0), *restrict m = oc_call_update(c, 1),
                 *restrict v = oc_call_update(c, 2);
  const real *restrict gradient = c->in[3];
  const double lr = (double)oc_call_scalar(c, 4), t = (double)oc_call_scalar(c, 6) + 1;
  const real scale = oc_call_scalar(c, 5), epsilon = (real)a->epsilon;
  const real rate = (real)(lr * sqrt(1 - pow(a->beta2, t)) / (1 - pow(a->beta1, t)));
  const real beta1 = (real)a->beta1, rest1 = (real)(1 - a->beta1);
  const real beta2 = (real)a->beta2, rest2 = (real)(1 - a->beta2);
  const real decay = (real)(lr * a->weight_decay);
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i++) {
    const real g = scale * gradient[i];
    m[i] = beta1 * m[i] + rest1 * g;
    v[i] = beta2 * v[i] + rest2 * g * g;
    w[i] -= rate * m[i] / (sqrt(v[i]) + epsilon) + decay * w[i];
  }
}

OC_DEFINE_OP(apply_adam, .tf_name = "ApplyAdam", .attr_size = sizeof(oc_apply_adam_attrs), .infer = infer,
             .cost = cost, .parts = oc_elementwise_parts, .run = run, .updates = 1u << 0 | 1u << 1 | 1u << 2);
