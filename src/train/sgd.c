/* sgd.c: stochastic gradient descent: w -= lr g. */
#include "train/optimizer.h"

static oc_node sgd_apply(oc_minimizer *m, oc_node variable, oc_node gradient, double decay) {
  const oc_apply_sgd_attrs attrs = {decay};
  const oc_node in[] = {variable, gradient, m->learning_rate, m->scale};
  return oc_graph_add(m->g, OC_OP(m->g, apply_sgd), in, 4, &attrs);
}

const oc_optimizer oc_optimizer_sgd = {.name = "sgd",
                                       .summary = "gradient descent: w -= lr g",
                                       .hyperparameters = {OC_WEIGHT_DECAY(0)},
                                       .apply = sgd_apply};
