/* fit_frozen.c: trains on the features of frozen layers (model/frozen.h). Those of the training images are
 * kept unless the images are augmented, those of the validation images always, as long as there is memory for
 * them. Kept or not, the features of an image have the same bits. */
#include "base/checked.h"
#include "data/dataset.h"
#include "train/fit.h"
#include <limits.h>
#include <math.h>

#define MEMORY         ((size_t)512 << 20)
#define FINE_TUNE_RATE 1e-5

bool oc_fit_trains(const oc_fit *f, const oc_graph *g, int variable) {
  return !oc_graph_variable_init(g, variable)->not_trainable && !oc_frozen_has(&f->frozen, g, variable);
}

void oc_fit_add_fine_tuning(oc_fit *f) {
  f->first_epochs = f->o.epochs;
  if (f->o.fine_tune > 0) f->o.epochs = (int)oc_min_i64(INT_MAX, (int64_t)f->o.epochs + f->o.fine_tune);
  if (f->o.fine_tune_learning_rate == 0) f->o.fine_tune_learning_rate = FINE_TUNE_RATE;
}

static oc_status check_fine_tuning(const oc_fit *f, oc_error *err) {
  const char *where = "fine_tune";
  const double rate = f->o.fine_tune_learning_rate;
  if (f->o.fine_tune < 0)
    return oc_fail(err, OC_E_ARGUMENT, where, "Use 0 to turn it off.", "must be at least 0, got %d",
                   f->o.fine_tune);
  if (!(rate > 0 && isfinite(rate)))
    return oc_fail(err, OC_E_ARGUMENT, "fine_tune_learning_rate", "Use, for example, 0.00001.",
                   "must be greater than 0 and finite, got %g", rate);
  if (f->o.fine_tune && f->o.freeze == 0)
    return oc_fail(err, OC_E_ARGUMENT, where, "Leave it out: all layers are trained from the beginning.",
                   "no layers are frozen that could be trained later");
  if (f->o.fine_tune && f->o.patience)
    return oc_fail(err, OC_E_ARGUMENT, where, "Leave patience out.",
                   "a run that may end early (patience) has no last epochs to train all layers in");
  return OC_OK;
}

oc_status oc_fit_freeze(oc_fit *f, oc_error *err) {
  const char *where = "freeze";
  TRY(check_fine_tuning(f, err));
  if (f->o.freeze == 0) return OC_OK;
  TRY(oc_frozen_find(f->model, f->o.freeze, &f->frozen, err));
  if (oc_augmentation_mixes(f->augmentation))
    return oc_fail(err, OC_E_ARGUMENT, where, "Leave mixup and cutmix out of the augmentation.",
                   "unsupported with frozen layers: mixtures of images");
  if (f->recipe[OC_RECIPE_EMA] > 0)
    return oc_fail(err, OC_E_ARGUMENT, where, "Leave ema out.",
                   "unsupported with frozen layers: averaged weights (ema)");
  return OC_OK;
}

oc_status oc_fit_frozen_cost(const oc_fit *f, double *multiply_adds, oc_error *err) {
  oc_layer_summary *layers = NULL;
  int count = 0;
  *multiply_adds = 0;
  if (!f->frozen.layers) return OC_OK;
  TRY(oc_model_layers(f->model, &layers, &count, err));
  for (int i = 0; i < f->frozen.layers; i++)
    *multiply_adds += (double)layers[i].multiply_adds * (double)oc_dataset_count(f->train);
  oc_memory_free(layers);
  return OC_OK;
}

/* ---- memory -------------------------------------------------------------------------------------------- */

/* Bytes of the features of a set; SIZE_MAX if no number holds them. */
static size_t bytes_of(const oc_fit *f, const oc_dataset *d) {
  int64_t bytes = d ? oc_dataset_count(d) : 0;
  if (!oc_mul_i64(bytes, f->frozen.size, &bytes) || !oc_mul_i64(bytes, (int64_t)sizeof(float), &bytes))
    return SIZE_MAX;
  return (size_t)bytes;
}

