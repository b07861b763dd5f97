/* adam.c: defines Adam (Kingma and Ba 2015), and AdamW: the same with a weight decay by default, which is
 * decoupled from the gradient (Loshchilov and Hutter 2019). The slots are named as TensorFlow names them:
 * Adam and Adam_1. */
#include "train/optimizer.h"

enum { BETA1, BETA2, EPSILON };

static oc_node adam_apply(oc_minimizer *m, oc_node variable, oc_node gradient, double decay) {
  const oc_apply_adam_attrs attrs = {m->values[BETA1], m->values[BETA2], m->values[EPSILON], decay};
  const oc_node first = oc_minimizer_slot(m, variable, "Adam");
  const oc_node second = oc_minimizer_slot(m, variable, "Adam"); /* becomes Adam_1 */
  const oc_node in[] = {variable, first, second, gradient, m->learning_rate, m->scale, m->step};
  return oc_graph_add(m->g, OC_OP(m->g, apply_adam), in, 7, &attrs);
}

#define HYPERPARAMETERS(decay)                                                                               \
  {                                                                                                          \
    [BETA1] = {.name = "beta1",                                                                              \
               .high = 1,                                                                                    \
               .below = true,                                                                                \
               .fallback = 0.9,                                                                              \
               .help = "decay of the moving mean of gradients"},                                             \
    [BETA2] = {.name = "beta2",                                                                              \
               .high = 1,                                                                                    \
               .below = true,                                                                                \
               .fallback = 0.999,                                                                            \
               .help = "decay of the moving mean of squared gradients"},                                     \
    [EPSILON] = {.name = "epsilon",                                                                          \
                 .above = true,                                                                              \
                 .high = INFINITY,                                                                           \
                 .fallback = 1e-8,                                                                           \
                 .help = "added to the root of the mean square, against division by 0"},                     \
    OC_WEIGHT_DECAY(decay)                                                                                   \
  }

const oc_optimizer oc_optimizer_adam = {.name = "adam",
                                        .summary = "Adam (Kingma and Ba 2015)",
                                        .hyperparameters = HYPERPARAMETERS(0),
                                        .apply = adam_apply};
const oc_optimizer oc_optimizer_adamw = {
    .name = "adamw",
    .summary = "Adam with a weight decay by default (Loshchilov and Hutter 2019)",
    .hyperparameters = HYPERPARAMETERS(0.01),
    .apply = adam_apply};
