/* hyperparameter.h (internal): the hyperparameters of a descriptor: rows of an array in it, closed by a row
 * without a name or by the end of the array. */
#ifndef OC_BASE_HYPERPARAMETER_H
#define OC_BASE_HYPERPARAMETER_H
#include "base/error.h"
#include "ocellus/hyperparameter.h"

enum { OC_HYPERPARAMETERS_MAX = 6 };

/* Its index in the list; -1: there is none of this name. */
int oc_hyperparameter_find(const oc_hyperparameter *list, const char *name);
/* The index-th row; NULL past the end. */
const oc_hyperparameter *oc_hyperparameter_row(const oc_hyperparameter *list, int index);
/* OC_E_ARGUMENT, which names it, its range and its default, if `value` is out of range. */
oc_status oc_hyperparameter_check(const oc_hyperparameter *h, double value, oc_error *err);

#endif
