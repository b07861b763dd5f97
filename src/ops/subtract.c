/* subtract: y = a - b, with broadcasting (pair.h). */
#include "ops/pair.h"

static oc_status subtract_infer(oc_op_info *info, oc_error *err) {
  return oc_infer_pair(info, 2, OC_REAL_DTYPE, err);
}

static void subtract_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  dx[0] = oc_pair_gradient(g, node, 0, dy[0]);
  dx[1] = oc_pair_gradient(g, node, 1, oc_multiply(g, dy[0], oc_scalar(g, -1)));
}

OC_DEFINE_PAIR_RUN(subtract_run, p - q)

#ifdef OC_OPS_FLOAT
oc_node oc_subtract(oc_graph *g, oc_node a, oc_node b) {
  return oc_graph_add(g, OC_OP(g, subtract), (oc_node[]){a, b}, 2, NULL);
}
#endif

OC_DEFINE_OP(subtract, .inputs = 2, .tf_name = "Sub", .infer = subtract_infer, .gradient = subtract_gradient,
             .cost = oc_pair_cost, .parts = oc_pair_parts, .run = subtract_run);
