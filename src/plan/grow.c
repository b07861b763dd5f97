/* grow.c: adds values and steps to a plan. */
#include "plan/plan.h"
#include <string.h>

static oc_status grow_array(void **array, int32_t count, int32_t *capacity, size_t size) {
  if (count < *capacity) return OC_OK;
  const int32_t larger = *capacity ? 2 * *capacity : 64;
  void *grown = oc_memory_grow(*array, (size_t)*capacity * size, (size_t)larger * size);
  if (!grown) return OC_E_MEMORY;
  *array = grown;
  *capacity = larger;
  return OC_OK;
}

int32_t oc_plan_add_value(oc_plan *p, const oc_plan_value *value) {
  void *values = p->values;
  if (grow_array(&values, p->value_count, &p->value_capacity, sizeof *p->values) != OC_OK) return -1;
  p->values = values;
  p->values[p->value_count] = *value;
  return p->value_count++;
}

int32_t oc_plan_add_step(oc_plan *p, const oc_plan_step *step) {
  void *steps = p->steps;
  if (grow_array(&steps, p->step_count, &p->step_capacity, sizeof *p->steps) != OC_OK) return -1;
  p->steps = steps;
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
