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

static const oc_optimizer *find(const char *name) {
  for (int i = 0; name && i < OPTIMIZERS; i++)
    if (strcmp(optimizers[i]->name, name) == 0) return optimizers[i];
  return NULL;
}

const char *oc_optimizer_name(int index) {
  return index >= 0 && index < OPTIMIZERS ? optimizers[index]->name : NULL;
}

const char *oc_optimizer_summary(const char *name) {
  const oc_optimizer *o = find(name);
  return o ? o->summary : NULL;
}

const oc_hyperparameter *oc_optimizer_hyperparameter_at(const char *name, int index) {
  const oc_optimizer *o = find(name);
  return o ? oc_hyperparameter_row(o->hyperparameters, index) : NULL;
}

oc_status oc_optimizer_find(const char *name, const oc_optimizer **out, oc_error *err) {
  char hint[256] = "Use one of";
  *out = find(name);
  if (*out) return OC_OK;
  for (int i = 0; i < OPTIMIZERS; i++) {
    const size_t used = strlen(hint);
    snprintf(hint + used, sizeof hint - used, "%s %s", i ? "," : "", optimizers[i]->name);
  }
  return oc_fail(err, OC_E_ARGUMENT, "optimizer", hint, "unknown optimizer '%.60s'", name ? name : "(NULL)");
}
