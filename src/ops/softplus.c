/* softplus: y = log(1 + exp(x)), written as max(x, 0) + log(1 + exp(-|x|)) so that nothing overflows.
 * softplus_grad (x, dy) -> dy / (1 + exp(-x)). */
#include "ops/elementwise.h"
#include "ops/ops.h"
#include <tgmath.h>

static void softplus_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  dx[0] = oc_graph_add(g, OC_OP(g, softplus_grad), (oc_node[]){oc_graph_input(g, node, 0), dy[0]}, 2, NULL);
}

static oc_cost softplus_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 20);
}
static oc_cost softplus_grad_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 11);
}

static void softplus_run(const oc_call *c) {
  const real *x = c->in[0];
  real *y = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i++) y[i] = (x[i] <= 0 ? 0 : x[i]) + log1p(exp(-fabs(x[i])));
}

static void softplus_grad_run(const oc_call *c) {
  const real *x = c->in[0], *dy = c->in[1];
  real *dx = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i++) dx[i] = dy[i] / (1 + exp(-x[i]));
}

#ifdef OC_OPS_FLOAT
oc_node oc_softplus(oc_graph *g, oc_node x) {
  return oc_graph_add(g, OC_OP(g, softplus), &x, 1, NULL);
}
#endif

OC_DEFINE_OP(softplus, .terms = OC_TERMS_FUNCTION, .inputs = 1, .tf_name = "Softplus", .infer = oc_infer_same,
             .gradient = softplus_gradient, .cost = softplus_cost, .parts = oc_elementwise_parts,
             .run = softplus_run);
OC_DEFINE_OP(softplus_grad, .inputs = 2, .tf_name = "SoftplusGrad", .infer = oc_infer_same,
             .cost = softplus_grad_cost, .parts = oc_elementwise_parts, .run = softplus_grad_run);
