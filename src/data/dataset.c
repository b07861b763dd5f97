/* dataset.c: stores and their views: reading, naming, hashing. */
#include "data/dataset.h"
#include "base/checked.h"
#include "base/error.h"
#include "base/options.h"
#include "base/random.h"
#include "base/sha256.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>

oc_data_options oc_data_defaults(void) {
  return (oc_data_options){
      .struct_size = sizeof(oc_data_options), .seed = 123, .seed_set = true, .max_bytes = (size_t)4 << 30};
}

oc_data_options oc_data_options_resolve(const oc_data_options *given) {
  const oc_data_options defaults = oc_data_defaults();
  oc_data_options o = defaults;
  if (given) OC_OPTIONS_READ(o, given);
  if (!o.seed && !o.seed_set) o.seed = defaults.seed;
  if (!o.max_bytes) o.max_bytes = defaults.max_bytes;
  return o;
}

enum { MAX_CLASSES = 65536 };

struct oc_dataset {
  oc_store *store;
  int64_t first, count;
  int64_t *index; /* of the images in the store, rising; NULL: first, first + 1 .. */
  char split[OC_SPLIT_TEXT];
  pthread_mutex_t
      lock; /* guards hash, which is computed when first asked for: it costs a pass over the images */
  char hash[65];
};

/* ---- stores and views ---- */

oc_store *oc_store_create(void) {
  oc_store *store = oc_memory_alloc(sizeof *store);
  if (store) atomic_init(&store->views, 1);
  return store;
}

void oc_store_release(oc_store *store) {
  if (!store || atomic_fetch_sub(&store->views, 1) != 1) return;
  oc_memory_free(store->pixels);
  oc_memory_free(store->labels);
  oc_arena_free(&store->names);
  oc_memory_free(store);
}

oc_status oc_store_name_classes(oc_store *store, int classes, const char *const *names, oc_error *err) {
  store->classes = classes;
  if (classes == 0) return OC_OK;
  size_t bytes = (size_t)classes * sizeof *store->class_names;
  store->class_names = oc_arena_alloc(&store->names, bytes);
  if (!store->class_names) return oc_fail_memory(err, bytes);
  for (int i = 0; i < classes; i++) {
    char number[16];
    snprintf(number, sizeof number, "%d", i);
    store->class_names[i] = oc_arena_string(&store->names, names ? names[i] : number);
    if (!store->class_names[i]) return oc_fail_memory(err, sizeof number);
  }
  return OC_OK;
}

oc_status oc_dataset_view(oc_store *store, int64_t first, int64_t count, oc_dataset **out, oc_error *err) {
  oc_dataset *d = oc_memory_alloc(sizeof *d);
  *out = NULL;
  if (!d) return oc_fail_memory(err, sizeof *d);
  if (pthread_mutex_init(&d->lock, NULL) != 0) {
    oc_memory_free(d);
    return oc_fail(err, OC_E_MEMORY, "", "", "cannot create a lock");
  }
  atomic_fetch_add(&store->views, 1);
  d->store = store;
  d->first = first;
  d->count = count;
  *out = d;
  return OC_OK;
}

void oc_dataset_free(oc_dataset *d) {
  if (!d) return;
  oc_store_release(d->store);
  oc_memory_free(d->index);
  pthread_mutex_destroy(&d->lock);
  oc_memory_free(d);
}

oc_status oc_dataset_part(const oc_dataset *all, int64_t first, int64_t count, const char *split,
                          oc_dataset **out, oc_error *err) {
  TRY(oc_dataset_view(all->store, all->first + first, count, out, err));
  (void)snprintf((*out)->split, sizeof(*out)->split, "%s", split);
  return OC_OK;
}

void oc_dataset_take_index(oc_dataset *d, int64_t *index) {
  d->index = index;
}

