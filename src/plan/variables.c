/* variables.c: lists, views, reads and writes the variables of a session. Their memory: variable_table.c. */
#include "plan/session.h"
#include <string.h>

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
static size_t bytes_of(const oc_session *s, int index) {
  const oc_tensor_desc *v = value_of(s, index);
  return (size_t)oc_tensor_desc_row(v) * oc_dtype_size(v->dtype);
}

bool oc_variable_entry(const oc_session *s, int index, oc_variable_info *out) {
  if (!s || !out) return false;
  *out = (oc_variable_info){.name = "", .slot_of = -1};
  if (index < 0 || index >= s->variable_count) return false;
  const oc_tensor_desc *v = value_of(s, index);
  const oc_variable_row *row = &s->rows[index];
  *out = (oc_variable_info){.name = oc_variable_name(s, index),
                            .dtype = v->dtype,
                            .shape = v->shape,
                            .trainable = row->block == OC_BLOCK_TRAINABLE,
                            .slot_of = -1,
                            .bytes = bytes_of(s, index),
                            .offset = row->offset};
  if (row->block < OC_BLOCK_SLOTS) return true;
  out->slot_of = s->g->variables[index].slot_of;
  out->slot = row->block - OC_BLOCK_SLOTS + 1;
  return true;
}

/* Transposes a matrix that is stored transposed, under the session's lock: concurrent readers see the same
 * values. */
oc_tensor_view oc_variable_view(const oc_session *s, int index) {
  if (!s) return (oc_tensor_view){0};
  if (index < 0 || index >= s->variable_count) return (oc_tensor_view){.dtype = OC_F32};
  const oc_tensor_desc *v = value_of(s, index);
  oc_variable_set_transposed((oc_session *)(uintptr_t)s, index, false);
  return (oc_tensor_view){v->dtype, v->shape, oc_variable_data(s, index)};
}

oc_tensor oc_variable_value(oc_session *s, int index) {
  if (!s) return (oc_tensor){0};
  const oc_tensor_view v = oc_variable_view(s, index);
  if (!v.data) return (oc_tensor){.dtype = OC_F32};
  s->variables_version++; /* the holder of the view may write to it */
  return (oc_tensor){v.dtype, v.shape, oc_variable_data(s, index)};
}

static oc_status check_variable(const oc_session *s, int index, const void *values, size_t bytes,
                                oc_error *err) {
  const char *hint = "Use oc_variable_index for the index and oc_variable_view for the shape.";
  if (!s || !values)
    return oc_fail(err, OC_E_ARGUMENT, "variable", hint, "session and values must not be NULL");
  if (index < 0 || index >= s->variable_count)
    return oc_fail(err, OC_E_ARGUMENT, "variable", hint, "variable %d is out of range: the session has %d",
                   index, s->variable_count);
  const size_t needs = bytes_of(s, index);
  if (bytes == needs) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, oc_variable_name(s, index), hint,
                 "got %zu bytes, but the variable has %zu", bytes, needs);
}

oc_status oc_variable_get(const oc_session *s, int index, void *values, size_t bytes, oc_error *err) {
  NEED(s, values);
  TRY(check_variable(s, index, values, bytes, err));
  oc_variable_copy_rows(s, index, values, bytes);
  return OC_OK;
}

oc_status oc_variable_set(oc_session *s, int index, const void *values, size_t bytes, oc_error *err) {
  NEED(s, values);
  TRY(check_variable(s, index, values, bytes, err));
  memcpy(oc_variable_value(s, index).data, values, bytes);
  return OC_OK;
}

void oc_variables_copy(oc_session *to, const oc_session *from, int count) {
  for (int i = 0; i < count; i++)
    oc_variable_copy_rows(from, i, oc_variable_value(to, i).data, bytes_of(to, i));
}

/* ---- all that is trained ------------------------------------------------------------------------------- */

size_t oc_trainable_bytes(const oc_session *s) {
  return s && s->block_count > OC_BLOCK_TRAINABLE ? s->blocks[OC_BLOCK_TRAINABLE].bytes : 0;
}

static oc_status check_all(const oc_session *s, const void *values, size_t bytes, oc_error *err) {
  const char *hint = "Use oc_trainable_bytes for the bytes and oc_variable_entry for the offsets.";
  if (!s || !values)
    return oc_fail(err, OC_E_ARGUMENT, "trainable variables", hint, "session and values must not be NULL");
  if (bytes == oc_trainable_bytes(s)) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "trainable variables", hint, "got %zu bytes, but the block has %zu",
                 bytes, oc_trainable_bytes(s));
}

oc_status oc_trainable_get(const oc_session *s, void *values, size_t bytes, oc_error *err) {
  NEED(s, values);
  TRY(check_all(s, values, bytes, err));
  memset(values, 0, bytes);
  for (int i = 0; i < s->variable_count; i++)
    if (s->rows[i].block == OC_BLOCK_TRAINABLE)
      oc_variable_copy_rows(s, i, (char *)values + s->rows[i].offset, bytes_of(s, i));
  return OC_OK;
}

oc_status oc_trainable_set(oc_session *s, const void *values, size_t bytes, oc_error *err) {
  NEED(s, values);
  TRY(check_all(s, values, bytes, err));
  for (int i = 0; i < s->variable_count; i++)
    if (s->rows[i].block == OC_BLOCK_TRAINABLE)
      memcpy(oc_variable_value(s, i).data, (const char *)values + s->rows[i].offset, bytes_of(s, i));
  return OC_OK;
}
