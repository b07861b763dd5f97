/* multiply: y = a * b element by element, with broadcasting (pair.h). */
#include "ops/pair.h"

static oc_status multiply_infer(oc_op_info *info, oc_error *err) {
  return oc_infer_pair(info, 2, OC_REAL_DTYPE, err);
}

static void multiply_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  const oc_node a = oc_graph_input(g, node, 0), b = oc_graph_input(g, node, 1);
  dx[0] = oc_pair_gradient(g, node, 0, oc_multiply(g, dy[0], b));
  dx[1] = oc_pair_gradient(g, node, 1, oc_multiply(g, dy[0], a));
}

OC_DEFINE_PAIR_RUN(multiply_run, p *q)

#ifdef OC_OPS_FLOAT
oc_node oc_multiply(oc_graph *g, oc_node a, oc_node b) {
  return oc_graph_add(g, OC_OP(g, multiply), (oc_node[]){a, b}, 2, NULL);
}
#endif

OC_DEFINE_OP(multiply, .inputs = 2, .tf_name = "Mul", .infer = multiply_infer, .gradient = multiply_gradient,
             .cost = oc_pair_cost, .parts = oc_pair_parts, .run = multiply_run);
