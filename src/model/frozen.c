/* frozen.c: finds what belongs to the first layers of a model: the operations that lead to the output of the
 * last of them. It is refused if later layers read anything else of these, such as a branch around it. */
#include "graph/graph.h"
#include "model/frozen.h"
#include "ops/ops.h"
#include <string.h>

/* ---- the last dense layer ------------------------------------------------------------------------------ */

static bool is_op(const oc_graph *g, int32_t op, const char *name) {
  return strcmp(oc_graph_info(g, op)->op->name, name) == 0;
}

/* A product of the batch with a matrix of weights. */
static bool is_dense(const oc_graph *g, int32_t op) {
  if (!is_op(g, op, "matmul") || ((const oc_matmul_attrs *)oc_graph_info(g, op)->attrs)->transpose_a)
    return false;
  return g->nodes[oc_node_index(oc_graph_input(g, op, 1))].variable >= 0;
}

oc_status oc_last_dense_find(const oc_model *m, oc_last_dense *out, oc_error *err) {
  const oc_graph *g = m->graph;
  const char *hint = "Give a model that was trained to tell classes, and ends in `dense CLASSES`.";
  if (m->output_count != 1 || m->outputs[0].kind != OC_TARGET_CLASS)
    return oc_fail(err, OC_E_UNSUPPORTED, m->outputs[0].name, hint,
                   "expected a model whose only output is a class");
  int32_t op = oc_node_index(m->nodes.outputs[0].node);
  if (is_op(g, op, "bias_add") || is_op(g, op, "add")) op = oc_node_index(oc_graph_input(g, op, 0));
  if (!is_dense(g, op))
    return oc_fail(err, OC_E_UNSUPPORTED, oc_node_name(g, m->nodes.outputs[0].node), hint,
                   "the model's last layer is not a dense one: it ends in %s",
                   oc_graph_info(g, op)->op->name);
  *out = (oc_last_dense){.product = op, .features = oc_graph_input(g, op, 0)};
  return OC_OK;
}

/* ---- the part ------------------------------------------------------------------------------------------ */

static bool is_source(const oc_graph *g, int32_t op) {
  return oc_graph_info(g, op)->op->is_source && !is_op(g, op, "placeholder");
}

/* What leads to `end`: inputs come before their users. */
static void mark(const oc_graph *g, int32_t end, bool *marked, int32_t count) {
  memset(marked, 0, (size_t)count * sizeof *marked);
  marked[end] = true;
  for (int32_t op = end; op >= 0; op--)
    for (int i = 0; marked[op] && i < oc_graph_info(g, op)->n_in; i++)
      marked[oc_node_index(oc_graph_input(g, op, i))] = true;
}

/* An operation of the rest that reads something else of the part; -1: none. `used`: what leads to the
 * output. */
static int32_t find_leak(const oc_graph *g, int32_t end, const bool *part, const bool *used, int32_t count) {
  for (int32_t op = 0; op < count; op++)
    for (int i = 0; used[op] && !part[op] && i < oc_graph_info(g, op)->n_in; i++) {
      const int32_t in = oc_node_index(oc_graph_input(g, op, i));
      if (part[in] && in != end && !is_source(g, in)) return op;
    }
  return -1;
}

/* The layers of a model, and room to mark its operations. */
typedef struct search {
  const oc_model *m;
  int32_t *ends;
  int count; /* layers that may be frozen: all before the last one */
  bool *used;
} search;

static bool is_cut(const search *s, int layers, bool *part, int32_t *leak) {
  const oc_graph *g = s->m->graph;
  const int32_t end = s->ends[layers - 1], count = s->m->network.count;
  *leak = -1;
  if (end < 0 || oc_graph_info(g, end)->n_out != 1 || !oc_tensor_desc_batched(&oc_graph_info(g, end)->out[0]))
    return false;
  mark(g, end, part, count);
  *leak = find_leak(g, end, part, s->used, count);
  return *leak < 0;
}