oc_status oc_dataset_generated(const oc_image_generator *generator, uint64_t seed, uint64_t part,
                               int64_t count, oc_dataset **out, oc_error *err) {
  *out = NULL;
  oc_store *store = oc_store_create();
  if (!store) return oc_fail_memory(err, sizeof *store);
  store->count = count;
  store->size = generator->size;
  store->image_bytes = (size_t)(generator->size.height * generator->size.width * generator->size.channels);
  store->generator = generator;
  store->seed = seed;
  store->part = part;
  oc_status status = oc_store_name_classes(store, generator->classes, generator->class_names, err);
  if (status == OC_OK) status = oc_dataset_view(store, 0, count, out, err);
  oc_store_release(store);
  return status;
}

/* ---- properties ---- */

int64_t oc_dataset_count(const oc_dataset *d) {
  if (!d) return 0;
  return d->count;
}
oc_image_shape oc_dataset_image_shape(const oc_dataset *d) {
  if (!d) return (oc_image_shape){0};
  return d->store->size;
}
int oc_dataset_classes(const oc_dataset *d) {
  if (!d) return 0;
  return d->store->classes;
}
bool oc_dataset_labeled(const oc_dataset *d) {
  if (!d) return false;
  return d->store->classes > 0;
}
bool oc_dataset_is_generated(const oc_dataset *d) {
  return d->store->generator != NULL;
}

bool oc_dataset_background(const oc_dataset *d, uint8_t color[3]) {
  if (!d || !color) return false;
  if (d->store->transparent) memcpy(color, d->store->background, 3);
  return d->store->transparent;
}

const char *oc_dataset_class_name(const oc_dataset *d, int label) {
  if (!d) return "";
  return label >= 0 && label < d->store->classes ? d->store->class_names[label] : "";
}

const char *oc_dataset_split(const oc_dataset *d) {
  if (!d) return "";
  return d->split;
}

/* ---- reading ---- */

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

static void draw(const oc_store *s, int64_t index, int64_t count, uint8_t *pixels, int32_t *labels) {
  for (int64_t i = 0; i < count; i++) {
    int label = drawn_label(s, index + i);
    if (labels) labels[i] = label;
    if (pixels)
      s->generator->draw(s->seed, s->part, (uint64_t)(index + i), label, pixels + (size_t)i * s->image_bytes);
  }
}

static void copy(const oc_store *s, int64_t index, int64_t count, uint8_t *pixels, int32_t *labels) {
  if (pixels) memcpy(pixels, s->pixels + (size_t)index * s->image_bytes, (size_t)count * s->image_bytes);
  if (labels && s->labels) memcpy(labels, s->labels + index, (size_t)count * sizeof *labels);
  for (int64_t i = 0; labels && !s->labels && i < count; i++) labels[i] = -1;
}

oc_status oc_dataset_read(const oc_dataset *d, int64_t index, int64_t count, uint8_t *pixels, int32_t *labels,
                          oc_error *err) {
  NEED(d);
  if (index < 0 || count < 0 || index > d->count || count > d->count - index)
    return oc_fail(err, OC_E_ARGUMENT, "index", "Count from 0.",
                   "%lld images from index %lld are out of range: the dataset has %lld", (long long)count,
                   (long long)index, (long long)d->count);
  void (*const read)(const oc_store *, int64_t, int64_t, uint8_t *, int32_t *) =
      d->store->generator ? draw : copy;
  if (!d->index) read(d->store, d->first + index, count, pixels, labels);
  for (int64_t i = 0; d->index && i < count; i++)
    read(d->store, d->index[index + i], 1, pixels ? pixels + (size_t)i * d->store->image_bytes : NULL,
         labels ? labels + i : NULL);
  return OC_OK;
}

/* ---- hash ---- */

static void add_number(oc_sha256 *s, uint64_t n) {
  unsigned char b[8];
  for (int i = 0; i < 8; i++) b[i] = (unsigned char)(n >> 8 * i);
  oc_sha256_add(s, b, sizeof b);
}

/* Where image i lies in the store. */
static int64_t place(const oc_dataset *d, int64_t i) {
  return d->index ? d->index[i] : d->first + i;
}

