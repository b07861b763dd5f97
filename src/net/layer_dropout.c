/* layer_dropout.c: dropout RATE: the share of elements that is dropped while training (lecture: "Regularizing
 * a Neural Network with Dropout"). The graph holds the share kept, as the lecture does. */
#include "net/net.h"
#include "graph/op.h"

static oc_node dropout_build(oc_graph *g, const oc_layer *l, oc_node x) {
  return oc_dropout(g, x, oc_named(g, oc_scalar(g, 1 - l->value[0]), "keep_prob"));
}

const oc_layer_kind oc_layer_dropout = {.name = "dropout",
                                        .usage = "dropout RATE   (the share of elements dropped, in [0, 1))",
                                        .scope = "dropout",
                                        .numbers = {{"rate", true, 0, 1, 0}},
                                        .build = dropout_build};
