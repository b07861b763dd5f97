/* neighbors.c: finds the steps around a value, for fusions. */
#include "plan/fuse/fuse.h"
#include <string.h>

oc_users oc_users_of(const oc_plan *p, int32_t value) {
  oc_users u = {0};
  for (int32_t i = 0; i < p->step_count; i++) {
    const oc_plan_step *s = &p->steps[i];
    if (s->removed) continue;
    bool uses = false;
    for (int k = 0; k < s->info.n_in; k++) uses |= oc_plan_root(p, s->in[k]) == value;
    if (!uses) continue;
    if (u.count < OC_MAX_USERS) u.step[u.count] = i;
    if (u.count <= OC_MAX_USERS) u.count++;
  }
  return u;
}

bool oc_value_hidden(const oc_plan *p, int32_t value) {
  if (p->values[value].fetched || p->values[value].view_of >= 0) return false;
  for (int32_t i = 0; i < p->value_count; i++)
    if (p->values[i].view_of == value) return false;
  return true;
}

bool oc_step_is(const oc_plan *p, int32_t step, const char *op) {
  return step >= 0 && !p->steps[step].removed && strcmp(p->steps[step].info.op->name, op) == 0;
}

int32_t oc_only_user(const oc_plan *p, int32_t value, const char *op) {
  if (!oc_value_hidden(p, value)) return -1;
  const oc_users u = oc_users_of(p, value);
  return u.count == 1 && oc_step_is(p, u.step[0], op) && p->steps[u.step[0]].in[0] == value ? u.step[0] : -1;
}

int32_t oc_user_as(const oc_plan *p, int32_t value, const char *op, int slot) {
  const oc_users u = oc_users_of(p, oc_plan_root(p, value));
  for (int i = 0; i < u.count && i < OC_MAX_USERS; i++)
    if (oc_step_is(p, u.step[i], op) && p->steps[u.step[i]].in[slot] == value) return u.step[i];
  return -1;
}

double oc_activation_slope(const oc_plan *p, int32_t step) {
  if (p->steps[step].info.op->activation != OC_ACT_LEAKY_RELU) return 0;
  return ((const oc_leaky_relu_attrs *)p->steps[step].info.attrs)->slope;
}
