/* safetensors.c: reads safetensors files. Four passes: the frame (sizes), the header (JSON to a table), the
 * table as a whole (the ranges must tile the data), and the data itself. All but the last need the header
 * only, and are done as soon as it is there, while the data is still read. */
#include "formats/safetensors.h"
#include "base/checked.h"
#include "base/file.h"
#include "base/json.h"
#include "base/kind.h"
#include <stdlib.h>
#include <string.h>

#define HINT "Copy or create the file again: it is damaged or not a safetensors file."

/* The state of all passes. */
typedef struct parse {
  const char *where;
  oc_safetensors *out;
  oc_error *err;
} parse;

static const struct {
  const char *name;
  oc_dtype dtype;
  oc_narrow narrow;
} dtypes[] = {{"F32", OC_F32, OC_NARROW_NONE}, {"F64", OC_F64, OC_NARROW_NONE},
              {"U8", OC_U8, OC_NARROW_NONE},   {"I32", OC_I32, OC_NARROW_NONE},
              {"I64", OC_I64, OC_NARROW_NONE}, {"F16", OC_F32, OC_NARROW_F16},
              {"BF16", OC_F32, OC_NARROW_BF16}};

static oc_status bad_tensor(const parse *p, const char *name, const char *rule) {
  return oc_fail(p->err, OC_E_DATA, p->where, HINT, "tensor '%.120s': %s", name, rule);
}

/* ---- pass 1: the frame --------------------------------------------------------------------------------- */

static uint64_t little_endian_u64(const unsigned char *bytes) {
  uint64_t n = 0;
  for (int i = 7; i >= 0; i--) n = n << 8 | bytes[i];
  return n;
}

static oc_status check_frame(const parse *p) {
  oc_safetensors *s = p->out;
  const oc_kind *kind = s->size > 8 && s->bytes[8] == '{' ? NULL : oc_kind_of(s->bytes, s->size, s->size);
  if (kind)
    return oc_fail(p->err, OC_E_DATA, p->where, kind->hint, "expected a safetensors file, got %s",
                   kind->name);
  if (s->size < 8)
    return oc_fail(p->err, OC_E_DATA, p->where, HINT, "%zu bytes are too few for a safetensors file",
                   s->size);
  uint64_t n = little_endian_u64(s->bytes);
  if (n > OC_SAFETENSORS_MAX_HEADER)
    return oc_fail(p->err, OC_E_DATA, p->where, HINT, "header length is %llu bytes; the limit is %u",
                   (unsigned long long)n, OC_SAFETENSORS_MAX_HEADER);
  if (n > s->size - 8)
    return oc_fail(p->err, OC_E_DATA, p->where, HINT,
                   "truncated: header length is %llu bytes, but only %zu follow", (unsigned long long)n,
                   s->size - 8);
  if (n == 0 || s->bytes[8] != '{')
    return oc_fail(p->err, OC_E_DATA, p->where, HINT, "the header must begin with '{'");
  s->header_size = 8 + (size_t)n;
  return OC_OK;
}

size_t oc_json_commas(const char *text, size_t size) {
  size_t commas = 0;
  bool inside = false;
  for (size_t i = 0; i < size; i++) {
    if (text[i] == '\\' && inside)
      i++;
    else if (text[i] == '"')
      inside = !inside;
    else
      commas += text[i] == ',' && !inside;
  }
  return commas;
}

static oc_status check_value_count(const parse *p) {
  const size_t commas = oc_json_commas((const char *)p->out->bytes + 8, p->out->header_size - 8);
  if (commas <= OC_SAFETENSORS_MAX_COMMAS) return OC_OK;
  return oc_fail(p->err, OC_E_DATA, p->where, HINT, "too many commas in the header: %zu; the limit is %d",
                 commas, OC_SAFETENSORS_MAX_COMMAS);
}

/* ---- pass 2: the header -------------------------------------------------------------------------------- */

static oc_status read_metadata(const parse *p, json_t *object) {
  if (!json_is_object(object))
    return oc_fail(p->err, OC_E_DATA, p->where, HINT, "__metadata__ must be an object with string values");
  const char *key;
  json_t *value;
  json_object_foreach(object, key, value) {
    if (!json_is_string(value))
      return oc_fail(p->err, OC_E_DATA, p->where, HINT, "__metadata__ '%.120s' must be a string", key);
    if (!oc_metadata_add(&p->out->metadata, key, json_string_value(value)))
      return oc_fail_memory(p->err, json_string_length(value) + 1);
  }
  return OC_OK;
}

