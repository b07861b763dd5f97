/* model_graph.c: builds the graph of a model from a net text or a file, and writes it to a file. On top of
 * its network a model has the predictions of its outputs, its losses and its metrics: see head_nodes.c. */
#include "base/json.h"
#include "formats/graph_text.h"
#include "model/model.h"
#include <string.h>

/* The lecture's y, which stands before the answers. */
static void add_lectures_target(oc_graph *g, const oc_model *m, oc_model_nodes *n) {
  if (oc_model_plain(m)) n->targets[0] = oc_placeholder(g, "tf_y", OC_I32, OC_SHAPE(OC_BATCH));
}

/* Answers and heads; from now on the graph is the model's own. */
static oc_status finish_graph(oc_model *m, oc_error *err) {
  oc_graph *g = m->graph;
  oc_model_add_answers(g, m, &m->nodes);
  m->network = oc_graph_mark_now(g);
  if (m->heads.count == 0) oc_heads_default(m, &m->heads);
  oc_model_add_heads(g, m, &m->heads, &m->nodes);
  m->own = oc_graph_mark_now(g);
  m->own_heads = m->heads;
  m->own_nodes = m->nodes;
  return oc_graph_status(g, err);
}

oc_status oc_model_build(oc_model *m, oc_error *err) {
  oc_model_nodes *n = &m->nodes;
  TRY(oc_graph_create(&(oc_graph_options){.registry = m->options.registry}, &m->graph, err));
  n->x = oc_placeholder(m->graph, "tf_x", OC_F32,
                        OC_SHAPE(OC_BATCH, m->size.height, m->size.width, m->size.channels));
  add_lectures_target(m->graph, m, n);
  TRY(oc_net_build(m->graph, n->x, m->net, m->outputs[0].size, NULL, &n->outputs[0].node, err));
  return finish_graph(m, err);
}

/* ---- in a file ----------------------------------------------------------------------------------------- */

static oc_status check_value(const oc_graph *g, oc_node node, const char *what, const oc_shape *wanted,
                             oc_error *err) {
  const oc_tensor_desc *value = oc_graph_value(g, node);
  char is[128], must[128];
  if (value->dtype == OC_F32 && oc_shape_equal(&value->shape, wanted)) return OC_OK;
  return oc_fail(err, OC_E_DATA, oc_node_name(g, node), "", "the %s is %s %s, but must be float32 %s", what,
                 oc_dtype_name(value->dtype), oc_shape_text(&value->shape, is, sizeof is),
                 oc_shape_text(wanted, must, sizeof must));
}

oc_status oc_model_finish_graph(oc_model *m, oc_error *err) {
  const oc_shape image = OC_SHAPE(OC_BATCH, m->size.height, m->size.width, m->size.channels);
  TRY(check_value(m->graph, m->nodes.x, "input", &image, err));
  for (int i = 0; i < m->output_count; i++) {
    const oc_shape answers = OC_SHAPE(OC_BATCH, m->outputs[i].size);
    TRY(check_value(m->graph, m->nodes.outputs[i].node, "output", &answers, err));
  }
  add_lectures_target(m->graph, m, &m->nodes);
  return finish_graph(m, err);
}

oc_status oc_model_read_graph(oc_model *m, const char *text, oc_error *err) {
  oc_graph_reading reading;
  TRY(oc_graph_read(text, m->options.registry, &reading, err));
  m->graph = reading.g;
  m->nodes.x = reading.input;
  if (reading.count != m->output_count)
    return oc_fail(err, OC_E_DATA, "graph", "Use a newer Ocellus, if one wrote it.",
                   "got %d outputs, expected %d", reading.count, m->output_count);
  for (int i = 0; i < reading.count; i++) m->nodes.outputs[i].node = reading.outputs[i];
  return oc_model_finish_graph(m, err);
}

oc_status oc_model_graph_text(const oc_model *m, char **text, oc_error *err) {
  oc_node outputs[OC_TARGETS_MAX];
  for (int i = 0; i < m->output_count; i++) outputs[i] = m->nodes.outputs[i].node;
  const oc_graph_ends ends = {m->nodes.x, outputs, m->output_count};
  return oc_graph_write(m->graph, &m->network, &ends, text, err);
}

/* Heads that follow from the outputs need no words. */
static oc_status describe_heads(const oc_model *m, const oc_heads *h, oc_metadata *d, oc_error *err) {
  oc_heads usual;
  oc_heads_default(m, &usual);
  if (oc_heads_equal(h, &usual)) return oc_metadata_set(d, "heads", NULL) ? OC_OK : oc_fail_memory(err, 16);
  json_t *list = oc_heads_json(m, h);
  char *text = list ? oc_json_text(list, JSON_COMPACT) : NULL;
  json_decref(list);
  const bool whole = text && oc_metadata_set(d, "heads", text);
  oc_memory_free(text);
  return whole ? OC_OK : oc_fail_memory(err, 256);
}

oc_status oc_model_describe(const oc_model *m, const oc_heads *h, oc_metadata *d, oc_error *err) {
  char *text;
  TRY(oc_model_need_rule(m, err));
  TRY(oc_model_graph_text(m, &text, err));
  const bool whole = oc_metadata_copy(d, &m->metadata) && oc_metadata_set(d, "graph", text);
  const oc_status status = whole ? OC_OK : oc_fail_memory(err, strlen(text));
  oc_memory_free(text);
  return status == OC_OK ? describe_heads(m, h, d, err) : status;
}

void oc_model_skip_init(oc_graph *g) {
  for (int i = 0; i < g->variable_count; i++) g->variables[i].init.kind = OC_INIT_ZEROS;
}
