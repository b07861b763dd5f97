/* graph_write.c: see graph_text.h. */
#include "base/json.h"
#include "base/random.h"
#include "formats/graph_text.h"
#include "formats/safetensors.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- which operations ---------------------------------------------------------------------------------- */

/* Inputs come before their users: one walk from the end to the front visits every operation after all its
 * users. */
static void want_inputs(const oc_graph *g, int32_t count, bool *wanted) {
  for (int32_t op = count - 1; op >= 0; op--)
    for (int i = 0; wanted[op] && i < oc_graph_info(g, op)->n_in; i++)
      wanted[oc_node_index(oc_graph_input(g, op, i))] = true;
}

void oc_graph_want(const oc_graph *g, const oc_graph_mark *own, const oc_graph_ends *ends, bool *wanted) {
  wanted[oc_node_index(ends->input)] = true;
  for (int i = 0; i < ends->count; i++) wanted[oc_node_index(ends->outputs[i])] = true;
  want_inputs(g, own->count, wanted);
  for (int32_t i = 0; i < own->update_count; i++) {
    const int32_t update = oc_node_index(oc_graph_update_at(g, i));
    if (wanted[oc_node_index(oc_graph_input(g, update, 0))]) wanted[update] = true;
  }
  want_inputs(g, own->count, wanted);
}

/* ---- one operation ------------------------------------------------------------------------------------- */

static oc_status refuse_operation(const oc_op_info *info, const char *hint, const char *why, oc_error *err) {
  return oc_fail(err, OC_E_UNSUPPORTED, info->name, hint, "%s %s", info->op->name, why);
}

static oc_status check_operation(const oc_graph *g, int32_t op, oc_error *err) {
  const oc_op_info *info = oc_graph_info(g, op);
  if (!oc_op_stored(info->op))
    return refuse_operation(info, "Leave it out of what the outputs depend on.", "cannot be in a model file",
                            err);
  if (strcmp(info->op->name, "constant") != 0) return OC_OK;
  const int64_t count = oc_tensor_desc_row(&info->out[0]);
  if (count > OC_GRAPH_MAX_NODES)
    return refuse_operation(info, "Make it a variable that is not trainable.",
                            "is too large for a model file", err);
  const float *values = ((const oc_constant_attrs *)info->attrs)->data;
  for (int64_t i = 0; i < count && info->out[0].dtype == OC_F32; i++)
    if (!isfinite(values[i]))
      return refuse_operation(info, "Use a finite number.", "holds a value that is NaN or infinite", err);
  return OC_OK;
}

/* "conv_1/Conv2D", or "conv_1/Conv2D:1" for another output than the first. */
static json_t *reference(const oc_graph *g, oc_node node) {
  char text[OC_NAME_BYTES + 16];
  const char *name = oc_node_name(g, node);
  (void)snprintf(text, sizeof text, node.out ? "%s:%d" : "%s", name, (int)node.out);
  return json_string(text);
}

static json_t *inputs_json(const oc_graph *g, int32_t op) {
  json_t *list = json_array();
  for (int i = 0; i < oc_graph_info(g, op)->n_in; i++)
    (void)json_array_append_new(list, reference(g, oc_graph_input(g, op, i)));
  return list;
}

static json_t *values_json(const oc_op_info *info) {
  json_t *list = json_array();
  const void *data = ((const oc_constant_attrs *)info->attrs)->data;
  for (int64_t i = 0; i < oc_tensor_desc_row(&info->out[0]); i++)
    (void)json_array_append_new(list, oc_element_json(info->out[0].dtype, data, i));
  return list;
}

static void add_source(const oc_graph *g, int32_t op, json_t *object) {
  const oc_graph_node *node = &g->nodes[op];
  if (node->variable >= 0 && oc_graph_variable_init(g, node->variable)->not_trainable)
    (void)json_object_set_new(object, "trainable", json_false());
  if (strcmp(node->info.op->name, "constant") == 0)
    (void)json_object_set_new(object, "values", values_json(&node->info));
}

static json_t *node_json(const oc_graph *g, int32_t op) {
  const oc_op_info *info = oc_graph_info(g, op);
  json_t *object = json_pack("{s:s, s:s}", "op", info->op->name, "name", info->name);
  if (info->n_in) (void)json_object_set_new(object, "inputs", inputs_json(g, op));
  if (info->op->attributes) (void)json_object_set_new(object, "attributes", oc_attributes_json(info));
  if (info->op->random)
    (void)json_object_set_new(object, "stream", json_integer((json_int_t)(info->stream - OC_STREAM_OP)));
  if (info->n_out) {
    (void)json_object_set_new(object, "dtype", json_string(oc_dtype_name(info->out[0].dtype)));
    (void)json_object_set_new(object, "shape", oc_shape_json(&info->out[0].shape));
  }
  if (info->op->is_source) add_source(g, op, object);
  return object;
}

/* ---- the text ------------------------------------------------------------------------------------------ */

static json_t *graph_json(const oc_graph *g, int32_t count, const oc_graph_ends *ends, const bool *wanted) {
  json_t *nodes = json_array(), *outputs = json_array();
  for (int32_t op = 0; op < count; op++)
    if (wanted[op]) (void)json_array_append_new(nodes, node_json(g, op));
  for (int i = 0; i < ends->count; i++) (void)json_array_append_new(outputs, reference(g, ends->outputs[i]));
  return json_pack("{s:o, s:o, s:o}", "input", reference(g, ends->input), "outputs", outputs, "nodes", nodes);
}

static oc_status write_graph(const oc_graph *g, int32_t count, const oc_graph_ends *ends, const bool *wanted,
                             char **text, oc_error *err) {
  int32_t nodes = 0;
  for (int32_t op = 0; op < count; op++) {
    if (wanted[op]) TRY(check_operation(g, op, err));
    nodes += wanted[op];
  }
  if (nodes > OC_GRAPH_MAX_NODES)
    return oc_fail(err, OC_E_UNSUPPORTED, "graph", "Use a smaller network.",
                   "%d operations; a model file holds at most %d", (int)nodes, OC_GRAPH_MAX_NODES);
  json_t *object = graph_json(g, count, ends, wanted);
  *text = oc_json_text(object, JSON_COMPACT); /* NULL also if a value above got no memory */
  json_decref(object);
  if (!*text) return oc_fail_memory(err, (size_t)nodes * 256);
  const size_t commas = oc_json_commas(*text, strlen(*text));
  if (commas <= OC_GRAPH_MAX_COMMAS) return OC_OK;
  oc_memory_free(*text);
  *text = NULL;
  return oc_fail(err, OC_E_UNSUPPORTED, "graph", "Make large constants variables that are not trainable.",
                 "%zu values; a model file holds at most %d of a graph", commas, OC_GRAPH_MAX_COMMAS);
}

oc_status oc_graph_write(const oc_graph *g, const oc_graph_mark *own, const oc_graph_ends *ends, char **text,
                         oc_error *err) {
  *text = NULL;
  bool *wanted = oc_memory_array((size_t)own->count, sizeof *wanted);
  if (!wanted) return oc_fail_memory(err, (size_t)own->count * sizeof *wanted);
  oc_graph_want(g, own, ends, wanted);
  const oc_status status = write_graph(g, own->count, ends, wanted, text, err);
  oc_memory_free(wanted);
  return status;
}
