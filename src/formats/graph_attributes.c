/* graph_attributes.c: attributes of operations in a file, from the table in each operation's descriptor. */
#include "formats/graph_text.h"
#include <math.h>
#include <string.h>

/* ---- shapes and types ---------------------------------------------------------------------------------- */

json_t *oc_shape_json(const oc_shape *shape) {
  json_t *list = json_array();
  for (int i = 0; i < shape->rank; i++) (void)json_array_append_new(list, json_integer(shape->dim[i]));
  return list;
}

bool oc_shape_read(const json_t *list, oc_shape *out) {
  const size_t rank = json_array_size(list);
  *out = (oc_shape){.rank = (int)rank};
  if (!json_is_array(list) || rank > OC_MAX_RANK) return false;
  for (size_t i = 0; i < rank; i++) {
    if (!json_is_integer(json_array_get(list, i))) return false;
    out->dim[i] = json_integer_value(json_array_get(list, i));
  }
  return true;
}

bool oc_dtype_read(const json_t *value, oc_dtype *out) {
  const char *name = json_string_value(value);
  for (int i = 0; name && oc_dtype_size((oc_dtype)i); i++) {
    *out = (oc_dtype)i;
    if (strcmp(oc_dtype_name(*out), name) == 0) return true;
  }
  return false;
}

/* ---- elements of constants ----------------------------------------------------------------------------- */

json_t *oc_element_json(oc_dtype dtype, const void *data, int64_t i) {
  switch (dtype) {
  case OC_F32:
    return json_real((double)((const float *)data)[i]);
  case OC_F64:
    return json_real(((const double *)data)[i]);
  case OC_U8:
    return json_integer(((const uint8_t *)data)[i]);
  case OC_I32:
    return json_integer(((const int32_t *)data)[i]);
  case OC_I64:
    return json_integer(((const int64_t *)data)[i]);
  }
  return NULL;
}

bool oc_element_read(const json_t *value, oc_dtype dtype, void *data, int64_t i) {
  const json_int_t whole = json_integer_value(value);
  switch (dtype) {
  case OC_F32:
    ((float *)data)[i] = (float)json_number_value(value);
    return json_is_number(value) && isfinite(((float *)data)[i]);
  case OC_U8:
    ((uint8_t *)data)[i] = (uint8_t)whole;
    return json_is_integer(value) && whole >= 0 && whole <= UINT8_MAX;
  case OC_I32:
    ((int32_t *)data)[i] = (int32_t)whole;
    return json_is_integer(value) && whole >= INT32_MIN && whole <= INT32_MAX;
  case OC_I64:
    ((int64_t *)data)[i] = whole;
    return json_is_integer(value);
  default:
    return false;
  }
}

/* ---- one field ----------------------------------------------------------------------------------------- */

enum { MASK_BITS = 32 };

static json_t *mask_json(unsigned mask) {
  json_t *list = json_array();
  for (int i = 0; i < MASK_BITS; i++)
    if (mask >> i & 1) (void)json_array_append_new(list, json_integer(i));
  return list;
}

static bool read_mask(const json_t *list, unsigned *mask) {
  *mask = 0;
  if (!json_is_array(list) || json_array_size(list) > MASK_BITS) return false;
  for (size_t i = 0; i < json_array_size(list); i++) {
    const json_t *axis = json_array_get(list, i);
    const json_int_t bit = json_integer_value(axis);
    if (!json_is_integer(axis) || bit < 0 || bit >= MASK_BITS || (*mask >> bit & 1)) return false;
    *mask |= 1u << bit;
  }
  return true;
}

/* JSON has no infinity, which is a limit of clip. */
static json_t *real_json(double value) {
  return isfinite(value) ? json_real(value) : json_string(value > 0 ? "inf" : "-inf");
}

static bool read_real(const json_t *value, double *out) {
  const char *text = json_string_value(value);
  if (text && strcmp(text, "inf") == 0) return *out = INFINITY, true;
  if (text && strcmp(text, "-inf") == 0) return *out = -INFINITY, true;
  *out = json_number_value(value);
  return json_is_number(value);
}

static bool read_int(const json_t *value, int *out) {
  const json_int_t whole = json_integer_value(value);
  *out = (int)whole;
  return json_is_integer(value) && whole >= INT32_MIN && whole <= INT32_MAX;
}

