/* safetensors_write.c: writes safetensors files. The layout is decided first (order and offsets), then
 * written from front to back. */
#include "base/checked.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "formats/safetensors.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 64

/* Where the bytes go. */
typedef struct sink {
  oc_status (*write)(void *to, const void *bytes, size_t size, oc_error *err);
  void *to;
} sink;

static oc_status tensor_bytes(const oc_named_tensor *t, size_t *bytes, oc_error *err) {
  int64_t count;
  TRY(oc_shape_count(&t->tensor.shape, 1, &count, err));
  if (oc_mul_size((size_t)count, oc_dtype_size(t->tensor.dtype), bytes)) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, t->name, "", "the tensor is too large");
}

/* Larger elements first keeps each tensor aligned without a hole. */
static int by_size_and_name(const void *a, const void *b) {
  const oc_named_tensor *s = *(const oc_named_tensor *const *)a, *t = *(const oc_named_tensor *const *)b;
  const size_t m = oc_dtype_size(s->tensor.dtype), n = oc_dtype_size(t->tensor.dtype);
  return m == n ? strcmp(s->name, t->name) : m < n ? 1 : -1;
}

/* The tensors in the order in which they lie in the file; the caller frees the list. NULL: no memory. */
static const oc_named_tensor **lay_out(const oc_named_tensor *tensors, int count) {
  const oc_named_tensor **order = oc_memory_array((size_t)count, sizeof *order);
  for (int i = 0; order && i < count; i++) order[i] = &tensors[i];
  if (order) qsort(order, (size_t)count, sizeof *order, by_size_and_name);
  return order;
}

/* ---- header -------------------------------------------------------------------------------------------- */

static json_t *shape_json(const oc_shape *shape) {
  json_t *list = json_array();
  for (int i = 0; list && i < shape->rank; i++)
    if (json_array_append_new(list, json_integer(shape->dim[i])) != 0) {
      json_decref(list);
      return NULL;
    }
  return list;
}

/* Makes a JSON string: jansson refuses invalid UTF-8, and otherwise fails only for a lack of memory. */
static oc_status text_json(const char *text, const char *where, json_t **out, oc_error *err) {
  if (!oc_text_is_utf8(text))
    return oc_fail(err, OC_E_ARGUMENT, where, "Encode it in UTF-8.", "the string is not valid UTF-8");
  *out = json_string_nocheck(text);
  return *out ? OC_OK : oc_fail_memory(err, strlen(text));
}

static oc_status add_tensors(json_t *root, const oc_named_tensor *const *order, int count, oc_error *err) {
  size_t begin = 0, bytes = 0;
  for (int i = 0; i < count; i++) {
    const oc_named_tensor *t = order[i];
    TRY(tensor_bytes(t, &bytes, err));
    if (!oc_text_is_utf8(t->name))
      return oc_fail(err, OC_E_ARGUMENT, "tensor name", "Encode names in UTF-8.",
                     "the name of a tensor is not valid UTF-8");
    json_t *entry = json_pack("{s:s, s:o, s:[I,I]}", "dtype", oc_named_tensor_type(t), "shape",
                              shape_json(&t->tensor.shape), "data_offsets", (json_int_t)begin,
                              (json_int_t)(begin + bytes));
    if (!entry || json_object_set_new_nocheck(root, t->name, entry) != 0) return oc_fail_memory(err, 64);
    begin += bytes;
  }
  return OC_OK;
}

static oc_status add_metadata(json_t *root, const oc_metadata *metadata, oc_error *err) {
  json_t *object = json_object(), *text = NULL;
  if (!object || json_object_set_new(root, "__metadata__", object) != 0) return oc_fail_memory(err, 64);
  for (int i = 0; i < metadata->count; i++) {
    const oc_metadata_entry *e = &metadata->entries[i];
    TRY(text_json(e->value, e->key, &text, err));
    if (json_object_set_new(object, e->key, text) != 0) return oc_fail_memory(err, 64);
  }
  return OC_OK;
}

