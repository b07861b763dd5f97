/* loss_binary_cross_entropy.c: of each class by itself, with p = sigmoid(z) of its logit z: -t*log(p) -
 * (1-t)*log(1-p), which is softplus(z) - t*z and does not overflow. The mean is over classes and samples, as
 * of PyTorch's BCEWithLogitsLoss. */
#include "net/loss.h"

static oc_node binary_cross_entropy_build(oc_graph *g, const oc_loss_inputs *in) {
  const oc_node right = oc_multiply(g, in->target, in->output);
  const oc_node losses = oc_subtract(g, oc_softplus(g, in->output), right);
  return oc_named(g, oc_reduce_mean(g, losses, 0), "binary_cross_entropy");
}

const oc_loss oc_loss_binary_cross_entropy = {.name = "binary_cross_entropy",
                                              .summary = "cross-entropy of each class by itself, their mean",
                                              .kinds = OC_KIND(OC_TARGET_CLASSES),
                                              .metric = "binary_accuracy",
                                              .build = binary_cross_entropy_build};
