/* apply_adam (w, m, v, gradient, lr, scale, step): Adam in the order of computation that Kingma and Ba (2015)
 * give at the end of their section 2. With t = step + 1 and g = scale * gradient:
 *
 *   m = beta1 * m + (1 - beta1) * g
 *   v = beta2 * v + (1 - beta2) * g^2
 *   w = w - lr * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon)
 *         - lr * weight_decay * w
 *
 * The decay is decoupled from the gradient (Loshchilov and Hutter 2019). `step` counts finished steps;
 * another operation raises it after all of these. */
#include "ops/ops.h"
#include "ops/update.h"

static oc_status apply_adam_infer(oc_op_info *info, oc_error *err) {
  return oc_infer_update(info, 7, 4, err);
}

static oc_cost apply_adam_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 15);
}

static void apply_adam_run(const oc_call *c) {
  const oc_adam a = oc_adam_of(c, 4);
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  oc_adam_update(&a, oc_call_update(c, 0) + s.begin, oc_call_update(c, 1) + s.begin,
                 oc_call_update(c, 2) + s.begin, (const real *)c->in[3] + s.begin, s.end - s.begin);
}

static void apply_adam_describe(const oc_op_info *info, const oc_attribute_sink *sink) {
  const oc_apply_adam_attrs *a = info->attrs;
  sink->real(sink->to, "beta1", a->beta1);
  sink->real(sink->to, "beta2", a->beta2);
  sink->real(sink->to, "epsilon", a->epsilon);
  if (a->weight_decay > 0) sink->real(sink->to, "weight_decay", a->weight_decay);
}

OC_DEFINE_OP(apply_adam, .describe = apply_adam_describe, .tf_name = "ApplyAdam",
             .attr_size = sizeof(oc_apply_adam_attrs), .infer = apply_adam_infer, .cost = apply_adam_cost,
             .parts = oc_elementwise_parts, .run = apply_adam_run, .updates = 1u << 0 | 1u << 1 | 1u << 2);
