/* relu6: y = min(max(x, 0), 6); NaN stays NaN (Howard et al. 2017).
 * relu6_grad (y, dy) -> dy where 0 < y < 6, else 0: x need not be kept. */
#include "ops/elementwise.h"
#include "ops/ops.h"

static void relu6_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  dx[0] = oc_graph_add(g, OC_OP(g, relu6_grad), (oc_node[]){oc_node_of(node, 0), dy[0]}, 2, NULL);
}

static oc_cost relu6_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 2);
}

static void relu6_run(const oc_call *c) {
  const real *x = c->in[0];
  real *y = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i++) y[i] = x[i] <= 0 ? 0 : x[i] >= 6 ? 6 : x[i];
}

static void relu6_grad_run(const oc_call *c) {
  const real *y = c->in[0], *dy = c->in[1];
  real *dx = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i++) dx[i] = y[i] > 0 && y[i] < 6 ? dy[i] : 0;
}

#ifdef OC_OPS_FLOAT
oc_node oc_relu6(oc_graph *g, oc_node x) {
  return oc_graph_add(g, OC_OP(g, relu6), &x, 1, NULL);
}
#endif

OC_DEFINE_OP(relu6, .terms = OC_TERMS_FUNCTION, .activation = OC_ACT_RELU6, .inputs = 1, .tf_name = "Relu6",
             .infer = oc_infer_same, .gradient = relu6_gradient, .cost = relu6_cost,
             .parts = oc_elementwise_parts, .run = relu6_run);
OC_DEFINE_OP(relu6_grad, .inputs = 2, .activation_grad = OC_ACT_RELU6, .tf_name = "Relu6Grad",
             .infer = oc_infer_same, .cost = relu6_cost, .parts = oc_elementwise_parts,
             .run = relu6_grad_run);
