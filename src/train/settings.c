/* settings.c: see settings.h. */
#include "train/settings.h"
#include "train/recipe.h"
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

static bool takes(const oc_hyperparameter *list, const char *name) {
  return list && oc_hyperparameter_find(list, name) >= 0;
}

/* Appends "KIND a" or " or a" to `hint`. */
static void add_taker(char *hint, size_t size, const char **before, const char *owner) {
  const size_t used = strlen(hint);
  snprintf(hint + used, size - used, "%s%s", *before, owner);
  *before = " or ";
}

static oc_status refuse_setting(const char *name, const oc_registry *r, const char *optimizer,
                                const oc_lr_schedule *schedule, oc_error *err) {
  char takers[200] = "", hint[256] = "";
  const char *before = " the optimizer ";
  const oc_optimizer *o;
  const oc_lr_schedule *s;
  for (int i = 0; (o = oc_optimizer_at(r, i)); i++)
    if (takes(o->hyperparameters, name)) add_taker(takers, sizeof takers, &before, o->name);
  before = *takers ? ", or the schedule " : " the schedule ";
  for (int i = 0; schedule && (s = oc_lr_schedule_at(i)); i++)
    if (takes(s->hyperparameters, name)) add_taker(takers, sizeof takers, &before, s->name);
  if (*takers) snprintf(hint, sizeof hint, "Use%s.", takers);
  if (!schedule)
    return oc_fail(err, OC_E_ARGUMENT, name, hint, "the optimizer %s has no %.60s", optimizer, name);
  return oc_fail(err, OC_E_ARGUMENT, name, hint, "the optimizer %s and the schedule %s have no %.60s",
                 optimizer, schedule->name, name);
}

oc_status oc_settings_check(oc_settings given, const oc_registry *r, const oc_optimizer *optimizer,
                            const oc_lr_schedule *schedule, oc_error *err) {
  if (given.count < 0 || (given.count > 0 && !given.list))
    return oc_fail(err, OC_E_ARGUMENT, "settings", "", "expected an array, got %d settings in %s",
                   given.count, given.list ? "one" : "NULL");
  for (int i = 0; i < given.count; i++) {
    const char *name = given.list[i].name;
    if (!name) return oc_fail(err, OC_E_ARGUMENT, "settings", "", "setting %d has no name", i);
    if (takes(optimizer->hyperparameters, name) || (schedule && takes(oc_recipe, name))) continue;
    if (!takes(schedule ? schedule->hyperparameters : NULL, name))
      return refuse_setting(name, r, optimizer->name, schedule, err);
  }
  return OC_OK;
}