static oc_status read_dtype(const parse *p, const char *name, const json_t *value, oc_named_tensor *out) {
  const char *text = json_string_value(value);
  if (!text) return bad_tensor(p, name, "dtype is missing or not a string");
  for (size_t i = 0; i < sizeof dtypes / sizeof dtypes[0]; i++)
    if (strcmp(text, dtypes[i].name) == 0) {
      out->tensor.dtype = dtypes[i].dtype;
      out->narrow = dtypes[i].narrow;
      return OC_OK;
    }
  return oc_fail(p->err, OC_E_DATA, p->where, "Convert the tensor to F32.",
                 "tensor '%.120s': unsupported dtype %.20s: expected F32, F64, U8, I32, I64, F16 or BF16",
                 name, text);
}

/* A JSON array of integers >= 0. */
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
    return oc_fail(p->err, OC_E_DATA, p->where, HINT, "tensor '%.120s': too many axes: %zu; the limit is %d",
                   name, json_array_size(value), OC_MAX_RANK);
  *shape = (oc_shape){.rank = (int)json_array_size(value)};
  if (!read_numbers(value, shape->rank, shape->dim))
    return bad_tensor(p, name, "shape must be a list of integers >= 0");
  return OC_OK;
}

/* Checks that data_offsets hold as many bytes as dtype and shape need. */
static oc_status read_range(const parse *p, const char *name, const json_t *value, oc_named_tensor *out) {
  int64_t range[2], count, bytes;
  if (json_array_size(value) != 2 || !read_numbers(value, 2, range))
    return bad_tensor(p, name, "data_offsets must be two integers >= 0");
  if (range[0] > range[1]) return bad_tensor(p, name, "data_offsets end before they begin");
  char text[128];
  oc_shape_text(&out->tensor.shape, text, sizeof text);
  if (oc_shape_count(&out->tensor.shape, 1, &count, NULL) != OC_OK || !oc_mul_i64(count, 8, &bytes))
    return oc_fail(p->err, OC_E_DATA, p->where, HINT, "tensor '%.120s': shape %s is too large", name, text);
  bytes = (int64_t)oc_named_tensor_bytes(out);
  if (bytes != range[1] - range[0])
    return oc_fail(p->err, OC_E_DATA, p->where, HINT,
                   "tensor '%.120s': data_offsets span %lld bytes, but %s %s needs %lld", name,
                   (long long)(range[1] - range[0]), oc_named_tensor_type(out), text, (long long)bytes);
  out->begin = (size_t)range[0];
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
  TRY(read_dtype(p, name, json_object_get(object, "dtype"), out));
  TRY(read_shape(p, name, json_object_get(object, "shape"), &out->tensor.shape));
  TRY(read_range(p, name, json_object_get(object, "data_offsets"), out));
  out->name = oc_arena_string(&p->out->arena, name);
  return out->name ? OC_OK : oc_fail_memory(p->err, strlen(name) + 1);
}

