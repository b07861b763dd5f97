/* item_store.c: datasets of a list of images, which are decoded when they are read. */
#include "data/items/item_store.h"
#include "base/error.h"
#include "base/sha256.h"
#include "data/decode/image.h"
#include "data/items/resolve.h"
#include "data/items/scan.h"
#include "data/transform/rule.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct item_store {
  oc_items items;
  oc_preprocessing rule;
  size_t image_bytes;
  oc_pixel_cache *cache;
  bool accept_truncated;
  int workers; /* these two of the options */
  size_t cache_bytes;
  oc_scan scan;
} item_store;

static void release(void *context) {
  item_store *s = context;
  oc_items_release(&s->items);
  oc_scan_release(&s->scan);
  oc_pixel_cache_free(s->cache);
  oc_memory_free(s);
}

/* Adds to the hint of an error about a single image what helps with any. */
static oc_status hint_at_skip(oc_status status, oc_error *err) {
  if (!err || (status != OC_E_DATA && status != OC_E_UNSUPPORTED)) return status;
  const size_t used = strlen(err->hint), room = sizeof err->hint;
  char more[] = " Or leave it out with --skip; `ocellus doctor` finds all such files.";
  if (used + sizeof more <= room) (void)snprintf(err->hint + used, room - used, "%s", more + (used == 0));
  return status;
}

/* ---- reading ------------------------------------------------------------------------------------------- */

static oc_status read_items(void *context, const int64_t *indices, int64_t count, uint8_t *pixels,
                            void *const *targets, oc_error *err) {
  item_store *s = context;
  int32_t *labels = targets ? targets[0] : NULL;
  for (int64_t i = 0; i < count; i++) {
    uint8_t *to = pixels ? pixels + (size_t)i * s->image_bytes : NULL;
    if (labels) labels[i] = s->items.list[indices[i]].label;
    if (!to || oc_pixel_cache_get(s->cache, indices[i], to)) continue;
    TRY(hint_at_skip(oc_item_pixels(&s->items, indices[i], &s->rule, s->accept_truncated, to, err), err));
    oc_pixel_cache_put(s->cache, indices[i], to);
  }
  return OC_OK;
}

/* ---- what the images are known by ---------------------------------------------------------------------- */

static const char *item_name(const void *context, int64_t index) {
  return ((const item_store *)context)->items.list[index].path;
}

/* Adds class, name and SHA-256 of an image to the hash of a dataset. */
static void add_item(const void *context, int64_t index, oc_sha256 *sum) {
  const item_store *s = context;
  const oc_item *item = &s->items.list[index];
  const char *name = s->items.classes[item->label];
  oc_sha256_add(sum, name, strlen(name) + 1);
  oc_sha256_add(sum, item->path, strlen(item->path) + 1);
  oc_sha256_add(sum, s->scan.rows[index].sum, sizeof s->scan.rows[index].sum);
}

/* ---- making -------------------------------------------------------------------------------------------- */

static oc_status check_readable(const oc_scan *scan, const char *where, oc_error *err) {
  if (scan->unreadable == 0) return OC_OK;
  if (scan->unreadable == 1) {
    if (err) *err = scan->first_error;
    return hint_at_skip(scan->first_error.code, err);
  }
  return oc_fail(err, OC_E_DATA, where,
                 "Leave them out with --skip, or mend them; `ocellus doctor` finds all.",
                 "%lld of %lld images are unreadable; the first: %.150s: %.200s", (long long)scan->unreadable,
                 (long long)scan->count, scan->first_error.where, scan->first_error.message);
}

static void note_truncated(item_store *s) {
  int64_t count = 0;
  for (int64_t i = 0; i < s->scan.count; i++) count += (s->scan.rows[i].flags & OC_SCAN_TRUNCATED) != 0;
  if (count)
    oc_items_note(&s->items, "%lld truncated %s", (long long)count,
                  count == 1 ? "image is used as it is" : "images are used as they are");
}

/* Decides what the images become, which have been scanned. */
static oc_status settle(item_store *s, const oc_data_options *options, oc_error *err) {
  oc_preprocessing rule = oc_preprocessing_defaults();
  oc_pixel_cache *cache;
  if (options->preprocessing) rule = *options->preprocessing;
  if (!rule.background_set) rule.background_set = oc_background_read(options->background, rule.background);
  oc_items_resolve(&rule, &s->items, &s->scan);
  rule = oc_preprocessing_resolve(&rule, rule.shape);
  const oc_image_shape shape = rule.shape;
  const size_t bytes = (size_t)(shape.height * shape.width * shape.channels);
  TRY(oc_pixel_cache_create(s->items.count, bytes, s->cache_bytes, &cache, err));
  oc_pixel_cache_free(s->cache);
  s->cache = cache;
  s->rule = rule;
  s->image_bytes = bytes;
  return OC_OK;
}

static oc_status look_at(item_store *s, const oc_data_options *options, oc_error *err) {
  TRY(oc_scan_items(&s->items, options, &s->scan, err));
  TRY(check_readable(&s->scan, s->items.where, err));
  note_truncated(s);
  return settle(s, options, err);
}

