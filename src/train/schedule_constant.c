/* schedule_constant.c: defines a constant learning rate. */
#include "train/lr_schedule.h"

static double constant_factor(const oc_lr_position *at, const double *values) {
  (void)at;
  (void)values;
  return 1;
}

const oc_lr_schedule oc_lr_schedule_constant = {
    .name = "constant", .summary = "a constant learning rate", .extends = true, .factor = constant_factor};
