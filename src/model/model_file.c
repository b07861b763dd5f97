/* model_file.c: reads and writes the frame of Ocellus's files: models, checkpoints and variables of a
 * session, each one safetensors file. See docs/formats.md for their content.
 *
 * Metadata of all: format "ocellus", format_version, kind ("model"; "checkpoint": the state of a run;
 * "variables": those of a session), version of the library, and two sums: sha256 of the tensors and
 * metadata_sha256 (formats/sums.h). A file without a fault in them is as it was written, or was written again
 * by another program without a change. */
#include "model/model.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAMAGED "Copy or train the model again: the file is damaged or was edited."

/* ---- writing ------------------------------------------------------------------------------------------- */

/* By the largest of the numbers' bits without sign, in which exponents of infinity and NaN stand above all
 * others. */
bool oc_tensor_finite(const oc_tensor *t, int64_t count) {
  uint32_t most = 0;
  uint64_t most_long = 0;
  for (int64_t i = 0; i < count && t->dtype == OC_F32; i++) {
    uint32_t bits;
    memcpy(&bits, (const unsigned char *)t->data + 4 * i, sizeof bits);
    bits &= UINT32_MAX >> 1;
    most = bits > most ? bits : most;
  }
  for (int64_t i = 0; i < count && t->dtype == OC_F64; i++) {
    uint64_t bits;
    memcpy(&bits, (const unsigned char *)t->data + 8 * i, sizeof bits);
    bits &= UINT64_MAX >> 1;
    most_long = bits > most_long ? bits : most_long;
  }
  return most < 0x7f800000u && most_long < UINT64_C(0x7ff0000000000000);
}

static oc_status check_finite(const oc_named_tensor *t, int64_t count, oc_error *err) {
  if (oc_tensor_finite(&t->tensor, count)) return OC_OK;
  return oc_fail(err, OC_E_NOT_FINITE, t->name,
                 "Lower the learning rate, limit gradients (clip_norm 1), or check the data.",
                 "has a NaN or infinite value; nothing was saved");
}

/* What no load would take is not written. */
static oc_status check_content(const oc_tensor_table *t, oc_error *err) {
  size_t bytes = 0;
  for (int i = 0; i < t->count; i++) {
    int64_t count;
    TRY(oc_shape_count(&t->rows[i].tensor.shape, 1, &count, err));
    TRY(check_finite(&t->rows[i], count, err));
    bytes += oc_named_tensor_bytes(&t->rows[i]);
  }
  if (bytes <= OC_MODEL_MAX_BYTES - OC_SAFETENSORS_MAX_HEADER) return OC_OK;
  return oc_fail(err, OC_E_UNSUPPORTED, "model file", "Use a smaller network.",
                 "the tensors are too large: %zu bytes; the limit is %zu", bytes,
                 OC_MODEL_MAX_BYTES - OC_SAFETENSORS_MAX_HEADER);
}

static oc_status complete(oc_metadata *d, const char *kind, const oc_tensor_table *t, oc_error *err) {
  char version[16], tensors[65], metadata[65], fast[33];
  (void)snprintf(version, sizeof version, "%d", OC_MODEL_FORMAT_VERSION);
  TRY(oc_tensors_sha256(t->rows, t->count, tensors, err));
  if (!oc_metadata_set(d, "kind", kind) || !oc_metadata_set(d, "format", "ocellus") ||
      !oc_metadata_set(d, "format_version", version) || !oc_metadata_set(d, "version", oc_version()) ||
      !oc_metadata_set(d, "sha256", tensors))
    return oc_fail_memory(err, sizeof tensors);
  TRY(oc_metadata_sha256(d, metadata, err));
  if (!oc_metadata_set(d, "metadata_sha256", metadata)) return oc_fail_memory(err, sizeof metadata);
  TRY(oc_fast_sum(t->rows, t->count, d, fast, err));
  if (!oc_metadata_set(d, OC_FAST_SUM_KEY, fast)) return oc_fail_memory(err, sizeof fast);
  oc_metadata_sort(d);
  return OC_OK;
}