static oc_status read_header(const parse *p, json_t *root) {
  oc_safetensors *s = p->out;
  const size_t entries = json_object_size(root),
               tensors = entries - (json_object_get(root, "__metadata__") != NULL);
  if (tensors > OC_SAFETENSORS_MAX_TENSORS)
    return oc_fail(p->err, OC_E_DATA, p->where, HINT, "too many tensors: %zu; the limit is %d", tensors,
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

static oc_status parse_header(const parse *p) {
  json_t *root;
  TRY(oc_json_parse((const char *)p->out->bytes + 8, p->out->header_size - 8, p->where, HINT, &root, p->err));
  oc_status status = read_header(p, root);
  json_decref(root);
  return status;
}

/* ---- pass 3: the ranges tile the data ------------------------------------------------------------------ */

static int by_place(const void *a, const void *b) {
  const oc_named_tensor *s = a, *t = b;
  if (s->begin != t->begin) return s->begin < t->begin ? -1 : 1;
  const size_t m = oc_named_tensor_bytes(s), n = oc_named_tensor_bytes(t);
  return (m > n) - (m < n);
}

static int by_name(const void *a, const void *b) {
  return strcmp(((const oc_named_tensor *)a)->name, ((const oc_named_tensor *)b)->name);
}

static oc_status check_tiling(const parse *p) {
  oc_safetensors *s = p->out;
  if (s->count) qsort(s->tensors, (size_t)s->count, sizeof *s->tensors, by_place);
  for (int i = 0; i < s->count; i++) {
    const oc_named_tensor *t = &s->tensors[i];
    if (t->begin != s->data_size)
      return bad_tensor(p, t->name,
                        t->begin < s->data_size ? "overlaps the tensor before it" : "a gap precedes it");
    s->data_size += oc_named_tensor_bytes(t);
  }
  if (s->count) qsort(s->tensors, (size_t)s->count, sizeof *s->tensors, by_name);
  return OC_OK;
}

/* ---- pass 4: the data ---------------------------------------------------------------------------------- */

static oc_status check_data(const parse *p) {
  oc_safetensors *s = p->out;
  const size_t have = s->size - s->header_size;
  if (s->data_size > have)
    return oc_fail(p->err, OC_E_DATA, p->where, HINT,
                   "data_offsets end at %zu, but the file has only %zu bytes of data (truncated?)",
                   s->data_size, have);
  if (s->data_size < have)
    return oc_fail(p->err, OC_E_DATA, p->where, HINT, "%zu bytes of data follow that belong to no tensor",
                   have - s->data_size);
  s->data = s->bytes + s->header_size;
  for (int i = 0; i < s->count; i++) /* views, which nobody writes to */
    s->tensors[i].tensor.data = (void *)(uintptr_t)(s->data + s->tensors[i].begin);
  return OC_OK;
}

/* ---- interface ----------------------------------------------------------------------------------------- */

/* Handles the header as soon as it has been read. */
static oc_status read_all_but_data(const parse *p) {
  TRY(check_frame(p));
  TRY(check_value_count(p));
  TRY(parse_header(p));
  return check_tiling(p);
}

static oc_status finish_parse(oc_status status, const parse *p, const oc_safetensors_watch *watch) {
  if (status == OC_OK) status = check_data(p);
  if (status == OC_OK) return OC_OK;
  if (watch) watch->bytes(watch->context, NULL, 0);
  oc_safetensors_release(p->out);
  return status;
}

oc_status oc_safetensors_parse(const char *where, const unsigned char *bytes, size_t size,
                               oc_safetensors *out, oc_error *err) {
  const parse p = {where, out, err};
  *out = (oc_safetensors){.bytes = bytes, .size = size};
  return finish_parse(read_all_but_data(&p), &p, NULL);
}

/* A file on its way in. */
typedef struct reading {
  parse p;
  const oc_safetensors_watch *watch; /* or NULL */
  bool begun;                        /* the header was there */
  oc_status status;                  /* of reading it */
} reading;

static void told(void *context, const unsigned char *bytes, size_t have) {
  reading *r = context;
  oc_safetensors *s = r->p.out;
  if (bytes && !r->begun && have >= 8 && have - 8 >= little_endian_u64(bytes)) {
    r->begun = true;
    s->bytes = bytes;
    s->size = have;
    r->status = read_all_but_data(&r->p);
    if (r->status == OC_OK) r->watch->header(r->watch->context, s);
  }
  r->watch->bytes(r->watch->context, bytes, have);
}

oc_status oc_safetensors_read(const char *path, size_t limit, const oc_safetensors_watch *watch,
                              oc_safetensors *out, oc_error *err) {
  *out = (oc_safetensors){0};
  reading r = {.p = {path, out, err}, .watch = watch};
  const oc_file_watch through = {told, &r};
  const oc_status status =
      oc_file_read_watched(path, limit, watch ? &through : NULL, &out->owned, &out->size, err);
  out->bytes = out->owned;
  if (status != OC_OK) return finish_parse(status, &r.p, watch);
  return finish_parse(r.begun ? r.status : read_all_but_data(&r.p), &r.p, watch);
}

const oc_named_tensor *oc_safetensors_find(const oc_safetensors *s, const char *name) {
  oc_named_tensor key = {.name = name};
  return s->count ? bsearch(&key, s->tensors, (size_t)s->count, sizeof key, by_name) : NULL;
}

void oc_safetensors_release(oc_safetensors *s) {
  oc_memory_free(s->owned);
  oc_memory_free(s->tensors);
  oc_metadata_release(&s->metadata);
  oc_arena_free(&s->arena);
  *s = (oc_safetensors){0};
}
