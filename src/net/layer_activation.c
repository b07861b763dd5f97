/* layer_activation.c: activations, as layers and as ACT of conv, depthwise and dense. */
#include "net/net.h"

#define LEAKY_SLOPE 0.2 /* as TensorFlow's */

static oc_node leakyrelu_activate(oc_graph *g, oc_node x) {
  return oc_leaky_relu(g, x, LEAKY_SLOPE);
}

static oc_node activation_build(oc_graph *g, const oc_layer *l, oc_node x) {
  return l->kind->activate(g, x);
}
static oc_node leakyrelu_build(oc_graph *g, const oc_layer *l, oc_node x) {
  return oc_leaky_relu(g, x, l->value[0]);
}

#define ACTIVATION(text, what, function)                                                                     \
  { .name = text, .summary = what, .scope = text, .build = activation_build, .activate = function }

const oc_layer_kind oc_layer_relu = ACTIVATION("relu", "max(0, x)", oc_relu);
const oc_layer_kind oc_layer_sigmoid = ACTIVATION("sigmoid", "1 / (1 + exp(-x))", oc_sigmoid);
const oc_layer_kind oc_layer_tanh = ACTIVATION("tanh", "the hyperbolic tangent", oc_tanh);
const oc_layer_kind oc_layer_gelu =
    ACTIVATION("gelu", "x Phi(x), with the exact normal distribution (Hendrycks and Gimpel 2016)", oc_gelu);
const oc_layer_kind oc_layer_softplus = ACTIVATION("softplus", "log(1 + exp(x))", oc_softplus);
const oc_layer_kind oc_layer_leakyrelu = {.name = "leakyrelu",
                                          .summary = "x, or slope * x below 0 (Maas et al. 2013)",
                                          .scope = "leakyrelu",
                                          .hyperparameters = {{.name = "slope",
                                                               .high = 1,
                                                               .below = true,
                                                               .fallback = LEAKY_SLOPE,
                                                               .help = "factor of negative values"}},
                                          .build = leakyrelu_build,
                                          .activate = leakyrelu_activate};
