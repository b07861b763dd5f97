/* settings.h (internal): checks the values of hyperparameters that a caller gives by name. */
#ifndef OC_TRAIN_SETTINGS_H
#define OC_TRAIN_SETTINGS_H
#include "base/hyperparameter.h"

typedef struct oc_settings {
  const oc_setting *list; /* of the caller */
  int count;
} oc_settings;

/* Fills values[i] for the i-th row of `list`: the value given under its name, the later of two, or its
 * default. OC_E_ARGUMENT if a value is out of range. */
oc_status oc_settings_read(oc_settings given, const oc_hyperparameter *list, double *values, oc_error *err);
/* OC_E_ARGUMENT, which names it, if a setting is neither of the optimizer nor of the schedule (NULL: there is none). */
oc_status oc_settings_check(oc_settings given, const char *optimizer, const char *schedule, oc_error *err);

#endif
