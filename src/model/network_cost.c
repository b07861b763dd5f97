/* network_cost.c: adds up what a training step computes for one image, from the graph and its gradients. */
#include "graph/graph.h"
#include "model/model.h"
#include "ops/shape_rules.h"

typedef struct network_costs {
  oc_graph *g;
  int32_t forward;    /* operations of the prediction and its loss; those of the gradients follow */
  oc_node *gradients; /* [variables] */
  oc_node *variables; /* [variables], those that are trained */
  bool *needed;       /* [operations] */
  int trained;
} network_costs;

static oc_cost cost_of_batch(const oc_op_info *info, int64_t batch) {
  return info->op->cost ? info->op->cost(info, batch) : (oc_cost){0, oc_io_bytes(info, batch)};
}

/* Operations first .. last - 1, as far as they are needed: what one more image of a batch adds. */
static oc_cost cost_of_range(const network_costs *c, int32_t first, int32_t last) {
  oc_cost sum = {0, 0};
  for (int32_t op = first; op < last; op++) {
    const oc_op_info *info = &c->g->nodes[op].info;
    if (!c->needed[op] || info->op->is_source || info->op->is_view || !oc_info_batched(info)) continue;
    const oc_cost one = cost_of_batch(info, 1), two = cost_of_batch(info, 2);
    sum.flops += two.flops - one.flops;
    sum.bytes += two.bytes - one.bytes;
  }
  return sum;
}

/* Gradients of tensors that no weight comes before are in the graph, but nothing needs them. */
static oc_status mark_needed(network_costs *c, oc_error *err) {
  const oc_graph *g = c->g;
  c->needed = oc_memory_array((size_t)g->count, sizeof *c->needed);
  if (!c->needed) return oc_fail_memory(err, (size_t)g->count);
  c->needed[oc_node_index(oc_find(g, "cross_entropy_loss"))] = true;
  for (int i = 0; i < c->trained; i++) c->needed[oc_node_index(c->gradients[i])] = true;
  for (int32_t op = g->count - 1; op >= 0; op--)
    for (int i = 0; c->needed[op] && i < g->nodes[op].info.n_in; i++)
      c->needed[oc_node_index(g->nodes[op].in[i])] = true;
  return OC_OK;
}

static oc_status add_gradients(network_costs *c, oc_error *err) {
  const int count = oc_graph_variable_count(c->g);
  c->forward = oc_graph_op_count(c->g);
  if (count == 0) return OC_OK;
  c->variables = oc_memory_array((size_t)count, sizeof *c->variables);
  c->gradients = oc_memory_array((size_t)count, sizeof *c->gradients);
  if (!c->variables || !c->gradients) return oc_fail_memory(err, (size_t)count * sizeof *c->variables);
  for (int i = 0; i < count; i++)
    if (!oc_graph_variable_init(c->g, i)->not_trainable)
      c->variables[c->trained++] = oc_graph_variable_at(c->g, i);
  oc_gradients(c->g, oc_find(c->g, "cross_entropy_loss"), c->variables, c->trained, c->gradients);
  return oc_graph_status(c->g, err);
}

oc_status oc_network_cost(const oc_network *n, oc_cost *forward, oc_cost *backward, oc_error *err) {
  NEED(n, forward, backward);
  network_costs c = {0};
  *forward = *backward = (oc_cost){0, 0};
  TRY(oc_network_graph(n, &c.g, err));
  oc_status status = add_gradients(&c, err);
  if (status == OC_OK) status = mark_needed(&c, err);
  if (status == OC_OK) {
    *forward = cost_of_range(&c, 0, c.forward);
    *backward = cost_of_range(&c, c.forward, oc_graph_op_count(c.g));
  }
  oc_memory_free(c.variables);
  oc_memory_free(c.gradients);
  oc_memory_free(c.needed);
  oc_graph_free(c.g);
  return status;
}
