/* settings.c: see settings.h. */
#include "train/settings.h"
#include "ocellus/model.h"
#include "ocellus/train.h"
#include <stdio.h>
#include <string.h>

oc_status oc_settings_read(oc_settings given, const oc_hyperparameter *list, double *values, oc_error *err) {
  const oc_hyperparameter *h;
  for (int i = 0; (h = oc_hyperparameter_row(list, i)); i++) {
    values[i] = h->fallback;
    for (int k = 0; k < given.count; k++)
      if (given.list[k].name && strcmp(given.list[k].name, h->name) == 0) values[i] = given.list[k].value;
    TRY(oc_hyperparameter_check(h, values[i], err));
  }
  return OC_OK;
}

typedef const oc_hyperparameter *(*at_fn)(const char *name, int index);

static bool takes(at_fn at, const char *owner, const char *name) {
  const oc_hyperparameter *h;
  for (int i = 0; owner && (h = at(owner, i)); i++)
    if (strcmp(h->name, name) == 0) return true;
  return false;
}

/* Appends "KIND a or b" to `hint`, for all that take `name`. */
static void add_takers(char *hint, size_t size, const char *kind, const char *(*name_at)(int), at_fn at,
                       const char *name) {
  const char *owner, *before = kind;
  for (int i = 0; (owner = name_at(i)); i++) {
    if (!takes(at, owner, name)) continue;
    const size_t used = strlen(hint);
    snprintf(hint + used, size - used, "%s%s", before, owner);
    before = " or ";
  }
}

static oc_status refuse(const char *name, const char *optimizer, const char *schedule, oc_error *err) {
  char takers[200] = "", hint[256] = "";
  add_takers(takers, sizeof takers, " the optimizer ", oc_optimizer_name, oc_optimizer_hyperparameter_at,
             name);
  if (schedule)
    add_takers(takers, sizeof takers, *takers ? ", or the schedule " : " the schedule ", oc_lr_schedule_name,
               oc_lr_schedule_hyperparameter_at, name);
  if (*takers) snprintf(hint, sizeof hint, "Use%s.", takers);
  if (!schedule)
    return oc_fail(err, OC_E_ARGUMENT, name, hint, "the optimizer %s has no %.60s", optimizer, name);
  return oc_fail(err, OC_E_ARGUMENT, name, hint, "the optimizer %s and the schedule %s have no %.60s",
                 optimizer, schedule, name);
}

oc_status oc_settings_check(oc_settings given, const char *optimizer, const char *schedule, oc_error *err) {
  if (given.count < 0 || (given.count > 0 && !given.list))
    return oc_fail(err, OC_E_ARGUMENT, "settings", "", "expected an array, got %d settings in %s",
                   given.count, given.list ? "one" : "NULL");
  for (int i = 0; i < given.count; i++) {
    const char *name = given.list[i].name;
    if (!name) return oc_fail(err, OC_E_ARGUMENT, "settings", "", "setting %d has no name", i);
    if (!takes(oc_optimizer_hyperparameter_at, optimizer, name) &&
        !takes(oc_lr_schedule_hyperparameter_at, schedule, name))
      return refuse(name, optimizer, schedule, err);
  }
  return OC_OK;
}
