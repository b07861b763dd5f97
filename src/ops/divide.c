/* divide: y = a / b element by element, with broadcasting (pair.h), by the rules of IEEE 754: x/0 is
 * infinite, 0/0 NaN. */
#include "ops/pair.h"

static oc_status divide_infer(oc_op_info *info, oc_error *err) {
  return oc_infer_pair(info, 2, OC_REAL_DTYPE, err);
}

static void divide_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  const oc_node b = oc_graph_input(g, node, 1), y = oc_node_of(node, 0);
  const oc_node da = oc_divide(g, dy[0], b); /* and db = -da y */
  dx[0] = oc_pair_gradient(g, node, 0, da);
  dx[1] = oc_pair_gradient(g, node, 1, oc_multiply(g, oc_multiply(g, da, y), oc_scalar(g, -1)));
}

OC_DEFINE_PAIR_RUN(divide_run, p / q)

#ifdef OC_OPS_FLOAT
oc_node oc_divide(oc_graph *g, oc_node a, oc_node b) {
  return oc_graph_add(g, OC_OP(g, divide), (oc_node[]){a, b}, 2, NULL);
}
#endif

OC_DEFINE_OP(divide, .inputs = 2, .tf_name = "RealDiv", .infer = divide_infer, .gradient = divide_gradient,
             .cost = oc_pair_cost, .parts = oc_pair_parts, .run = divide_run);
