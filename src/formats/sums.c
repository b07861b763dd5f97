/* sums.c: see sums.h. */
#include "formats/sums.h"
#include "base/error.h"
#include "base/sha256.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In order of key, with the format versions that cover it. A key that is not here may be in a file, as what
 * other programs add, but changes no answer. */
enum { EVER = INT32_MAX };
static const struct {
  const char *key;
  int first, last;
} covered[] = {{"classes", 2, EVER},        {"format", 2, EVER},         {"format_version", 2, EVER},
               {"graph", 3, EVER},          {"heads", 3, EVER},          {"image_shape", 3, EVER},
               {"kind", 2, EVER},           {"metrics", 2, EVER},        {"net", 2, EVER},
               {"options", 2, EVER},        {"outputs", 3, EVER},        {"picture", 2, 2},
               {"preprocessing", 4, EVER},  {"progress", 2, EVER},       {"provenance", 2, EVER},
               {"threshold", 4, EVER},      {"trained_epochs", 2, EVER}, {"training_images", 4, EVER},
               {"valid_accuracy", 2, EVER}, {"version", 2, EVER}};
enum { COVERED = sizeof covered / sizeof covered[0] };

static oc_status make_rows(oc_sum_parts *out, int count, oc_error *err) {
  *out = (oc_sum_parts){0};
  out->rows = oc_memory_array((size_t)count, sizeof *out->rows);
  return out->rows ? OC_OK : oc_fail_memory(err, (size_t)count * sizeof *out->rows);
}

static oc_status or_release(oc_status status, oc_sum_parts *p) {
  if (status != OC_OK) oc_sum_parts_release(p);
  return status;
}

/* ---- tensors ------------------------------------------------------------------------------------------- */

static oc_status describe_tensor(const oc_named_tensor *t, oc_sum_parts *p, oc_sum_part *part,
                                 oc_error *err) {
  enum { MAX = 32 + OC_MAX_RANK * 21 };
  const size_t name = strlen(t->name) + 1, room = name + MAX;
  char *text = oc_arena_alloc(&p->texts, room);
  if (!text) return oc_fail_memory(err, room);
  memcpy(text, t->name, name);
  size_t n = name + (size_t)snprintf(text + name, MAX, "%s", oc_named_tensor_type(t)) + 1;
  for (int i = 0; i < t->tensor.shape.rank; i++)
    n += (size_t)snprintf(text + n, room - n, "%s%lld", i ? "x" : "", (long long)t->tensor.shape.dim[i]);
  part->text = text;
  part->text_size = n + 1;
  part->size = oc_named_tensor_bytes(t);
  return OC_OK;
}

static int by_name(const void *a, const void *b) {
  return strcmp((*(const oc_named_tensor *const *)a)->name, (*(const oc_named_tensor *const *)b)->name);
}

static oc_status sum_sorted(const oc_named_tensor *const *sorted, int count, oc_sum_parts *out,
                            oc_error *err) {
  TRY(make_rows(out, count, err));
  for (out->count = 0; out->count < count; out->count++) {
    const oc_named_tensor *t = sorted[out->count];
    oc_sum_part *part = &out->rows[out->count];
    TRY(describe_tensor(t, out, part, err));
    part->bytes = t->tensor.data;
  }
  return OC_OK;
}

oc_status oc_sum_tensors(const oc_named_tensor *tensors, int count, oc_sum_parts *out, oc_error *err) {
  const oc_named_tensor **sorted = oc_memory_array((size_t)count, sizeof *sorted);
  *out = (oc_sum_parts){0};
  if (!sorted) return oc_fail_memory(err, (size_t)count * sizeof *sorted);
  for (int i = 0; i < count; i++) sorted[i] = &tensors[i];
  qsort(sorted, (size_t)count, sizeof *sorted, by_name);
  const oc_status status = sum_sorted(sorted, count, out, err);
  oc_memory_free(sorted);
  return or_release(status, out);
}

static oc_status sum_places(const oc_safetensors *s, oc_sum_parts *out, oc_error *err) {
  for (; out->count < s->count; out->count++) {
    const oc_named_tensor *t = &s->tensors[out->count];
    oc_sum_part *part = &out->rows[out->count];
    TRY(describe_tensor(t, out, part, err));
    part->begin = s->header_size + t->begin;
  }
  return OC_OK;
}

oc_status oc_sum_file(const oc_safetensors *s, bool names, oc_sum_parts *out, oc_error *err) {
  TRY(make_rows(out, names ? s->count : 1, err));
  if (names) return or_release(sum_places(s, out, err), out);
  out->rows[out->count++] = (oc_sum_part){.begin = s->header_size, .size = s->data_size};
  return OC_OK;
}

/* ---- metadata ------------------------------------------------------------------------------------------ */

int oc_metadata_version(const oc_metadata *m) {
  const char *text = oc_metadata_get(m, "format_version");
  char *end = NULL;
  const long version = text ? strtol(text, &end, 10) : 0;
  return version < 1 || *end || version > INT32_MAX ? 0 : (int)version;
}

oc_status oc_sum_metadata(const oc_metadata *m, oc_sum_parts *out, oc_error *err) {
  const int version = oc_metadata_version(m);
  TRY(make_rows(out, 2 * COVERED, err));
  for (int i = 0; i < COVERED; i++) {
    const char *key = covered[i].key, *value = oc_metadata_get(m, key);
    if (!value || version < covered[i].first || version > covered[i].last) continue;
    out->rows[out->count++] = (oc_sum_part){.text = key, .text_size = strlen(key) + 1};
    out->rows[out->count++] = (oc_sum_part){.text = value, .text_size = strlen(value) + 1};
  }
  return OC_OK;
}

/* ---- the sum ------------------------------------------------------------------------------------------- */

void oc_sum_sha256(const oc_sum_parts *p, const unsigned char *file, char hex[65]) {
  oc_sha256 sha;
  oc_sha256_init(&sha);
  for (int i = 0; i < p->count; i++) {
    const oc_sum_part *part = &p->rows[i];
    oc_sha256_add(&sha, part->text, part->text_size);
    if (part->size) oc_sha256_add(&sha, part->bytes ? part->bytes : file + part->begin, part->size);
  }
  oc_sha256_hex(&sha, hex);
}

void oc_sum_parts_release(oc_sum_parts *p) {
  oc_memory_free(p->rows);
  oc_arena_free(&p->texts);
  *p = (oc_sum_parts){0};
}

oc_status oc_tensors_sha256(const oc_named_tensor *tensors, int count, char hex[65], oc_error *err) {
  oc_sum_parts parts;
  TRY(oc_sum_tensors(tensors, count, &parts, err));
  oc_sum_sha256(&parts, NULL, hex);
  oc_sum_parts_release(&parts);
  return OC_OK;
}

oc_status oc_metadata_sha256(const oc_metadata *m, char hex[65], oc_error *err) {
  oc_sum_parts parts;
  TRY(oc_sum_metadata(m, &parts, err));
  oc_sum_sha256(&parts, NULL, hex);
  oc_sum_parts_release(&parts);
  return OC_OK;
}
