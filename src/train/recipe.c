/* recipe.c: lists what training takes whatever the optimizer and the schedule are. */
#include "train/recipe.h"
#include <math.h>

const oc_hyperparameter oc_recipe[OC_RECIPE_COUNT + 1] = {
    [OC_RECIPE_WARMUP] = {.name = "warmup",
                          .unit = "epochs",
                          .high = INFINITY,
                          .help = "linear increase of the learning rate before the schedule begins"}};

const oc_hyperparameter *oc_fit_hyperparameter_at(int index) {
  return oc_hyperparameter_row(oc_recipe, index);
}
