/* dataset_hash.c: identifies a dataset: by the SHA-256 of its images and targets, or of their recipe. */
#include "base/checked.h"
#include "base/error.h"
#include "base/sha256.h"
#include "data/dataset.h"
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 1 << 18 };

static void add_number(oc_sha256 *s, uint64_t n) {
  unsigned char b[8];
  for (int i = 0; i < 8; i++) b[i] = (unsigned char)(n >> 8 * i);
  oc_sha256_add(s, b, sizeof b);
}

static void add_text(oc_sha256 *s, const char *text) {
  oc_sha256_add(s, text, strlen(text) + 1);
}

/* Labels alone are what datasets had before they had targets: their hashes stay. */
static bool is_plain(const oc_store *s) {
  return s->target_count == 0 ||
         (s->target_count == 1 && oc_store_labeled(s) && strcmp(s->targets[0].name, "label") == 0);
}

static void add_head(oc_sha256 *h, const oc_dataset *d) {
  const oc_store *s = d->store;
  oc_sha256_init(h);
  add_number(h, (uint64_t)d->count);
  add_number(h, (uint64_t)s->size.height);
  add_number(h, (uint64_t)s->size.width);
  add_number(h, (uint64_t)s->size.channels);
  add_number(h, (uint64_t)oc_dataset_classes(d));
  for (int t = 0; !is_plain(s) && t < s->target_count; t++) {
    add_text(h, s->targets[t].name);
    add_number(h, (uint64_t)s->targets[t].kind);
    add_number(h, (uint64_t)s->targets[t].size);
  }
}

/* ---- images that follow from a text -------------------------------------------------------------------- */

static void add_places(oc_sha256 *h, const oc_dataset *d) {
  add_number(h, (uint64_t)d->first);
  for (int64_t i = 0; d->index && i < d->count; i++) add_number(h, (uint64_t)d->index[i]);
}

static void add_recipe(oc_sha256 *h, const oc_dataset *d) {
  const oc_store *s = d->store;
  oc_sha256_add(h, s->generator->recipe, strlen(s->generator->recipe));
  add_number(h, s->seed);
  add_number(h, s->part);
  add_places(h, d);
}

/* ---- images that are read ------------------------------------------------------------------------------ */

/* An int32 of a label as a number of 64 bits, a float32 as its own. */
static void add_values(oc_sha256 *h, const oc_target *t, const void *values, int64_t count) {
  const int32_t *words = values;
  const int64_t all = t->kind == OC_TARGET_CLASS ? count : count * t->size;
  for (int64_t i = 0; i < all; i++)
    add_number(h, t->kind == OC_TARGET_CLASS ? (uint64_t)words[i] : (uint64_t)(uint32_t)words[i]);
}

/* One pass over the pixels (target -1), or over a target. `room` holds `chunk` of them. */
static oc_status add_pass(oc_sha256 *h, const oc_dataset *d, int target, int64_t chunk, void *room,
                          oc_error *err) {
  void *targets[OC_TARGETS_MAX] = {NULL};
  if (target >= 0) targets[target] = room;
  for (int64_t at = 0; at < d->count; at += chunk) {
    const int64_t n = oc_min_i64(chunk, d->count - at);
    const oc_reading r = {.first = at, .count = n, .pixels = target < 0 ? room : NULL, .targets = targets};
    TRY(oc_dataset_read_as(d, &r, err));
    if (target < 0)
      oc_sha256_add(h, room, (size_t)n * d->store->image_bytes);
    else
      add_values(h, &d->store->targets[target], room, n);
  }
  return OC_OK;
}

static oc_status add_content(oc_sha256 *h, const oc_dataset *d, oc_error *err) {
  const oc_store *s = d->store;
  for (int t = -1; t < s->target_count; t++) {
    const size_t bytes = t < 0 ? s->image_bytes : oc_target_bytes(&s->targets[t]);
    const int64_t chunk = oc_max_i64(1, CHUNK_BYTES / (int64_t)bytes);
    void *room = oc_memory_array((size_t)chunk, bytes);
    if (!room) return oc_fail_memory(err, (size_t)chunk * bytes);
    const oc_status status = add_pass(h, d, t, chunk, room, err);
    oc_memory_free(room);
    TRY(status);
  }
  return OC_OK;
}

