/* preprocessed.c: makes a dataset whose images are those of another one, in the shape of a rule. */
#include "base/checked.h"
#include "base/error.h"
#include "data/dataset.h"
#include "data/transform/rule.h"
#include <stdio.h>

oc_preprocessing oc_dataset_preprocessing(const oc_dataset *d) {
  if (!d) return (oc_preprocessing){0};
  if (d->store->preprocessing.struct_size) return d->store->preprocessing;
  const oc_preprocessing none = oc_preprocessing_defaults();
  return oc_preprocessing_resolve(&none, d->store->size);
}

oc_image_shape oc_dataset_original_shape(const oc_dataset *d) {
  if (!d || d->store->mixed_sizes) return (oc_image_shape){0};
  while (d->store->inner) d = d->store->inner;
  return d->store->size;
}

void oc_dataset_aspects(const oc_dataset *d, double *low, double *high) {
  const oc_image_shape s = oc_dataset_original_shape(d);
  *low = d->store->aspect_low, *high = d->store->aspect_high;
  if (s.height > 0) *low = *high = (double)s.width / (double)s.height;
}

oc_image_shape oc_dataset_typical(const oc_dataset *d, bool *uniform) {
  const int64_t channels = d->store->size.channels;
  while (d->store->inner) d = d->store->inner;
  const oc_store *s = d->store;
  *uniform = s->middle_height ? s->one_size : !s->mixed_sizes;
  return s->middle_height ? (oc_image_shape){s->middle_height, s->middle_width, channels}
                          : (oc_image_shape){s->size.height, s->size.width, channels};
}

/* ---- reading ------------------------------------------------------------------------------------------- */

/* True if the rule changes none of the images. */
static bool keeps_shape(const oc_store *s) {
  const oc_image_shape from = s->inner->store->size;
  return from.height == s->size.height && from.width == s->size.width && from.channels == s->size.channels;
}

static oc_status read_image(const oc_store *s, int64_t index, uint8_t *room, uint8_t *pixels, oc_error *err) {
  oc_image image = {.size = s->inner->store->size, .pixels = room, .transparent = s->transparent};
  const oc_reading one = {.first = index, .count = 1, .pixels = room};
  for (int i = 0; i < 3; i++) image.background[i] = s->background[i];
  TRY(oc_dataset_read_as(s->inner, &one, err));
  return oc_preprocess(&s->preprocessing, &image, pixels, err);
}

static oc_status read_images(void *context, const int64_t *indices, int64_t count, uint8_t *pixels,
                             void *const *targets, oc_error *err) {
  const oc_store *s = context;
  const bool kept = keeps_shape(s);
  const oc_reading labels = {
      .order = indices, .count = count, .pixels = kept ? pixels : NULL, .targets = targets};
  TRY(oc_dataset_read_as(s->inner, &labels, err));
  if (!pixels || kept) return OC_OK;
  const size_t bytes = s->inner->store->image_bytes;
  uint8_t *room = oc_memory_alloc_uninitialized(bytes);
  oc_status status = room ? OC_OK : oc_fail_memory(err, bytes);
  for (int64_t i = 0; i < count && status == OC_OK; i++)
    status = read_image(s, indices[i], room, pixels + (size_t)i * s->image_bytes, err);
  oc_memory_free(room);
  return status;
}

/* ---- making -------------------------------------------------------------------------------------------- */

static oc_status fill_store(oc_store *s, const oc_dataset *d, const oc_preprocessing *rule, oc_error *err) {
  const oc_image_shape to = rule->shape;
  int64_t bytes = to.channels;
  s->count = d->count;
  s->size = to;
  s->preprocessing = *rule;
  s->read = read_images;
  s->context = s;
  s->mixed_sizes = d->store->mixed_sizes;
  s->aspect_low = d->store->aspect_low, s->aspect_high = d->store->aspect_high;
  s->transparent = oc_dataset_background(d, s->background);
  if (!oc_mul_i64(bytes, to.height, &bytes) || !oc_mul_i64(bytes, to.width, &bytes))
    return oc_fail(err, OC_E_ARGUMENT, "shape", "", "the images are too large");
  s->image_bytes = (size_t)bytes;
  for (int i = 0; i < oc_dataset_target_count(d); i++)
    TRY(oc_store_add_target(s, oc_dataset_target(d, i), err));
  return oc_dataset_share(d, &s->inner, err);
}

static oc_status make_view(const oc_dataset *d, const oc_preprocessing *rule, oc_dataset **out,
                           oc_error *err) {
  oc_store *s = oc_store_create();
  if (!s) return oc_fail_memory(err, sizeof *s);
  oc_status status = fill_store(s, d, rule, err);
  if (status == OC_OK) status = oc_dataset_view(s, 0, s->count, out, err);
  if (status == OC_OK) (void)snprintf((*out)->split, sizeof(*out)->split, "%s", d->split);
  oc_store_release(s);
  return status;
}

oc_status oc_dataset_preprocessed(const oc_dataset *d, const oc_preprocessing *rule, oc_dataset **out,
                                  oc_error *err) {
  NEED(d, rule, out);
  const oc_image_shape from = oc_dataset_image_shape(d);
  *out = NULL;
  TRY(oc_preprocessing_check(rule, err));
  if (from.channels != 1 && from.channels != 3)
    return oc_fail(err, OC_E_UNSUPPORTED, "preprocessing", "Leave these images as they are.",
                   "expected images of 1 or 3 channels, got %lld", (long long)from.channels);
  const oc_preprocessing whole = oc_preprocessing_resolve(rule, from);
  return make_view(d, &whole, out, err);
}
