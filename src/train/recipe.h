/* recipe.h (internal): hyperparameters of training itself. Each has one row, from which follow its option,
 * the record of a run and the comparison when a run is resumed. */
#ifndef OC_TRAIN_RECIPE_H
#define OC_TRAIN_RECIPE_H
#include "base/hyperparameter.h"
#include "ocellus/model.h"

enum { OC_RECIPE_WARMUP = 0, OC_RECIPE_LABEL_SMOOTHING, OC_RECIPE_EMA, OC_RECIPE_COUNT };

extern const oc_hyperparameter oc_recipe[OC_RECIPE_COUNT + 1];

#endif
