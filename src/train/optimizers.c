/* optimizers.c: lists the optimizers. */
#include "train/optimizer.h"
#include <stdio.h>
#include <string.h>

#define OC_ROW(name) &oc_optimizer_##name,
static const oc_optimizer *const optimizers[] = {
#include "train/optimizers.def"
};
#undef OC_ROW
#define OPTIMIZERS ((int)(sizeof optimizers / sizeof *optimizers))

const oc_optimizer *oc_optimizer_at(const oc_registry *r, int index) {
  if (index >= 0 && index < OPTIMIZERS) return optimizers[index];
  return oc_registry_row(r, OC_ROW_OPTIMIZER, index - OPTIMIZERS);
}

static const oc_optimizer *find_optimizer(const oc_registry *r, const char *name) {
  const oc_optimizer *o;
  for (int i = 0; name && (o = oc_optimizer_at(r, i)); i++)
    if (strcmp(o->name, name) == 0) return o;
  return NULL;
}

const char *oc_optimizer_name(int index) {
  const oc_optimizer *o = oc_optimizer_at(NULL, index);
  return o ? o->name : NULL;
}

const char *oc_optimizer_summary(const char *name) {
  const oc_optimizer *o = find_optimizer(NULL, name);
  return o ? o->summary : NULL;
}

const oc_hyperparameter *oc_optimizer_hyperparameter_at(const char *name, int index) {
  const oc_optimizer *o = find_optimizer(NULL, name);
  return o ? oc_hyperparameter_row(o->hyperparameters, index) : NULL;
}

oc_status oc_optimizer_find(const oc_registry *r, const char *name, const oc_optimizer **out, oc_error *err) {
  const oc_optimizer *o;
  char hint[256] = "Use one of";
  *out = find_optimizer(r, name);
  if (*out) return OC_OK;
  for (int i = 0; (o = oc_optimizer_at(r, i)); i++) {
    const size_t used = strlen(hint);
    snprintf(hint + used, sizeof hint - used, "%s %s", i ? "," : "", o->name);
  }
  return oc_fail(err, OC_E_ARGUMENT, "optimizer", hint, "unknown optimizer '%.60s'", name ? name : "(NULL)");
}
