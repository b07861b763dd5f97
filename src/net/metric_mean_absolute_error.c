/* metric_mean_absolute_error.c: |y - t|, the mean over the values of the target. */
#include "net/loss.h"

static oc_node mean_absolute_error_build(oc_graph *g, const oc_loss_inputs *in) {
  const oc_node up = oc_subtract(g, in->answer, in->target), down = oc_subtract(g, in->target, in->answer);
  return oc_named(g, oc_reduce_mean(g, oc_maximum(g, up, down), 0), "mean_absolute_error");
}

const oc_metric oc_metric_mean_absolute_error = {
    .name = "mean_absolute_error",
    .summary = "the difference to the target without its sign, the mean of its numbers",
    .kinds = OC_KIND(OC_TARGET_VECTOR) | OC_KIND(OC_TARGET_CLASSES),
    .build = mean_absolute_error_build};
