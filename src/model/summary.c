/* summary.c: summarizes the layers of a graph: output, parameters, cost. A layer is an outermost scope, or
 * an operation without one; a net text, where there is one, gives only the words. */
#include "base/checked.h"
#include "net/net.h"
#include "model/model.h"
#include <stdio.h>
#include <string.h>

typedef struct layer {
  const char *name;
  size_t length;  /* of it */
  int32_t output; /* the last operation that computes; -1: none yet */
  int next;       /* with the same hash, or -1 */
} layer;

enum { SLOTS = 1024 };

typedef struct layering {
  const oc_graph *g;
  int32_t count; /* operations that are looked at */
  int32_t *of;   /* [count] index of its layer, or -1 */
  layer *list;   /* [count] in order of appearance */
  int listed;
  int slots[SLOTS]; /* by hash: 1 + index of the newest, or 0 */
} layering;

/* ---- which operation belongs to which layer ------------------------------------------------------------ */

static size_t scope_length(const char *name) {
  const size_t length = strcspn(name, "/");
  return name[length] ? length : 0;
}

static int *slot_of(layering *l, const char *name, size_t length) {
  uint32_t hash = 2166136261u; /* FNV-1a */
  for (size_t i = 0; i < length; i++) hash = (hash ^ (unsigned char)name[i]) * 16777619u;
  return &l->slots[hash % SLOTS];
}

static int layer_of_scope(layering *l, const char *name, size_t length) {
  int *slot = slot_of(l, name, length);
  for (int i = *slot - 1; i >= 0; i = l->list[i].next)
    if (l->list[i].length == length && strncmp(l->list[i].name, name, length) == 0) return i;
  l->list[l->listed] = (layer){name, length, -1, *slot - 1};
  *slot = l->listed + 1;
  return l->listed++;
}

static int layer_of_operation(layering *l, const char *name) {
  l->list[l->listed] = (layer){name, strlen(name), -1, -1};
  return l->listed++;
}

/* A weight without a scope belongs to the first operation that reads it. */
static void claim_sources(layering *l, int32_t op, int index) {
  for (int i = 0; i < oc_graph_info(l->g, op)->n_in; i++) {
    const int32_t source = oc_node_index(oc_graph_input(l->g, op, i));
    if (l->of[source] < 0 && oc_graph_info(l->g, source)->op->is_source) l->of[source] = index;
  }
}

static void sort_operations(layering *l) {
  for (int32_t op = 0; op < l->count; op++) {
    const oc_op_info *info = oc_graph_info(l->g, op);
    const size_t scope = scope_length(info->name);
    const bool computes = !info->op->is_source && info->n_out > 0;
    l->of[op] = -1;
    if (!scope && !computes) continue;
    const int index = scope ? layer_of_scope(l, info->name, scope) : layer_of_operation(l, info->name);
    l->of[op] = index;
    if (computes) l->list[index].output = op;
    claim_sources(l, op, index);
  }
}

/* ---- in numbers ---------------------------------------------------------------------------------------- */

static bool is_product(const oc_op_info *info) {
  return info->op->terms == OC_TERMS_CONVOLUTION || info->op->terms == OC_TERMS_PRODUCT;
}

static void count_operation(const oc_graph *g, int32_t op, oc_layer_summary *out) {
  const oc_graph_node *node = &g->nodes[op];
  if (node->variable >= 0 && !oc_graph_variable_init(g, node->variable)->not_trainable)
    out->parameters += oc_tensor_desc_row(&node->info.out[0]);
  if (is_product(&node->info) && node->info.op->cost)
    out->multiply_adds += (int64_t)(node->info.op->cost(&node->info, 1).flops / 2);
}

/* Appends " relu" to the layer's text; what does not fit is shown as " ..". */
static void add_word(oc_layer_summary *out, const char *word) {
  enum { DOTS = 3 };
  const size_t used = strlen(out->text), room = sizeof out->text;
  if (used >= DOTS && strcmp(out->text + used - DOTS, " ..") == 0) return;
  const bool fits = used + 1 + strlen(word) + DOTS < room;
  (void)snprintf(out->text + used, room - used, "%s%s", used ? " " : "", fits ? word : "..");
}

static void summarize_layer(const layering *l, int index, oc_layer_summary *out) {
  const layer *from = &l->list[index];
  (void)snprintf(out->name, sizeof out->name, "%.*s", (int)oc_min_i64((int64_t)from->length, 63), from->name);
  if (from->output < 0) return;
  const oc_tensor_desc *value = &oc_graph_info(l->g, from->output)->out[0];
  out->output = value->shape;
  out->activation_bytes = oc_tensor_desc_row(value) * (int64_t)oc_dtype_size(value->dtype);
}

static void take_text(const char *text, oc_layer_summary *out) {
  const bool fits = strlen(text) < sizeof out->text;
  (void)snprintf(out->text, sizeof out->text, fits ? "%s" : "%.92s ..", text);
}