/* Images in files: by their classes, names and bytes, so that their preprocessing does not matter. */
static void add_item(oc_sha256 *h, const oc_dataset *d, int64_t i) {
  d->store->add_item(d->store->context, d->index ? d->index[i] : d->first + i, h);
}

uint32_t oc_dataset_item_sum(const oc_dataset *d, int64_t index) {
  oc_sha256 h;
  char hex[65];
  oc_sha256_init(&h);
  add_item(&h, d, index);
  oc_sha256_hex(&h, hex);
  hex[8] = 0;
  return (uint32_t)strtoul(hex, NULL, 16);
}

/* ---- the hash ------------------------------------------------------------------------------------------ */

/* True for all images of another dataset. */
static bool is_whole(const oc_dataset *d) {
  return d->store->inner && !d->index && d->first == 0 && d->count == d->store->inner->count;
}

/* True for images of another dataset as they are there. */
static bool is_unchanged(const oc_dataset *d) {
  const oc_image_shape s = d->store->size;
  return d->store->inner && memcmp(&s, &d->store->inner->store->size, sizeof s) == 0;
}

/* Of the dataset that d is a view of, those images that d has. */
static oc_status inner_part(const oc_dataset *d, oc_dataset **out, oc_error *err) {
  const oc_dataset *inner = d->store->inner;
  const bool indexed = d->index || inner->index;
  TRY(oc_dataset_part(inner, indexed ? 0 : d->first, d->count, inner->split, out, err));
  if (!indexed) return OC_OK;
  int64_t *index = oc_memory_array((size_t)d->count, sizeof *index);
  if (!index) {
    oc_dataset_free(*out);
    return oc_fail_memory(err, (size_t)d->count * sizeof *index);
  }
  for (int64_t i = 0; i < d->count; i++) {
    const int64_t at = d->index ? d->index[i] : d->first + i;
    index[i] = inner->index ? inner->index[at] : inner->first + at;
  }
  oc_dataset_take_index(*out, index);
  return OC_OK;
}

static oc_status hash_inner(const oc_dataset *d, char out[65], oc_error *err) {
  oc_dataset *part = NULL;
  if (!is_whole(d)) TRY(inner_part(d, &part, err));
  const oc_dataset *images = part ? part : d->store->inner;
  const oc_status status = oc_dataset_identify(images, err);
  if (status == OC_OK) memcpy(out, images->hash, sizeof images->hash);
  oc_dataset_free(part);
  return status;
}

/* Other images by a rule. A part of them has the hash of that rule for a part: which of the two came first
 * does not matter. */
static oc_status add_preprocessed(oc_sha256 *h, const oc_dataset *d, oc_error *err) {
  const oc_preprocessing *p = &d->store->preprocessing;
  char inner[65];
  TRY(hash_inner(d, inner, err));
  add_text(h, "preprocessed");
  add_text(h, oc_resize_mode_name(p->resize));
  for (int i = 0; p->background_set && i < 3; i++) add_number(h, p->background[i]);
  add_text(h, inner);
  add_number(h, 0);
  return OC_OK;
}

static oc_status hash_dataset(const oc_dataset *d, char out[65], oc_error *err) {
  oc_sha256 h;
  if (d->store->add_item) {
    oc_sha256_init(&h);
    for (int64_t i = 0; i < d->count; i++) add_item(&h, d, i);
    oc_sha256_hex(&h, out);
    return OC_OK;
  }
  if (is_unchanged(d)) return hash_inner(d, out, err);
  add_head(&h, d);
  if (d->store->inner) {
    TRY(add_preprocessed(&h, d, err));
  } else if (d->store->generator) {
    add_recipe(&h, d);
  } else if (d->store->identity) {
    add_text(&h, d->store->identity);
    add_places(&h, d);
  } else {
    TRY(add_content(&h, d, err));
  }
  oc_sha256_hex(&h, out);
  return OC_OK;
}

oc_status oc_dataset_identify(const oc_dataset *d, oc_error *err) {
  oc_dataset *cache =
      (oc_dataset *)(uintptr_t)d; /* the one thing that changes, and only once, under the lock */
  pthread_mutex_lock(&cache->lock);
  const oc_status status = cache->hash[0] ? OC_OK : hash_dataset(d, cache->hash, err);
  pthread_mutex_unlock(&cache->lock);
  return status;
}

const char *oc_dataset_hash(const oc_dataset *d) {
  if (!d) return "";
  return oc_dataset_identify(d, NULL) == OC_OK ? d->hash : "";
}
