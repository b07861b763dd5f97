/* tanh: the hyperbolic tangent. tanh_grad (y, dy) -> dy * (1 - y^2). */
#include "ops/elementwise.h"
#include "ops/ops.h"
#include <tgmath.h>

static void tanh_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  dx[0] = oc_graph_add(g, OC_OP(g, tanh_grad), (oc_node[]){oc_node_of(node, 0), dy[0]}, 2, NULL);
}

static oc_cost tanh_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 12);
}
static oc_cost tanh_grad_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 3);
}

static void tanh_run(const oc_call *c) {
  const real *x = c->in[0];
  real *y = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i++) y[i] = tanh(x[i]);
}

static void tanh_grad_run(const oc_call *c) {
  const real *y = c->in[0], *dy = c->in[1];
  real *dx = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i++) dx[i] = dy[i] * (1 - y[i] * y[i]);
}

#ifdef OC_OPS_FLOAT
oc_node oc_tanh(oc_graph *g, oc_node x) {
  return oc_graph_add(g, OC_OP(g, tanh), &x, 1, NULL);
}
#endif

OC_DEFINE_OP(tanh, .terms = OC_TERMS_FUNCTION, .activation = OC_ACT_TANH, .inputs = 1, .tf_name = "Tanh",
             .infer = oc_infer_same, .gradient = tanh_gradient, .cost = tanh_cost,
             .parts = oc_elementwise_parts, .run = tanh_run);
OC_DEFINE_OP(tanh_grad, .inputs = 2, .activation_grad = OC_ACT_TANH, .tf_name = "TanhGrad",
             .infer = oc_infer_same, .cost = tanh_grad_cost, .parts = oc_elementwise_parts,
             .run = tanh_grad_run);
