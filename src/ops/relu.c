/* relu: y = max(x, 0), and NaN stays NaN (Nair and Hinton 2010).
 * relu_grad (y, dy) -> dy where y > 0. The gradient needs only the output, so x is not saved.
 */
#include "ops/elementwise.h"
#include "ops/ops.h"

static void relu_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  dx[0] = oc_graph_add(g, OC_OP(g, relu_grad), (oc_node[]){oc_node_of(node, 0), dy[0]}, 2, NULL);
}

static oc_cost relu_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 1);
}

static void relu_run(const oc_call *c) {
  const real *x = c->in[0];
  real *y = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i++) y[i] = x[i] <= 0 ? 0 : x[i];
}

static void relu_grad_run(const oc_call *c) {
  const real *y = c->in[0], *dy = c->in[1];
  real *dx = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i++) dx[i] = y[i] > 0 ? dy[i] : 0;
}

#ifdef OC_OPS_FLOAT
oc_node oc_relu(oc_graph *g, oc_node x) {
  return oc_graph_add(g, OC_OP(g, relu), &x, 1, NULL);
}
#endif

OC_DEFINE_OP(relu, .terms = OC_TERMS_FUNCTION, .activation = OC_ACT_RELU, .inputs = 1, .tf_name = "Relu",
             .infer = oc_infer_same, .gradient = relu_gradient, .cost = relu_cost,
             .parts = oc_elementwise_parts, .run = relu_run);
OC_DEFINE_OP(relu_grad, .inputs = 2, .activation_grad = OC_ACT_RELU, .tf_name = "ReluGrad",
             .infer = oc_infer_same, .cost = relu_cost, .parts = oc_elementwise_parts, .run = relu_grad_run);
