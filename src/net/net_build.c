/* net_build.c: layers become operations of a graph. A layer that breaks a rule of its operations is shown in
 * the text. */
#include "base/memory.h"
#include "base/options.h"
#include "net/net.h"
#include "graph/graph.h"
#include <stdio.h>
#include <string.h>

typedef struct builder {
  oc_graph *g;
  const oc_net *net;
  oc_net_layers *layers;              /* NULL: not needed */
  oc_branches open[OC_NET_MAX_DEPTH]; /* of the blocks we are in */
  int depth;
  oc_error *err;
} builder;

void oc_net_layers_release(oc_net_layers *layers) {
  if (!layers) return;
  for (int i = 0; i < layers->count; i++) oc_memory_free(layers->list[i].text);
  oc_memory_free(layers->list);
  *layers = (oc_net_layers){0};
}

/* Converts an error of the graph to one of the text at `at`. Other errors stay unchanged. */
static oc_status explain_failure(const builder *b, size_t at) {
  oc_error found = {0};
  const oc_status status = oc_graph_status(b->g, &found);
  if (status == OC_E_ARGUMENT || status == OC_E_NET)
    return oc_net_fail(b->err, b->net->text, at, found.hint, "%s: %s", found.where, found.message);
  if (status != OC_OK && b->err) *b->err = found;
  return status;
}

static void scope_name(const oc_layer *l, char *out, size_t size) {
  snprintf(out, size, "%s_%d", l->kind->scope, l->number);
}

static oc_status record_layer(const builder *b, int first, int last, oc_node output) {
  oc_text text = {0};
  oc_net_layer *layer = &b->layers->list[b->layers->count];
  oc_net_print(b->net, first, last, &text);
  layer->text = oc_text_take(&text);
  if (!layer->text) return oc_fail_memory(b->err, 1);
  scope_name(&b->net->layers[first], layer->name, sizeof layer->name);
  layer->output = output;
  b->layers->count++;
  return OC_OK;
}

/* The end of a branch: the next one begins at the input of the block again. */
static void end_branch(oc_branches *block, oc_node *x) {
  block->output[block->count++] = *x;
  *x = block->x;
}

static void open_scope(builder *b, const oc_layer *l) {
  char scope[32];
  scope_name(l, scope, sizeof scope);
  oc_scope_push(b->g, scope);
}

/* Adds entry `i` of the list on top of *x. */
static oc_status add_layer(builder *b, int i, oc_node *x) {
  const oc_layer *l = &b->net->layers[i];
  const int first = l->part == OC_PART_CLOSES ? l->other : i;
  switch (l->part) {
  case OC_PART_OPENS:
    open_scope(b, l);
    b->open[b->depth++] = (oc_branches){.x = *x};
    return explain_failure(b, l->at);
  case OC_PART_NEXT:
    end_branch(&b->open[b->depth - 1], x);
    return OC_OK;
  case OC_PART_CLOSES:
    end_branch(&b->open[--b->depth], x);
    *x = l->kind->join(b->g, l, &b->open[b->depth]);
    break;
  default:
    open_scope(b, l);
    *x = l->kind->build(b->g, l, *x);
  }
  oc_scope_pop(b->g);
  TRY(explain_failure(b, b->net->layers[first].at));
  return b->layers && b->depth == 0 ? record_layer(b, first, i, *x) : OC_OK;
}

static oc_status check_logits(const builder *b, oc_node x, int64_t classes) {
  char shape[128];
  const oc_shape got = oc_node_shape(b->g, x), wanted = OC_SHAPE(OC_BATCH, classes);
  const oc_layer *last = &b->net->layers[b->net->count - 1];
  if (oc_shape_equal(&got, &wanted)) return OC_OK;
  return oc_net_fail(b->err, b->net->text, last->at, "End the text with `dense CLASSES`.",
                     "the last layer must return (?, %lld), one value per class, got %s", (long long)classes,
                     oc_shape_text(&got, shape, sizeof shape));
}

static oc_status build_layers(builder *b, oc_node *x, const oc_net_source *from) {
  if (b->layers) {
    b->layers->list = oc_memory_array((size_t)b->net->count, sizeof *b->layers->list);
    if (!b->layers->list) return oc_fail_memory(b->err, (size_t)b->net->count * sizeof *b->layers->list);
  }
  for (int i = 0; i < b->net->count; i++) TRY(add_layer(b, i, x));
  return from->logits ? check_logits(b, *x, from->classes) : OC_OK;
}

static oc_status check_input(const oc_graph *g, oc_node x, oc_error *err) {
  char text[128];
  const oc_shape shape = oc_node_shape(g, x);
  if (oc_node_valid(x) && shape.rank >= 2 && shape.dim[0] == OC_BATCH) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "network input",
                 "Pass a placeholder (OC_BATCH, rows, columns, channels).",
                 "expected an input of shape (n, rows, columns, channels), got %s",
                 oc_node_valid(x) ? oc_shape_text(&shape, text, sizeof text) : "no node");
}

static oc_status parse_and_build(builder *b, oc_node *x, const oc_net_source *from) {
  oc_net net;
  const oc_graph_mark before = oc_graph_mark_now(b->g);
  TRY(oc_graph_status(b->g, b->err));
  TRY(check_input(b->g, *x, b->err));
  oc_net_options options = oc_net_defaults();
  if (from->options) OC_OPTIONS_READ(options, from->options);
  TRY(oc_options_check(options.struct_size, sizeof options, "oc_net_options", b->err));
  if (!options.registry) options.registry = b->g->registry;
  oc_status status = oc_net_parse(from->text, from->classes, &options, &net, b->err);
  b->net = &net;
  if (status == OC_OK) status = build_layers(b, x, from);
  if (status != OC_OK) { /* the caller gets the error; the graph is as before */
    oc_graph_back(b->g, before);
    oc_graph_forget_error(b->g);
  }
  oc_net_release(&net);
  return status;
}

oc_status oc_net_build_layers(oc_graph *g, oc_node x, const oc_net_source *from, oc_net_layers *layers,
                              oc_error *err) {
  builder b = {.g = g, .layers = layers, .err = err};
  *layers = (oc_net_layers){0};
  return parse_and_build(&b, &x, from);
}

oc_status oc_net_build(oc_graph *g, oc_node x, const char *text, int64_t classes,
                       const oc_net_options *options, oc_node *out, oc_error *err) {
  NEED(g, text, out);
  builder b = {.g = g, .err = err};
  const oc_net_source from = {text, classes, true, options};
  *out = OC_NO_NODE;
  TRY(parse_and_build(&b, &x, &from));
  *out = x;
  return OC_OK;
}
