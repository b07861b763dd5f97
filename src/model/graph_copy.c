/* graph_copy.c: copies the graph of a model: for training, which adds its own operations, and in float64 for
 * a finite difference. Nodes keep their numbers and their random streams, so the bits of whatever is computed
 * stay. */
#include "graph/sources.h"
#include "model/model.h"
#include "graph/graph.h"
#include "ops/ops.h"
#include <string.h>

static bool is_real(oc_dtype dtype) {
  return dtype == OC_F32 || dtype == OC_F64;
}

static oc_node copy_constant(oc_graph *to, const oc_op_info *info) {
  const void *data = ((const oc_constant_attrs *)info->attrs)->data;
  return oc_graph_add_constant(to, info->name, info->out[0].dtype, info->out[0].shape, data);
}

static oc_node copy_source(oc_graph *to, const oc_graph *from, const oc_graph_node *node) {
  const oc_op_info *info = &node->info;
  const oc_tensor_desc *value = &info->out[0];
  if (node->variable >= 0)
    return oc_variable(to, info->name, value->shape, *oc_graph_variable_init(from, node->variable));
  if (strcmp(info->op->name, "constant") == 0) return copy_constant(to, info);
  return oc_placeholder(to, info->name, value->dtype, value->shape);
}

/* The same operation for another real type: its row of that type, and its type where it has one as an
 * attribute. */
static oc_node copy_operation(oc_graph *to, const oc_graph *from, const oc_graph_node *node) {
  const oc_op_info *info = &node->info;
  const oc_op *op = to->real == from->real ? info->op : oc_ops_twin(info->op, to->real);
  void *attrs = op->attr_size ? oc_memory_copy(info->attrs, op->attr_size) : NULL;
  if (op->attr_size && !attrs)
    return oc_graph_fail(to, OC_E_MEMORY, info->name, "", "no memory for attributes");
  for (const oc_attribute *a = attrs ? op->attributes : NULL; a && a->name; a++) {
    oc_dtype *dtype = (oc_dtype *)((char *)attrs + a->offset);
    if (a->kind == OC_ATTRIBUTE_DTYPE && is_real(*dtype)) *dtype = to->real;
  }
  const oc_node made = oc_graph_add_named(to, op, info->name, node->in, info->n_in, attrs);
  oc_memory_free(attrs);
  return made;
}

static oc_status copy_nodes(oc_graph *to, const oc_graph *from, const oc_graph_mark *part, oc_error *err) {
  to->exact = true;
  for (int32_t i = 0; i < part->count && !oc_graph_failed(to); i++) {
    const oc_graph_node *node = &from->nodes[i];
    const oc_node made =
        node->info.op->is_source ? copy_source(to, from, node) : copy_operation(to, from, node);
    if (oc_node_valid(made)) to->nodes[i].info.stream = node->info.stream;
  }
  for (int32_t i = 0; i < part->update_count; i++) oc_graph_add_update(to, oc_graph_update_at(from, i));
  to->exact = false;
  return oc_graph_status(to, err);
}

oc_status oc_model_copy_graph(const oc_model *m, const oc_graph_mark *part, oc_dtype type, oc_graph **out,
                              oc_error *err) {
  TRY(oc_graph_create(&(oc_graph_options){.real = type, .registry = m->graph->registry}, out, err));
  const oc_status status = copy_nodes(*out, m->graph, part, err);
  if (status == OC_OK) return OC_OK;
  oc_graph_free(*out);
  *out = NULL;
  return status;
}
