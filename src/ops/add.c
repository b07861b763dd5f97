/* add: y = a + b, with broadcasting (pair.h). */
#include "ops/pair.h"

static oc_status add_infer(oc_op_info *info, oc_error *err) {
  return oc_infer_pair(info, 2, OC_REAL_DTYPE, err);
}

static void add_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  dx[0] = oc_pair_gradient(g, node, 0, dy[0]);
  dx[1] = oc_pair_gradient(g, node, 1, dy[0]);
}

OC_DEFINE_PAIR_RUN(add_run, p + q)

#ifdef OC_OPS_FLOAT
oc_node oc_add(oc_graph *g, oc_node a, oc_node b) {
  return oc_graph_add(g, OC_OP(g, add), (oc_node[]){a, b}, 2, NULL);
}
#endif

OC_DEFINE_OP(add, .inputs = 2, .tf_type = "AddV2", .tf_name = "add", .infer = add_infer,
             .gradient = add_gradient, .cost = oc_pair_cost, .parts = oc_pair_parts, .run = add_run);
