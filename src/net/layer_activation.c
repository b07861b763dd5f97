/* layer_activation.c: activations, as layers and as ACT of conv, depthwise and dense. */
#include "net/net.h"
#include "graph/op.h"

#define LEAKY_SLOPE 0.2 /* as TensorFlow's */

static oc_node leakyrelu_activate(oc_graph *g, oc_node x) {
  return oc_leaky_relu(g, x, LEAKY_SLOPE);
}

/* The slopes start as in the paper. */
static oc_node prelu_activate(oc_graph *g, oc_node x) {
  const oc_shape shape = oc_node_shape(g, x);
  const oc_init init = {.kind = OC_INIT_CONSTANT, .value = 0.25};
  if (oc_graph_failed(g)) return OC_NO_NODE;
  return oc_prelu(g, x, oc_variable(g, "slopes", OC_SHAPE(shape.dim[shape.rank - 1]), init));
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
const oc_layer_kind oc_layer_relu6 = ACTIVATION("relu6", "min(max(0, x), 6) (Howard et al. 2017)", oc_relu6);
const oc_layer_kind oc_layer_silu =
    ACTIVATION("silu", "x / (1 + exp(-x)) (Elfwing, Uchibe and Doya 2018)", oc_silu);
const oc_layer_kind oc_layer_hardswish =
    ACTIVATION("hardswish", "x min(max(0, x + 3), 6) / 6 (Howard et al. 2019)", oc_hard_swish);
const oc_layer_kind oc_layer_prelu =
    ACTIVATION("prelu", "x, or a learned slope per channel * x below 0 (He et al. 2015)", prelu_activate);
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
