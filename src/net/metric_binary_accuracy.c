/* metric_binary_accuracy.c: the fraction of an image's classes that are on the right side of 0.5: x + 0.5
 * without its fraction is 1 from there on. */
#include "net/loss.h"

static oc_node side(oc_graph *g, oc_node x) {
  return oc_cast(g, oc_add(g, x, oc_scalar(g, 0.5)), OC_U8);
}

static oc_node binary_accuracy_build(oc_graph *g, const oc_loss_inputs *in) {
  const oc_node right = oc_equal(g, side(g, in->answer), side(g, in->target));
  return oc_named(g, oc_reduce_mean(g, oc_cast(g, right, OC_F32), 0), "binary_accuracy");
}

const oc_metric oc_metric_binary_accuracy = {.name = "binary_accuracy",
                                             .summary =
                                                 "the share of classes that are on the right side of 0.5",
                                             .kinds = OC_KIND(OC_TARGET_CLASSES),
                                             .build = binary_accuracy_build};
