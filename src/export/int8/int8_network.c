/* int8_network.c: makes layers of int8 of the folded steps of a model. */
#include "export/c/c_fold.h"
#include "export/int8/int8.h"
#include <string.h>

#define OC_ROW(name) extern const oc_int8_op oc_int8_op_##name;
#include "export/int8/ops.def"
#undef OC_ROW

static const oc_int8_op *const ops[] = {
#define OC_ROW(name) &oc_int8_op_##name,
#include "export/int8/ops.def"
#undef OC_ROW
};

static const oc_int8_op *op_of(const oc_c_step *s) {
  for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
    if (strcmp(ops[i]->name, s->info->op->name) == 0) return ops[i];
  return NULL;
}

/* A function of single numbers that no step before it took. */
static oc_status make_table(oc_int8_network *q, const oc_c_step *s, oc_error *err) {
  oc_int8_layer *l = oc_int8_add(q, OC_INT8_table, s);
  if (!l) return oc_fail_memory(err, sizeof *l);
  TRY(oc_int8_take(q, l, 0, err));
  l->in_place = true;
  l->quantize = oc_int8_set_results;
  return oc_int8_activate(q, l, err);
}

static oc_status make_layers(oc_int8_network *q, const oc_c_step *s, oc_error *err) {
  const oc_int8_op *op = op_of(s);
  if (s->emitter->expression) return make_table(q, s, err);
  return op ? op->make(q, s, err) : oc_int8_refuse(s, "no layer computes it", err);
}

static void begin_values(oc_int8_network *q) {
  for (int32_t v = 0; v < q->steps.value_count; v++)
    q->values[v] = (oc_int8_value){.group = v, .maker = -1, .same_as = -1};
  const oc_shape *s = oc_c_shape(&q->steps, q->steps.input);
  oc_int8_value *input = &q->values[q->steps.input];
  input->used = input->measured = true;
  input->rows = s->dim[1];
  input->row_bytes = s->dim[2] * s->dim[3];
}

oc_status oc_int8_build(const oc_model *m, oc_int8_network *q, oc_error *err) {
  *q = (oc_int8_network){0};
  TRY(oc_c_network_build(m, &q->steps, err));
  TRY(oc_c_fold(&q->steps, false, err));
  const size_t bytes = (size_t)q->steps.value_count * sizeof *q->values;
  q->values = oc_arena_alloc(&q->steps.arena, bytes);
  if (!q->values) return oc_fail_memory(err, bytes);
  begin_values(q);
  for (int32_t i = 0; i < q->steps.step_count; i++)
    if (!q->steps.steps[i].removed) TRY(make_layers(q, &q->steps.steps[i], err));
  const int32_t output = oc_c_root(&q->steps, q->steps.output);
  if (q->values[output].maker < 0)
    return oc_fail(err, OC_E_UNSUPPORTED, "model", "Export a network with layers.",
                   "the probabilities do not follow from the image");
  q->values[output].readers++;
  return OC_OK;
}

void oc_int8_release(oc_int8_network *q) {
  oc_memory_free(q->layers);
  oc_c_network_release(&q->steps);
  *q = (oc_int8_network){0};
}