static void hash_dataset(const oc_dataset *d, char out[65]) {
  const oc_store *s = d->store;
  oc_sha256 h;
  oc_sha256_init(&h);
  add_number(&h, (uint64_t)d->count);
  add_number(&h, (uint64_t)s->size.height);
  add_number(&h, (uint64_t)s->size.width);
  add_number(&h, (uint64_t)s->size.channels);
  add_number(&h, (uint64_t)s->classes);
  if (s->generator) {
    oc_sha256_add(&h, s->generator->recipe, strlen(s->generator->recipe));
    add_number(&h, s->seed);
    add_number(&h, s->part);
    add_number(&h, (uint64_t)d->first);
    for (int64_t i = 0; d->index && i < d->count; i++) add_number(&h, (uint64_t)d->index[i]);
  } else {
    const size_t bytes = s->image_bytes;
    if (!d->index) oc_sha256_add(&h, s->pixels + (size_t)d->first * bytes, (size_t)d->count * bytes);
    for (int64_t i = 0; d->index && i < d->count; i++)
      oc_sha256_add(&h, s->pixels + (size_t)d->index[i] * bytes, bytes);
    for (int64_t i = 0; s->labels && i < d->count; i++) add_number(&h, (uint64_t)s->labels[place(d, i)]);
  }
  oc_sha256_hex(&h, out);
}

const char *oc_dataset_hash(const oc_dataset *d) {
  if (!d) return "";
  oc_dataset *cache =
      (oc_dataset *)(uintptr_t)d; /* the one thing that changes, and only once, under the lock */
  pthread_mutex_lock(&cache->lock);
  if (cache->hash[0] == 0) hash_dataset(d, cache->hash);
  pthread_mutex_unlock(&cache->lock);
  return d->hash;
}

/* ---- the caller's own images ---- */

static oc_status check_memory(const int32_t *labels, int64_t count, oc_image_shape size, int classes,
                              size_t *image, oc_error *err) {
  int64_t bytes = size.channels, all;
  if (count < 1 || size.height < 1 || size.width < 1 || size.channels < 1 ||
      !oc_mul_i64(bytes, size.height, &bytes) || !oc_mul_i64(bytes, size.width, &bytes) ||
      !oc_mul_i64(bytes, count, &all))
    return oc_fail(err, OC_E_ARGUMENT, "size", "Give at least one image of at least 1x1x1.",
                   "invalid dataset: %lld images of %lldx%lldx%lld", (long long)count, (long long)size.height,
                   (long long)size.width, (long long)size.channels);
  if (labels && (classes < 1 || classes > MAX_CLASSES))
    return oc_fail(err, OC_E_ARGUMENT, "classes", "", "must be 1 to %d, got %d", MAX_CLASSES, classes);
  for (int64_t i = 0; labels && i < count; i++)
    if (labels[i] < 0 || labels[i] >= classes)
      return oc_fail(err, OC_E_DATA, "labels", "Use labels from 0 to classes - 1.",
                     "label %d of image %lld is out of range: 0 to %d", labels[i], (long long)i, classes - 1);
  *image = (size_t)bytes;
  return OC_OK;
}

oc_status oc_dataset_from_memory(const uint8_t *pixels, const int32_t *labels, int64_t count,
                                 oc_image_shape size, int classes, const char *const *class_names,
                                 oc_dataset **out, oc_error *err) {
  NEED(pixels, out);
  size_t image = 0;
  *out = NULL;
  TRY(check_memory(labels, count, size, classes, &image, err));
  oc_store *s = oc_store_create();
  if (!s) return oc_fail_memory(err, sizeof *s);
  s->count = count;
  s->size = size;
  s->image_bytes = image;
  s->pixels = oc_memory_copy(pixels, (size_t)count * image);
  if (labels) s->labels = oc_memory_copy(labels, (size_t)count * sizeof *labels);
  oc_status status = oc_store_name_classes(s, labels ? classes : 0, class_names, err);
  if (!s->pixels || (labels && !s->labels)) status = oc_fail_memory(err, (size_t)count * image);
  if (status == OC_OK) status = oc_dataset_view(s, 0, count, out, err);
  oc_store_release(s);
  return status;
}
