/* safetensors_write.c: writing. The layout is decided first (order and offsets), then written from front to
 * back. */
#include "base/checked.h"
#include "base/file.h"
#include "base/json.h"
#include "base/sha256.h"
#include "formats/safetensors.h"
#include <jansson.h>
#include <string.h>

#define ALIGNMENT 64

static const char *dtype_text(oc_dtype dtype) {
  static const char *const names[] = {[OC_F32] = "F32", [OC_F64] = "F64", [OC_U8] = "U8", [OC_I32] = "I32"};
  return names[dtype];
}

static oc_status tensor_bytes(const oc_named_tensor *t, size_t *bytes, oc_error *err) {
  int64_t count;
  TRY(oc_shape_count(&t->tensor.shape, 1, &count, err));
  if (oc_mul_size((size_t)count, oc_dtype_size(t->tensor.dtype), bytes)) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, t->name, "", "the tensor is too large");
}

/* order[i]: which tensor stands at place i. Larger elements first keeps each tensor aligned without a hole.
 */
static void lay_out(const oc_named_tensor *tensors, int count, int *order) {
  int n = 0;
  for (size_t size = 8; size >= 1; size /= 2)
    for (int i = 0; i < count; i++)
      if (oc_dtype_size(tensors[i].tensor.dtype) == size) order[n++] = i;
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

static oc_status add_tensors(json_t *root, const oc_named_tensor *tensors, int count, const int *order,
                             oc_error *err) {
  size_t begin = 0, bytes = 0;
  for (int i = 0; i < count; i++) {
    const oc_named_tensor *t = &tensors[order[i]];
    TRY(tensor_bytes(t, &bytes, err));
    json_t *entry = json_pack("{s:s, s:o, s:[I,I]}", "dtype", dtype_text(t->tensor.dtype), "shape",
                              shape_json(&t->tensor.shape), "data_offsets", (json_int_t)begin,
                              (json_int_t)(begin + bytes));
    if (!entry || json_object_set_new(root, t->name, entry) != 0)
      return oc_fail(err, OC_E_MEMORY, t->name, "",
                     "cannot make the header entry (memory, or a name not in UTF-8)");
    begin += bytes;
  }
  return OC_OK;
}

static oc_status add_metadata(json_t *root, const oc_metadata *metadata, oc_error *err) {
  json_t *object = json_object();
  if (!object || json_object_set_new(root, "__metadata__", object) != 0) return oc_fail_memory(err, 64);
  for (int i = 0; i < metadata->count; i++) {
    const oc_metadata_entry *e = &metadata->entries[i];
    json_t *text = json_string(e->value);
    if (!text || json_object_set_new(object, e->key, text) != 0)
      return oc_fail(err, OC_E_ARGUMENT, e->key, "Write this text in UTF-8.",
                     "the metadata is not valid UTF-8 (or memory ran out)");
  }
  return OC_OK;
}

/* The header with its size in front, padded with spaces so that the data is aligned. */
static oc_status frame(const char *json, unsigned char **out, size_t *size, oc_error *err) {
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

static oc_status fill_header(json_t *root, const oc_named_tensor *tensors, int count, const int *order,
                             const oc_metadata *metadata, oc_error *err) {
  if (metadata && metadata->count) TRY(add_metadata(root, metadata, err));
  return add_tensors(root, tensors, count, order, err);
}

static oc_status make_header(const oc_named_tensor *tensors, int count, const int *order,
                             const oc_metadata *metadata, unsigned char **out, size_t *size, oc_error *err) {
  json_t *root = json_object();
  if (!root) return oc_fail_memory(err, 64);
  oc_status status = fill_header(root, tensors, count, order, metadata, err);
  char *text = status == OC_OK ? oc_json_text(root, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
  if (status == OC_OK) status = text ? frame(text, out, size, err) : oc_fail_memory(err, 64);
  oc_memory_free(text);
  json_decref(root);
  return status;
}

/* ---- writing ------------------------------------------------------------------------------------------- */

static oc_status write_all(oc_writer *w, const oc_named_tensor *tensors, int count, const int *order,
                           const oc_metadata *metadata, oc_error *err) {
  unsigned char *header = NULL;
  size_t size = 0, bytes = 0;
  TRY(make_header(tensors, count, order, metadata, &header, &size, err));
  oc_status status = oc_writer_write(w, header, size, err);
  oc_memory_free(header);
  for (int i = 0; i < count && status == OC_OK; i++) {
    status = tensor_bytes(&tensors[order[i]], &bytes, err);
    if (status == OC_OK) status = oc_writer_write(w, tensors[order[i]].tensor.data, bytes, err);
  }
  return status;
}

oc_status oc_safetensors_write(const char *path, const oc_named_tensor *tensors, int count,
                               const oc_metadata *metadata, oc_error *err) {
  int *order = oc_memory_array((size_t)count, sizeof *order);
  if (!order) return oc_fail_memory(err, (size_t)count * sizeof *order);
  lay_out(tensors, count, order);
  oc_writer *w = NULL;
  oc_status status = oc_writer_open(path, &w, err);
  if (status == OC_OK) {
    status = write_all(w, tensors, count, order, metadata, err);
    if (status == OC_OK)
      status = oc_writer_commit(w, err);
    else
      oc_writer_abandon(w);
  }
  oc_memory_free(order);
  return status;
}

oc_status oc_safetensors_hash(const oc_named_tensor *tensors, int count, char hex[65], oc_error *err) {
  int *order = oc_memory_array((size_t)count, sizeof *order);
  if (!order) return oc_fail_memory(err, (size_t)count * sizeof *order);
  lay_out(tensors, count, order);
  oc_sha256 sha;
  oc_sha256_init(&sha);
  oc_status status = OC_OK;
  for (int i = 0; i < count && status == OC_OK; i++) {
    size_t bytes = 0;
    status = tensor_bytes(&tensors[order[i]], &bytes, err);
    if (status == OC_OK) oc_sha256_add(&sha, tensors[order[i]].tensor.data, bytes);
  }
  oc_sha256_hex(&sha, hex);
  oc_memory_free(order);
  return status;
}
