/* safetensors.c: reading. Three passes: the frame (sizes), the header (JSON to a table), the table as a whole
 * (the ranges must tile the data). */
#include "formats/safetensors.h"
#include "base/checked.h"
#include "base/file.h"
#include "base/sha256.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* jansson takes some 60 bytes for each value of a header: this bounds them whatever the header holds. */
#define MAX_VALUES 1000000u
#define HINT       "The file is damaged or no safetensors file: copy or make it again."

/* What the passes share. */
typedef struct parse {
  const char *where;
  oc_safetensors *out;
  oc_error *err;
} parse;

static const struct {
  const char *name;
  oc_dtype dtype;
} dtypes[] = {{"F32", OC_F32}, {"F64", OC_F64}, {"U8", OC_U8}, {"I32", OC_I32}};

static oc_status bad_tensor(const parse *p, const char *name, const char *rule) {
  return oc_fail(p->err, OC_E_DATA, p->where, HINT, "tensor \"%.120s\": %s", name, rule);
}

/* ---- pass 1: the frame --------------------------------------------------------------------------------- */

static uint64_t little_endian_u64(const unsigned char *bytes) {
  uint64_t n = 0;
  for (int i = 7; i >= 0; i--) n = n << 8 | bytes[i];
  return n;
}

static oc_status check_frame(parse *p, size_t *header_size) {
  oc_safetensors *s = p->out;
  if (s->size < 8)
    return oc_fail(p->err, OC_E_DATA, p->where, HINT, "%zu bytes are too few for a safetensors file",
                   s->size);
  uint64_t n = little_endian_u64(s->bytes);
  if (n > OC_SAFETENSORS_MAX_HEADER)
    return oc_fail(p->err, OC_E_DATA, p->where, HINT,
                   "the header is said to have %llu bytes; safetensors allows at most %u",
                   (unsigned long long)n, OC_SAFETENSORS_MAX_HEADER);
  if (n > s->size - 8)
    return oc_fail(p->err, OC_E_DATA, p->where, HINT,
                   "truncated: the header is said to have %llu bytes, but only %zu follow",
                   (unsigned long long)n, s->size - 8);
  if (n == 0 || s->bytes[8] != '{')
    return oc_fail(p->err, OC_E_DATA, p->where, HINT, "the header must begin with '{'");
  *header_size = (size_t)n;
  s->data = s->bytes + 8 + n;
  s->data_size = s->size - 8 - (size_t)n;
  return OC_OK;
}

/* Every value of JSON but the first in its list follows a comma. */
static oc_status check_value_count(const parse *p, size_t header_size) {
  size_t commas = 0;
  for (size_t i = 0; i < header_size; i++) commas += p->out->bytes[8 + i] == ',';
  if (commas <= MAX_VALUES) return OC_OK;
  return oc_fail(p->err, OC_E_DATA, p->where, HINT, "the header has %zu commas; at most %u are read", commas,
                 MAX_VALUES);
}

/* ---- pass 2: the header -------------------------------------------------------------------------------- */

static oc_status read_metadata(const parse *p, json_t *object) {
  if (!json_is_object(object))
    return oc_fail(p->err, OC_E_DATA, p->where, HINT, "__metadata__ must be an object of texts");
  const char *key;
  json_t *value;
  json_object_foreach(object, key, value) {
    if (!json_is_string(value))
      return oc_fail(p->err, OC_E_DATA, p->where, HINT, "__metadata__ \"%.120s\" must be a text", key);
    if (!oc_metadata_set(&p->out->metadata, key, json_string_value(value)))
      return oc_fail_memory(p->err, json_string_length(value) + 1);
  }
  return OC_OK;
}

static oc_status read_dtype(const parse *p, const char *name, const json_t *value, oc_dtype *dtype) {
  const char *text = json_string_value(value);
  if (!text) return bad_tensor(p, name, "dtype is missing or not a text");
  for (size_t i = 0; i < sizeof dtypes / sizeof dtypes[0]; i++)
    if (strcmp(text, dtypes[i].name) == 0) {
      *dtype = dtypes[i].dtype;
      return OC_OK;
    }
  return oc_fail(p->err, OC_E_DATA, p->where, "Convert the tensor to F32.",
                 "tensor \"%.120s\": dtype %.20s is not one of F32, F64, U8, I32", name, text);
}

/* A JSON array of whole numbers >= 0. */
static bool read_numbers(const json_t *array, int count, int64_t *out) {
  for (int i = 0; i < count; i++) {
    const json_t *n = json_array_get(array, (size_t)i);
    if (!json_is_integer(n) || json_integer_value(n) < 0) return false;
    out[i] = json_integer_value(n);
  }
  return true;
}

