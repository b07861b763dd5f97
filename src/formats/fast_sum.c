/* fast_sum.c: see fast_sum.h. xxhash is used as a header only, so that no further library is linked. */
#include "formats/fast_sum.h"
#include "base/error.h"
#include <stdio.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

static void add_parts(XXH3_state_t *state, const oc_sum_parts *p, const unsigned char *file) {
  for (int i = 0; i < p->count; i++) {
    const oc_sum_part *part = &p->rows[i];
    (void)XXH3_128bits_update(state, part->text, part->text_size);
    if (part->size)
      (void)XXH3_128bits_update(state, part->bytes ? part->bytes : file + part->begin, part->size);
  }
}

/* What the file is known by. */
static void add_said(XXH3_state_t *state, const oc_metadata *m, const char *key) {
  const char *value = oc_metadata_get(m, key);
  if (value) (void)XXH3_128bits_update(state, value, strlen(value) + 1);
}

static void sum_parts(const oc_sum_parts *tensors, const oc_sum_parts *metadata, const unsigned char *file,
                      const oc_metadata *m, char hex[33]) {
  XXH3_state_t state;
  (void)XXH3_128bits_reset(&state);
  add_parts(&state, tensors, file);
  add_parts(&state, metadata, file);
  add_said(&state, m, "sha256");
  add_said(&state, m, "metadata_sha256");
  const XXH128_hash_t sum = XXH3_128bits_digest(&state);
  (void)snprintf(hex, 33, "%016llx%016llx", (unsigned long long)sum.high64, (unsigned long long)sum.low64);
}

oc_status oc_fast_sum(const oc_named_tensor *tensors, int count, const oc_metadata *m, char hex[33],
                      oc_error *err) {
  oc_sum_parts of_tensors, of_metadata = {0};
  TRY(oc_sum_tensors(tensors, count, &of_tensors, err));
  const oc_status status = oc_sum_metadata(m, &of_metadata, err);
  if (status == OC_OK) sum_parts(&of_tensors, &of_metadata, NULL, m, hex);
  oc_sum_parts_release(&of_tensors);
  oc_sum_parts_release(&of_metadata);
  return status;
}

bool oc_fast_sum_is_there(const oc_metadata *m) {
  return oc_metadata_version(m) > 2 && oc_metadata_get(m, OC_FAST_SUM_KEY);
}

oc_fast_state oc_fast_sum_check(const oc_safetensors *s) {
  oc_sum_parts tensors = {0}, metadata = {0};
  oc_fast_state state = OC_FAST_NONE;
  char hex[33];
  if (!oc_fast_sum_is_there(&s->metadata)) return state;
  if (oc_sum_file(s, true, &tensors, NULL) == OC_OK &&
      oc_sum_metadata(&s->metadata, &metadata, NULL) == OC_OK) {
    sum_parts(&tensors, &metadata, s->bytes, &s->metadata, hex);
    state = strcmp(hex, oc_metadata_get(&s->metadata, OC_FAST_SUM_KEY)) == 0 ? OC_FAST_RIGHT : OC_FAST_WRONG;
  }
  oc_sum_parts_release(&tensors);
  oc_sum_parts_release(&metadata);
  return state;
}
