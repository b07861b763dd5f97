/* measure_c.c: what a classifier takes as C source, step by step, without writing it. */
#include "base/memory.h"
#include "export/c/c_fold.h"
#include "export/c/c_float.h"
#include <stdio.h>

/* Numbers that lie in the scratch during a step. */
static int64_t alive_in(const oc_c_network *n, int step) {
  int64_t sum = 0;
  for (int32_t v = 0; v < n->value_count; v++) {
    const oc_c_value *value = &n->values[v];
    const bool there = value->place == OC_C_INPUT || (value->place == OC_C_SCRATCH && value->first > 0);
    if (value->same_as < 0 && there && value->first <= step && step <= value->last) sum += value->count;
  }
  return sum;
}

static oc_c_step_figures figures_of(const oc_c_network *n, const oc_c_step *s) {
  oc_c_step_figures f = {.bytes = (s->weight_count + s->bias_count) * (int64_t)sizeof(float),
                         .scratch_bytes = alive_in(n, s->number) * (int64_t)sizeof(float)};
  if (s->emitter->multiply_adds) f.multiply_adds = s->emitter->multiply_adds(n, s);
  (void)snprintf(f.name, sizeof f.name, "%s", s->info->name);
  (void)snprintf(f.operations, sizeof f.operations, "%s%s%s%s%s", s->info->op->name,
                 s->activation ? ", " : "", s->activation ? s->activation->op->name : "", s->pool ? ", " : "",
                 s->pool ? s->pool->op->name : "");
  return f;
}

static oc_status measure(oc_c_network *n, oc_c_measure *out, oc_error *err) {
  oc_c_unit u = {0};
  TRY(oc_c_fold(n, true, err));
  TRY(oc_c_network_place(n, 0, err));
  oc_c_float_unit(n, &u);
  oc_c_step_figures *steps = oc_memory_array((size_t)n->step_count, sizeof *steps);
  if (!steps) return oc_fail_memory(err, (size_t)n->step_count * sizeof *steps);
  *out = (oc_c_measure){.total = oc_c_figures(&u), .steps = steps};
  for (int32_t i = 0; i < n->step_count; i++)
    if (!n->steps[i].removed) steps[out->step_count++] = figures_of(n, &n->steps[i]);
  return OC_OK;
}

oc_status oc_model_measure_c(const oc_model *m, oc_c_measure *out, oc_error *err) {
  NEED(m, out);
  oc_c_network n;
  *out = (oc_c_measure){0};
  oc_status status = oc_c_network_build(m, &n, err);
  if (status == OC_OK) status = measure(&n, out, err);
  oc_c_network_release(&n);
  return status;
}

void oc_c_measure_release(oc_c_measure *c) {
  if (!c) return;
  oc_memory_free(c->steps);
  *c = (oc_c_measure){0};
}
