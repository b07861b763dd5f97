/* sqrt: the square root, NaN below 0; the gradient is dy / (2 y), infinite at 0. */
#include "ops/elementwise.h"
#include "ops/ops.h"
#include <tgmath.h>

static void sqrt_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  dx[0] = oc_multiply(g, oc_divide(g, dy[0], oc_node_of(node, 0)), oc_scalar(g, 0.5));
}

static oc_cost sqrt_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 4);
}

static void sqrt_run(const oc_call *c) {
  const real *x = c->in[0];
  real *y = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i++) y[i] = sqrt(x[i]);
}

#ifdef OC_OPS_FLOAT
oc_node oc_sqrt(oc_graph *g, oc_node x) {
  return oc_graph_add(g, OC_OP(g, sqrt), &x, 1, NULL);
}
#endif

OC_DEFINE_OP(sqrt, .inputs = 1, .tf_name = "Sqrt", .infer = oc_infer_same, .gradient = sqrt_gradient,
             .cost = sqrt_cost, .parts = oc_elementwise_parts, .run = sqrt_run);
