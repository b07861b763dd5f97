/* heads_data.c: checks that a dataset has the targets that heads need, and that its classes are the
 * model's. */
#include "base/error.h"
#include "model/model.h"
#include <stdio.h>
#include <string.h>

/* ---- the targets themselves ---------------------------------------------------------------------------- */

/* By name; where there is one target only, and one is needed, it is that whatever its name is. -1: none. */
static int find_target(const oc_heads *h, const oc_dataset *d, const char *name) {
  const int count = oc_dataset_target_count(d);
  for (int i = 0; i < count; i++)
    if (strcmp(oc_dataset_target(d, i)->name, name) == 0) return i;
  return h->target_count == 1 && count == 1 ? 0 : -1;
}

static oc_status match(const oc_heads *h, const oc_dataset *d, const char *what, int *index, oc_error *err) {
  if (oc_dataset_target_count(d) == 0)
    return oc_fail(err, OC_E_DATA, what, "Put the labels file next to the images file, or only predict.",
                   "its images have no labels");
  for (int i = 0; i < h->target_count; i++) {
    const struct oc_head_target *t = &h->targets[i];
    index[i] = find_target(h, d, t->name);
    if (index[i] < 0)
      return oc_fail(err, OC_E_DATA, what,
                     "Give the data this target, or name another one in the heads of the fit.",
                     "has no target '%s'", t->name);
    const oc_target *found = oc_dataset_target(d, index[i]);
    if (found->kind != t->kind)
      return oc_fail(err, OC_E_DATA, what, "Use data of the kind that the model predicts.",
                     "target '%s' is %s, but the model predicts %s", found->name,
                     oc_target_kind_words(found->kind), oc_target_kind_words(t->kind));
    if (t->kind != OC_TARGET_CLASS && found->size != t->size)
      return oc_fail(err, OC_E_DATA, what, "Use data of the size that the model predicts.",
                     "target '%s' has size %lld, but the model predicts %lld", found->name,
                     (long long)found->size, (long long)t->size);
  }
  return OC_OK;
}

/* ---- classes ------------------------------------------------------------------------------------------- */

/* A class of the data that the model has under another number: its scores and its learning would be of other
 * classes. */
static oc_status check_order(const oc_target *model, const oc_target *data, const char *what, oc_error *err) {
  for (int64_t i = 0; i < data->size; i++) {
    const char *name = data->class_names[i];
    if (i < model->size && strcmp(name, model->class_names[i]) == 0) continue;
    for (int64_t k = 0; k < model->size; k++)
      if (strcmp(name, model->class_names[k]) == 0)
        return oc_fail(
            err, OC_E_DATA, what, "Number the classes as the model does, or train a model for this data.",
            "class '%.60s' has index %lld, but %lld in the model", name, (long long)i, (long long)k);
  }
  return OC_OK;
}

/* True if the names are the numbers, as for a file without names. */
static bool is_numbered(const oc_target *data) {
  char number[24];
  for (int64_t i = 0; i < data->size; i++) {
    (void)snprintf(number, sizeof number, "%lld", (long long)i);
    if (strcmp(data->class_names[i], number) != 0) return false;
  }
  return true;
}

static oc_status check_names(const oc_target *model, const oc_target *data, const char *what, oc_error *err) {
  const char *hint = "Train on the classes that the model was made for, or create a model for these.";
  if (data->size > model->size)
    return oc_fail(err, OC_E_DATA, what, hint, "too many classes: %lld; the model has %lld",
                   (long long)data->size, (long long)model->size);
  if (is_numbered(data)) return OC_OK;
  for (int64_t i = 0; i < data->size; i++)
    if (strcmp(data->class_names[i], model->class_names[i]) != 0)
      return oc_fail(err, OC_E_DATA, what, hint, "class %lld is '%.60s', but '%.60s' in the model",
                     (long long)i, data->class_names[i], model->class_names[i]);
  return OC_OK;
}

/* ---- both ---------------------------------------------------------------------------------------------- */

oc_status oc_heads_check_data(const oc_model *m, const oc_heads *h, const oc_dataset *d, const char *what,
                              int index[OC_TARGETS_MAX], oc_error *err) {
  const oc_image_shape s = m->size;
  if (!d) return oc_fail(err, OC_E_ARGUMENT, what, "", "must not be NULL");
  const oc_image_shape t = oc_dataset_image_shape(d);
  if (t.height != s.height || t.width != s.width || t.channels != s.channels)
    return oc_fail(err, OC_E_DATA, what,
                   "Give them the model's shape with oc_dataset_preprocessed, or train a model for these.",
                   "image shape is %lldx%lldx%lld; the model expects %lldx%lldx%lld", (long long)t.height,
                   (long long)t.width, (long long)t.channels, (long long)s.height, (long long)s.width,
                   (long long)s.channels);
  if (oc_dataset_count(d) < 1) return oc_fail(err, OC_E_DATA, what, "", "has no images");
  TRY(match(h, d, what, index, err));
  for (int i = 0; i < h->count; i++) {
    const oc_target *model = &m->outputs[h->list[i].output],
                    *data = oc_dataset_target(d, index[h->list[i].target]);
    if (model->kind != OC_TARGET_VECTOR) TRY(check_order(model, data, what, err));
  }
  return OC_OK;
}

oc_status oc_heads_check_training(const oc_model *m, const oc_heads *h, const oc_dataset *d, const char *what,
                                  int index[OC_TARGETS_MAX], oc_error *err) {
  TRY(oc_heads_check_data(m, h, d, what, index, err));
  for (int i = 0; i < h->count; i++) {
    const oc_target *model = &m->outputs[h->list[i].output],
                    *data = oc_dataset_target(d, index[h->list[i].target]);
    if (model->kind != OC_TARGET_VECTOR) TRY(check_names(model, data, what, err));
  }
  return OC_OK;
}
