/* loss_mean_squared_error.c: (y - t)^2, the mean over the values of the target and over the samples, as in
 * PyTorch's MSELoss. */
#include "net/loss.h"

static oc_node mean_squared_error_build(oc_graph *g, const oc_loss_inputs *in) {
  const oc_node difference = oc_subtract(g, in->output, in->target);
  const oc_node squares = oc_multiply(g, difference, difference);
  return oc_named(g, oc_reduce_mean(g, squares, 0), "mean_squared_error");
}

const oc_loss oc_loss_mean_squared_error = {
    .name = "mean_squared_error",
    .summary = "the squared difference to the target, the mean of its numbers",
    .kinds = OC_KIND(OC_TARGET_VECTOR),
    .metric = "mean_absolute_error",
    .build = mean_squared_error_build};
