/* sources.c: nodes that only hold a value, made without a shape rule: placeholder (fed by the caller),
 * variable (kept by the session) and constant (kept by the graph). They are never run. */
#include "graph/sources.h"
#include "graph/graph.h"
#include <string.h>

#define SOURCE(id, ...)                                                                                      \
  const oc_op oc_op_##id##_f32 = {.name = #id, .is_source = true, __VA_ARGS__};                              \
  const oc_op oc_op_##id##_f64 = {.name = #id, .is_source = true, __VA_ARGS__}
SOURCE(placeholder, .tf_name = "Placeholder");
SOURCE(variable, .tf_name = "VariableV2");
SOURCE(constant, .tf_name = "Const", .attr_size = sizeof(oc_constant_attrs));

/* Only a placeholder may have the batch as its axis 0. */
static oc_node add_source(oc_graph *g, const oc_op *op, const char *name, const oc_tensor_desc *type,
                          const void *attrs) {
  if (oc_graph_failed(g)) return OC_NO_NODE;
  const oc_shape *shape = &type->shape;
  const bool batch_allowed = strcmp(op->name, "placeholder") == 0;
  const bool batched = shape->rank > 0 && shape->dim[0] == OC_BATCH;
  int64_t count;
  oc_error err = {0};
  if ((batched && !batch_allowed) || oc_shape_count(shape, 1, &count, &err) != OC_OK) {
    char text[128];
    return oc_graph_fail(g, OC_E_ARGUMENT, name,
                         "Give sizes >= 0; only axis 0 of a placeholder may be OC_BATCH.",
                         "invalid shape %s for a %s", oc_shape_text(shape, text, sizeof text), op->name);
  }
  const oc_node node = oc_graph_add_named(g, op, name, NULL, 0, attrs);
  if (!oc_node_valid(node)) return node;
  oc_op_info *info = &g->nodes[oc_node_index(node)].info;
  info->n_out = 1;
  info->out[0] = *type;
  return node;
}

/* Both floating types mean the graph's. */
static oc_dtype kept_type(const oc_graph *g, oc_dtype dtype) {
  return dtype == OC_F32 || dtype == OC_F64 ? oc_graph_real(g) : dtype;
}

oc_node oc_placeholder(oc_graph *g, const char *name, oc_dtype dtype, oc_shape shape) {
  if (oc_dtype_size(dtype) == 0)
    return oc_graph_fail(g, OC_E_ARGUMENT, name ? name : "", "Use OC_F32, OC_U8, OC_I32 or OC_I64.",
                         "unknown element type %d", (int)dtype);
  return add_source(g, OC_OP(g, placeholder), name, &(oc_tensor_desc){kept_type(g, dtype), shape}, NULL);
}

oc_node oc_variable(oc_graph *g, const char *name, oc_shape shape, oc_init init) {
  if (oc_graph_failed(g)) return OC_NO_NODE;
  void *variables = g->variables;
  if (!oc_graph_reserve(g, &variables, g->variable_count, &g->variable_capacity, sizeof *g->variables))
    return OC_NO_NODE;
  g->variables = variables;
  const oc_node node =
      add_source(g, OC_OP(g, variable), name, &(oc_tensor_desc){oc_graph_real(g), shape}, NULL);
  if (!oc_node_valid(node)) return node;
  g->nodes[oc_node_index(node)].variable = g->variable_count;
  g->variables[g->variable_count++] = (oc_graph_variable){oc_node_index(node), init, -1};
  return node;
}

void oc_graph_note_slot(oc_graph *g, oc_node slot, oc_node variable) {
  if (oc_graph_failed(g)) return;
  g->variables[g->nodes[oc_node_index(slot)].variable].slot_of = g->nodes[oc_node_index(variable)].variable;
}

/* to[i] = from[i], of which the one is floating if the other is. */
static void copy_values(oc_dtype from_type, const void *from, oc_dtype to_type, void *to, int64_t count) {
  if (from_type == to_type) {
    memcpy(to, from, (size_t)count * oc_dtype_size(to_type));
    return;
  }
  for (int64_t i = 0; i < count; i++) {
    if (to_type == OC_F64)
      ((double *)to)[i] = (double)((const float *)from)[i];
    else
      ((float *)to)[i] = (float)((const double *)from)[i];
  }
}

oc_node oc_graph_add_constant(oc_graph *g, const char *name, oc_dtype dtype, oc_shape shape,
                              const void *values) {
  int64_t count = 0;
  if (oc_graph_failed(g)) return OC_NO_NODE;
  if (oc_shape_count(&shape, 1, &count, NULL) != OC_OK || (count > 0 && !values) ||
      (shape.rank && shape.dim[0] == OC_BATCH) || oc_dtype_size(dtype) == 0)
    return oc_graph_fail(g, OC_E_ARGUMENT, "oc_constant", "Give sizes >= 0.",
                         "a constant needs a type, a fixed shape and as many values");
  const oc_dtype kept = kept_type(g, dtype);
  size_t bytes;
  void *data = __builtin_mul_overflow((size_t)count, oc_dtype_size(kept), &bytes)
                   ? NULL
                   : oc_arena_alloc(&g->arena, bytes ? bytes : 1);
  if (!data) return oc_graph_fail(g, OC_E_MEMORY, "oc_constant", "", "no memory for a constant");
  if (count) copy_values(dtype, values, kept, data, count);
  return add_source(g, OC_OP(g, constant), name, &(oc_tensor_desc){kept, shape}, &(oc_constant_attrs){data});
}

oc_node oc_constant_of(oc_graph *g, oc_dtype dtype, oc_shape shape, const void *values) {
  return oc_graph_add_constant(g, "Const", dtype, shape, values);
}

oc_node oc_constant(oc_graph *g, oc_shape shape, const double *values) {
  return oc_constant_of(g, OC_F64, shape, values);
}

oc_node oc_scalar(oc_graph *g, double value) {
  return oc_constant(g, OC_SCALAR_SHAPE, &value);
}