static oc_status read_shape(const parse *p, const char *name, const json_t *value, oc_shape *shape) {
  if (!json_is_array(value)) return bad_tensor(p, name, "shape is missing or not a list");
  if (json_array_size(value) > OC_MAX_RANK)
    return oc_fail(p->err, OC_E_DATA, p->where, HINT, "tensor \"%.120s\": %zu axes; at most %d are read",
                   name, json_array_size(value), OC_MAX_RANK);
  *shape = (oc_shape){.rank = (int)json_array_size(value)};
  if (!read_numbers(value, shape->rank, shape->dim))
    return bad_tensor(p, name, "shape must be a list of whole numbers >= 0");
  return OC_OK;
}

/* data_offsets inside the data, and as many bytes as dtype and shape ask for. */
static oc_status read_range(const parse *p, const char *name, const json_t *value, oc_tensor *tensor) {
  int64_t range[2], count, bytes;
  if (json_array_size(value) != 2 || !read_numbers(value, 2, range))
    return bad_tensor(p, name, "data_offsets must be two whole numbers >= 0");
  if (range[0] > range[1]) return bad_tensor(p, name, "data_offsets end before they begin");
  if ((uint64_t)range[1] > p->out->data_size)
    return oc_fail(
        p->err, OC_E_DATA, p->where, HINT,
        "tensor \"%.120s\": data_offsets end at %lld, but the file has only %zu bytes of data (truncated?)",
        name, (long long)range[1], p->out->data_size);
  char text[128];
  oc_shape_text(&tensor->shape, text, sizeof text);
  if (oc_shape_count(&tensor->shape, 1, &count, NULL) != OC_OK ||
      !oc_mul_i64(count, (int64_t)oc_dtype_size(tensor->dtype), &bytes))
    return oc_fail(p->err, OC_E_DATA, p->where, HINT, "tensor \"%.120s\": shape %s is too large", name, text);
  if (bytes != range[1] - range[0])
    return oc_fail(p->err, OC_E_DATA, p->where, HINT,
                   "tensor \"%.120s\": data_offsets hold %lld bytes, but %s %s needs %lld", name,
                   (long long)(range[1] - range[0]), oc_dtype_name(tensor->dtype), text, (long long)bytes);
  tensor->data = p->out->data + range[0];
  return OC_OK;
}

/* Names go into messages and onto terminals: no control characters. */
static bool name_is_clean(const char *name) {
  for (; *name; name++)
    if ((unsigned char)*name < 0x20 || *name == 0x7f) return false;
  return true;
}

static oc_status read_tensor(const parse *p, const char *name, const json_t *object, oc_named_tensor *out) {
  if (!name_is_clean(name))
    return oc_fail(p->err, OC_E_DATA, p->where, HINT, "the name of a tensor contains a control character");
  if (!json_is_object(object)) return bad_tensor(p, name, "must be an object");
  if (json_object_size(object) != 3)
    return bad_tensor(p, name, "must have dtype, shape and data_offsets and nothing else");
  TRY(read_dtype(p, name, json_object_get(object, "dtype"), &out->tensor.dtype));
  TRY(read_shape(p, name, json_object_get(object, "shape"), &out->tensor.shape));
  TRY(read_range(p, name, json_object_get(object, "data_offsets"), &out->tensor));
  out->name = oc_arena_string(&p->out->arena, name);
  return out->name ? OC_OK : oc_fail_memory(p->err, strlen(name) + 1);
}

static oc_status read_header(const parse *p, json_t *root) {
  oc_safetensors *s = p->out;
  size_t entries = json_object_size(root);
  if (entries > OC_SAFETENSORS_MAX_TENSORS)
    return oc_fail(p->err, OC_E_DATA, p->where, HINT, "%zu tensors; at most %d are read", entries,
                   OC_SAFETENSORS_MAX_TENSORS);
  s->tensors = oc_memory_array(entries, sizeof *s->tensors);
  if (!s->tensors) return oc_fail_memory(p->err, entries * sizeof *s->tensors);
  const char *key;
  json_t *value;
  json_object_foreach(root, key, value) {
    if (strcmp(key, "__metadata__") == 0) {
      TRY(read_metadata(p, value));
      continue;
    }
    TRY(read_tensor(p, key, value, &s->tensors[s->count]));
    s->count++;
  }
  return OC_OK;
}

