/* group: operations under one name, such as a training step. It has no result and does nothing; what
 * it depends on has been done when it is reached. */
#include "ops/elementwise.h"
#include "ops/ops.h"

static oc_status group_infer(oc_op_info *info, oc_error *err) {
  (void)err;
  info->n_out = 0;
  return OC_OK;
}

static oc_cost group_cost(const oc_op_info *info, int64_t batch) {
  (void)info, (void)batch;
  return (oc_cost){0, 0};
}

static void group_run(const oc_call *c) {
  (void)c;
}

#ifdef OC_OPS_FLOAT
oc_node oc_group(oc_graph *g, const oc_node *nodes, int count) {
  if (oc_graph_failed(g)) return OC_NO_NODE;
  if (!nodes || count < 1)
    return oc_graph_fail(g, OC_E_ARGUMENT, "group", "Pass an array of 1 or more nodes.",
                         "invalid array: %d nodes in %s", count, nodes ? "nodes" : "nodes, which is NULL");
  return oc_graph_add(g, OC_OP(g, group), nodes, count, NULL);
}
#endif

OC_DEFINE_OP(group, .orders = true, .tf_type = "NoOp", .tf_name = "group_deps", .infer = group_infer,
             .cost = group_cost, .run = group_run);
