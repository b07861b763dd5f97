/* head_nodes.c: what a model has on top of its network: answers of its outputs, and for each head the target,
 * the loss and the metrics. The lecture's classifier has them under the lecture's names, all others under the
 * names of their outputs and targets. */
#include "base/error.h"
#include "model/model.h"

/* ---- answers ------------------------------------------------------------------------------------------- */

static void add_answer(oc_graph *g, oc_target_kind kind, oc_output_nodes *n, const char *answer,
                       const char *label) {
  n->label = OC_NO_NODE;
  n->answer = n->node;
  if (kind == OC_TARGET_CLASSES) n->answer = oc_named(g, oc_sigmoid(g, n->node), answer);
  if (kind != OC_TARGET_CLASS) return;
  n->answer = oc_named(g, oc_softmax(g, n->node), answer);
  n->label = oc_named(g, oc_argmax(g, n->node), label);
}

void oc_model_add_answers(oc_graph *g, const oc_model *m, oc_model_nodes *n) {
  if (oc_model_plain(m)) {
    add_answer(g, OC_TARGET_CLASS, &n->outputs[0], "probabilities", "labels");
    return;
  }
  for (int i = 0; i < m->output_count; i++) {
    oc_scope_push(g, m->outputs[i].name);
    add_answer(g, m->outputs[i].kind, &n->outputs[i], "answer", "label");
    oc_scope_pop(g);
  }
}

/* ---- heads --------------------------------------------------------------------------------------------- */

static void add_targets(oc_graph *g, const oc_heads *h, oc_model_nodes *n) {
  for (int i = 0; i < h->target_count; i++) {
    const bool is_class = h->targets[i].kind == OC_TARGET_CLASS;
    oc_scope_push(g, h->targets[i].name);
    n->targets[i] = is_class ? oc_placeholder(g, "target", OC_I32, OC_SHAPE(OC_BATCH))
                             : oc_placeholder(g, "target", OC_F32, OC_SHAPE(OC_BATCH, h->targets[i].size));
    oc_scope_pop(g);
  }
}

/* Its loss and metrics, into scores[..]. */
static void add_head(oc_graph *g, const oc_model *m, const oc_head_row *row, const oc_model_nodes *n,
                     oc_node *scores) {
  const oc_output_nodes *output = &n->outputs[row->output];
  const oc_loss_inputs in = {output->node, output->answer, output->label, n->targets[row->target],
                             m->outputs[row->output].size};
  scores[0] = row->loss->build(g, &in);
  for (int i = 0; i < row->metric_count; i++) scores[1 + i] = row->metrics[i]->build(g, &in);
}

static oc_node weighted(oc_graph *g, oc_node loss, double weight) {
  return weight == 1 ? loss : oc_multiply(g, loss, oc_scalar(g, weight));
}

void oc_model_add_heads(oc_graph *g, const oc_model *m, const oc_heads *h, oc_model_nodes *n) {
  oc_node *at = n->scores;
  if (oc_heads_plain(m, h)) { /* tf_y is there */
    add_head(g, m, &h->list[0], n, at);
    n->loss = at[0];
    return;
  }
  add_targets(g, h, n);
  for (int i = 0; i < h->count; i++) {
    oc_scope_push(g, m->outputs[h->list[i].output].name);
    add_head(g, m, &h->list[i], n, at);
    const oc_node part = weighted(g, at[0], h->list[i].weight);
    n->loss = i == 0 ? part : oc_add(g, n->loss, part);
    oc_scope_pop(g);
    at += 1 + h->list[i].metric_count;
  }
  if (h->count > 1) n->loss = oc_named(g, n->loss, "weighted_loss");
}

void oc_model_add_soft_heads(oc_graph *g, const oc_model *m, const oc_heads *h, const oc_node *distributions,
                             oc_model_nodes *n) {
  oc_node *at = n->scores;
  for (int i = 0; i < h->count; i++) {
    const oc_head_row *row = &h->list[i];
    const oc_output_nodes *output = &n->outputs[row->output];
    const oc_loss_inputs in = {output->node, output->answer, output->label, distributions[row->target],
                               m->outputs[row->output].size};
    oc_scope_push(g, m->outputs[row->output].name);
    if (oc_node_valid(in.target)) at[0] = row->loss->build_soft(g, &in);
    const oc_node part = weighted(g, at[0], row->weight);
    n->loss = i == 0 ? part : oc_add(g, n->loss, part);
    oc_scope_pop(g);
    at += 1 + row->metric_count;
  }
}

/* ---- a graph for training ------------------------------------------------------------------------------ */

oc_status oc_model_graph_with(const oc_model *m, const oc_heads *h, oc_dtype type, oc_graph **out,
                              oc_model_nodes *nodes, oc_error *err) {
  *nodes = m->own_nodes;
  if (oc_heads_equal(h, &m->own_heads)) return oc_model_copy_graph(m, &m->own, type, out, err);
  TRY(oc_model_copy_graph(m, &m->network, type, out, err));
  oc_model_add_heads(*out, m, h, nodes);
  const oc_status status = oc_graph_status(*out, err);
  if (status == OC_OK) return OC_OK;
  oc_graph_free(*out);
  *out = NULL;
  return status;
}

oc_status oc_model_prepare_heads(oc_model *m, const oc_heads *h, oc_model_nodes *nodes, oc_error *err) {
  const oc_graph_mark before = oc_graph_mark_now(m->graph);
  *nodes = m->nodes;
  if (oc_heads_equal(h, &m->heads)) return OC_OK;
  *nodes = m->earlier_nodes;
  if (oc_heads_equal(h, &m->earlier_heads)) return OC_OK;
  *nodes = m->own_nodes;
  if (oc_heads_equal(h, &m->own_heads)) return OC_OK;
  oc_model_add_heads(m->graph, m, h, nodes);
  const oc_status status = oc_graph_status(m->graph, err);
  if (status == OC_OK) return OC_OK;
  oc_graph_back(m->graph, before);
  oc_graph_clear_error(m->graph);
  return status;
}

int oc_heads_fetches(const oc_model *m, const oc_heads *h, const oc_model_nodes *n, oc_node *out) {
  const int scores = oc_heads_plain(m, h) ? 0 : oc_heads_score_count(h);
  out[0] = oc_heads_count(h) ? n->outputs[h->list[0].output].label : n->loss;
  out[1] = n->loss;
  for (int i = 0; i < scores; i++) out[2 + i] = n->scores[i];
  return 2 + scores;
}
