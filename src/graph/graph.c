/* graph.c: holds the nodes of a graph in the order they were added, so that inputs always come before their
 * users. */
#include "graph/graph.h"
#include "base/options.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

oc_init oc_init_of(oc_init_kind kind) {
  return (oc_init){.kind = kind};
}

oc_status oc_graph_create(const oc_graph_options *options, oc_graph **out, oc_error *err) {
  NEED(out);
  *out = NULL;
  oc_graph_options o = {.struct_size = sizeof o};
  if (options) OC_OPTIONS_READ(o, options);
  TRY(oc_options_check(o.struct_size, sizeof o, "oc_graph_options", err));
  const oc_dtype type = o.real;
  if (type != OC_F32 && type != OC_F64)
    return oc_fail(err, OC_E_ARGUMENT, "oc_graph_options.real", "Use OC_F32 or OC_F64.",
                   "%s is not a floating type", oc_dtype_name(type));
  oc_graph *g = oc_memory_alloc(sizeof *g);
  if (!g) return oc_fail_memory(err, sizeof *g);
  g->real = type;
  g->registry = oc_registry_share(o.registry);
  *out = g;
  return OC_OK;
}

void oc_graph_free(oc_graph *g) {
  if (!g) return;
  oc_memory_free(g->nodes);
  oc_memory_free(g->variables);
  oc_memory_free(g->updates);
  oc_memory_free(g->steps);
  oc_memory_free(g->names);
  oc_registry_free(g->registry);
  oc_arena_free(&g->arena);
  oc_memory_free(g);
}

oc_status oc_graph_status(const oc_graph *g, oc_error *err) {
  NEED(g);
  if (g->error.code != OC_OK && err) *err = g->error;
  return g->error.code;
}

void oc_graph_forget_error(oc_graph *g) {
  g->error = (oc_error){0};
}

void oc_graph_clear_error(oc_graph *g) {
  if (!g || !oc_graph_failed(g)) return;
  oc_graph_forget_error(g);
  g->scope[0] = 0;
  g->depth = 0;
}

oc_graph_mark oc_graph_mark_now(const oc_graph *g) {
  return (oc_graph_mark){g->count, g->variable_count, g->update_count, g->depth};
}

bool oc_graph_failed(const oc_graph *g) {
  return !g || g->error.code != OC_OK;
}
oc_dtype oc_graph_real(const oc_graph *g) {
  return g ? g->real : OC_F32;
}

oc_node oc_graph_fail(oc_graph *g, oc_status code, const char *where, const char *hint, const char *format,
                      ...) {
  if (oc_graph_failed(g) || !where || !hint || !format) return OC_NO_NODE;
  char message[sizeof g->error.message];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  oc_fail(&g->error, code == OC_OK ? OC_E_ARGUMENT : code, where, hint, "%s", message);
  return OC_NO_NODE;
}

bool oc_node_valid(oc_node node) {
  return node.number > 0;
}
bool oc_graph_has(const oc_graph *g, oc_node node) {
  return g && node.number > 0 && node.number <= g->count && node.out >= 0 && node.out < OC_MAX_OUT;
}
bool oc_graph_expect(oc_graph *g, oc_node node, const char *where) {
  if (oc_graph_failed(g)) return false;
  if (oc_graph_has(g, node)) return true;
  oc_graph_fail(g, OC_E_ARGUMENT, where, "Pass a node of this graph.", "the input is not a node");
  return false;
}
const char *oc_node_name(const oc_graph *g, oc_node node) {
  return oc_graph_has(g, node) ? g->nodes[oc_node_index(node)].info.name : "";
}
const char *oc_node_op(const oc_graph *g, oc_node node) {
  return oc_graph_has(g, node) ? g->nodes[oc_node_index(node)].info.op->name : "";
}
oc_shape oc_node_shape(const oc_graph *g, oc_node node) {
  return oc_graph_has(g, node) ? g->nodes[oc_node_index(node)].info.out[node.out].shape : OC_SCALAR_SHAPE;
}
oc_dtype oc_node_dtype(const oc_graph *g, oc_node node) {
  return oc_graph_has(g, node) ? g->nodes[oc_node_index(node)].info.out[node.out].dtype : oc_graph_real(g);
}
int oc_graph_op_count(const oc_graph *g) {
  return g ? g->count : 0;
}
oc_node oc_node_at(const oc_graph *g, int index) {
  return g && index >= 0 && index < g->count ? oc_node_of(index, 0) : OC_NO_NODE;
}
const oc_op_info *oc_graph_info(const oc_graph *g, int32_t op) {
  return &g->nodes[op].info;
}
const oc_tensor_desc *oc_graph_value(const oc_graph *g, oc_node node) {
  return &g->nodes[oc_node_index(node)].info.out[node.out];
}
oc_node oc_graph_input(const oc_graph *g, int32_t op, int i) {
  return g->nodes[op].in[i];
}
int oc_graph_variable_count(const oc_graph *g) {
  return g->variable_count;
}
oc_node oc_graph_variable_at(const oc_graph *g, int i) {
  return oc_node_of(g->variables[i].op, 0);
}
const oc_init *oc_graph_variable_init(const oc_graph *g, int i) {
  return &g->variables[i].init;
}
int oc_graph_update_count(const oc_graph *g) {
  return g->update_count;
}
oc_node oc_graph_update_at(const oc_graph *g, int index) {
  return g->updates[index];
}
