/* metric_accuracy.c: the fraction of images whose most probable class is the true one. The lecture's, under
 * its names. */
#include "net/loss.h"

static oc_node accuracy_build(oc_graph *g, const oc_loss_inputs *in) {
  const oc_node correct = oc_named(g, oc_equal(g, in->label, in->target), "correct_preds");
  return oc_named(g, oc_reduce_mean(g, oc_cast(g, correct, OC_F32), 0), "accuracy");
}

const oc_metric oc_metric_accuracy = {.name = "accuracy",
                                      .summary = "the share of images whose most probable class is right",
                                      .kinds = OC_KIND(OC_TARGET_CLASS),
                                      .build = accuracy_build};
