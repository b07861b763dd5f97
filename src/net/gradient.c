/* gradient.c: adds the gradient to the same graph, by reverse-mode differentiation (Linnainmaa 1976).
 *
 * Nodes are in the order they were added, so one walk from the loss to the front visits every node after all
 * its consumers. Its gradient is then the finished sum of theirs. Only nodes between xs and the loss are
 * visited. */
#include "graph/graph.h"

typedef struct walk {
  int32_t count; /* nodes that existed before */
  oc_node *dy;   /* [count][OC_MAX_OUT]: gradient of the loss by each output so far */
  bool *depends; /* [count]: on one of xs */
  oc_node *dx;   /* of one node: as many as any has inputs */
} walk;

static void mark_depends(const oc_graph *g, walk *w, const oc_node *xs, int count) {
  for (int i = 0; i < count; i++) w->depends[oc_node_index(xs[i])] = true;
  for (int32_t op = 0; op < w->count; op++)
    for (int i = 0; i < g->nodes[op].info.n_in; i++)
      if (w->depends[oc_node_index(g->nodes[op].in[i])]) w->depends[op] = true;
}

static void accumulate(oc_graph *g, oc_node *sum, oc_node part) {
  *sum = oc_node_valid(*sum) ? oc_add(g, *sum, part) : part;
}

static void visit_node(oc_graph *g, walk *w, int32_t op) {
  const oc_op_info *info = &g->nodes[op].info;
  oc_node *dy = w->dy + (int64_t)op * OC_MAX_OUT;
  bool reached = false;
  for (int i = 0; i < info->n_out; i++) reached |= oc_node_valid(dy[i]);
  if (!reached || info->op->is_source) return;
  if (!info->op->gradient) {
    oc_graph_fail(g, OC_E_UNSUPPORTED, info->name, "Leave it out of what the loss depends on.",
                  "operation %s has no gradient", info->op->name);
    return;
  }
  const int n_in = info->n_in;
  for (int i = 0; i < n_in; i++) w->dx[i] = OC_NO_NODE;
  info->op->gradient(g, op, dy, w->dx); /* may move g->nodes */
  for (int i = 0; i < n_in && !oc_graph_failed(g); i++) {
    const oc_node in = g->nodes[op].in[i];
    if (oc_node_valid(w->dx[i]) && w->depends[oc_node_index(in)])
      accumulate(g, &w->dy[(int64_t)oc_node_index(in) * OC_MAX_OUT + in.out], w->dx[i]);
  }
}

static size_t most_inputs(const oc_graph *g) {
  int most = 1;
  for (int32_t op = 0; op < g->count; op++)
    if (g->nodes[op].info.n_in > most) most = g->nodes[op].info.n_in;
  return (size_t)most;
}

static bool valid_request(oc_graph *g, oc_node loss, const oc_node *xs, int count) {
  if (count < 0 || (count > 0 && !xs)) {
    oc_graph_fail(g, OC_E_ARGUMENT, "oc_gradients", "Pass an array of nodes.",
                  "invalid array: %d nodes in %s", count, xs ? "xs" : "xs, which is NULL");
    return false;
  }
  for (int i = 0; i < count; i++)
    if (!oc_graph_has(g, xs[i])) {
      oc_graph_fail(g, OC_E_ARGUMENT, "oc_gradients", "Pass nodes of this graph.", "xs[%d] is not a node", i);
      return false;
    }
  if (oc_graph_has(g, loss) && oc_graph_value(g, loss)->shape.rank == 0) return true;
  oc_graph_fail(g, OC_E_ARGUMENT, oc_node_name(g, loss), "Reduce it with oc_reduce_mean.",
                "a loss must be a scalar");
  return false;
}

void oc_gradients(oc_graph *g, oc_node loss, const oc_node *xs, int count, oc_node *dxs) {
  for (int i = 0; dxs && i < count; i++) dxs[i] = OC_NO_NODE;
  if (!dxs && count > 0)
    oc_graph_fail(g, OC_E_ARGUMENT, "oc_gradients", "Pass an array of nodes.", "dxs must not be NULL");
  if (oc_graph_failed(g) || !valid_request(g, loss, xs, count)) return;
  const oc_graph_mark before = oc_graph_mark_now(g);
  walk w = {.count = g->count};
  w.dy = oc_memory_array((size_t)w.count * OC_MAX_OUT, sizeof *w.dy);
  w.depends = oc_memory_array((size_t)w.count, sizeof *w.depends);
  w.dx = oc_memory_array(most_inputs(g), sizeof *w.dx);
  if (w.dy && w.depends && w.dx) {
    for (int64_t i = 0; i < (int64_t)w.count * OC_MAX_OUT; i++) w.dy[i] = OC_NO_NODE;
    mark_depends(g, &w, xs, count);
    oc_scope_push(g, "gradients");
    w.dy[(int64_t)oc_node_index(loss) * OC_MAX_OUT + loss.out] = oc_scalar(g, 1);
    for (int32_t op = oc_node_index(loss); op >= 0 && !oc_graph_failed(g); op--)
      if (w.depends[op]) visit_node(g, &w, op);
    for (int i = 0; i < count && !oc_graph_failed(g); i++) {
      dxs[i] = w.dy[(int64_t)oc_node_index(xs[i]) * OC_MAX_OUT + xs[i].out];
      if (!oc_node_valid(dxs[i])) dxs[i] = oc_multiply(g, xs[i], oc_scalar(g, 0));
    }
    oc_scope_pop(g);
  } else {
    oc_graph_fail(g, OC_E_MEMORY, "oc_gradients", "", "no memory for %d nodes", w.count);
  }
  if (oc_graph_failed(g)) oc_graph_back(g, before);
  oc_memory_free(w.dy);
  oc_memory_free(w.depends);
  oc_memory_free(w.dx);
}