/* The words of the net text, or the names of the operations. */
static void describe_layers(const layering *l, const oc_net_layers *texts, oc_layer_summary *out) {
  for (int i = 0; i < texts->count && i < l->listed; i++)
    if (strcmp(texts->list[i].name, out[i].name) == 0) take_text(texts->list[i].text, &out[i]);
  for (int32_t op = 0; op < l->count; op++) {
    const oc_op_info *info = oc_graph_info(l->g, op);
    const int index = l->of[op];
    if (index < 0 || info->op->is_source || info->n_out == 0) continue;
    const bool has_text = index < texts->count && strcmp(texts->list[index].name, out[index].name) == 0;
    if (!has_text) add_word(&out[index], info->op->name);
  }
}

static oc_status summarize(layering *l, const oc_net_layers *texts, oc_layer_summary **out, int *count,
                           oc_error *err) {
  sort_operations(l);
  *out = oc_memory_array((size_t)l->listed, sizeof **out);
  if (!*out) return oc_fail_memory(err, (size_t)l->listed * sizeof **out);
  for (int i = 0; i < l->listed; i++) summarize_layer(l, i, &(*out)[i]);
  for (int32_t op = 0; op < l->count; op++)
    if (l->of[op] >= 0) count_operation(l->g, op, &(*out)[l->of[op]]);
  describe_layers(l, texts, *out);
  *count = l->listed;
  return OC_OK;
}

static void free_layering(layering *l) {
  if (!l) return;
  oc_memory_free(l->of);
  oc_memory_free(l->list);
  oc_memory_free(l);
}

/* Of operations 0 .. count-1. */
static oc_status make_layering(const oc_graph *g, int32_t count, layering **out, oc_error *err) {
  const size_t n = (size_t)count;
  layering *l = *out = oc_memory_alloc(sizeof *l);
  if (!l) return oc_fail_memory(err, sizeof *l);
  l->g = g;
  l->count = count;
  l->of = oc_memory_array(n, sizeof *l->of);
  l->list = oc_memory_array(n, sizeof *l->list);
  if (l->of && l->list) return OC_OK;
  free_layering(l);
  *out = NULL;
  return oc_fail_memory(err, n * sizeof *l->list);
}

/* Operations 0 .. count-1. */
static oc_status summarize_graph(const oc_graph *g, int32_t operations, const oc_net_layers *texts,
                                 oc_layer_summary **out, int *count, oc_error *err) {
  layering *l;
  TRY(make_layering(g, operations, &l, err));
  const oc_status status = summarize(l, texts, out, count, err);
  free_layering(l);
  return status;
}

/* ---- of a network, of a model -------------------------------------------------------------------------- */

/* A graph of the network alone, and the words of its layers. The caller frees both, also after a failure. */
static oc_status build_alone(const oc_network *n, oc_graph **g, oc_net_layers *layers, oc_error *err) {
  const oc_image_shape s = n->input;
  *g = NULL;
  *layers = (oc_net_layers){0};
  TRY(oc_network_check(n, err));
  const oc_session_options session = oc_session_resolve(n->session);
  TRY(oc_graph_create(&(oc_graph_options){.registry = session.registry}, g, err));
  const oc_node x = oc_placeholder(*g, "tf_x", OC_F32, OC_SHAPE(OC_BATCH, s.height, s.width, s.channels));
  const oc_net_source from = {
      .text = oc_network_text(n), .classes = oc_network_classes(n), .logits = !n->any_output};
  return oc_net_build_layers(*g, x, &from, layers, err);
}

oc_status oc_network_layers(const oc_network *n, oc_layer_summary **out, int *count, oc_error *err) {
  NEED(n, out, count);
  *out = NULL;
  *count = 0;
  oc_graph *g;
  oc_net_layers layers;
  oc_status status = build_alone(n, &g, &layers, err);
  if (status == OC_OK) status = summarize_graph(g, oc_graph_op_count(g), &layers, out, count, err);
  oc_net_layers_release(&layers);
  oc_graph_free(g);
  return status;
}

static int32_t last_output(const oc_model *m) {
  int32_t last = 0;
  for (int i = 0; i < m->output_count; i++) {
    const int32_t op = oc_node_index(m->nodes.outputs[i].node);
    if (op > last) last = op;
  }
  return last;
}

oc_status oc_model_layers(const oc_model *m, oc_layer_summary **out, int *count, oc_error *err) {
  NEED(m, out, count);
  *out = NULL;
  *count = 0;
  oc_graph *alone = NULL;
  oc_net_layers texts = {0};
  const oc_network n = {
      .net = m->net, .input = m->size, .classes = (int)m->outputs[0].size, .session = &m->options};
  oc_status status = m->net ? build_alone(&n, &alone, &texts, err) : OC_OK;
  if (status == OC_OK) status = summarize_graph(m->graph, last_output(m) + 1, &texts, out, count, err);
  oc_net_layers_release(&texts);
  oc_graph_free(alone);
  return status;
}

oc_status oc_model_layer_ends(const oc_model *m, int32_t **out, int *count, oc_error *err) {
  layering *l;
  *out = NULL;
  TRY(make_layering(m->graph, last_output(m) + 1, &l, err));
  sort_operations(l);
  *count = l->listed;
  *out = oc_memory_array((size_t)l->listed, sizeof **out);
  for (int i = 0; *out && i < l->listed; i++) (*out)[i] = l->list[i].output;
  const oc_status status = *out ? OC_OK : oc_fail_memory(err, (size_t)l->listed * sizeof **out);
  free_layering(l);
  return status;
}
