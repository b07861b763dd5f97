/* onnx_attributes.c: attributes of the node at hand, with their types. */
#include "formats/onnx/onnx_reader.h"
#include <math.h>
#include <string.h>

typedef OcOnnx__AttributeProto attribute;
#define TYPE(name) OC_ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__##name

const attribute *oc_onnx_attribute(const oc_onnx_reader *r, const char *name) {
  for (size_t i = 0; i < r->node->n_attribute; i++) {
    const attribute *a = r->node->attribute[i];
    if (a->name && strcmp(a->name, name) == 0) return a;
  }
  return NULL;
}

/* Old files leave the type out. */
static oc_status expect(const oc_onnx_reader *r, const attribute *a, bool is, int type) {
  if (is && (!a->has_type || (int)a->type == type || a->type == TYPE(UNDEFINED))) return OC_OK;
  return oc_onnx_invalid(r, "attribute '%.60s' has another type", a->name);
}

oc_status oc_onnx_get_int(const oc_onnx_reader *r, const char *name, int64_t fallback, int64_t *out) {
  const attribute *a = oc_onnx_attribute(r, name);
  *out = fallback;
  if (!a) return OC_OK;
  TRY(expect(r, a, a->has_i || a->has_type, TYPE(INT)));
  *out = a->i;
  return OC_OK;
}

oc_status oc_onnx_get_float(const oc_onnx_reader *r, const char *name, double fallback, double *out) {
  const attribute *a = oc_onnx_attribute(r, name);
  *out = fallback;
  if (!a) return OC_OK;
  TRY(expect(r, a, a->has_f || a->has_type, TYPE(FLOAT)));
  *out = (double)a->f;
  return isfinite(*out) ? OC_OK : oc_onnx_unsupported(r, "attribute '%s' is NaN or infinite", name);
}

oc_status oc_onnx_get_ints(const oc_onnx_reader *r, const char *name, const int64_t **out, int64_t *count) {
  const attribute *a = oc_onnx_attribute(r, name);
  *out = NULL;
  *count = 0;
  if (!a) return OC_OK;
  TRY(expect(r, a, true, TYPE(INTS)));
  *out = a->ints;
  *count = (int64_t)a->n_ints;
  return OC_OK;
}

oc_status oc_onnx_get_text(const oc_onnx_reader *r, const char *name, char out[32]) {
  const attribute *a = oc_onnx_attribute(r, name);
  *out = 0;
  if (!a) return OC_OK;
  TRY(expect(r, a, a->has_s, TYPE(STRING)));
  if (a->s.len > 31 || memchr(a->s.data, 0, a->s.len))
    return oc_onnx_unsupported(r, "attribute '%s' has an unknown value", name);
  memcpy(out, a->s.data, a->s.len);
  out[a->s.len] = 0;
  return OC_OK;
}

oc_status oc_onnx_only(const oc_onnx_reader *r, const char *const *names) {
  for (size_t i = 0; i < r->node->n_attribute; i++) {
    const attribute *a = r->node->attribute[i];
    const char *const *name = names;
    while (*name && (!a->name || strcmp(*name, a->name) != 0)) name++;
    if (!*name) return oc_onnx_unsupported(r, "attribute '%.60s'", a->name ? a->name : "");
    if (a->ref_attr_name) return oc_onnx_unsupported(r, "an attribute of a function");
  }
  return OC_OK;
}

oc_status oc_onnx_list_of(const oc_onnx_reader *r, int i, int since, const char *name, const int64_t **out,
                          int64_t *count) {
  const oc_onnx_value *v;
  *out = NULL;
  *count = 0;
  if (r->opset < since) return oc_onnx_get_ints(r, name, out, count);
  if (!oc_onnx_input(r, i)) return OC_OK;
  TRY(oc_onnx_need_whole(r, i, &v));
  if (v->shape.rank > 1) return oc_onnx_invalid(r, "input %d is not a list", i);
  *out = v->whole;
  *count = oc_onnx_count(v);
  return OC_OK;
}