oc_status oc_model_write(const oc_model_target *to, const char *kind, const oc_tensor_table *t,
                         const oc_metadata *metadata, oc_error *err) {
  oc_metadata all = {0};
  TRY(check_content(t, err));
  oc_status status = oc_metadata_copy(&all, metadata) ? OC_OK : oc_fail_memory(err, 256);
  if (status == OC_OK) status = complete(&all, kind, t, err);
  if (status == OC_OK)
    status = to->path ? oc_safetensors_write(to->path, t->rows, t->count, &all, err)
                      : oc_safetensors_write_memory(t->rows, t->count, &all, to->bytes, to->size, err);
  oc_metadata_release(&all);
  return status;
}

static oc_status save_model(const oc_model *m, const oc_model_target *to, oc_error *err) {
  oc_tensor_table t = {0};
  oc_metadata d = {0};
  oc_status status = oc_model_tensors(m, &t, err);
  if (status == OC_OK) status = oc_model_describe(m, &m->heads, &d, err);
  if (status == OC_OK) status = oc_model_write(to, "model", &t, &d, err);
  oc_tensor_table_release(&t);
  oc_metadata_release(&d);
  return status;
}

oc_status oc_model_save(const oc_model *m, const char *path, oc_error *err) {
  NEED(m, path);
  if (!m || !path) return oc_fail(err, OC_E_ARGUMENT, "oc_model_save", "", "model and path must not be NULL");
  return save_model(m, &(oc_model_target){.path = path}, err);
}

oc_status oc_model_save_memory(const oc_model *m, void **bytes, size_t *size, oc_error *err) {
  NEED(m, bytes, size);
  if (!m || !bytes || !size)
    return oc_fail(err, OC_E_ARGUMENT, "oc_model_save_memory", "", "model, bytes and size must not be NULL");
  unsigned char *made = NULL;
  *size = 0;
  const oc_status status = save_model(m, &(oc_model_target){.bytes = &made, .size = size}, err);
  *bytes = made;
  return status;
}

/* ---- reading: the sum of the tensors, computed while reading ------------------------------------------- */

static void begin_sum(void *context, const oc_safetensors *s) {
  oc_model_source *from = context;
  if (oc_fast_sum_is_there(&s->metadata)) return; /* which is made so fast that no thread pays */
  if (oc_sum_file(s, oc_metadata_version(&s->metadata) > 1, &from->parts, NULL) == OC_OK)
    from->hash = oc_async_hash_create(from->parts.rows, from->parts.count); /* without memory for it: later */
}

static void tell_sum(void *context, const unsigned char *bytes, size_t have) {
  const oc_model_source *from = context;
  if (from->hash) oc_async_hash_tell(from->hash, bytes, have);
}

oc_status oc_model_source_file(const char *path, bool aside, oc_model_source *out, oc_error *err) {
  *out = (oc_model_source){.where = path};
  const oc_safetensors_watch watch = {begin_sum, tell_sum, out};
  const oc_status status =
      oc_safetensors_read(path, OC_MODEL_MAX_BYTES, aside ? &watch : NULL, &out->file, err);
  if (status != OC_OK)
    oc_model_source_release(out);
  else
    out->fast = oc_fast_sum_check(&out->file);
  return status;
}

oc_status oc_model_source_memory(const void *bytes, size_t size, oc_model_source *out, oc_error *err) {
  *out = (oc_model_source){.where = "model in memory"};
  TRY(oc_safetensors_parse(out->where, bytes, size, &out->file, err));
  out->fast = oc_fast_sum_check(&out->file);
  return OC_OK;
}

void oc_model_source_release(oc_model_source *s) {
  oc_async_hash_free(s->hash);
  oc_sum_parts_release(&s->parts);
  oc_safetensors_release(&s->file);
  *s = (oc_model_source){0};
}

