/* loading.c: measures how fast a dataset is loaded: an epoch of the loader, without a network. */
#include "base/checked.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/thread_pool.h"
#include "data/dataset.h"
#include "data/loader.h"
#include "ocellus/machine.h"
#include "plan/plan.h"

enum { USUAL_BATCH = 64, MOST_BATCH = 1000000, SEED = 123 };

typedef struct loading {
  oc_loading_options options;
  int64_t count, batch;
  int64_t *order;
  oc_input input;
  oc_standardizer standardizer;
  oc_loader *loader;
} loading;

oc_loading_options oc_loading_defaults(void) {
  return (oc_loading_options){.struct_size = sizeof(oc_loading_options), .batch = USUAL_BATCH};
}

static oc_status read_options(const oc_loading_options *options, oc_loading_options *o, oc_error *err) {
  *o = oc_loading_defaults();
  if (options) OC_OPTIONS_READ(*o, options);
  if (o->batch == 0) o->batch = USUAL_BATCH;
  TRY(oc_options_check(o->struct_size, sizeof *o, "oc_loading_options", err));
  if (o->batch > 0 && o->batch <= MOST_BATCH) return OC_OK; /* the loader checks the workers */
  return oc_fail(err, OC_E_ARGUMENT, "batch", "", "must be 1 to %d, got %d", MOST_BATCH, o->batch);
}

static oc_status make(const oc_dataset *data, loading *l, oc_error *err) {
  l->count = oc_dataset_count(data);
  l->batch = oc_min_i64(l->options.batch, l->count);
  l->order = oc_memory_array((size_t)l->count, sizeof *l->order);
  if (!l->order) return oc_fail_memory(err, (size_t)l->count * sizeof *l->order);
  TRY(oc_epoch_order(l->count, true, SEED, 1, l->order, err));
  TRY(oc_standardizer_fit_as(data, OC_STANDARDIZE_NONE, &l->standardizer, err));
  TRY(oc_input_create(l->batch, oc_dataset_image_shape(data), NULL, 0, &l->input, err));
  return oc_loader_create(&l->input, l->options.workers, &l->loader, err);
}

static oc_status run_epoch(const oc_dataset *data, loading *l, oc_error *err) {
  const oc_images images = {.data = data, .order = l->order};
  oc_loader_begin(l->loader, &images, 0, l->count);
  for (int64_t done = 0; done < l->count; done += l->batch) {
    if (l->options.go_on && !l->options.go_on(l->options.context))
      return oc_fail(err, OC_E_INTERRUPTED, "loading", "", "stopped");
    TRY(oc_loader_next(l->loader, &l->input, &l->standardizer, NULL, err));
  }
  return OC_OK;
}

oc_status oc_loading_measure(const oc_dataset *data, const oc_loading_options *options, oc_loading *out,
                             oc_error *err) {
  NEED(data, out);
  loading l = {0};
  *out = (oc_loading){0};
  TRY(read_options(options, &l.options, err));
  oc_status status = make(data, &l, err);
  const double begun = oc_plan_clock();
  if (status == OC_OK) status = run_epoch(data, &l, err);
  if (status == OC_OK) *out = (oc_loading){l.count, oc_loader_threads(l.loader), oc_plan_clock() - begun};
  oc_loader_free(l.loader); /* reads what the next lines free */
  oc_standardizer_release(&l.standardizer);
  oc_input_release(&l.input);
  oc_memory_free(l.order);
  return status;
}
