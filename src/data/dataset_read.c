/* dataset_read.c: reads images and targets into the caller's memory: generates, copies, or requests them.
 * What a caller's function gives is checked before anyone computes with it. */
#include "base/checked.h"
#include "base/error.h"
#include "base/random.h"
#include "data/dataset.h"
#include <math.h>
#include <string.h>

enum { ASKED_AT_A_TIME = 64 };

/* The address of image i of a reading in the caller's memory. */
static uint8_t *pixels_at(const oc_store *s, const oc_reading *r, int64_t i) {
  return r->pixels ? r->pixels + (size_t)i * s->image_bytes : NULL;
}
static void *target_at(const oc_store *s, const oc_reading *r, int target, int64_t i) {
  char *to = r->targets ? r->targets[target] : NULL;
  return to ? to + (size_t)i * oc_target_bytes(&s->targets[target]) : NULL;
}

/* ---- drawn --------------------------------------------------------------------------------------------- */

/* Ten drawn images in a row are the ten classes in a random order, so that every part of a set is balanced.
 */
static int drawn_label(const oc_store *s, int64_t index) {
  enum { MAX = 16, LABELS = 2 }; /* parts 0 and 1 are images; 2 and 3 the labels of these */
  int classes = s->generator->classes, order[MAX];
  oc_random r = oc_random_at(s->seed, s->generator->stream, LABELS + s->part, (uint64_t)(index / classes));
  for (int i = 0; i < classes; i++) order[i] = i;
  for (int i = classes - 1; i > 0; i--) {
    int j = (int)oc_random_below(&r, (uint64_t)i + 1), kept = order[i];
    order[i] = order[j];
    order[j] = kept;
  }
  return order[index % classes];
}

static void draw_image(const oc_store *s, const oc_reading *r, int64_t index, int64_t i) {
  const int label = drawn_label(s, index);
  int32_t *target = target_at(s, r, 0, i);
  uint8_t *pixels = pixels_at(s, r, i);
  if (r->labels) r->labels[i] = label;
  if (target) *target = label;
  if (pixels) s->generator->draw(s->seed, s->part, (uint64_t)index, label, pixels);
}

/* ---- held in memory ------------------------------------------------------------------------------------ */

/* `count` consecutive images. */
static void copy_images(const oc_store *s, const oc_reading *r, int64_t index, int64_t i, int64_t count) {
  uint8_t *pixels = pixels_at(s, r, i);
  const int32_t *labels = oc_store_labeled(s) ? s->values[0] : NULL;
  if (pixels) memcpy(pixels, s->pixels + (size_t)index * s->image_bytes, (size_t)count * s->image_bytes);
  if (r->labels && labels) memcpy(r->labels + i, labels + index, (size_t)count * sizeof *labels);
  for (int64_t k = 0; r->labels && !labels && k < count; k++) r->labels[i + k] = -1;
  for (int t = 0; t < s->target_count; t++) {
    void *to = target_at(s, r, t, i);
    const size_t bytes = oc_target_bytes(&s->targets[t]);
    if (to) memcpy(to, (const char *)s->values[t] + (size_t)index * bytes, (size_t)count * bytes);
  }
}

/* ---- what a target may be ------------------------------------------------------------------------------ */

static oc_status refuse_value(const oc_target *t, int64_t image, double value, const char *rule,
                              oc_error *err) {
  return oc_fail(err, OC_E_DATA, t->name, "Correct the target, or leave the image out.",
                 "the target of image %lld is %g, but must be %s", (long long)image, value, rule);
}

oc_status oc_target_check(const oc_target *t, const void *values, const int64_t *images, int64_t count,
                          oc_error *err) {
  const int32_t *labels = values;
  const float *numbers = values;
  for (int64_t i = 0; t->kind == OC_TARGET_CLASS && i < count; i++)
    if (labels[i] < 0 || labels[i] >= t->size)
      return oc_fail(err, OC_E_DATA, t->name, "Use labels from 0 to classes - 1.",
                     "label %d of image %lld is out of range: 0 to %lld", labels[i],
                     (long long)(images ? images[i] : i), (long long)t->size - 1);
  if (t->kind == OC_TARGET_CLASS) return OC_OK;
  for (int64_t i = 0; i < count; i++)
    for (int64_t k = 0; k < t->size; k++) {
      const float v = numbers[i * t->size + k];
      const int64_t image = images ? images[i] : i;
      if (!isfinite(v)) return refuse_value(t, image, (double)v, "finite", err);
      if (t->kind == OC_TARGET_CLASSES && !(v >= 0 && v <= 1))
        return refuse_value(t, image, (double)v, "0 to 1", err);
    }
  return OC_OK;
}

/* ---- requested from the caller ------------------------------------------------------------------------- */

