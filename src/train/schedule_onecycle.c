/* schedule_onecycle.c: defines one cycle: half a cosine up to the learning rate, and half a cosine down to
 * nearly 0 (Smith and Topin 2018), with the steps and the defaults of PyTorch's OneCycleLR. Momentum does not
 * cycle. */
#include "train/lr_schedule.h"
#include <math.h>

enum { PCT_START, DIV_FACTOR, FINAL_DIV_FACTOR };

/* Half a cosine from a (part 0) to b (part 1). */
static double between(double a, double b, double part) {
  return b + (a - b) / 2 * (1 + cos(3.14159265358979323846 * part));
}

static double onecycle_factor(const oc_lr_position *at, const double *values) {
  const double peak = fmax(0, values[PCT_START] * at->steps - 1), last = at->steps - 1;
  const double first = 1 / values[DIV_FACTOR];
  if (at->step < peak) return between(first, 1, at->step / peak);
  if (last <= peak) return 1; /* so few steps that none is left */
  return between(1, first / values[FINAL_DIV_FACTOR], (at->step - peak) / (last - peak));
}

const oc_lr_schedule oc_lr_schedule_onecycle = {
    .name = "onecycle",
    .summary = "an increase to the learning rate and a decrease to nearly 0 over all steps of all epochs "
               "(Smith and Topin 2018)",
    .hyperparameters = {[PCT_START] = {.name = "pct_start",
                                       .above = true,
                                       .high = 1,
                                       .below = true,
                                       .fallback = 0.3,
                                       .help = "fraction of the steps in which the learning rate increases"},
                        [DIV_FACTOR] = {.name = "div_factor",
                                        .low = 1,
                                        .high = INFINITY,
                                        .fallback = 25,
                                        .help = "learning rate divided by that of the first step"},
                        [FINAL_DIV_FACTOR] = {.name = "final_div_factor",
                                              .low = 1,
                                              .high = INFINITY,
                                              .fallback = 1e4,
                                              .help = "learning rate of the first step divided by that of "
                                                      "the last"}},
    .factor = onecycle_factor};
