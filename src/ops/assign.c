/* assign (variable, value): the variable becomes `value`. assign_add: `value` is added to it. Both happen
 * when all that reads the variable in the same run has been done (decision 0003). */
#include "graph/graph.h"
#include "ops/ops.h"
#include "ops/update.h"
#include <string.h>

static oc_status assign_infer(oc_op_info *info, oc_error *err) {
  TRY(oc_expect_reals(info, 2, OC_REAL_DTYPE, err));
  TRY(oc_expect_fixed(info, 0, "the variable", err));
  TRY(oc_expect_shape(info, 1, "the value", &info->in[0].shape, err));
  info->n_out = 0;
  return OC_OK;
}

static oc_cost assign_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 0);
}
static oc_cost assign_add_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 1);
}

static void assign_run(const oc_call *c) {
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  real *w = oc_call_update(c, 0);
  const real *value = c->in[1];
  memmove(w + s.begin, value + s.begin, (size_t)(s.end - s.begin) * sizeof *w);
}

static void assign_add_run(const oc_call *c) {
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  real *w = oc_call_update(c, 0);
  const real *value = c->in[1];
  for (int64_t i = s.begin; i < s.end; i++) w[i] += value[i];
}

#ifdef OC_OPS_FLOAT
static oc_node add_assign(oc_graph *g, const oc_op *op, oc_node variable, oc_node value) {
  if (!oc_graph_expect(g, variable, op->name)) return OC_NO_NODE;
  if (g->nodes[oc_node_index(variable)].variable < 0)
    return oc_graph_fail(g, OC_E_ARGUMENT, op->name, "Pass what oc_variable returned.",
                         "%s is not a variable", oc_node_name(g, variable));
  return oc_graph_add(g, op, (oc_node[]){variable, value}, 2, NULL);
}
oc_node oc_assign(oc_graph *g, oc_node variable, oc_node value) {
  return add_assign(g, OC_OP(g, assign), variable, value);
}
oc_node oc_assign_add(oc_graph *g, oc_node variable, oc_node value) {
  return add_assign(g, OC_OP(g, assign_add), variable, value);
}
#endif

OC_DEFINE_OP(assign, .tf_name = "Assign", .infer = assign_infer, .cost = assign_cost,
             .parts = oc_elementwise_parts, .run = assign_run, .updates = 1u << 0);
OC_DEFINE_OP(assign_add, .tf_name = "AssignAdd", .infer = assign_infer, .cost = assign_add_cost,
             .parts = oc_elementwise_parts, .run = assign_add_run, .updates = 1u << 0);
