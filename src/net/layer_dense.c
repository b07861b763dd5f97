/* layer_dense.c: dense: every output from every input; flattens its input. flatten: (n, ...) -> (n, all the
 * rest). */
#include "net/net.h"
#include "graph/op.h"

static oc_node dense_build(oc_graph *g, const oc_layer *l, oc_node x) {
  if (oc_node_shape(g, x).rank != 2) x = oc_flatten(g, x);
  const oc_shape weights = OC_SHAPE(oc_node_shape(g, x).dim[1], l->size[0]);
  if (oc_graph_failed(g)) return OC_NO_NODE;
  const oc_node w = oc_layer_variable(g, "_weights", weights, l->init);
  return oc_layer_finish(g, l, oc_matmul(g, x, w, false, false), l->size[0]);
}

static oc_node flatten_build(oc_graph *g, const oc_layer *l, oc_node x) {
  (void)l;
  return oc_flatten(g, x);
}

const oc_layer_kind oc_layer_dense = {.name = "dense",
                                      .summary = "N outputs, each from every input; flattens its input",
                                      .scope = "fc",
                                      .weighted = true,
                                      .sizes = {"N", 1, 1, {OC_NET_MAX_CHANNELS}},
                                      .classes = true,
                                      .options =
                                          OC_OPTION_ACT | OC_OPTION_BN | OC_OPTION_NOBIAS | OC_OPTION_INIT,
                                      .build = dense_build};

const oc_layer_kind oc_layer_flatten = {.name = "flatten",
                                        .summary = "all values of an image on one axis",
                                        .scope = "flatten",
                                        .build = flatten_build};
