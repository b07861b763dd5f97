/* graph_read.c: see graph_text.h. One pass over the nodes: a node finds its inputs by name in the table of
 * the graph that is being built, so one that reads itself or a later node finds nothing. What shapes and
 * attributes an operation takes, its own shape rule says, as for a graph that is built in C. */
#include "graph/sources.h"
#include "base/json.h"
#include "base/random.h"
#include "formats/graph_text.h"
#include "formats/safetensors.h"
#include "ops/ops.h"
#include <stdlib.h>
#include <string.h>

#define HINT "The graph in the file was not written by Ocellus, or was changed by hand."

typedef struct reader {
  oc_graph *g;
  const json_t *node; /* at hand */
  const char *name;   /* its name */
  oc_error *err;
} reader;

#define REFUSE(r, ...) oc_fail((r)->err, OC_E_DATA, (r)->name, HINT, __VA_ARGS__)

/* ---- references ---------------------------------------------------------------------------------------- */

/* "NAME" or "NAME:OUT" of a node that is there already. */
static oc_status find_node(const reader *r, const json_t *value, oc_node *out) {
  const char *name = json_string_value(value);
  *out = name ? oc_find(r->g, name) : OC_NO_NODE;
  if (!oc_node_valid(*out))
    return REFUSE(r, "expected an earlier node, got '%.120s'", name ? name : "(not a string)");
  if (out->out < oc_graph_info(r->g, oc_node_index(*out))->n_out) return OC_OK;
  return REFUSE(r, "node '%.120s' has no such output", name);
}

/* ---- nodes that hold a value --------------------------------------------------------------------------- */

/* The caller frees *out, also after a failure. */
static oc_status read_values(const reader *r, const oc_tensor_desc *value, void **out) {
  const json_t *list = json_object_get(r->node, "values");
  const oc_shape *shape = &value->shape;
  int64_t count;
  *out = NULL;
  if (oc_shape_count(shape, 1, &count, NULL) != OC_OK || (int64_t)json_array_size(list) != count ||
      !json_is_array(list))
    return REFUSE(r, "a constant needs a list with one value per element");
  *out = oc_memory_array((size_t)count, oc_dtype_size(value->dtype));
  if (!*out) return oc_fail_memory(r->err, (size_t)count * oc_dtype_size(value->dtype));
  for (int64_t i = 0; i < count; i++)
    if (!oc_element_read(json_array_get(list, (size_t)i), value->dtype, *out, i))
      return REFUSE(r, "value %lld is not a %s", (long long)i, oc_dtype_name(value->dtype));
  return OC_OK;
}

static oc_status add_constant(const reader *r, const oc_tensor_desc *value) {
  void *values;
  const oc_status status = read_values(r, value, &values);
  if (status == OC_OK) oc_graph_add_constant(r->g, r->name, value->dtype, value->shape, values);
  oc_memory_free(values);
  return status;
}

static oc_status add_source(const reader *r, const oc_op *op, const oc_tensor_desc *value) {
  if (json_object_get(r->node, "inputs")) return REFUSE(r, "a %s has no inputs", op->name);
  if (strcmp(op->name, "placeholder") == 0) {
    oc_placeholder(r->g, r->name, value->dtype, value->shape);
    return OC_OK;
  }
  if (strcmp(op->name, "constant") == 0) return add_constant(r, value);
  if (value->dtype != OC_F32)
    return REFUSE(r, "a %s must be float32, got %s", op->name, oc_dtype_name(value->dtype));
  const json_t *trainable = json_object_get(r->node, "trainable");
  if (trainable && !json_is_boolean(trainable)) return REFUSE(r, "trainable must be true or false");
  oc_variable(r->g, r->name, value->shape,
              (oc_init){.kind = OC_INIT_ZEROS, .not_trainable = trainable && json_is_false(trainable)});
  return OC_OK;
}

/* ---- nodes that compute -------------------------------------------------------------------------------- */

