/* log: y = ln(x), -infinity at 0, NaN below; the gradient is dy / x. */
#include "ops/elementwise.h"
#include "ops/ops.h"
#include <tgmath.h>

static void logarithm_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  dx[0] = oc_divide(g, dy[0], oc_graph_input(g, node, 0));
}

static oc_cost logarithm_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 10);
}

static void logarithm_run(const oc_call *c) {
  const real *x = c->in[0];
  real *y = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i++) y[i] = log(x[i]);
}

#ifdef OC_OPS_FLOAT
oc_node oc_log(oc_graph *g, oc_node x) {
  return oc_graph_add(g, OC_OP(g, log), &x, 1, NULL);
}
#endif

OC_DEFINE_OP(log, .inputs = 1, .tf_name = "Log", .infer = oc_infer_same, .gradient = logarithm_gradient,
             .cost = logarithm_cost, .parts = oc_elementwise_parts, .run = logarithm_run);
