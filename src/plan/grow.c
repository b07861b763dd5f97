/* grow.c: adds values and steps to a plan. */
#include "plan/plan.h"
#include <string.h>

int32_t oc_plan_add_value(oc_plan *p, const oc_plan_value *value) {
  if (!oc_memory_reserve(&p->values, p->value_count, &p->value_capacity, sizeof *p->values)) return -1;
  p->values[p->value_count] = *value;
  return p->value_count++;
}

int32_t oc_plan_add_step(oc_plan *p, const oc_plan_step *step) {
  if (!oc_memory_reserve(&p->steps, p->step_count, &p->step_capacity, sizeof *p->steps)) return -1;
  p->steps[p->step_count] = *step;
  return p->step_count++;
}

oc_status oc_plan_own_inputs(oc_plan *p, oc_plan_step *step, int n_in, oc_error *err) {
  const int kept = step->info.n_in < n_in ? step->info.n_in : n_in;
  oc_tensor_desc *types = oc_arena_alloc(&p->arena, (size_t)n_in * sizeof *types);
  int32_t *in = oc_arena_alloc(&p->arena, (size_t)n_in * sizeof *in);
  if (!types || !in) return oc_fail_memory(err, (size_t)n_in * sizeof *types);
  if (kept && step->info.in) memcpy(types, step->info.in, (size_t)kept * sizeof *types);
  if (kept && step->in) memcpy(in, step->in, (size_t)kept * sizeof *in);
  step->info.in = types;
  step->in = in;
  step->info.n_in = n_in;
  return OC_OK;
}