static oc_status call(const oc_store *s, const int64_t *index, int64_t count, uint8_t *pixels,
                      void *const *targets, oc_error *err) {
  oc_error own = {0};
  oc_store *lock = (oc_store *)(uintptr_t)s; /* whose turn it is changes; the store does not */
  if (s->serial) pthread_mutex_lock(&lock->read_lock);
  const oc_status status = s->read(s->context, index, count, pixels, targets, &own);
  if (s->serial) pthread_mutex_unlock(&lock->read_lock);
  if (status == OC_OK) return OC_OK;
  if (own.code == OC_OK)
    return oc_fail(err, status, "dataset", "", "its function could not read %lld images from image %lld on",
                   (long long)count, (long long)index[0]);
  if (err) *err = own;
  return status;
}

/* Reads images index[0..count-1] of the store, to position i on. Labels have the position of the first
 * target, if that is also needed. */
static oc_status read_from_caller(const oc_store *s, const oc_reading *r, const int64_t *index, int64_t i,
                                  int64_t count, oc_error *err) {
  void *targets[OC_TARGETS_MAX] = {NULL};
  const bool labeled = oc_store_labeled(s);
  for (int t = 0; t < s->target_count; t++) targets[t] = target_at(s, r, t, i);
  if (r->labels && labeled && !targets[0]) targets[0] = r->labels + i;
  TRY(call(s, index, count, pixels_at(s, r, i), targets, err));
  for (int t = 0; t < s->target_count; t++)
    if (targets[t]) TRY(oc_target_check(&s->targets[t], targets[t], index, count, err));
  for (int64_t k = 0; r->labels && k < count; k++)
    r->labels[i + k] = labeled ? ((const int32_t *)targets[0])[k] : -1;
  return OC_OK;
}

/* ---- all of them --------------------------------------------------------------------------------------- */

/* The index in the store of image i of a reading. */
static int64_t store_index(const oc_dataset *d, const oc_reading *r, int64_t i) {
  const int64_t at = r->order ? r->order[r->first + i] : r->first + i;
  return d->index ? d->index[at] : d->first + at;
}

static oc_status ask_all(const oc_dataset *d, const oc_reading *r, oc_error *err) {
  int64_t index[ASKED_AT_A_TIME];
  for (int64_t i = 0; i < r->count; i += ASKED_AT_A_TIME) {
    const int64_t n = oc_min_i64(ASKED_AT_A_TIME, r->count - i);
    for (int64_t k = 0; k < n; k++) index[k] = store_index(d, r, i + k);
    TRY(read_from_caller(d->store, r, index, i, n, err));
  }
  return OC_OK;
}

static oc_status check_range(const oc_dataset *d, int64_t first, int64_t count, oc_error *err) {
  if (first >= 0 && count >= 0 && first <= d->count && count <= d->count - first) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "index", "Count from 0.",
                 "%lld images from index %lld are out of range: the dataset has %lld", (long long)count,
                 (long long)first, (long long)d->count);
}

oc_status oc_dataset_read_as(const oc_dataset *d, const oc_reading *r, oc_error *err) {
  const oc_store *s = d->store;
  if (!r->order) TRY(check_range(d, r->first, r->count, err));
  for (int64_t i = 0; r->order && i < r->count; i++) TRY(check_range(d, r->order[r->first + i], 1, err));
  if (s->read) return ask_all(d, r, err);
  if (!s->generator && !r->order && !d->index) {
    copy_images(s, r, d->first + r->first, 0, r->count);
    return OC_OK;
  }
  for (int64_t i = 0; i < r->count; i++) {
    if (s->generator)
      draw_image(s, r, store_index(d, r, i), i);
    else
      copy_images(s, r, store_index(d, r, i), i, 1);
  }
  return OC_OK;
}

oc_status oc_dataset_read(const oc_dataset *d, int64_t index, int64_t count, uint8_t *pixels, int32_t *labels,
                          oc_error *err) {
  NEED(d);
  const oc_reading r = {.first = index, .count = count, .pixels = pixels, .labels = labels};
  return oc_dataset_read_as(d, &r, err);
}

oc_status oc_dataset_read_targets(const oc_dataset *d, int64_t index, int64_t count, uint8_t *pixels,
                                  void *const *targets, oc_error *err) {
  NEED(d, targets);
  const oc_reading r = {.first = index, .count = count, .pixels = pixels, .targets = targets};
  return oc_dataset_read_as(d, &r, err);
}

oc_status oc_dataset_labels(const oc_dataset *d, int32_t **labels, oc_error *err) {
  const size_t count = (size_t)oc_dataset_count(d);
  *labels = oc_memory_array(count, sizeof **labels);
  if (!*labels) return oc_fail_memory(err, count * sizeof **labels);
  const oc_status status = oc_dataset_read(d, 0, (int64_t)count, NULL, *labels, err);
  if (status == OC_OK) return OC_OK;
  oc_memory_free(*labels);
  *labels = NULL;
  return status;
}
