/* settings.h (internal): checks the values of hyperparameters that a caller gives by name. */
#ifndef OC_TRAIN_SETTINGS_H
#define OC_TRAIN_SETTINGS_H
#include "train/lr_schedule.h"
#include "train/optimizer.h"

typedef struct oc_settings {
  const oc_setting *list; /* of the caller */
  int count;
} oc_settings;

/* Fills values[i] for the i-th row of `list`: the value given under its name, the later of two, or its
 * default. OC_E_ARGUMENT if a value is out of range. */
oc_status oc_settings_read(oc_settings given, const oc_hyperparameter *list, double *values, oc_error *err);
/* OC_E_ARGUMENT, which names it, if a setting is neither of the optimizer nor of training, which is the
 * schedule (NULL: there is none) and recipe.h. The hint names the optimizers, of the registry too, or
 * schedules that have it. */
oc_status oc_settings_check(oc_settings given, const oc_registry *r, const oc_optimizer *optimizer,
                            const oc_lr_schedule *schedule, oc_error *err);

#endif