static oc_status parse_header(const parse *p, size_t header_size) {
  json_error_t why;
  const char *text = (const char *)p->out->bytes + 8;
  json_t *root = json_loadb(text, header_size, JSON_REJECT_DUPLICATES, &why);
  if (!root)
    return oc_fail(p->err, OC_E_DATA, p->where, HINT, "the header is not valid JSON: %s (byte %d)", why.text,
                   why.position);
  oc_status status = read_header(p, root);
  json_decref(root);
  return status;
}

/* ---- pass 3: the ranges tile the data ------------------------------------------------------------------ */

static size_t tensor_bytes(const oc_tensor *t) {
  int64_t count = 1;
  for (int i = 0; i < t->shape.rank; i++) count *= t->shape.dim[i];
  return (size_t)count * oc_dtype_size(t->dtype);
}

static int by_place(const void *a, const void *b) {
  const oc_tensor *s = &((const oc_named_tensor *)a)->tensor, *t = &((const oc_named_tensor *)b)->tensor;
  if (s->data != t->data) return (const char *)s->data < (const char *)t->data ? -1 : 1;
  size_t m = tensor_bytes(s), n = tensor_bytes(t);
  return (m > n) - (m < n);
}

static int by_name(const void *a, const void *b) {
  return strcmp(((const oc_named_tensor *)a)->name, ((const oc_named_tensor *)b)->name);
}

static oc_status check_tiling(const parse *p) {
  oc_safetensors *s = p->out;
  qsort(s->tensors, (size_t)s->count, sizeof *s->tensors, by_place);
  size_t end = 0;
  for (int i = 0; i < s->count; i++) {
    size_t begin = (size_t)((const unsigned char *)s->tensors[i].tensor.data - s->data);
    if (begin != end)
      return bad_tensor(p, s->tensors[i].name,
                        begin < end ? "overlaps the tensor before it" : "there is a hole before it");
    end = begin + tensor_bytes(&s->tensors[i].tensor);
  }
  if (end != s->data_size)
    return oc_fail(p->err, OC_E_DATA, p->where, HINT, "%zu bytes of data follow that belong to no tensor",
                   s->data_size - end);
  qsort(s->tensors, (size_t)s->count, sizeof *s->tensors, by_name);
  return OC_OK;
}

/* ---- interface ----------------------------------------------------------------------------------------- */

static oc_status parse_all(parse *p) {
  size_t header_size = 0;
  TRY(check_frame(p, &header_size));
  TRY(check_value_count(p, header_size));
  TRY(parse_header(p, header_size));
  return check_tiling(p);
}

static oc_status parse_or_release(const char *where, oc_safetensors *out, oc_error *err) {
  parse p = {where, out, err};
  oc_status status = parse_all(&p);
  if (status != OC_OK) oc_safetensors_release(out);
  return status;
}

oc_status oc_safetensors_parse(const char *where, unsigned char *bytes, size_t size, oc_safetensors *out,
                               oc_error *err) {
  *out = (oc_safetensors){.bytes = bytes, .size = size};
  return parse_or_release(where, out, err);
}

oc_status oc_safetensors_read(const char *path, size_t limit, bool aside, oc_safetensors *out,
                              oc_error *err) {
  *out = (oc_safetensors){0};
  if (aside) out->hash = oc_hash_aside_create(); /* without memory for it: later */
  const oc_file_watch watch = {oc_hash_aside_tell, out->hash};
  const oc_status status =
      oc_file_read_watched(path, limit, out->hash ? &watch : NULL, &out->bytes, &out->size, err);
  if (status == OC_OK) return parse_or_release(path, out, err);
  oc_safetensors_release(out);
  return status;
}

const oc_tensor *oc_safetensors_find(const oc_safetensors *s, const char *name) {
  oc_named_tensor key = {.name = name};
  const oc_named_tensor *found =
      s->count ? bsearch(&key, s->tensors, (size_t)s->count, sizeof key, by_name) : NULL;
  return found ? &found->tensor : NULL;
}

void oc_safetensors_hash_read(const oc_safetensors *s, char hex[65]) {
  oc_sha256 sha;
  if (s->hash) {
    oc_hash_aside_hex(s->hash, hex);
    return;
  }
  oc_sha256_init(&sha);
  oc_sha256_add(&sha, s->data, s->data_size);
  oc_sha256_hex(&sha, hex);
}

void oc_safetensors_release(oc_safetensors *s) {
  oc_hash_aside_free(s->hash);
  oc_memory_free(s->bytes);
  oc_memory_free(s->tensors);
  oc_metadata_release(&s->metadata);
  oc_arena_free(&s->arena);
  *s = (oc_safetensors){0};
}
