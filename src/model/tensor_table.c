/* tensor_table.c: lists the tensors of a file and their names. */
#include "model/model.h"
#include <string.h>

oc_status oc_tensor_table_add(oc_tensor_table *t, const char *prefix, const char *name, oc_tensor tensor,
                              oc_error *err) {
  const size_t size = strlen(prefix) + strlen(name) + 1;
  char *full = oc_arena_alloc(&t->names, size);
  if (!full || !oc_memory_reserve(&t->rows, t->count, &t->capacity, sizeof *t->rows))
    return oc_fail_memory(err, size);
  memcpy(full, prefix, strlen(prefix));
  memcpy(full + strlen(prefix), name, strlen(name) + 1);
  t->rows[t->count++] = (oc_named_tensor){.name = full, .tensor = tensor};
  return OC_OK;
}

/* Files are written from these views, never written to. */
static oc_tensor as_tensor(const oc_tensor_view *v) {
  return (oc_tensor){v->dtype, v->shape, (void *)(uintptr_t)v->data};
}

oc_status oc_tensor_table_add_variables(oc_tensor_table *t, const char *prefix, const oc_session *s,
                                        int count, oc_error *err) {
  for (int i = 0; i < count; i++) {
    const oc_tensor_view v = oc_variable_view(s, i);
    TRY(oc_tensor_table_add(t, prefix, oc_variable_name(s, i), as_tensor(&v), err));
  }
  return OC_OK;
}

void oc_tensor_table_release(oc_tensor_table *t) {
  oc_memory_free(t->rows);
  oc_arena_free(&t->names);
  *t = (oc_tensor_table){0};
}

void oc_standardizer_as_tensors(const oc_standardizer *s, oc_image_shape size, oc_tensor *mean,
                                oc_tensor *deviation) {
  const oc_shape pixels = OC_SHAPE(size.height, size.width, size.channels),
                 channels = OC_SHAPE(size.channels), scalar = OC_SCALAR_SHAPE;
  const oc_tensor_view one = {OC_F64, scalar, &s->deviation}, each = {OC_F64, channels, s->deviations};
  *mean = (oc_tensor){OC_F32, s->deviations ? channels : pixels, s->mean};
  *deviation = as_tensor(s->deviations ? &each : &one);
}

oc_status oc_standardizer_tensors(const oc_standardizer *standardizer, oc_image_shape size,
                                  oc_tensor_table *t, oc_error *err) {
  oc_tensor mean, deviation;
  oc_standardizer_as_tensors(standardizer, size, &mean, &deviation);
  TRY(oc_tensor_table_add(t, "", "input/mean", mean, err));
  return oc_tensor_table_add(t, "", "input/deviation", deviation, err);
}

oc_status oc_model_tensors(const oc_model *m, oc_tensor_table *t, oc_error *err) {
  TRY(oc_tensor_table_add_variables(t, "", m->session, m->own.variable_count, err));
  return oc_standardizer_tensors(&m->standardizer, m->size, t, err);
}
