/* loss_softmax_cross_entropy.c: -log of the right class's probability, which is the softmax of the logits.
 * The lecture's loss, under its names. */
#include "net/loss.h"

static oc_node softmax_cross_entropy_build_soft(oc_graph *g, const oc_loss_inputs *in) {
  const oc_node losses = oc_softmax_cross_entropy(g, in->output, in->target);
  return oc_named(g, oc_reduce_mean(g, losses, 0), "cross_entropy_loss");
}

static oc_node softmax_cross_entropy_build(oc_graph *g, const oc_loss_inputs *in) {
  oc_loss_inputs soft = *in;
  soft.target = oc_named(g, oc_one_hot(g, in->target, in->size), "tf_y_onehot");
  return softmax_cross_entropy_build_soft(g, &soft);
}

const oc_loss oc_loss_softmax_cross_entropy = {.name = "softmax_cross_entropy",
                                               .summary =
                                                   "minus the logarithm of the right class's probability",
                                               .kinds = OC_KIND(OC_TARGET_CLASS),
                                               .metric = "accuracy",
                                               .build = softmax_cross_entropy_build,
                                               .build_soft = softmax_cross_entropy_build_soft};
