/* layer.c: adds what layers share: initializers, variables, bias and activation. */
#include "base/checked.h"
#include "net/net.h"
#include "graph/op.h"

static const oc_init_row inits[] = {{"glorot_uniform", OC_INIT_GLOROT_UNIFORM},
                                    {"glorot_normal", OC_INIT_GLOROT_NORMAL},
                                    {"he_uniform", OC_INIT_HE_UNIFORM},
                                    {"he_normal", OC_INIT_HE_NORMAL},
                                    {"zeros", OC_INIT_ZEROS}};

const oc_init_row *oc_init_row_at(int index) {
  return index >= 0 && (size_t)index < sizeof inits / sizeof *inits ? &inits[index] : NULL;
}

oc_layer oc_layer_make(const oc_layer_kind *kind) {
  oc_layer l = {.kind = kind, .dilation = {1, 1}, .groups = 1, .init = inits[0].kind};
  for (int i = 0; i < OC_HYPERPARAMETERS_MAX; i++) l.value[i] = kind->hyperparameters[i].fallback;
  for (int i = 0; i < 2; i++) l.stride[i] = kind->square ? 0 : 1; /* 0: as the size */
  return l;
}

/* Most elements of a variable in a text: 2^32, which is 16 GiB. */
#define MAX_ELEMENTS ((int64_t)1 << 32)

oc_node oc_layer_variable(oc_graph *g, const char *name, oc_shape shape, oc_init_kind init) {
  int64_t count;
  char text[128];
  if (oc_shape_count(&shape, 1, &count, NULL) != OC_OK || count > MAX_ELEMENTS)
    return oc_graph_fail(g, OC_E_NET, name, "Use fewer channels or units, or pool before.",
                         "too many weights: %s; the limit is 2^32", oc_shape_text(&shape, text, sizeof text));
  return oc_variable(g, name, shape, oc_init_of(init));
}

bool oc_layer_expects_images(oc_graph *g, const oc_layer *l, oc_node x) {
  char text[128];
  const oc_shape shape = oc_node_shape(g, x);
  if (oc_graph_failed(g)) return false;
  if (shape.rank == 4) return true;
  oc_graph_fail(g, OC_E_NET, l->kind->name, "Put it before flatten, dense and globalmeanpool.",
                "expected an input of shape (n, rows, columns, channels), got %s",
                oc_shape_text(&shape, text, sizeof text));
  return false;
}

void oc_layer_stride(oc_graph *g, const oc_layer *l, oc_node x, int64_t stride[2]) {
  const oc_shape shape = oc_node_shape(g, x);
  const bool keeps = l->above && (shape.dim[1] <= l->above || shape.dim[2] <= l->above);
  for (int i = 0; i < 2; i++) stride[i] = keeps ? 1 : l->stride[i];
}

/* The moving values of `bn` follow the last tens of steps, so that they also suit runs of few steps. */
#define BN_MOMENTUM 0.9

static oc_node normalize(oc_graph *g, oc_node x) {
  oc_scope_push(g, "bn");
  const oc_node y = oc_layer_normalize(g, x, oc_layer_batchnorm.hyperparameters[0].fallback, BN_MOMENTUM);
  oc_scope_pop(g);
  return y;
}

static oc_node activate(oc_graph *g, const oc_layer_kind *kind, oc_node x) {
  if (kind->activate) return kind->activate(g, x);
  const oc_layer l = oc_layer_make(kind);
  return kind->build(g, &l, x);
}

oc_node oc_layer_finish(oc_graph *g, const oc_layer *l, oc_node x, int64_t outputs) {
  if (oc_graph_failed(g)) return OC_NO_NODE;
  if (!l)
    return oc_graph_fail(g, OC_E_ARGUMENT, "oc_layer_finish", "Pass what build got.",
                         "layer must not be NULL");
  if (l->bn) { /* whose beta is the bias */
    x = oc_named(g, normalize(g, x), "net_pre-activation");
  } else if (!l->nobias) {
    const oc_node b = oc_layer_variable(g, "_biases", OC_SHAPE(outputs), OC_INIT_ZEROS);
    x = oc_named(g, oc_bias_add(g, x, b), "net_pre-activation");
  }
  return l->act ? oc_named(g, activate(g, l->act, x), "activation") : x;
}