/* What could not be read again is not written. */
static oc_status check_limits(const char *json, size_t length, int tensors, oc_error *err) {
  const char *hint = "Use a smaller network or less metadata.";
  const size_t commas = oc_json_commas(json, length);
  if (tensors > OC_SAFETENSORS_MAX_TENSORS)
    return oc_fail(err, OC_E_UNSUPPORTED, "safetensors", hint, "too many tensors: %d; the limit is %d",
                   tensors, OC_SAFETENSORS_MAX_TENSORS);
  if (length > OC_SAFETENSORS_MAX_HEADER - ALIGNMENT || commas > OC_SAFETENSORS_MAX_COMMAS)
    return oc_fail(err, OC_E_UNSUPPORTED, "safetensors", hint,
                   "the header is too large: %zu bytes and %zu commas; the limits are %u and %d", length,
                   commas, OC_SAFETENSORS_MAX_HEADER - ALIGNMENT, OC_SAFETENSORS_MAX_COMMAS);
  return OC_OK;
}

/* The header with its size in front, padded with spaces so that the data is aligned. */
static oc_status frame_header(const char *json, unsigned char **out, size_t *size, oc_error *err) {
  size_t length = strlen(json), total = oc_round_up(8 + length, ALIGNMENT);
  unsigned char *bytes = oc_memory_alloc(total);
  if (!bytes) return oc_fail_memory(err, total);
  for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)((uint64_t)(total - 8) >> (8 * i));
  memcpy(bytes + 8, json, length);
  memset(bytes + 8 + length, ' ', total - 8 - length);
  *out = bytes;
  *size = total;
  return OC_OK;
}

static oc_status fill_header(json_t *root, const oc_named_tensor *const *order, int count,
                             const oc_metadata *metadata, oc_error *err) {
  if (metadata && metadata->count) TRY(add_metadata(root, metadata, err));
  return add_tensors(root, order, count, err);
}

static oc_status make_header(const oc_named_tensor *const *order, int count, const oc_metadata *metadata,
                             unsigned char **out, size_t *size, oc_error *err) {
  json_t *root = json_object();
  if (!root) return oc_fail_memory(err, 64);
  oc_status status = fill_header(root, order, count, metadata, err);
  char *text = status == OC_OK ? oc_json_text(root, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
  if (status == OC_OK && !text) status = oc_fail_memory(err, 64);
  if (status == OC_OK) status = check_limits(text, strlen(text), count, err);
  if (status == OC_OK) status = frame_header(text, out, size, err);
  oc_memory_free(text);
  json_decref(root);
  return status;
}

/* ---- writing ------------------------------------------------------------------------------------------- */

static oc_status write_to(const sink *to, const oc_named_tensor *tensors, int count,
                          const oc_metadata *metadata, oc_error *err) {
  unsigned char *header = NULL;
  size_t size = 0, bytes = 0;
  const oc_named_tensor **order = lay_out(tensors, count);
  if (!order) return oc_fail_memory(err, (size_t)count * sizeof *order);
  oc_status status = make_header(order, count, metadata, &header, &size, err);
  if (status == OC_OK) status = to->write(to->to, header, size, err);
  for (int i = 0; i < count && status == OC_OK; i++) {
    status = tensor_bytes(order[i], &bytes, err);
    if (status == OC_OK) status = to->write(to->to, order[i]->tensor.data, bytes, err);
  }
  oc_memory_free(header);
  oc_memory_free(order);
  return status;
}

static oc_status to_file(void *to, const void *bytes, size_t size, oc_error *err) {
  return oc_writer_write(to, bytes, size, err);
}

oc_status oc_safetensors_write(const char *path, const oc_named_tensor *tensors, int count,
                               const oc_metadata *metadata, oc_error *err) {
  oc_writer *w = NULL;
  TRY(oc_writer_open(path, &w, err));
  const oc_status status = write_to(&(sink){to_file, w}, tensors, count, metadata, err);
  if (status == OC_OK) return oc_writer_commit(w, err);
  oc_writer_abandon(w);
  return status;
}

static oc_status to_memory(void *to, const void *bytes, size_t size, oc_error *err) {
  oc_text *text = to;
  oc_text_add_bytes(text, bytes, size);
  return text->failed ? oc_fail_memory(err, size) : OC_OK;
}

oc_status oc_safetensors_write_memory(const oc_named_tensor *tensors, int count, const oc_metadata *metadata,
                                      unsigned char **bytes, size_t *size, oc_error *err) {
  oc_text text = {0};
  oc_status status = write_to(&(sink){to_memory, &text}, tensors, count, metadata, err);
  *bytes = NULL;
  *size = text.size;
  if (status == OC_OK && !(*bytes = (unsigned char *)oc_text_take(&text)))
    status = oc_fail_memory(err, *size);
  oc_text_release(&text);
  return status;
}
