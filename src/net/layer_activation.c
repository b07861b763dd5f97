/* layer_activation.c: activations, as layers and as ACT of conv, depthwise and dense. */
#include "net/net.h"

#define LEAKY_SLOPE 0.2 /* as TensorFlow's */

static oc_node leakyrelu_activate(oc_graph *g, oc_node x) {
  return oc_leaky_relu(g, x, LEAKY_SLOPE);
}

static oc_node build(oc_graph *g, const oc_layer *l, oc_node x) {
  return l->kind->activate(g, x);
}
static oc_node leakyrelu_build(oc_graph *g, const oc_layer *l, oc_node x) {
  return oc_leaky_relu(g, x, l->value[0]);
}

#define ACTIVATION(text, function)                                                                           \
  { .name = text, .usage = text, .scope = text, .build = build, .activate = function }

const oc_layer_kind oc_layer_relu = ACTIVATION("relu", oc_relu);
const oc_layer_kind oc_layer_sigmoid = ACTIVATION("sigmoid", oc_sigmoid);
const oc_layer_kind oc_layer_tanh = ACTIVATION("tanh", oc_tanh);
const oc_layer_kind oc_layer_gelu = ACTIVATION("gelu", oc_gelu);
const oc_layer_kind oc_layer_softplus = ACTIVATION("softplus", oc_softplus);
const oc_layer_kind oc_layer_leakyrelu = {.name = "leakyrelu",
                                          .usage = "leakyrelu [SLOPE]   (slope in [0, 1), 0.2 if not given)",
                                          .scope = "leakyrelu",
                                          .numbers = {{"slope", false, 0, 1, LEAKY_SLOPE}},
                                          .build = leakyrelu_build,
                                          .activate = leakyrelu_activate};
