/* momentum.c: defines gradient descent with momentum, and Nesterov's form of it (Sutskever et al. 2013). */
#include "train/optimizer.h"

enum { MOMENTUM };

static oc_node add_momentum(oc_minimizer *m, oc_node variable, oc_node gradient, double decay,
                            bool nesterov) {
  const oc_apply_momentum_attrs attrs = {m->values[MOMENTUM], decay, nesterov};
  const oc_node slot = oc_minimizer_slot(m, variable, "Momentum");
  const oc_node in[] = {variable, slot, gradient, m->learning_rate, m->scale};
  return oc_graph_add(m->g, OC_OP(m->g, apply_momentum), in, 5, &attrs);
}

static oc_node momentum_apply(oc_minimizer *m, oc_node variable, oc_node gradient, double decay) {
  return add_momentum(m, variable, gradient, decay, false);
}
static oc_node nesterov_apply(oc_minimizer *m, oc_node variable, oc_node gradient, double decay) {
  return add_momentum(m, variable, gradient, decay, true);
}

#define HYPERPARAMETERS                                                                                      \
  {                                                                                                          \
    [MOMENTUM] = {.name = "momentum",                                                                        \
                  .high = 1,                                                                                 \
                  .below = true,                                                                             \
                  .fallback = 0.9,                                                                           \
                  .help = "fraction of the last update that is kept"},                                       \
    OC_WEIGHT_DECAY(0)                                                                                       \
  }

const oc_optimizer oc_optimizer_momentum = {.name = "momentum",
                                            .summary = "m = momentum m + g; w -= lr m (as TensorFlow's)",
                                            .hyperparameters = HYPERPARAMETERS,
                                            .apply = momentum_apply};
const oc_optimizer oc_optimizer_nesterov = {.name = "nesterov",
                                            .summary = "m = momentum m + g; w -= lr (g + momentum m) "
                                                       "(Sutskever et al. 2013)",
                                            .hyperparameters = HYPERPARAMETERS,
                                            .apply = nesterov_apply};