static oc_status sum_tensors(const oc_model_source *from, char hex[65], oc_error *err) {
  const oc_safetensors *s = &from->file;
  if (from->hash) {
    oc_async_hash_hex(from->hash, hex);
    return OC_OK;
  }
  oc_sum_parts parts;
  TRY(oc_sum_file(s, oc_metadata_version(&s->metadata) > 1, &parts, err));
  oc_sum_sha256(&parts, s->bytes, hex);
  oc_sum_parts_release(&parts);
  return OC_OK;
}

/* ---- reading: the frame -------------------------------------------------------------------------------- */

oc_status oc_model_missing(const oc_model_source *from, const char *key, oc_error *err) {
  return oc_fail(err, OC_E_DATA, from->where, DAMAGED, "the metadata has no %s", key);
}

static oc_status check_version(const oc_model_source *from, oc_error *err) {
  const oc_metadata *d = &from->file.metadata;
  const char *format = oc_metadata_get(d, "format"), *text = oc_metadata_get(d, "format_version");
  if (!format || strcmp(format, "ocellus") != 0)
    return oc_fail(err, OC_E_DATA, from->where, "Give a model.safetensors that `ocellus train` wrote.",
                   "not an Ocellus model: its metadata has no format 'ocellus'");
  const int version = oc_metadata_version(d);
  if (version == 0)
    return oc_fail(err, OC_E_DATA, from->where, DAMAGED,
                   "invalid format_version '%.40s': expected an integer of at least 1", text ? text : "");
  if (version > OC_MODEL_FORMAT_VERSION)
    return oc_fail(err, OC_E_UNSUPPORTED, from->where, "Use a newer Ocellus.",
                   "unsupported format version %d: this build (%s) reads versions up to %d", version,
                   oc_version(), OC_MODEL_FORMAT_VERSION);
  return OC_OK;
}

static oc_status compare(const oc_model_source *from, const char *what, const char *said, const char *hex,
                         oc_error *err) {
  if (strcmp(said, hex) == 0) return OC_OK;
  return oc_fail(err, OC_E_DATA, from->where, DAMAGED, "%s mismatch: computed %.16s, stored %.16s", what, hex,
                 said);
}

static oc_status check_metadata(const oc_model_source *from, oc_error *err) {
  char hex[65];
  const oc_metadata *d = &from->file.metadata;
  const char *said = oc_metadata_get(d, "metadata_sha256");
  if (oc_metadata_version(d) < 2) return OC_OK; /* which had none */
  if (!said) return oc_model_missing(from, "metadata_sha256", err);
  if (from->fast == OC_FAST_RIGHT) return OC_OK;
  TRY(oc_metadata_sha256(d, hex, err));
  return compare(from, "metadata SHA-256", said, hex, err);
}

oc_status oc_model_check_sum(const oc_model_source *from, oc_error *err) {
  char hex[65];
  if (from->fast == OC_FAST_RIGHT) return OC_OK;
  TRY(sum_tensors(from, hex, err));
  TRY(compare(from, "tensor SHA-256", oc_metadata_get(&from->file.metadata, "sha256"), hex, err));
  if (from->fast == OC_FAST_NONE) return OC_OK;
  return oc_fail(err, OC_E_DATA, from->where, DAMAGED, "%s is not the sum of the tensors and the metadata",
                 OC_FAST_SUM_KEY);
}

oc_status oc_model_check_frame(const oc_model_source *from, const char *kind, oc_error *err) {
  const oc_metadata *d = &from->file.metadata;
  TRY(check_version(from, err));
  if (!oc_metadata_get(d, "sha256")) return oc_model_missing(from, "sha256", err);
  TRY(check_metadata(from, err));
  const char *found = oc_metadata_get(d, "kind");
  if (!found) return oc_model_missing(from, "kind", err);
  if (strcmp(found, kind) == 0) return OC_OK;
  return oc_fail(err, OC_E_DATA, from->where, "", "expected a %s, got a file of kind '%.40s'", kind, found);
}

