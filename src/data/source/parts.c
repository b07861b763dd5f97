/* parts.c: makes the datasets of a set whose parts were read into stores. */
#include "data/source/parts.h"
#include "base/error.h"

static bool same_shape(const oc_image_shape *a, const oc_image_shape *b) {
  return a->height == b->height && a->width == b->width && a->channels == b->channels;
}

/* `a` and `b` are called `first` and `second`; either may be NULL. */
static oc_status check_two(const char *where, const oc_store *a, const char *first, const oc_store *b,
                           const char *second, oc_error *err) {
  if (!a || !b) return OC_OK;
  if (!same_shape(&a->size, &b->size))
    return oc_fail(err, OC_E_DATA, where, "Use two files of the same data set.",
                   "the %s images are %lldx%lldx%lld, the %s images %lldx%lldx%lld", first,
                   (long long)a->size.height, (long long)a->size.width, (long long)a->size.channels, second,
                   (long long)b->size.height, (long long)b->size.width, (long long)b->size.channels);
  if (a->real_max && b->real_max && a->real_max != b->real_max)
    return oc_fail(err, OC_E_DATA, where, "Scale both to 0 to 255, or both to 0 to 1.",
                   "the pixels of the %s images are 0 to %d, those of the %s images 0 to %d", first,
                   a->real_max, second, b->real_max);
  return OC_OK;
}

static oc_status view(oc_store *store, int classes, const char *const *names, oc_dataset **out,
                      oc_error *err) {
  if (!store) return OC_OK;
  TRY(oc_store_name_classes(store, store->classes ? classes : 0, names, err));
  return oc_dataset_view(store, 0, store->count, out, err);
}

static int most_classes(const oc_parts *p) {
  const oc_store *const stores[] = {p->train, p->valid, p->test};
  int most = 0;
  for (size_t i = 0; i < sizeof stores / sizeof stores[0]; i++)
    if (stores[i] && stores[i]->classes > most) most = stores[i]->classes;
  return most;
}

oc_status oc_parts_open(const char *where, const oc_parts *p, const oc_data_options *options, oc_data *out,
                        oc_error *err) {
  TRY(check_two(where, p->train, "training", p->test, "test", err));
  TRY(check_two(where, p->train, "training", p->valid, "validation", err));
  TRY(check_two(where, p->valid, "validation", p->test, "test", err));
  const int classes = most_classes(p);
  const char *const *names = classes <= p->name_count ? p->names : NULL;
  TRY(view(p->test, classes, names, &out->test, err));
  TRY(view(p->valid, classes, names, &out->valid, err));
  if (!p->train) return OC_OK;
  TRY(view(p->train, classes, names, &out->train, err));
  oc_dataset *all = out->train;
  out->train = NULL;
  const oc_status status = oc_dataset_divide(&all, options->valid, out, err);
  oc_dataset_free(all);
  return status;
}

void oc_parts_release(oc_parts *parts) {
  oc_store_release(parts->train);
  oc_store_release(parts->valid);
  oc_store_release(parts->test);
  *parts = (oc_parts){0};
}
