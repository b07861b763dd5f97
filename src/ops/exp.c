/* exp: y = e^x; the gradient is dy * y. */
#include "ops/elementwise.h"
#include "ops/ops.h"
#include <tgmath.h>

static void exp_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  dx[0] = oc_multiply(g, dy[0], oc_node_of(node, 0));
}

static oc_cost exp_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 10);
}

static void exp_run(const oc_call *c) {
  const real *x = c->in[0];
  real *y = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i++) y[i] = exp(x[i]);
}

#ifdef OC_OPS_FLOAT
oc_node oc_exp(oc_graph *g, oc_node x) {
  return oc_graph_add(g, OC_OP(g, exp), &x, 1, NULL);
}
#endif

OC_DEFINE_OP(exp, .inputs = 1, .tf_name = "Exp", .infer = oc_infer_same, .gradient = exp_gradient,
             .cost = exp_cost, .parts = oc_elementwise_parts, .run = exp_run);
