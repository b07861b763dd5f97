/* dataset.c: implements stores, their views, and their properties. */
#include "data/dataset.h"
#include "base/error.h"
#include "base/options.h"
#include <stdio.h>
#include <string.h>

oc_data_options oc_data_defaults(void) {
  return (oc_data_options){.struct_size = sizeof(oc_data_options),
                           .seed = 123,
                           .seed_set = true,
                           .max_bytes = (size_t)4 << 30,
                           .cache_bytes = (size_t)512 << 20};
}

oc_data_options oc_data_options_resolve(const oc_data_options *given) {
  const oc_data_options defaults = oc_data_defaults();
  oc_data_options o = defaults;
  if (given) OC_OPTIONS_READ(o, given);
  if (!o.seed && !o.seed_set) o.seed = defaults.seed;
  if (!o.max_bytes) o.max_bytes = defaults.max_bytes;
  if (!o.cache_bytes) o.cache_bytes = defaults.cache_bytes;
  return o;
}

/* ---- stores and views ---- */

oc_store *oc_store_create(void) {
  oc_store *store = oc_memory_alloc(sizeof *store);
  if (!store) return NULL;
  atomic_init(&store->views, 1);
  pthread_mutex_init(&store->read_lock, NULL); /* cannot fail on Linux with default attributes */
  return store;
}

void oc_store_release(oc_store *store) {
  if (!store || atomic_fetch_sub(&store->views, 1) != 1) return;
  oc_memory_free(store->pixels);
  for (int i = 0; i < OC_TARGETS_MAX; i++) oc_memory_free(store->values[i]);
  oc_memory_free(store->identity);
  oc_dataset_free(store->inner);
  if (store->release) store->release(store->context);
  pthread_mutex_destroy(&store->read_lock);
  oc_arena_free(&store->names);
  oc_memory_free(store);
}

size_t oc_target_bytes(const oc_target *target) {
  return target->kind == OC_TARGET_CLASS ? sizeof(int32_t) : (size_t)target->size * sizeof(float);
}

bool oc_store_labeled(const oc_store *store) {
  return store->target_count > 0 && store->targets[0].kind == OC_TARGET_CLASS;
}

/* Names of `count` classes, copied. */
static oc_status copy_names(oc_store *store, int64_t count, const char *const *names, const char ***out,
                            oc_error *err) {
  const size_t bytes = (size_t)count * sizeof **out;
  *out = oc_arena_alloc(&store->names, bytes);
  if (!*out) return oc_fail_memory(err, bytes);
  for (int64_t i = 0; i < count; i++) {
    char number[24];
    (void)snprintf(number, sizeof number, "%lld", (long long)i);
    (*out)[i] = oc_arena_string(&store->names, names ? names[i] : number);
    if (!(*out)[i]) return oc_fail_memory(err, sizeof number);
  }
  return OC_OK;
}

oc_status oc_store_add_target(oc_store *store, const oc_target *target, oc_error *err) {
  oc_target *t = &store->targets[store->target_count];
  const char **names = NULL;
  const char *name = oc_arena_string(&store->names, target->name);
  if (!name) return oc_fail_memory(err, strlen(target->name) + 1);
  if (target->kind != OC_TARGET_VECTOR)
    TRY(copy_names(store, target->size, target->class_names, &names, err));
  *t = (oc_target){.name = name, .kind = target->kind, .size = target->size, .class_names = names};
  store->target_count++;
  return OC_OK;
}

oc_status oc_store_name_classes(oc_store *store, int classes, const char *const *names, oc_error *err) {
  const oc_target labels = {.name = "label", .kind = OC_TARGET_CLASS, .size = classes, .class_names = names};
  store->classes = classes;
  return classes == 0 ? OC_OK : oc_store_add_target(store, &labels, err);
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

oc_status oc_dataset_share(const oc_dataset *d, oc_dataset **out, oc_error *err) {
  const size_t bytes = (size_t)d->count * sizeof *d->index;
  TRY(oc_dataset_part(d, 0, d->count, d->split, out, err));
  if (!d->index) return OC_OK;
  (*out)->index = oc_memory_copy(d->index, bytes);
  if ((*out)->index) return OC_OK;
  oc_dataset_free(*out);
  *out = NULL;
  return oc_fail_memory(err, bytes);
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
  return oc_store_labeled(d->store) ? (int)d->store->targets[0].size : 0;
}
bool oc_dataset_labeled(const oc_dataset *d) {
  if (!d) return false;
  return oc_store_labeled(d->store);
}
int oc_dataset_target_count(const oc_dataset *d) {
  if (!d) return 0;
  return d->store->target_count;
}
const oc_target *oc_dataset_target(const oc_dataset *d, int index) {
  if (!d) return NULL;
  return index >= 0 && index < d->store->target_count ? &d->store->targets[index] : NULL;
}
bool oc_dataset_is_generated(const oc_dataset *d) {
  const oc_store *s = d->store->inner ? d->store->inner->store : d->store;
  return s->generator != NULL;
}

bool oc_dataset_is_decoded(const oc_dataset *d) {
  while (d->store->inner) d = d->store->inner;
  return d->store->add_item != NULL;
}

int oc_dataset_workers(const oc_dataset *d) {
  while (d->store->inner) d = d->store->inner;
  return d->store->add_item ? d->store->workers : 1;
}

bool oc_dataset_background(const oc_dataset *d, uint8_t color[3]) {
  if (!d || !color) return false;
  if (d->store->transparent) memcpy(color, d->store->background, 3);
  return d->store->transparent;
}

const char *oc_dataset_class_name(const oc_dataset *d, int label) {
  if (!d) return "";
  return label >= 0 && label < oc_dataset_classes(d) ? d->store->targets[0].class_names[label] : "";
}

const char *oc_dataset_item_name(const oc_dataset *d, int64_t index) {
  if (!d || !d->store->item_name || index < 0 || index >= d->count) return "";
  return d->store->item_name(d->store->context, d->index ? d->index[index] : d->first + index);
}

const char *oc_dataset_note(const oc_dataset *d) {
  return d && d->store->note ? d->store->note : "";
}

const char *oc_dataset_split(const oc_dataset *d) {
  if (!d) return "";
  return d->split;
}
