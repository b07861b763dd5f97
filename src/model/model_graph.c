/* model_graph.c: the graph of a model: from a net text, from a file, into a file. On top of its network every model has
 * probabilities and labels, the loss, and the share of right answers, under the names that the lecture gives them. */
#include "formats/graph_text.h"
#include "model/model.h"
#include "net/loss.h"
#include <string.h>

static void add_heads(oc_graph *g, int classes, oc_model_nodes *n) {
  n->probabilities = oc_named(g, oc_softmax(g, n->logits), "probabilities");
  n->labels = oc_named(g, oc_argmax(g, n->logits), "labels");
  const oc_loss_inputs in = {n->logits, n->probabilities, n->labels, n->y, classes};
  n->loss = oc_loss_softmax_cross_entropy.build(g, &in);
  n->accuracy = oc_metric_accuracy.build(g, &in);
}

static oc_status add_model(oc_graph *g, const oc_model *m, oc_model_nodes *n, oc_error *err) {
  n->x =
      oc_placeholder(g, "tf_x", OC_F32, OC_SHAPE(OC_BATCH, m->size.height, m->size.width, m->size.channels));
  n->y = oc_placeholder(g, "tf_y", OC_I32, OC_SHAPE(OC_BATCH));
  TRY(oc_net_build(g, n->x, m->net, m->classes, NULL, &n->logits, err));
  add_heads(g, m->classes, n);
  return oc_graph_status(g, err);
}

oc_status oc_model_build(oc_model *m, oc_error *err) {
  TRY(oc_graph_create(NULL, &m->graph, err));
  TRY(add_model(m->graph, m, &m->nodes, err));
  m->own = oc_graph_mark_now(m->graph);
  return OC_OK;
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
  const oc_shape answers = OC_SHAPE(OC_BATCH, m->classes);
  oc_graph *g = m->graph;
  TRY(check_value(g, m->nodes.x, "input", &image, err));
  TRY(check_value(g, m->nodes.logits, "output", &answers, err));
  m->nodes.y = oc_placeholder(g, "tf_y", OC_I32, OC_SHAPE(OC_BATCH));
  add_heads(g, m->classes, &m->nodes);
  m->own = oc_graph_mark_now(g);
  return oc_graph_status(g, err);
}

oc_status oc_model_read_graph(oc_model *m, const char *text, oc_error *err) {
  oc_graph_reading reading;
  TRY(oc_graph_read(text, &reading, err));
  m->graph = reading.g;
  m->nodes.x = reading.input;
  m->nodes.logits = reading.outputs[0];
  if (reading.count == 1) return oc_model_finish_graph(m, err);
  return oc_fail(err, OC_E_DATA, "graph", "Use a newer Ocellus, if one wrote it.",
                 "%d outputs; a classifier has 1", reading.count);
}

oc_status oc_model_graph_text(const oc_model *m, char **text, oc_error *err) {
  const oc_graph_ends ends = {m->nodes.x, &m->nodes.logits, 1};
  return oc_graph_write(m->graph, &m->own, &ends, text, err);
}

oc_status oc_model_describe(const oc_model *m, oc_metadata *d, oc_error *err) {
  char *text;
  TRY(oc_model_graph_text(m, &text, err));
  const bool whole = oc_metadata_copy(d, &m->metadata) && oc_metadata_set(d, "graph", text);
  const oc_status status = whole ? OC_OK : oc_fail_memory(err, strlen(text));
  oc_memory_free(text);
  return status;
}

void oc_model_skip_init(oc_graph *g) {
  for (int i = 0; i < g->variable_count; i++) g->variables[i].init.kind = OC_INIT_ZEROS;
}
