/* nodes.c: adds nodes, training steps and updates to a graph, and removes them. */
#include "base/random.h"
#include "graph/graph.h"
#include <string.h>

/* Of nodes, so that a graph takes 500 MB at most; and of inputs of one node, which can all be different
 * ones. */
#define MAX_NODES 1000000

bool oc_graph_reserve(oc_graph *g, void **array, int32_t count, int32_t *capacity, size_t size) {
  if (count < *capacity) return true;
  const int32_t larger = *capacity ? 2 * *capacity : 32;
  void *grown =
      count >= MAX_NODES ? NULL : oc_memory_grow(*array, (size_t)*capacity * size, (size_t)larger * size);
  if (!grown) {
    if (count >= MAX_NODES)
      oc_graph_fail(g, OC_E_MEMORY, "graph", "", "too many operations: %d; the limit is %d", count,
                    MAX_NODES);
    else
      oc_graph_fail(g, OC_E_MEMORY, "graph", "", "no memory for operation %d", count);
    return false;
  }
  *array = grown;
  *capacity = larger;
  return true;
}

static bool check_inputs(oc_graph *g, const oc_op *op, const oc_node *in, int n_in) {
  if (op->inputs && n_in != op->inputs) {
    oc_graph_fail(g, OC_E_NET, op->name, "Pass as many inputs as the operation takes.",
                  "got %d inputs, expected %d", n_in, op->inputs);
    return false;
  }
  if (n_in < 0 || n_in > MAX_NODES) {
    oc_graph_fail(g, OC_E_ARGUMENT, op->name, "Pass fewer inputs.", "inputs must be 0 to %d, got %d",
                  MAX_NODES, n_in);
    return false;
  }
  for (int i = 0; i < n_in; i++)
    if (!oc_graph_has(g, in[i])) {
      oc_graph_fail(g, OC_E_ARGUMENT, op->name, "Pass a node of this graph.", "input %d is not a node", i);
      return false;
    }
  return true;
}

/* Copies the inputs and their descriptions into the graph's arena. */
static bool copy_inputs(oc_graph *g, oc_graph_node *n, const oc_node *in, int n_in) {
  if (n_in == 0) return true;
  n->in = oc_arena_copy(&g->arena, in, (size_t)n_in * sizeof *in);
  n->info.in = oc_arena_alloc(&g->arena, (size_t)n_in * sizeof *n->info.in);
  if (!n->in || !n->info.in) {
    oc_graph_fail(g, OC_E_MEMORY, n->info.op->name, "", "no memory for %d inputs", n_in);
    return false;
  }
  for (int i = 0; i < n_in; i++) n->info.in[i] = *oc_graph_value(g, in[i]);
  n->info.n_in = n_in;
  return true;
}

/* Fills a new last node, without entering it; false (and a failed graph) if a rule is broken. */
static bool fill_node(oc_graph *g, oc_graph_node *n, const oc_node *in, int n_in, const void *attrs) {
  const oc_op *op = n->info.op;
  n->variable = -1;
  n->info.stream = OC_STREAM_OP + (uint64_t)g->count;
  if (!copy_inputs(g, n, in, n_in)) return false;
  if (op->attr_size) {
    n->info.attrs = oc_arena_copy(&g->arena, attrs, op->attr_size);
    if (!n->info.attrs) {
      oc_graph_fail(g, OC_E_MEMORY, op->name, "", "no memory for attributes");
      return false;
    }
  }
  if (!op->infer) return true;
  oc_error err = {0};
  if (op->infer(&n->info, &err) == OC_OK) return true;
  const char *where = err.where[0] ? err.where : n->info.name;
  oc_graph_fail(g, err.code, where, err.hint, "%s", err.message);
  return false;
}

oc_node oc_graph_add_named(oc_graph *g, const oc_op *op, const char *name, const oc_node *in, int n_in,
                           const void *attrs) {
  if (oc_graph_failed(g) || !check_inputs(g, op, in, n_in)) return OC_NO_NODE;
  void *nodes = g->nodes;
  if (!oc_graph_reserve(g, &nodes, g->count, &g->capacity, sizeof *g->nodes)) return OC_NO_NODE;
  g->nodes = nodes;
  oc_graph_node *n = &g->nodes[g->count];
  memset(n, 0, sizeof *n);
  n->info.op = op;
  n->info.name = oc_graph_name(g, name);
  if (!n->info.name || !fill_node(g, n, in, n_in, attrs)) return OC_NO_NODE;
  if (!oc_graph_names_enter(g, g->count))
    return oc_graph_fail(g, OC_E_MEMORY, name, "", "no memory for names");
  return oc_node_of(g->count++, 0);
}

oc_node oc_graph_add(oc_graph *g, const oc_op *op, const oc_node *in, int n_in, const void *attrs) {
  return oc_graph_add_named(g, op, op->tf_name ? op->tf_name : op->name, in, n_in, attrs);
}

void oc_graph_add_step(oc_graph *g, const oc_graph_step *step) {
  if (oc_graph_failed(g)) return;
  void *steps = g->steps;
  if (!oc_graph_reserve(g, &steps, g->step_count, &g->step_capacity, sizeof *g->steps)) return;
  g->steps = steps;
  g->steps[g->step_count++] = *step;
}

bool oc_graph_step_needed(const oc_graph *g, const oc_graph_step *step, const bool *needed) {
  for (int32_t op = step->first; op <= step->last; op++)
    if (needed[op] && g->nodes[op].info.op->updates) return true;
  return false;
}

void oc_graph_add_update(oc_graph *g, oc_node update) {
  if (oc_graph_failed(g) || !oc_node_valid(update)) return;
  void *updates = g->updates;
  if (!oc_graph_reserve(g, &updates, g->update_count, &g->update_capacity, sizeof *g->updates)) return;
  g->updates = updates;
  g->updates[g->update_count++] = update;
}

void oc_graph_back(oc_graph *g, oc_graph_mark to) {
  while (g->depth > to.depth) g->scope[g->outer[--g->depth]] = 0;
  while (g->count > to.count) oc_graph_names_remove(g, --g->count);
  g->variable_count = to.variable_count;
  g->update_count = to.update_count;
}
