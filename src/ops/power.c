/* power: y = a^b, with broadcasting (pair.h); NaN for a negative a and a b that is not an integer.
 * The gradients are dy * b * a^(b-1) and dy * y * log a. */
#include "ops/pair.h"
#include <tgmath.h>

static oc_status power_infer(oc_op_info *info, oc_error *err) {
  return oc_infer_pair(info, 2, OC_REAL_DTYPE, err);
}

static oc_node raise(oc_graph *g, oc_node a, oc_node b) {
  return oc_graph_add(g, OC_OP(g, power), (oc_node[]){a, b}, 2, NULL);
}

static void power_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  const oc_node a = oc_graph_input(g, node, 0), b = oc_graph_input(g, node, 1);
  const oc_node slope = oc_multiply(g, b, raise(g, a, oc_subtract(g, b, oc_scalar(g, 1))));
  const oc_node growth = oc_multiply(g, oc_node_of(node, 0), oc_log(g, a));
  dx[0] = oc_pair_gradient(g, node, 0, oc_multiply(g, dy[0], slope));
  dx[1] = oc_pair_gradient(g, node, 1, oc_multiply(g, dy[0], growth));
}

OC_DEFINE_PAIR_RUN(power_run, pow(p, q))

OC_DEFINE_OP(power, .inputs = 2, .tf_name = "Pow", .infer = power_infer, .gradient = power_gradient,
             .cost = oc_pair_cost, .parts = oc_pair_parts, .run = power_run);
