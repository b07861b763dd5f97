/* schedule_cosine.c: defines half a cosine from the learning rate down to its end factor (Loshchilov and
 * Hutter 2017, without restarts). */
#include "train/lr_schedule.h"
#include <math.h>

static double cosine_factor(const oc_lr_position *at, const double *values) {
  return values[0] + (1 - values[0]) * (0.5 * (1 + cos(3.14159265358979323846 * at->done)));
}

const oc_lr_schedule oc_lr_schedule_cosine = {
    .name = "cosine",
    .summary = "a decrease along half a cosine over all steps of all epochs (Loshchilov and Hutter 2017)",
    .hyperparameters = {OC_END_FACTOR},
    .factor = cosine_factor};
