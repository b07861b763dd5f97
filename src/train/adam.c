/* adam.c: Adam (Kingma and Ba 2015), and AdamW: the same with a weight decay by default, which is decoupled
 * from the gradient (Loshchilov and Hutter 2019). The slots are named as TensorFlow names them: Adam and
 * Adam_1. */
#include "train/optimizer.h"

static oc_node adam_apply(oc_minimizer *m, oc_node variable, oc_node gradient, double decay) {
  const oc_optimizer_options *o = &m->options;
  const oc_apply_adam_attrs attrs = {o->beta1, o->beta2, o->epsilon, decay};
  const oc_node first = oc_minimizer_slot(m, variable, "Adam");
  const oc_node second = oc_minimizer_slot(m, variable, "Adam"); /* becomes Adam_1 */
  const oc_node in[] = {variable, first, second, gradient, m->learning_rate, m->scale, m->step};
  return oc_graph_add(m->g, OC_OP(m->g, apply_adam), in, 7, &attrs);
}

const oc_optimizer oc_optimizer_adam = {.name = "adam", .apply = adam_apply};
const oc_optimizer oc_optimizer_adamw = {.name = "adamw", .weight_decay = 0.01, .apply = adam_apply};