static oc_status fail_leak(const search *s, int layers, int32_t leak, bool *part, oc_error *err) {
  char hint[128] = "Freeze all, or no layer.";
  int fewer = layers - 1;
  int32_t other;
  while (fewer > 0 && !is_cut(s, fewer, part, &other)) fewer--;
  if (fewer > 0) (void)snprintf(hint, sizeof hint, "Freeze %d layers, or all.", fewer);
  return oc_fail(err, OC_E_ARGUMENT, "freeze", hint,
                 "cannot freeze %d layers: %.100s also reads values from before the last of them", layers,
                 leak < 0 ? "the rest" : oc_graph_info(s->m->graph, leak)->name);
}

static oc_status find_part(const search *s, int layers, oc_frozen *out, oc_error *err) {
  const oc_graph *g = s->m->graph;
  int32_t leak;
  if (layers < 1 || layers > s->count)
    return oc_fail(err, OC_E_ARGUMENT, "freeze",
                   "Give all, or a number of layers as `ocellus show` lists them.",
                   "must be all or 1 to %d, the layers before the last one, got %d", s->count, layers);
  if (!is_cut(s, layers, out->operations, &leak)) return fail_leak(s, layers, leak, out->operations, err);
  out->layers = layers;
  out->features = oc_node_of(s->ends[layers - 1], 0);
  out->size = oc_tensor_desc_row(oc_graph_value(g, out->features));
  return OC_OK;
}

/* The number of layers before the last dense one. */
static oc_status count_all(const search *s, int *layers, oc_error *err) {
  oc_last_dense last;
  TRY(oc_last_dense_find(s->m, &last, err));
  *layers = 0;
  while (*layers < s->count && s->ends[*layers] < last.product) ++*layers;
  return OC_OK;
}

static oc_status find(search *s, int layers, oc_frozen *out, oc_error *err) {
  const oc_model *m = s->m;
  const int32_t count = m->network.count;
  int all;
  TRY(oc_model_layer_ends(m, &s->ends, &all, err));
  s->count = all - 1;
  s->used = oc_memory_array((size_t)count, sizeof *s->used);
  out->operations = oc_memory_array((size_t)count, sizeof *out->operations);
  out->operation_count = count;
  if (!s->used || !out->operations) return oc_fail_memory(err, 2 * (size_t)count);
  for (int i = 0; i < m->output_count; i++) {
    mark(m->graph, oc_node_index(m->nodes.outputs[i].node), out->operations, count);
    for (int32_t op = 0; op < count; op++) s->used[op] |= out->operations[op];
  }
  if (layers == OC_FREEZE_ALL) TRY(count_all(s, &layers, err));
  return find_part(s, layers, out, err);
}

oc_status oc_frozen_find(const oc_model *m, int layers, oc_frozen *out, oc_error *err) {
  search s = {.m = m};
  *out = (oc_frozen){0};
  const oc_status status = find(&s, layers, out, err);
  oc_memory_free(s.ends);
  oc_memory_free(s.used);
  if (status != OC_OK) oc_frozen_release(out);
  return status;
}

void oc_frozen_release(oc_frozen *z) {
  oc_memory_free(z->operations);
  *z = (oc_frozen){0};
}

/* ---- its variables ------------------------------------------------------------------------------------- */

bool oc_frozen_has(const oc_frozen *z, const oc_graph *g, int index) {
  const int32_t op = oc_node_index(oc_graph_variable_at(g, index));
  return op < z->operation_count && z->operations[op];
}

void oc_frozen_stop_updates(const oc_frozen *z, oc_graph *copy) {
  int32_t left = 0;
  for (int32_t i = 0; z->layers && i < copy->update_count; i++) {
    const oc_node update = copy->updates[i];
    const int32_t variable = oc_node_index(oc_graph_input(copy, oc_node_index(update), 0));
    if (variable >= z->operation_count || !z->operations[variable]) copy->updates[left++] = update;
  }
  if (z->layers) copy->update_count = left;
}
