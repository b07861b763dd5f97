/* layer_dropout.c: dropout RATE: the fraction of elements that training drops (lecture: "Regularizing
 * a Neural Network with Dropout"). The graph holds the fraction that is kept, as in the lecture.
 * spatialdropout RATE: the same for whole channels. */
#include "net/net.h"
#include "graph/op.h"

static oc_node dropout_build(oc_graph *g, const oc_layer *l, oc_node x) {
  return oc_dropout(g, x, oc_named(g, oc_scalar(g, 1 - l->value[0]), "keep_prob"));
}

static oc_node spatialdropout_build(oc_graph *g, const oc_layer *l, oc_node x) {
  return oc_spatial_dropout(g, x, oc_named(g, oc_scalar(g, 1 - l->value[0]), "keep_prob"));
}

const oc_layer_kind oc_layer_dropout = {.name = "dropout",
                                        .summary = "drops elements while training (Srivastava et al. 2014)",
                                        .scope = "dropout",
                                        .hyperparameters = {{.name = "rate",
                                                             .required = true,
                                                             .high = 1,
                                                             .below = true,
                                                             .help = "fraction of elements that is dropped"}},
                                        .build = dropout_build};

const oc_layer_kind oc_layer_spatialdropout = {
    .name = "spatialdropout",
    .summary = "drops whole channels while training (Tompson et al. 2015)",
    .scope = "spatialdropout",
    .hyperparameters = {{.name = "rate",
                         .required = true,
                         .high = 1,
                         .below = true,
                         .help = "fraction of channels that is dropped"}},
    .build = spatialdropout_build};
