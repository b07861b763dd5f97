/* open.c: opens a bundle of datasets by name: tries the sources in order. */
#include "base/error.h"
#include "data/dataset.h"
#include "data/request.h"
#include "data/source/source.h"
#include <string.h>

bool oc_data_source(int index, const char **syntax, const char **summary) {
  if (!syntax || !summary) return false;
  const oc_source *source = oc_source_at(index);
  if (!source) return false;
  *syntax = source->syntax;
  *summary = source->summary;
  return true;
}

bool oc_data_is_lecture(const char *where) {
  if (!where || !*where) return false;
  const oc_source *source = oc_source_for(where);
  return source->lecture || (source->is_lecture && source->is_lecture(where));
}

static oc_status apply_rule(const oc_data_request *r, oc_data *data, oc_error *err) {
  TRY(oc_data_request_apply(r, &data->train, err));
  TRY(oc_data_request_apply(r, &data->valid, err));
  return oc_data_request_apply(r, &data->test, err);
}

oc_status oc_data_open(const char *where, const oc_data_options *options, oc_data *out, oc_error *err) {
  NEED(where, out);
  oc_data_request r;
  *out = (oc_data){0};
  TRY(oc_data_request_fill(&r, options, err));
  if (!where || !*where)
    return oc_fail(err, OC_E_ARGUMENT, "data", "Give a folder with MNIST's files, or digits, or xo.",
                   "the name of the data must not be empty");
  const oc_data_options *o = &r.options;
  oc_registry_close(o->registry);
  const oc_custom_source *custom = oc_custom_source_for(o->registry, where);
  oc_status status = custom ? oc_custom_source_open(custom, where, o, out, err)
                            : oc_source_for(where)->open(where, o, out, err);
  if (status == OC_OK) status = apply_rule(&r, out, err);
  if (status != OC_OK) oc_data_close(out);
  return status;
}

/* The shape of images in files is decided where they are decoded; it changes in their store. */
static oc_status reshape_files(oc_data *data, const oc_data_options *options, oc_error *err) {
  oc_dataset *const parts[] = {data->train, data->valid, data->test};
  oc_store *store = NULL;
  int views = 0;
  for (int i = 0; i < 3; i++) {
    if (parts[i] && !store) store = parts[i]->store;
    views += parts[i] && parts[i]->store == store;
  }
  if (!store || !store->reshape) return OC_OK;
  if (atomic_load(&store->views) != views)
    return oc_fail(err, OC_E_ARGUMENT, "data", "Call it before anything is made of the datasets.",
                   "its images are in use");
  return store->reshape(store, options, err);
}

/* The images of `whole` that `d` has of its own store. */
static oc_status same_images(const oc_dataset *whole, const oc_dataset *d, oc_dataset **out, oc_error *err) {
  oc_dataset like = {.store = whole->store, .first = d->first, .count = d->count, .index = d->index};
  memcpy(like.split, d->split, sizeof like.split);
  return oc_dataset_share(&like, out, err);
}

/* A view of images that are in memory or drawn, or of those that it was a view of. */
static oc_status reshape_view(const oc_data_request *r, const oc_dataset *d, oc_dataset **out,
                              oc_error *err) {
  oc_dataset *whole;
  *out = NULL;
  if (!d || d->store->reshape) return OC_OK;
  if (!d->store->inner || !d->store->preprocessing.struct_size)
    return oc_dataset_preprocessed(d, &r->rule, out, err);
  TRY(oc_dataset_preprocessed(d->store->inner, &r->rule, &whole, err));
  const oc_status status = same_images(whole, d, out, err);
  oc_dataset_free(whole);
  return status;
}

oc_status oc_data_reshape(oc_data *data, const oc_data_options *options, oc_error *err) {
  NEED(data, options);
  oc_data_request r;
  TRY(oc_data_request_fill(&r, options, err));
  if (!r.options.preprocessing) return OC_OK;
  oc_dataset **const parts[] = {&data->train, &data->valid, &data->test}, *views[3] = {NULL};
  oc_status status = OC_OK;
  for (int i = 0; i < 3 && status == OC_OK; i++) status = reshape_view(&r, *parts[i], &views[i], err);
  if (status == OC_OK) status = reshape_files(data, &r.options, err);
  for (int i = 0; i < 3; i++) {
    if (!views[i]) continue;
    oc_dataset_free(status == OC_OK ? *parts[i] : views[i]);
    if (status == OC_OK) *parts[i] = views[i];
  }
  return status;
}

/* The whole of a file: its test set, or else its training set. */
static oc_status open_by_source(const oc_source *source, const char *path, const oc_data_options *options,
                                oc_dataset **out, oc_error *err) {
  oc_data data = {0};
  oc_data_options whole = *options;
  whole.valid = "0";
  const oc_status status = source->open(path, &whole, &data, err);
  oc_dataset **set = data.test ? &data.test : &data.train;
  if (status == OC_OK) {
    *out = *set;
    *set = NULL;
  }
  oc_data_close(&data);
  return status;
}

oc_status oc_dataset_open_file(const char *path, const oc_data_options *options, oc_dataset **out,
                               oc_error *err) {
  NEED(path, out);
  oc_data_request r;
  *out = NULL;
  TRY(oc_data_request_fill(&r, options, err));
  oc_status status = open_by_source(oc_source_for_file(path), path, &r.options, out, err);
  if (status == OC_OK) status = oc_data_request_apply(&r, out, err);
  if (status == OC_OK) return OC_OK;
  oc_dataset_free(*out);
  *out = NULL;
  return status;
}

void oc_data_close(oc_data *data) {
  if (!data) return;
  oc_dataset_free(data->train);
  oc_dataset_free(data->valid);
  oc_dataset_free(data->test);
  *data = (oc_data){0};
}
