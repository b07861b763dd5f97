/* hyperparameter.c: see hyperparameter.h and ocellus/hyperparameter.h. */
#include "base/hyperparameter.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

bool oc_hyperparameter_allows(const oc_hyperparameter *h, double value) {
  if (!h || !isfinite(value) || (h->whole && value != floor(value))) return false;
  return (h->above ? value > h->low : value >= h->low) && (h->below ? value < h->high : value <= h->high);
}

char *oc_hyperparameter_range(const oc_hyperparameter *h, char *text, size_t size) {
  char high[40] = "finite";
  if (!text || size == 0) return text;
  text[0] = 0;
  if (!h) return text;
  if (isfinite(h->high)) snprintf(high, sizeof high, h->below ? "below %g" : "at most %g", h->high);
  snprintf(text, size, "%s%s %g and %s", h->whole ? "an integer, " : "", h->above ? "above" : "at least",
           h->low, high);
  return text;
}

int oc_hyperparameter_find(const oc_hyperparameter *list, const char *name) {
  for (int i = 0; i < OC_HYPERPARAMETERS_MAX && list[i].name; i++)
    if (name && strcmp(list[i].name, name) == 0) return i;
  return -1;
}

const oc_hyperparameter *oc_hyperparameter_row(const oc_hyperparameter *list, int index) {
  for (int i = 0; i <= index && i < OC_HYPERPARAMETERS_MAX && list[i].name; i++)
    if (i == index) return &list[i];
  return NULL;
}

oc_status oc_hyperparameter_check(const oc_hyperparameter *h, double value, oc_error *err) {
  char range[96], hint[64];
  if (oc_hyperparameter_allows(h, value)) return OC_OK;
  snprintf(hint, sizeof hint, "The default is %g.", h->fallback);
  return oc_fail(err, OC_E_ARGUMENT, h->name, h->required ? "" : hint, "must be %s, got %g",
                 oc_hyperparameter_range(h, range, sizeof range), value);
}
