/* hard_swish: y = x * min(max(x + 3, 0), 6) / 6 (Howard et al. 2019): 0 up to -3, x from 3 on.
 * hard_swish_grad (x, dy) -> 0 up to -3, dy from 3 on, dy * (2 x + 3) / 6 between. */
#include "ops/elementwise.h"
#include "ops/ops.h"

static void hard_swish_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  dx[0] = oc_graph_add(g, OC_OP(g, hard_swish_grad), (oc_node[]){oc_graph_input(g, node, 0), dy[0]}, 2, NULL);
}

static oc_cost hard_swish_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 5);
}

static void hard_swish_run(const oc_call *c) {
  const real *x = c->in[0];
  real *y = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i++) y[i] = x[i] <= -3 ? 0 : x[i] >= 3 ? x[i] : x[i] * (x[i] + 3) / 6;
}

static void hard_swish_grad_run(const oc_call *c) {
  const real *x = c->in[0], *dy = c->in[1];
  real *dx = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i++)
    dx[i] = x[i] <= -3 ? 0 : x[i] >= 3 ? dy[i] : dy[i] * (2 * x[i] + 3) / 6;
}

#ifdef OC_OPS_FLOAT
oc_node oc_hard_swish(oc_graph *g, oc_node x) {
  return oc_graph_add(g, OC_OP(g, hard_swish), &x, 1, NULL);
}
#endif

OC_DEFINE_OP(hard_swish, .terms = OC_TERMS_FUNCTION, .inputs = 1, .tf_name = "HardSwish",
             .infer = oc_infer_same, .gradient = hard_swish_gradient, .cost = hard_swish_cost,
             .parts = oc_elementwise_parts, .run = hard_swish_run);
OC_DEFINE_OP(hard_swish_grad, .inputs = 2, .tf_name = "HardSwishGrad", .infer = oc_infer_same,
             .cost = hard_swish_cost, .parts = oc_elementwise_parts, .run = hard_swish_grad_run);
