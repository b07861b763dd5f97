/* recipe.c: lists what training takes whatever the optimizer and the schedule are. */
#include "train/recipe.h"
#include <math.h>

const oc_hyperparameter oc_recipe[OC_RECIPE_COUNT + 1] = {
    [OC_RECIPE_WARMUP] = {.name = "warmup",
                          .unit = "epochs",
                          .high = INFINITY,
                          .help = "linear increase of the learning rate before the schedule begins"},
    [OC_RECIPE_LABEL_SMOOTHING] =
        {.name = "label_smoothing",
         .high = 1,
         .below = true,
         .help = "fraction of each label that is spread over all classes (Szegedy et al. 2016)"},
    [OC_RECIPE_EMA] = {.name = "ema",
                       .high = 1,
                       .below = true,
                       .help = "decay of an exponential moving average of the weights, which is kept as the "
                               "model where it is better; 0: none"}};

const oc_hyperparameter *oc_fit_hyperparameter_at(int index) {
  return oc_hyperparameter_row(oc_recipe, index);
}
