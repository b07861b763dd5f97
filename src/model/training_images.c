/* training_images.c: what the training images of a model look like, in the metadata of its file, and how an
 * image differs from them.
 *
 * Key training_images: {"images": N, "brightness", "border", "contrast": [LOW, MIDDLE, HIGH], "aspect":
 * [LOW, HIGH]}: levels 0 to 255 that 0.1%, half and 99.9% of the images do not exceed, and width / height
 * before preprocessing (missing if unknown). A file without the key has no such statistics: nothing
 * differs. */
#include "base/checked.h"
#include "base/json.h"
#include "data/dataset.h"
#include "model/model.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define KEY     "training_images"
#define DAMAGED "Copy or train the model again: the file is damaged or was edited."

enum { EMPTY_CONTRAST = 3, LEAST_MARGIN = 16, NEAR = 8 };
static const double rare = 0.001, other_aspect = 1.25;

/* ---- from the data ------------------------------------------------------------------------------------- */

static oc_levels levels_of(const int64_t counts[256], int64_t images) {
  return (oc_levels){oc_image_statistics_quantile(counts, images, rare),
                     oc_image_statistics_quantile(counts, images, 0.5),
                     oc_image_statistics_quantile(counts, images, 1 - rare)};
}

void oc_training_images_take(oc_model *m, const oc_image_statistics *s, const oc_dataset *train_data) {
  oc_training_images *t = &m->training_images;
  t->images = s->images;
  t->brightness = levels_of(s->brightness, s->images);
  t->border = levels_of(s->border, s->images);
  t->contrast = levels_of(s->contrast, s->images);
  oc_dataset_aspects(train_data, &t->aspect_low, &t->aspect_high);
}

oc_status oc_training_images_note(oc_model *m, oc_error *err) {
  const oc_training_images *t = &m->training_images;
  json_t *object = json_pack("{s:I, s:[i,i,i], s:[i,i,i], s:[i,i,i]}", "images", (json_int_t)t->images,
                             "brightness", t->brightness.low, t->brightness.middle, t->brightness.high,
                             "border", t->border.low, t->border.middle, t->border.high, "contrast",
                             t->contrast.low, t->contrast.middle, t->contrast.high);
  bool whole = object != NULL;
  if (whole && t->aspect_low > 0)
    whole = json_object_set_new(object, "aspect", json_pack("[f,f]", t->aspect_low, t->aspect_high)) == 0;
  char *text = whole ? oc_json_text(object, JSON_COMPACT) : NULL;
  json_decref(object);
  whole = text && oc_metadata_set(&m->metadata, KEY, text);
  oc_memory_free(text);
  return whole ? OC_OK : oc_fail_memory(err, 256);
}

oc_status oc_model_look_at(oc_model *m, const oc_dataset *train_data, oc_standardize how, oc_error *err) {
  oc_image_statistics s = {0};
  TRY(oc_standardizer_fit_with(train_data, how, &s, &m->standardizer, err));
  oc_training_images_take(m, &s, train_data);
  return oc_training_images_note(m, err);
}

/* ---- from a file --------------------------------------------------------------------------------------- */

static bool read_levels(const json_t *object, const char *name, oc_levels *out) {
  const json_t *list = json_object_get(object, name);
  int *const parts[] = {&out->low, &out->middle, &out->high};
  for (size_t i = 0; i < 3; i++) {
    const json_t *number = json_array_get(list, i);
    const json_int_t value = json_integer_value(number);
    if (!json_is_integer(number) || value < 0 || value > 255) return false;
    *parts[i] = (int)value;
  }
  return json_array_size(list) == 3 && out->low <= out->middle && out->middle <= out->high;
}

static bool read_aspect(const json_t *list, oc_training_images *t) {
  if (!list) return true;
  t->aspect_low = json_number_value(json_array_get(list, 0));
  t->aspect_high = json_number_value(json_array_get(list, 1));
  return json_array_size(list) == 2 && t->aspect_low > 0 && t->aspect_high >= t->aspect_low &&
         isfinite(t->aspect_high);
}

oc_status oc_training_images_read(oc_model *m, const char *path, oc_error *err) {
  const char *text = oc_metadata_get(&m->metadata, KEY);
  oc_training_images t = {0};
  json_t *object;
  if (!text) return OC_OK;
  TRY(oc_json_parse(text, strlen(text), path, DAMAGED, &object, err));
  t.images = json_integer_value(json_object_get(object, "images"));
  const bool good = t.images > 0 && read_levels(object, "brightness", &t.brightness) &&
                    read_levels(object, "border", &t.border) &&
                    read_levels(object, "contrast", &t.contrast) &&
                    read_aspect(json_object_get(object, "aspect"), &t);
  json_decref(object);
  if (!good) return oc_fail(err, OC_E_DATA, path, DAMAGED, "invalid '%s' in the metadata: %.60s", KEY, text);
  m->training_images = t;
  return OC_OK;
}

/* ---- an image ------------------------------------------------------------------------------------------ */

/* How many levels a value lies outside of what is usual. */
static int outside(int level, const oc_levels *usual) {
  return (int)oc_max_i64(0, oc_max_i64(usual->low - NEAR - level, level - usual->high - NEAR));
}

static int distance(const oc_training_images *t, int brightness, int border) {
  return (int)oc_max_i64(outside(brightness, &t->brightness), outside(border, &t->border));
}

/* True if the image is unusual, and much less so when dark and light are exchanged. */
static bool is_inverted(const oc_training_images *t, const oc_image_levels *l) {
  const int as_it_is = distance(t, l->brightness, l->border),
            inverted = distance(t, 255 - l->brightness, 255 - l->border);
  return as_it_is > 0 && 4 * inverted < as_it_is;
}

static unsigned unlike_light(const oc_training_images *t, const oc_image_levels *l) {
  const int margin = (int)oc_max_i64(LEAST_MARGIN, (t->brightness.high - t->brightness.low) / 4);
  if (l->contrast < EMPTY_CONTRAST && 2 * l->contrast < t->contrast.low) return OC_UNLIKE_EMPTY;
  if (is_inverted(t, l)) return OC_UNLIKE_INVERTED;
  if (l->brightness > t->brightness.high + margin) return OC_UNLIKE_BRIGHTER;
  return l->brightness < t->brightness.low - margin ? OC_UNLIKE_DARKER : 0;
}

static unsigned unlike_aspect(const oc_training_images *t, oc_image_shape original) {
  if (!(t->aspect_low > 0) || original.height < 1 || original.width < 1) return 0;
  const double aspect = (double)original.width / (double)original.height;
  return aspect * other_aspect < t->aspect_low || aspect > t->aspect_high * other_aspect ? OC_UNLIKE_ASPECT
                                                                                         : 0;
}

unsigned oc_model_unlike(const oc_model *m, const uint8_t *pixels, oc_image_shape original) {
  if (!m || !pixels || m->training_images.images == 0) return 0;
  const oc_image_levels levels = oc_image_levels_of(pixels, m->size);
  return unlike_light(&m->training_images, &levels) | unlike_aspect(&m->training_images, original);
}
