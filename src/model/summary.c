/* summary.c: the layers of a model in numbers: what comes out, what is learnt, what it costs. */
#include "base/checked.h"
#include "net/net.h"
#include "model/model.h"
#include <stdio.h>
#include <string.h>

static bool is_product(const oc_op_info *info) {
  return strcmp(info->op->name, "conv2d") == 0 || strcmp(info->op->name, "matmul") == 0;
}

/* Operations first .. last belong to the layer. */
static void count_operations(const oc_graph *g, int32_t first, int32_t last, oc_layer_summary *out) {
  for (int32_t i = first; i <= last; i++) {
    const oc_graph_node *node = &g->nodes[i];
    if (node->variable >= 0 && !oc_graph_variable_init(g, node->variable)->not_trainable)
      out->parameters += oc_tensor_desc_row(&node->info.out[0]);
    if (is_product(&node->info) && node->info.op->cost)
      out->multiply_adds += (int64_t)(node->info.op->cost(&node->info, 1).flops / 2);
  }
}

static void summarize(const oc_graph *g, const oc_net_layer *layer, int32_t first, oc_layer_summary *out) {
  const oc_tensor_desc *value = oc_graph_value(g, layer->output);
  (void)snprintf(out->name, sizeof out->name, "%s", layer->name);
  const bool fits = strlen(layer->text) < sizeof out->text;
  (void)snprintf(out->text, sizeof out->text, fits ? "%s" : "%.92s ..", layer->text);
  out->output = value->shape;
  out->activation_bytes = oc_tensor_desc_row(value) * (int64_t)oc_dtype_size(value->dtype);
  count_operations(g, first, oc_node_index(layer->output), out);
}

static oc_status summarize_all(const oc_graph *g, const oc_net_layers *layers, oc_layer_summary **out,
                               int *count, oc_error *err) {
  *out = oc_memory_array((size_t)layers->count, sizeof **out);
  if (!*out) return oc_fail_memory(err, (size_t)layers->count * sizeof **out);
  int32_t first = 0;
  for (int i = 0; i < layers->count; i++) {
    summarize(g, &layers->list[i], first, &(*out)[i]);
    first = oc_node_index(layers->list[i].output) + 1;
  }
  *count = layers->count;
  return OC_OK;
}

/* A graph of the network alone tells which operations came from which layer, and needs no memory for values. */
oc_status oc_network_layers(const oc_network *n, oc_layer_summary **out, int *count, oc_error *err) {
  NEED(n, out, count);
  *out = NULL;
  *count = 0;
  oc_graph *g;
  oc_net_layers layers = {0};
  const oc_image_shape s = n->input;
  TRY(oc_network_check(n, err));
  TRY(oc_graph_create(NULL, &g, err));
  const oc_node x = oc_placeholder(g, "tf_x", OC_F32, OC_SHAPE(OC_BATCH, s.height, s.width, s.channels));
  const oc_net_source from = {
      .text = oc_network_text(n), .classes = oc_network_classes(n), .logits = !n->any_output};
  oc_status status = oc_net_build_layers(g, x, &from, &layers, err);
  if (status == OC_OK) status = summarize_all(g, &layers, out, count, err);
  oc_net_layers_release(&layers);
  oc_graph_free(g);
  return status;
}

oc_status oc_model_layers(const oc_model *m, oc_layer_summary **out, int *count, oc_error *err) {
  NEED(m, out, count);
  const oc_network n = {.net = m->net, .input = m->size, .classes = m->classes};
  return oc_network_layers(&n, out, count, err);
}
