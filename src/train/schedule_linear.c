/* schedule_linear.c: defines a straight line from the learning rate down to its end factor. */
#include "train/lr_schedule.h"

static double linear_factor(const oc_lr_position *at, const double *values) {
  return values[0] + (1 - values[0]) * (1 - at->done);
}

const oc_lr_schedule oc_lr_schedule_linear = {.name = "linear",
                                              .summary = "a linear decrease over all steps of all epochs",
                                              .hyperparameters = {OC_END_FACTOR},
                                              .factor = linear_factor};