/* What the scan says of the images' own sizes. */
static void note_sizes(const oc_scan *scan, oc_store *store) {
  for (int64_t i = 0; i < scan->count; i++) {
    const double height = scan->rows[i].height, width = scan->rows[i].width;
    if (!(height > 0 && width > 0)) continue; /* unreadable */
    const double aspect = width / height;
    if (!(store->aspect_low > 0) || aspect < store->aspect_low) store->aspect_low = aspect;
    if (aspect > store->aspect_high) store->aspect_high = aspect;
    if ((int64_t)height != store->size.height || (int64_t)width != store->size.width)
      store->mixed_sizes = true;
  }
}

static int compare_sides(const void *a, const void *b) {
  const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
  return (x > y) - (x < y);
}

/* The medians of the images' own sizes. */
static oc_status find_middle(const oc_scan *scan, oc_store *store, oc_error *err) {
  const size_t count = (size_t)scan->count;
  if (count == 0) return OC_OK;
  int32_t *sides = oc_memory_array(2 * count, sizeof *sides);
  if (!sides) return oc_fail_memory(err, 2 * count * sizeof *sides);
  for (size_t i = 0; i < count; i++) {
    sides[i] = scan->rows[i].height;
    sides[count + i] = scan->rows[i].width;
  }
  qsort(sides, count, sizeof *sides, compare_sides);
  qsort(sides + count, count, sizeof *sides, compare_sides);
  store->middle_height = sides[count / 2];
  store->middle_width = sides[count + count / 2];
  store->one_size = sides[0] == sides[count - 1] && sides[count] == sides[2 * count - 1];
  oc_memory_free(sides);
  return OC_OK;
}

/* What of a store follows from the rule. */
static void take_rule(const item_store *s, oc_store *store) {
  store->size = s->rule.shape;
  store->image_bytes = s->image_bytes;
  store->preprocessing = s->rule;
  note_sizes(&s->scan, store);
}

static oc_status reshape(oc_store *store, const oc_data_options *options, oc_error *err) {
  item_store *s = store->context;
  TRY(settle(s, options, err));
  store->mixed_sizes = false;
  take_rule(s, store);
  return OC_OK;
}

static oc_status make_store(item_store *s, oc_store **out, oc_error *err) {
  oc_store *store = oc_store_create();
  *out = store;
  if (!store) return oc_fail_memory(err, sizeof *store);
  store->count = s->items.count;
  store->read = read_items;
  store->reshape = reshape;
  take_rule(s, store);
  store->workers = s->workers;
  TRY(find_middle(&s->scan, store, err));
  store->item_name = item_name;
  store->add_item = add_item;
  store->note = s->items.note[0] ? s->items.note : NULL; /* lives as long as the store */
  return oc_store_name_classes(store, s->items.class_count, s->items.classes, err);
}

/* Images first[part] .. first[part]+count-1 are those of a part. */
static void count_parts(const oc_items *items, int64_t count[OC_PARTS], int64_t first[OC_PARTS]) {
  int64_t at = 0;
  for (int p = 0; p < OC_PARTS; p++) {
    first[p] = at;
    while (at < items->count && items->list[at].part == p) at++;
    count[p] = at - first[p];
  }
}

static oc_status make_views(const item_store *s, oc_store *store, const oc_data_options *options,
                            oc_data *out, oc_error *err) {
  int64_t count[OC_PARTS], first[OC_PARTS];
  oc_dataset *all = NULL;
  count_parts(&s->items, count, first);
  if (count[OC_PART_TEST])
    TRY(oc_dataset_view(store, first[OC_PART_TEST], count[OC_PART_TEST], &out->test, err));
  if (count[OC_PART_VALID])
    TRY(oc_dataset_view(store, first[OC_PART_VALID], count[OC_PART_VALID], &out->valid, err));
  if (!count[OC_PART_TRAIN]) return OC_OK;
  TRY(oc_dataset_view(store, 0, count[OC_PART_TRAIN], &all, err));
  const oc_status status = oc_dataset_divide(&all, options->valid, out, err);
  oc_dataset_free(all);
  return status;
}

static item_store *create(oc_items *items, const oc_data_options *options) {
  item_store *s = oc_memory_alloc(sizeof *s);
  if (!s) return NULL;
  s->items = *items;
  s->accept_truncated = options->accept_truncated;
  s->workers = options->workers;
  s->cache_bytes = options->cache_bytes;
  *items = (oc_items){0};
  return s;
}

oc_status oc_items_to_data(oc_items *items, const oc_data_options *options, oc_data *out, oc_error *err) {
  item_store *s = create(items, options);
  oc_store *store = NULL;
  if (!s) {
    oc_items_release(items);
    return oc_fail_memory(err, sizeof *s);
  }
  oc_status status = look_at(s, options, err);
  if (status == OC_OK) status = make_store(s, &store, err);
  if (store) {
    store->context = s;
    store->release = release;
  }
  if (status == OC_OK) status = make_views(s, store, options, out, err);
  if (store)
    oc_store_release(store);
  else
    release(s);
  return status;
}