/* The caller frees *in, also after a failure. */
static oc_status read_inputs(const reader *r, const oc_op *op, oc_node **in, int *count) {
  const json_t *list = json_object_get(r->node, "inputs");
  const size_t size = json_array_size(list);
  *in = oc_memory_array(size, sizeof **in);
  *count = (int)size;
  if (!*in) return oc_fail_memory(r->err, size * sizeof **in);
  if (!json_is_array(list) || size == 0) return REFUSE(r, "a %s needs a list of inputs", op->name);
  for (size_t i = 0; i < size; i++) TRY(find_node(r, json_array_get(list, i), *in + i));
  for (int i = 0; i < OC_MARKED_INPUTS; i++)
    if (oc_op_changes(op, i) && ((size_t)i >= size || r->g->nodes[oc_node_index((*in)[i])].variable < 0))
      return REFUSE(r, "a %s changes its input %d, which must be a variable", op->name, i);
  return OC_OK;
}

static oc_status take_stream(const reader *r, oc_node node) {
  const json_t *stream = json_object_get(r->node, "stream");
  const json_int_t number = json_integer_value(stream);
  if (!json_is_integer(stream) || number < 0 || number > INT32_MAX)
    return REFUSE(r, "stream must be 0 to %d", INT32_MAX);
  r->g->nodes[oc_node_index(node)].info.stream = OC_STREAM_OP + (uint64_t)number;
  return OC_OK;
}

static oc_status add_with_inputs(const reader *r, const oc_op *op, const oc_node *in, int count) {
  void *attrs = oc_memory_alloc(op->attr_size);
  if (!attrs) return oc_fail_memory(r->err, op->attr_size);
  const int axes = oc_graph_value(r->g, in[0])->shape.rank;
  oc_error found = {0};
  oc_status status = oc_attributes_read(json_object_get(r->node, "attributes"), op, axes, attrs, &found);
  if (status != OC_OK) status = REFUSE(r, "%s", found.message);
  const oc_node node = status == OC_OK ? oc_graph_add_named(r->g, op, r->name, in, count, attrs) : OC_NO_NODE;
  oc_memory_free(attrs);
  if (!oc_node_valid(node)) return status;
  if (op->updates) oc_graph_add_update(r->g, node);
  return op->random ? take_stream(r, node) : OC_OK;
}

static oc_status add_operation(const reader *r, const oc_op *op) {
  oc_node *in;
  int count;
  oc_status status = read_inputs(r, op, &in, &count);
  if (status == OC_OK) status = add_with_inputs(r, op, in, count);
  oc_memory_free(in);
  return status;
}

/* Checks that the node's first output has the type and shape in the file. Both may be omitted where they can
 * be inferred. */
static oc_status check_value(const reader *r, const oc_tensor_desc *said) {
  const oc_op_info *info = oc_graph_info(r->g, r->g->count - 1);
  char a[128], b[128];
  if (!json_object_get(r->node, "shape") || info->n_out == 0) return OC_OK;
  if (said->dtype == info->out[0].dtype && oc_shape_equal(&said->shape, &info->out[0].shape)) return OC_OK;
  return REFUSE(r, "got %s %s, but its inputs give %s %s", oc_dtype_name(said->dtype),
                oc_shape_text(&said->shape, a, sizeof a), oc_dtype_name(info->out[0].dtype),
                oc_shape_text(&info->out[0].shape, b, sizeof b));
}

/* ---- a node -------------------------------------------------------------------------------------------- */

static oc_status read_value(const reader *r, bool needed, oc_tensor_desc *out) {
  const json_t *dtype = json_object_get(r->node, "dtype"), *shape = json_object_get(r->node, "shape");
  *out = (oc_tensor_desc){0};
  if (!needed && !dtype && !shape) return OC_OK;
  if (oc_dtype_read(dtype, &out->dtype) && oc_shape_read(shape, &out->shape)) return OC_OK;
  return REFUSE(r, "dtype and shape must be a type and a list of at most %d sizes", OC_MAX_RANK);
}

