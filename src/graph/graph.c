/* graph.c: the graph itself: nodes in the order they were added, so that inputs always come before their
 * users. */
#include "graph/graph.h"
#include "base/random.h"
#include "graph/sources.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_NODES 1000000

oc_init oc_init_of(oc_init_kind kind) {
  return (oc_init){.kind = kind};
}

oc_status oc_graph_create(const oc_graph_options *options, oc_graph **out, oc_error *err) {
  NEED(out);
  *out = NULL;
  const oc_dtype type = options ? options->real : OC_F32;
  if (type != OC_F32 && type != OC_F64)
    return oc_fail(err, OC_E_ARGUMENT, "oc_graph_options.real", "Use OC_F32 or OC_F64.",
                   "%s is not a floating type", oc_dtype_name(type));
  oc_graph *g = oc_memory_alloc(sizeof *g);
  if (!g) return oc_fail_memory(err, sizeof *g);
  g->real = type;
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

void oc_graph_back(oc_graph *g, oc_graph_mark to) {
  while (g->depth > to.depth) g->scope[g->outer[--g->depth]] = 0;
  while (g->count > to.count) oc_graph_names_remove(g, --g->count);
  g->variable_count = to.variable_count;
  g->update_count = to.update_count;
}

bool oc_graph_failed(const oc_graph *g) {
  return !g || g->error.code != OC_OK;
}
oc_dtype oc_graph_real(const oc_graph *g) {
  return g ? g->real : OC_F32;
}

oc_node oc_graph_fail(oc_graph *g, oc_status code, const char *where, const char *hint, const char *format,
                      ...) {
  if (oc_graph_failed(g)) return OC_NO_NODE;
  char message[sizeof g->error.message];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  oc_fail(&g->error, code, where, hint, "%s", message);
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
const oc_value *oc_graph_value(const oc_graph *g, oc_node node) {
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

/* Room for one more element in a growing array. */
static bool reserve(oc_graph *g, void **array, int32_t count, int32_t *capacity, size_t size) {
  if (count < *capacity) return true;
  const int32_t larger = *capacity ? 2 * *capacity : 32;
  void *grown =
      count >= MAX_NODES ? NULL : oc_memory_grow(*array, (size_t)*capacity * size, (size_t)larger * size);
  if (!grown) {
    if (count >= MAX_NODES)
      oc_graph_fail(g, OC_E_MEMORY, "graph", "", "no room for operation %d (at most %d)", count, MAX_NODES);
    else
      oc_graph_fail(g, OC_E_MEMORY, "graph", "", "no memory for operation %d", count);
    return false;
  }
  *array = grown;
  *capacity = larger;
  return true;
}

static bool check_inputs(oc_graph *g, const oc_op *op, const oc_node *in, int n_in) {
  if (n_in > OC_MAX_IN) {
    oc_graph_fail(g, OC_E_ARGUMENT, op->name, "Group the inputs.", "%d inputs, but %d are the most", n_in,
                  OC_MAX_IN);
    return false;
  }
  for (int i = 0; i < n_in; i++)
    if (!oc_graph_has(g, in[i])) {
      oc_graph_fail(g, OC_E_ARGUMENT, op->name, "Pass a node of this graph.", "input %d is not a node", i);
      return false;
    }
  return true;
}

/* Fills a new last node, without entering it; false (and a failed graph) if a rule is broken. */
static bool fill(oc_graph *g, oc_graph_node *n, const oc_node *in, int n_in, const void *attrs) {
  const oc_op *op = n->info.op;
  n->variable = -1;
  n->info.n_in = n_in;
  n->info.stream = OC_STREAM_OP + (uint64_t)g->count;
  for (int i = 0; i < n_in; i++) {
    n->in[i] = in[i];
    n->info.in[i] = *oc_graph_value(g, in[i]);
  }
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
  if (!reserve(g, &nodes, g->count, &g->capacity, sizeof *g->nodes)) return OC_NO_NODE;
  g->nodes = nodes;
  oc_graph_node *n = &g->nodes[g->count];
  memset(n, 0, sizeof *n);
  n->info.op = op;
  n->info.name = oc_graph_name(g, name);
  if (!n->info.name || !fill(g, n, in, n_in, attrs)) return OC_NO_NODE;
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
  if (!reserve(g, &steps, g->step_count, &g->step_capacity, sizeof *g->steps)) return;
  g->steps = steps;
  g->steps[g->step_count++] = *step;
}

void oc_graph_add_update(oc_graph *g, oc_node update) {
  if (oc_graph_failed(g) || !oc_node_valid(update)) return;
  void *updates = g->updates;
  if (!reserve(g, &updates, g->update_count, &g->update_capacity, sizeof *g->updates)) return;
  g->updates = updates;
  g->updates[g->update_count++] = update;
}

/* ---- sources: nodes that hold a value, made without a shape rule --------------------------------------- */

static oc_node add_source(oc_graph *g, const oc_op *op, const char *name, oc_dtype dtype,
                          const oc_shape *shape, bool batch_allowed, const void *attrs) {
  if (oc_graph_failed(g)) return OC_NO_NODE;
  const bool batched = shape->rank > 0 && shape->dim[0] == OC_BATCH;
  int64_t count;
  oc_error err = {0};
  if ((batched && !batch_allowed) || oc_shape_count(shape, 1, &count, &err) != OC_OK) {
    char text[128];
    return oc_graph_fail(g, OC_E_ARGUMENT, name,
                         "Give sizes >= 0; only axis 0 of a placeholder may be OC_BATCH.",
                         "%s cannot be the shape of a %s", oc_shape_text(shape, text, sizeof text), op->name);
  }
  const oc_node node = oc_graph_add_named(g, op, name, NULL, 0, attrs);
  if (!oc_node_valid(node)) return node;
  oc_op_info *info = &g->nodes[oc_node_index(node)].info;
  info->n_out = 1;
  info->out[0] = (oc_value){dtype, *shape};
  return node;
}

oc_node oc_placeholder(oc_graph *g, const char *name, oc_dtype dtype, oc_shape shape) {
  const oc_dtype kept = dtype == OC_F32 || dtype == OC_F64 ? oc_graph_real(g) : dtype;
  return add_source(g, OC_OP(g, placeholder), name, kept, &shape, true, NULL);
}

oc_node oc_variable(oc_graph *g, const char *name, oc_shape shape, oc_init init) {
  if (oc_graph_failed(g)) return OC_NO_NODE;
  void *variables = g->variables;
  if (!reserve(g, &variables, g->variable_count, &g->variable_capacity, sizeof *g->variables))
    return OC_NO_NODE;
  g->variables = variables;
  const oc_node node = add_source(g, OC_OP(g, variable), name, oc_graph_real(g), &shape, false, NULL);
  if (!oc_node_valid(node)) return node;
  g->nodes[oc_node_index(node)].variable = g->variable_count;
  g->variables[g->variable_count++] = (oc_graph_variable){oc_node_index(node), init};
  return node;
}

oc_node oc_constant(oc_graph *g, oc_shape shape, const double *values) {
  int64_t count = 0;
  if (oc_graph_failed(g)) return OC_NO_NODE;
  if (oc_shape_count(&shape, 1, &count, NULL) != OC_OK || (count > 0 && !values) ||
      (shape.rank && shape.dim[0] == OC_BATCH))
    return oc_graph_fail(g, OC_E_ARGUMENT, "oc_constant", "Give sizes >= 0.",
                         "a constant needs a fixed shape and as many values");
  size_t bytes;
  void *data = __builtin_mul_overflow((size_t)count, oc_dtype_size(g->real), &bytes)
                   ? NULL
                   : oc_arena_alloc(&g->arena, bytes ? bytes : 1);
  if (!data) return oc_graph_fail(g, OC_E_MEMORY, "oc_constant", "", "no memory for a constant");
  for (int64_t i = 0; i < count; i++) {
    if (g->real == OC_F64)
      ((double *)data)[i] = values[i];
    else
      ((float *)data)[i] = (float)values[i];
  }
  return add_source(g, OC_OP(g, constant), "Const", g->real, &shape, false, &(oc_constant_attrs){data});
}

oc_node oc_scalar(oc_graph *g, double value) {
  return oc_constant(g, OC_SCALAR_SHAPE, &value);
}
