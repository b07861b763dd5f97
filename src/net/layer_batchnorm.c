/* layer_batchnorm.c: batchnorm [EPSILON [MOMENTUM]] (Ioffe and Szegedy 2015), over the last axis. */
#include "net/net.h"
#include "graph/op.h"

static oc_node moving(oc_graph *g, const char *name, oc_shape shape, oc_init_kind kind) {
  oc_init init = oc_init_of(kind);
  init.not_trainable = true;
  return oc_variable(g, name, shape, init);
}

oc_node oc_layer_normalize(oc_graph *g, oc_node x, double epsilon, double momentum) {
  const oc_shape x_shape = oc_node_shape(g, x);
  if (oc_graph_failed(g)) return OC_NO_NODE;
  const oc_shape shape = OC_SHAPE(x_shape.dim[x_shape.rank - 1]);
  oc_batch_norm_options o = {.epsilon = epsilon, .momentum = momentum, .momentum_set = true};
  o.gamma = oc_variable(g, "gamma", shape, oc_init_of(OC_INIT_ONES));
  o.beta = oc_variable(g, "beta", shape, oc_init_of(OC_INIT_ZEROS));
  o.moving_mean = moving(g, "moving_mean", shape, OC_INIT_ZEROS);
  o.moving_variance = moving(g, "moving_variance", shape, OC_INIT_ONES);
  return oc_batch_norm(g, x, &o);
}

static oc_node batchnorm_build(oc_graph *g, const oc_layer *l, oc_node x) {
  return oc_layer_normalize(g, x, l->value[0], l->value[1]);
}

const oc_layer_kind oc_layer_batchnorm = {
    .name = "batchnorm",
    .summary = "batch normalization over the last axis (Ioffe and Szegedy 2015)",
    .scope = "batchnorm",
    .hyperparameters = {{.name = "epsilon",
                         .low = 1e-12,
                         .high = 1,
                         .below = true,
                         .fallback = 1e-3,
                         .help = "added to the variance, against division by 0"},
                        {.name = "momentum",
                         .high = 1,
                         .below = true,
                         .fallback = 0.99,
                         .help = "fraction of the moving mean and variance that a step keeps"}},
    .build = batchnorm_build};