static oc_status reserve(oc_fit *f, const oc_dataset *d, size_t *room, oc_feature_source *out,
                         oc_error *err) {
  const size_t bytes = bytes_of(f, d);
  out->use = &f->frozen_use;
  if (!d || bytes > *room) return OC_OK;
  out->kept = oc_memory_alloc_uninitialized(bytes);
  if (!out->kept) return oc_fail_memory(err, bytes);
  *room -= bytes;
  return OC_OK;
}

/* Of both sets; the largest number if it would be larger. */
static int64_t all_bytes(const oc_fit *f) {
  const size_t train = bytes_of(f, f->train), valid = bytes_of(f, f->valid);
  return train > INT64_MAX / 2 || valid > INT64_MAX / 2 ? INT64_MAX : (int64_t)(train + valid);
}

oc_status oc_fit_frozen_create(oc_fit *f, oc_error *err) {
  const oc_frozen_request r = {f->model, &f->frozen, f->session, &f->nodes, &f->heads, f->batch};
  const int64_t capacity = oc_input_capacity((oc_image_shape){1, 1, f->frozen.size});
  f->feature_bytes = all_bytes(f);
  size_t room = f->o.feature_bytes ? f->o.feature_bytes : MEMORY;
  if (f->augmentation)
    f->train_features.use = &f->frozen_use;
  else
    TRY(reserve(f, f->train, &room, &f->train_features, err));
  TRY(reserve(f, f->valid, &room, &f->valid_features, err));
  TRY(oc_frozen_use_create(&r, &f->frozen_use, err));
  TRY(oc_features_input(&f->frozen, f->batch, &f->heads, &f->input, err));
  return oc_features_input(&f->frozen, capacity, &f->heads, &f->score.input, err);
}

void oc_fit_frozen_release(oc_fit *f) {
  oc_frozen_use_release(&f->frozen_use);
  oc_memory_free(f->train_features.kept);
  oc_memory_free(f->valid_features.kept);
  f->train_features = f->valid_features = (oc_feature_source){0};
  oc_frozen_release(&f->frozen);
}

/* ---- features ------------------------------------------------------------------------------------------ */

const oc_feature_source *oc_fit_features(const oc_fit *f, const oc_dataset *part) {
  if (!f->frozen.layers) return NULL;
  return part == f->valid ? &f->valid_features : &f->train_features;
}

/* Tells how many images are done; false: stop. */
static bool tell(oc_fit *f, int64_t done, int64_t total) {
  oc_event e = oc_fit_event(f, OC_EVENT_FEATURES);
  e.step = done;
  e.steps = total;
  return oc_fit_emit(f, &e);
}

/* All of a set, batch by batch. */
static oc_status keep(oc_fit *f, const oc_dataset *d, float *kept, bool *goes_on, oc_error *err) {
  const oc_images from = {.data = d, .targets = d == f->valid ? f->valid_targets : f->train_targets};
  const int64_t count = kept ? oc_dataset_count(d) : 0;
  oc_frozen_use *u = &f->frozen_use;
  for (int64_t first = 0; *goes_on && first < count; first += u->batch) {
    const int64_t n = oc_min_i64(u->batch, count - first);
    TRY(oc_input_fill(&u->images, &from, first, n, u->standardizer, u->pool, err));
    TRY(oc_frozen_use_run(u, n, kept + first * u->size, err));
    *goes_on = tell(f, first + n, count);
  }
  return OC_OK;
}

oc_status oc_fit_keep_features(oc_fit *f, bool *goes_on, oc_error *err) {
  *goes_on = true;
  if (f->at.epoch >= f->first_epochs) return OC_OK; /* there is no step on features left */
  TRY(keep(f, f->train, f->train_features.kept, goes_on, err));
  return keep(f, f->valid, f->valid_features.kept, goes_on, err);
}