static json_t *element_json(oc_attribute_kind kind, const void *at, int i) {
  if (kind == OC_ATTRIBUTE_I64) return json_integer(((const int64_t *)at)[i]);
  if (kind == OC_ATTRIBUTE_F64) return real_json(((const double *)at)[i]);
  return json_integer(((const int *)at)[i]);
}

static bool read_element(oc_attribute_kind kind, const json_t *value, void *at, int i) {
  if (kind == OC_ATTRIBUTE_F64) return read_real(value, (double *)at + i);
  if (kind != OC_ATTRIBUTE_I64) return read_int(value, (int *)at + i);
  ((int64_t *)at)[i] = json_integer_value(value);
  return json_is_integer(value);
}

static json_t *list_json(oc_attribute_kind kind, const void *at, int count) {
  json_t *list = json_array();
  for (int i = 0; i < count; i++) (void)json_array_append_new(list, element_json(kind, at, i));
  return list;
}

static bool read_list(oc_attribute_kind kind, const json_t *list, int count, void *at) {
  if (!json_is_array(list) || json_array_size(list) != (size_t)count) return false;
  for (int i = 0; i < count; i++)
    if (!read_element(kind, json_array_get(list, (size_t)i), at, i)) return false;
  return true;
}

static json_t *field_json(const oc_attribute *a, const void *at, int axes) {
  switch (a->kind) {
  case OC_ATTRIBUTE_BOOL:
    return json_boolean(*(const bool *)at);
  case OC_ATTRIBUTE_DTYPE:
    return json_string(oc_dtype_name(*(const oc_dtype *)at));
  case OC_ATTRIBUTE_SHAPE:
    return oc_shape_json(at);
  case OC_ATTRIBUTE_MASK:
    return mask_json(*(const unsigned *)at);
  case OC_ATTRIBUTE_AXES:
    return list_json(a->kind, at, axes);
  default:
    return a->count > 1 ? list_json(a->kind, at, a->count) : element_json(a->kind, at, 0);
  }
}

static bool read_field(const oc_attribute *a, const json_t *value, void *at, int axes) {
  switch (a->kind) {
  case OC_ATTRIBUTE_BOOL:
    *(bool *)at = json_is_true(value);
    return json_is_boolean(value);
  case OC_ATTRIBUTE_DTYPE:
    return oc_dtype_read(value, at);
  case OC_ATTRIBUTE_SHAPE:
    return oc_shape_read(value, at);
  case OC_ATTRIBUTE_MASK:
    return read_mask(value, at);
  case OC_ATTRIBUTE_AXES:
    return read_list(a->kind, value, axes, at);
  default:
    return a->count > 1 ? read_list(a->kind, value, a->count, at) : read_element(a->kind, value, at, 0);
  }
}

/* ---- all of an operation ------------------------------------------------------------------------------- */

json_t *oc_attributes_json(const oc_op_info *info) {
  json_t *object = json_object();
  for (const oc_attribute *a = info->op->attributes; a && a->name; a++)
    (void)json_object_set_new(object, a->name,
                              field_json(a, (const char *)info->attrs + a->offset, info->in[0].shape.rank));
  return object;
}

static const oc_attribute *find_attribute(const oc_op *op, const char *name) {
  for (const oc_attribute *a = op->attributes; a && a->name; a++)
    if (strcmp(a->name, name) == 0) return a;
  return NULL;
}

oc_status oc_attributes_read(const json_t *object, const oc_op *op, int axes, void *attrs, oc_error *err) {
  const char *name;
  json_t *value;
  if (object && !json_is_object(object))
    return oc_fail(err, OC_E_DATA, "attributes", "", "expected a JSON object");
  json_object_foreach((json_t *)(uintptr_t)object, name, value) {
    const oc_attribute *a = find_attribute(op, name);
    if (!a)
      return oc_fail(err, OC_E_DATA, "attributes", "Use a newer Ocellus, if one wrote it.",
                     "unknown attribute '%.60s' of %s", name, op->name);
    if (!read_field(a, value, (char *)attrs + a->offset, axes))
      return oc_fail(err, OC_E_DATA, "attributes", "", "attribute '%s' of %s has another type or length",
                     name, op->name);
  }
  return OC_OK;
}
