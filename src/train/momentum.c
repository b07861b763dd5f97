/* momentum.c: gradient descent with a heavy ball, and Nesterov's form of it (Sutskever et al. 2013). */
#include "train/optimizer.h"

static oc_node add(oc_minimizer *m, oc_node variable, oc_node gradient, double decay, bool nesterov) {
  const oc_apply_momentum_attrs attrs = {m->options.momentum, decay, nesterov};
  const oc_node slot = oc_minimizer_slot(m, variable, "Momentum");
  const oc_node in[] = {variable, slot, gradient, m->learning_rate, m->scale};
  return oc_graph_add(m->g, OC_OP(m->g, apply_momentum), in, 5, &attrs);
}

static oc_node momentum_apply(oc_minimizer *m, oc_node variable, oc_node gradient, double decay) {
  return add(m, variable, gradient, decay, false);
}
static oc_node nesterov_apply(oc_minimizer *m, oc_node variable, oc_node gradient, double decay) {
  return add(m, variable, gradient, decay, true);
}

const oc_optimizer oc_optimizer_momentum = {.name = "momentum", .apply = momentum_apply};
const oc_optimizer oc_optimizer_nesterov = {.name = "nesterov", .apply = nesterov_apply};