static oc_status add_node(const reader *r) {
  const char *kind = json_string_value(json_object_get(r->node, "op"));
  const oc_op *op = kind ? oc_ops_find_in(r->g->registry, OC_F32, kind) : NULL;
  oc_tensor_desc said;
  if (!op || !oc_op_stored(op))
    return oc_fail(
        r->err, OC_E_DATA, r->name,
        "Load it with a registry that has this operation, or use a newer Ocellus, if one wrote it.",
        "unknown operation '%.60s'", kind ? kind : "");
  TRY(read_value(r, op->is_source, &said));
  TRY(op->is_source ? add_source(r, op, &said) : add_operation(r, op));
  if (!oc_graph_failed(r->g)) return check_value(r, &said);
  oc_error found = {0};
  if (oc_graph_status(r->g, &found) == OC_E_MEMORY) {
    if (r->err) *r->err = found;
    return OC_E_MEMORY;
  }
  return REFUSE(r, "%s", found.message);
}

static oc_status read_nodes(reader *r, const json_t *list) {
  const size_t count = json_array_size(list);
  if (!json_is_array(list) || count < 1 || count > OC_GRAPH_MAX_NODES)
    return REFUSE(r, "nodes must be a list of 1 to %d, got %zu", OC_GRAPH_MAX_NODES, count);
  for (size_t i = 0; i < count; i++) {
    r->node = json_array_get(list, i);
    r->name = json_string_value(json_object_get(r->node, "name"));
    if (!r->name || !*r->name) {
      r->name = "graph";
      return REFUSE(r, "node %zu has no name", i);
    }
    TRY(add_node(r));
  }
  r->name = "graph";
  return OC_OK;
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

/* Only the input is fed. */
static oc_status check_placeholders(reader *r, oc_node input) {
  for (int32_t op = 0; op < r->g->count; op++) {
    const oc_op_info *info = oc_graph_info(r->g, op);
    if (op == oc_node_index(input) || strcmp(info->op->name, "placeholder") != 0) continue;
    r->name = info->name;
    return REFUSE(r, "a placeholder that is not the input");
  }
  if (strcmp(oc_node_op(r->g, input), "placeholder") == 0) return OC_OK;
  return REFUSE(r, "the input must be a placeholder");
}

static oc_status read_ends(reader *r, const json_t *root, oc_graph_reading *out) {
  const json_t *outputs = json_object_get(root, "outputs");
  const size_t count = json_array_size(outputs);
  TRY(find_node(r, json_object_get(root, "input"), &out->input));
  TRY(check_placeholders(r, out->input));
  if (count < 1 || count > OC_GRAPH_MAX_OUTPUTS)
    return REFUSE(r, "outputs must be a list of 1 to %d", OC_GRAPH_MAX_OUTPUTS);
  for (size_t i = 0; i < count; i++) TRY(find_node(r, json_array_get(outputs, i), &out->outputs[i]));
  out->count = (int)count;
  return OC_OK;
}

static oc_status read_graph(reader *r, const json_t *root, oc_registry *registry, oc_graph_reading *out) {
  TRY(oc_graph_create(&(oc_graph_options){.registry = registry}, &out->g, r->err));
  r->g = out->g;
  r->g->exact = true;
  TRY(read_nodes(r, json_object_get(root, "nodes")));
  r->g->exact = false;
  return read_ends(r, root, out);
}

oc_status oc_graph_read(const char *text, oc_registry *registry, oc_graph_reading *out, oc_error *err) {
  *out = (oc_graph_reading){0};
  reader r = {.name = "graph", .err = err};
  json_t *root;
  const size_t size = strlen(text), commas = oc_json_commas(text, size);
  if (commas > OC_GRAPH_MAX_COMMAS)
    return REFUSE(&r, "%zu values; a graph in a file has at most %d", commas, OC_GRAPH_MAX_COMMAS);
  TRY(oc_json_parse(text, size, r.name, HINT, &root, err));
  const oc_status status = read_graph(&r, root, registry, out);
  json_decref(root);
  if (status == OC_OK) return OC_OK;
  oc_graph_free(out->g);
  *out = (oc_graph_reading){0};
  return status;
}
