/* variables.c: the variables of a session: giving them memory, looking at them, taking their values out and putting others in. */
#include "base/checked.h"
#include "graph/init.h"
#include "plan/session.h"
#include <string.h>

/* All variables that are new since the last time share one block, each at a multiple of 64 bytes. */
oc_status oc_session_update(oc_session *s, oc_error *err) {
  const int count = oc_graph_variable_count(s->g);
  if (count == s->variable_count) return OC_OK;
  const size_t element = oc_dtype_size(oc_graph_real(s->g));
  size_t bytes = OC_ALIGNMENT;
  for (int i = s->variable_count; i < count; i++) {
    const oc_tensor_desc *v = oc_graph_value(s->g, oc_graph_variable_at(s->g, i));
    bytes += oc_round_up((size_t)oc_tensor_desc_row(v) * element, OC_ALIGNMENT);
  }
  void **values =
      oc_memory_grow(s->values, (size_t)s->variable_count * sizeof *values, (size_t)count * sizeof *values);
  if (!values) return oc_fail_memory(err, (size_t)count * sizeof *values);
  s->values = values;
  bool *transposed = oc_memory_grow(s->transposed, (size_t)s->variable_count * sizeof *transposed,
                                    (size_t)count * sizeof *transposed);
  if (!transposed) return oc_fail_memory(err, (size_t)count * sizeof *transposed);
  s->transposed = transposed;
  if (s->sketch) {
    s->variable_count = count;
    return OC_OK;
  }
  TRY(oc_memory_check("the variables of the network", bytes, err));
  unsigned char *block = oc_arena_alloc(&s->blocks, bytes);
  if (!block) return oc_fail_memory(err, bytes);
  block += oc_round_up((size_t)(uintptr_t)block, OC_ALIGNMENT) - (size_t)(uintptr_t)block;
  for (int i = s->variable_count; i < count; i++) {
    const oc_tensor_desc *v = oc_graph_value(s->g, oc_graph_variable_at(s->g, i));
    s->values[i] = block;
    const oc_init *init = oc_graph_variable_init(s->g, i);
    if (init->kind != OC_INIT_ZEROS) /* which it is already */
      TRY(oc_init_fill(init, &v->shape, v->dtype, s->options.seed, (uint64_t)i, block, err));
    block += oc_round_up((size_t)oc_tensor_desc_row(v) * element, OC_ALIGNMENT);
  }
  s->variable_count = count;
  return OC_OK;
}

int oc_variable_count(const oc_session *s) {
  if (!s) return 0;
  return s->variable_count;
}
const char *oc_variable_name(const oc_session *s, int index) {
  if (!s) return "";
  return index < 0 || index >= s->variable_count ? "" : oc_node_name(s->g, oc_graph_variable_at(s->g, index));
}
bool oc_variable_trainable(const oc_session *s, int index) {
  if (!s) return false;
  return index >= 0 && index < s->variable_count && !oc_graph_variable_init(s->g, index)->not_trainable;
}
int oc_variable_index(const oc_session *s, const char *name) {
  if (!s || !name) return -1;
  const int32_t op = oc_graph_lookup(s->g, name);
  if (op < 0) return -1;
  const int index = s->g->nodes[op].variable;
  return index < s->variable_count ? index : -1;
}

static const oc_tensor_desc *value_of(const oc_session *s, int index) {
  return oc_graph_value(s->g, oc_graph_variable_at(s->g, index));
}

/* A matrix that lies transposed is transposed, under the session's lock: who looks at the same time sees the same values. */
oc_tensor_view oc_variable_view(const oc_session *s, int index) {
  if (!s) return (oc_tensor_view){0};
  if (index < 0 || index >= s->variable_count) return (oc_tensor_view){.dtype = OC_F32};
  const oc_tensor_desc *v = value_of(s, index);
  oc_variable_set_transposed((oc_session *)(uintptr_t)s, index, false);
  return (oc_tensor_view){v->dtype, v->shape, s->values[index]};
}

oc_tensor oc_variable_value(oc_session *s, int index) {
  if (!s) return (oc_tensor){0};
  const oc_tensor_view v = oc_variable_view(s, index);
  if (!v.data) return (oc_tensor){.dtype = OC_F32};
  s->variables_version++; /* who has the view may write to it */
  return (oc_tensor){v.dtype, v.shape, s->values[index]};
}

static oc_status check(const oc_session *s, int index, const void *values, size_t bytes, oc_error *err) {
  const char *hint = "Use oc_variable_index for the index and oc_variable_view for the shape.";
  if (!s || !values)
    return oc_fail(err, OC_E_ARGUMENT, "variable", hint, "session and values must not be NULL");
  if (index < 0 || index >= s->variable_count)
    return oc_fail(err, OC_E_ARGUMENT, "variable", hint, "variable %d is out of range: the session has %d",
                   index, s->variable_count);
  const oc_tensor_desc *v = value_of(s, index);
  const size_t needs = (size_t)oc_tensor_desc_row(v) * oc_dtype_size(v->dtype);
  if (bytes == needs) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, oc_variable_name(s, index), hint,
                 "got %zu bytes, but the variable has %zu", bytes, needs);
}

oc_status oc_variable_get(const oc_session *s, int index, void *values, size_t bytes, oc_error *err) {
  NEED(s, values);
  TRY(check(s, index, values, bytes, err));
  oc_variable_copy_rows(s, index, values, bytes);
  return OC_OK;
}

oc_status oc_variable_set(oc_session *s, int index, const void *values, size_t bytes, oc_error *err) {
  NEED(s, values);
  TRY(check(s, index, values, bytes, err));
  memcpy(oc_variable_value(s, index).data, values, bytes);
  return OC_OK;
}