oc_status oc_model_check_whole(const oc_model_source *from, const char *kind, oc_error *err) {
  TRY(oc_model_check_frame(from, kind, err));
  return oc_model_check_sum(from, err);
}

oc_status oc_model_read(const char *path, const char *kind, oc_model_source *out, oc_error *err) {
  TRY(oc_model_source_file(path, false, out, err));
  const oc_status status = oc_model_check_whole(out, kind, err);
  if (status != OC_OK) oc_model_source_release(out);
  return status;
}

oc_status oc_model_verify(const char *path, oc_error *err) {
  NEED(path);
  oc_model_source from;
  TRY(oc_model_source_file(path, false, &from, err));
  if (from.fast == OC_FAST_RIGHT) from.fast = OC_FAST_NONE; /* the others are made all the same */
  const char *kind = oc_metadata_get(&from.file.metadata, "kind");
  const bool checkpoint = kind && strcmp(kind, "checkpoint") == 0;
  const oc_status status = oc_model_check_whole(&from, checkpoint ? "checkpoint" : "model", err);
  oc_model_source_release(&from);
  return status;
}

/* ---- reading: tensors ---------------------------------------------------------------------------------- */

static bool is_real(oc_dtype dtype) {
  return dtype == OC_F32 || dtype == OC_F64;
}

oc_status oc_model_expect(oc_model_source *from, const char *name, oc_dtype dtype, const oc_shape *shape,
                          oc_error *err) {
  const oc_named_tensor *t = oc_safetensors_find(&from->file, name);
  char found[128], wanted[128];
  if (!t) return oc_fail(err, OC_E_DATA, from->where, DAMAGED, "tensor '%.120s' is missing", name);
  const bool same = t->tensor.dtype == dtype && !t->narrow;
  if (oc_shape_equal(&t->tensor.shape, shape)) {
    if (same) return OC_OK;
    if (from->converts && is_real(dtype) && is_real(t->tensor.dtype)) {
      if (!from->converted) from->converted = oc_named_tensor_type(t);
      return OC_OK;
    }
  }
  return oc_fail(err, OC_E_DATA, from->where, DAMAGED, "tensor '%.120s' is %s %s; the network needs %s %s",
                 name, t->narrow ? oc_named_tensor_type(t) : oc_dtype_name(t->tensor.dtype),
                 oc_shape_text(&t->tensor.shape, found, sizeof found), oc_dtype_name(dtype),
                 oc_shape_text(shape, wanted, sizeof wanted));
}

oc_status oc_model_take(oc_model_source *from, const char *name, const oc_tensor *to, oc_error *err) {
  int64_t count;
  TRY(oc_model_expect(from, name, to->dtype, &to->shape, err));
  TRY(oc_shape_count(&to->shape, 1, &count, err));
  const oc_named_tensor *t = oc_safetensors_find(&from->file, name);
  if (t->tensor.dtype == to->dtype && !t->narrow)
    memcpy(to->data, t->tensor.data, (size_t)count * oc_dtype_size(to->dtype));
  else
    oc_named_tensor_convert(t, count, to->dtype, to->data);
  if (oc_tensor_finite(to, count)) return OC_OK;
  return oc_fail(err, OC_E_DATA, from->where, DAMAGED, "tensor '%.120s' has a value that is not finite",
                 name);
}

oc_status oc_model_take_variables(oc_model_source *from, const char *prefix, oc_session *s, int count,
                                  oc_error *err) {
  for (int i = 0; i < count; i++) {
    char name[320];
    (void)snprintf(name, sizeof name, "%.20s%.280s", prefix, oc_variable_name(s, i));
    const oc_tensor to = oc_variable_value(s, i);
    TRY(oc_model_take(from, name, &to, err));
  }
  return OC_OK;
}
