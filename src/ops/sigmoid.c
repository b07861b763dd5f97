/* sigmoid: y = 1 / (1 + exp(-x)); exp may overflow to infinity, which gives the right 0.
 * sigmoid_grad (y, dy) -> dy * y * (1 - y). */
#include "ops/elementwise.h"
#include "ops/ops.h"
#include <tgmath.h>

static void sigmoid_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  dx[0] = oc_graph_add(g, OC_OP(g, sigmoid_grad), (oc_node[]){oc_node_of(node, 0), dy[0]}, 2, NULL);
}

static oc_cost sigmoid_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 10);
}
static oc_cost sigmoid_grad_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 3);
}

static void sigmoid_run(const oc_call *c) {
  const real *x = c->in[0];
  real *y = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i++) y[i] = 1 / (1 + exp(-x[i]));
}

static void sigmoid_grad_run(const oc_call *c) {
  const real *y = c->in[0], *dy = c->in[1];
  real *dx = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i++) dx[i] = dy[i] * y[i] * (1 - y[i]);
}

#ifdef OC_OPS_FLOAT
oc_node oc_sigmoid(oc_graph *g, oc_node x) {
  return oc_graph_add(g, OC_OP(g, sigmoid), &x, 1, NULL);
}
#endif

OC_DEFINE_OP(sigmoid, .terms = OC_TERMS_FUNCTION, .activation = OC_ACT_SIGMOID, .inputs = 1,
             .tf_name = "Sigmoid", .infer = oc_infer_same, .gradient = sigmoid_gradient, .cost = sigmoid_cost,
             .parts = oc_elementwise_parts, .run = sigmoid_run);
OC_DEFINE_OP(sigmoid_grad, .inputs = 2, .activation_grad = OC_ACT_SIGMOID, .tf_name = "SigmoidGrad",
             .infer = oc_infer_same, .cost = sigmoid_grad_cost, .parts = oc_elementwise_parts,
             .run = sigmoid_grad_run);
