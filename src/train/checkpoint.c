/* checkpoint.c: saves and loads last.safetensors: the state for resuming with the same bits.
 *
 * A file like a model's, of kind "checkpoint". Tensors: every variable of the run's session (weights, moving
 * averages, optimizer state) under its name, the weights of the best epoch under "best/", averaged weights
 * under "average/", the standardization. Metadata besides the model's: options (which determine the bits),
 * progress, metrics (the lines of metrics.jsonl so far). */
#include "base/json.h"
#include "train/fit.h"
#include <limits.h>
#include <math.h>
#include <string.h>

#define DAMAGED "Start a new run: the file is damaged."

/* ---- saving -------------------------------------------------------------------------------------------- */

/* The reals of a progress that may be unknown: null there, and missing in files of version 0.1.0. */
static const struct {
  const char *name;
  size_t at;
} optional[] = {{"best_accuracy", offsetof(oc_progress, best_accuracy)},
                {"last_accuracy", offsetof(oc_progress, last_accuracy)},
                {"best_loss", offsetof(oc_progress, best_loss)},
                {"entropy_sum", offsetof(oc_progress, entropy_sum)},
                {"start_loss", offsetof(oc_progress, start_loss)},
                {"first_loss", offsetof(oc_progress, first_loss)},
                {"lowest_loss", offsetof(oc_progress, lowest_loss)},
                {"last_loss", offsetof(oc_progress, last_loss)}};
enum { OPTIONAL = sizeof optional / sizeof *optional };

/* The sums over heads so far: a list of numbers. */
static bool add_sums(json_t *object, const oc_fit *f) {
  json_t *list = json_array();
  for (int i = 0; i < oc_heads_score_count(&f->heads); i++)
    if (json_array_append_new(list, oc_json_number(f->at.sums[i])) != 0) {
      json_decref(list);
      return false;
    }
  return json_object_set_new(object, "heads", list) == 0;
}

/* Which epochs are remembered by averaged weights; missing: none. */
static bool add_averaged(json_t *object, const oc_fit *f) {
  if (!f->average.session) return true;
  return json_object_set_new(object, "best_averaged", json_boolean(f->at.best_averaged)) == 0 &&
         json_object_set_new(object, "last_averaged", json_boolean(f->at.last_averaged)) == 0;
}

static json_t *progress_json(const oc_fit *f) {
  const oc_progress *p = &f->at;
  json_t *object =
      json_pack("{s:i, s:I, s:f, s:I, s:f, s:f, s:i}", "epoch", p->epoch, "sample", (json_int_t)p->sample,
                "loss_sum", p->loss_sum, "correct", (json_int_t)p->correct, "train_seconds", p->train_seconds,
                "elapsed_seconds", p->elapsed_seconds, "best_epoch", p->best_epoch);
  for (int i = 0; i < OPTIONAL && object; i++) {
    const double value = *(const double *)((const char *)p + optional[i].at);
    if (json_object_set_new(object, optional[i].name, oc_json_number(value)) == 0) continue;
    json_decref(object);
    object = NULL;
  }
  if (!object || (add_averaged(object, f) && (f->plain || add_sums(object, f)))) return object;
  json_decref(object);
  return NULL;
}

/* Sets d[key] to a JSON value as text, and gives the value up. */
static bool set_json(oc_metadata *d, const char *key, json_t *value) {
  char *text = value ? oc_json_text(value, JSON_COMPACT) : NULL;
  const bool set = text && oc_metadata_set(d, key, text);
  oc_memory_free(text);
  json_decref(value);
  return set;
}

static oc_status describe_checkpoint(const oc_fit *f, oc_metadata *d, oc_error *err) {
  TRY(oc_model_describe(f->model, &f->heads, d, err));
  if (set_json(d, "options", json_incref(f->result_config)) && set_json(d, "progress", progress_json(f)) &&
      !f->metrics.failed && oc_metadata_set(d, "metrics", f->metrics.data ? f->metrics.data : ""))
    return OC_OK;
  return oc_fail_memory(err, f->metrics.size);
}

static oc_status collect(const oc_fit *f, oc_tensor_table *t, oc_error *err) {
  TRY(oc_tensor_table_add_variables(t, "", f->session, oc_variable_count(f->session), err));
  if (f->at.best_epoch) TRY(oc_tensor_table_add_variables(t, "best/", f->model->session, f->weights, err));
  if (f->average.session)
    TRY(oc_tensor_table_add_variables(t, "average/", f->average.session, f->weights, err));
  return oc_standardizer_tensors(&f->model->standardizer, f->model->size, t, err);
}

oc_status oc_checkpoint_save(const oc_fit *f, oc_error *err) {
  if (!f->last_path) return OC_OK;
  oc_tensor_table t = {0};
  oc_metadata d = {0};
  oc_status status = collect(f, &t, err);
  if (status == OC_OK) status = describe_checkpoint(f, &d, err);
  if (status == OC_OK)
    status = oc_model_write(&(oc_model_target){.path = f->last_path}, "checkpoint", &t, &d, err);
  oc_tensor_table_release(&t);
  oc_metadata_release(&d);
  return status;
}

/* ---- loading ------------------------------------------------------------------------------------------- */

/* The metadata entry `key` as a JSON object; the caller gives it up. */
static oc_status get_object(const oc_fit *f, oc_model_source *from, const char *key, json_t **out,
                            oc_error *err) {
  const char *text = oc_metadata_get(&from->file.metadata, key);
  *out = NULL;
  if (!text) return oc_model_missing(from, key, err);
  TRY(oc_json_parse(text, strlen(text), f->last_path, DAMAGED, out, err));
  if (json_is_object(*out)) return OC_OK;
  json_decref(*out);
  *out = NULL;
  return oc_fail(err, OC_E_DATA, f->last_path, DAMAGED, "metadata entry '%s' is not a JSON object", key);
}

static oc_status load_options(const oc_fit *f, oc_model_source *from, oc_error *err) {
  json_t *old;
  TRY(get_object(f, from, "options", &old, err));
  oc_status status = oc_fit_compare(f, old, err);
  if (status == OC_OK) status = oc_fit_note_earlier(old, f->result_config, err);
  json_decref(old);
  return status;
}

/* True if an accuracy that may be unknown is valid. */
static bool is_share(double value) {
  return isnan(value) || (value >= 0 && value <= 1);
}

/* True if every value is possible for a run. */
static bool is_possible(const oc_progress *p, const oc_fit *f) {
  return p->sample >= 0 && p->sample <= f->count && (p->sample % f->batch == 0 || p->sample == f->count) &&
         isfinite(p->loss_sum) && p->correct <= p->sample && p->correct >= -1 && isfinite(p->train_seconds) &&
         p->train_seconds >= 0 && isfinite(p->elapsed_seconds) && p->elapsed_seconds >= 0 &&
         p->best_epoch >= 0 && p->best_epoch <= p->epoch && is_share(p->best_accuracy) &&
         is_share(p->last_accuracy);
}

static void take_optional(oc_progress *p, const json_t *object) {
  for (int i = 0; i < OPTIONAL; i++) {
    const json_t *value = json_object_get(object, optional[i].name);
    *(double *)((char *)p + optional[i].at) = json_is_number(value) ? json_number_value(value) : NAN;
  }
}

/* As many sums as the heads have, each a number. */
static bool take_sums(oc_progress *p, const oc_fit *f, const json_t *list) {
  const int count = f->plain ? 0 : oc_heads_score_count(&f->heads);
  if (f->plain) return true;
  for (int i = 0; i < count; i++) {
    const json_t *value = json_array_get(list, (size_t)i);
    p->sums[i] = json_is_number(value) ? json_number_value(value) : NAN;
  }
  return json_array_size(list) == (size_t)count;
}

/* With fewer epochs than the run has done, weights and records would contradict the requested number. */
static oc_status check_epochs(const oc_fit *f, int seen, oc_error *err) {
  if (seen <= f->o.epochs) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "epochs",
                 "Give at least that many epochs; earlier epochs are kept with the option keep.",
                 "%d is less than the epochs that the run in %.120s has begun, %d", f->o.epochs, f->last_path,
                 seen);
}

static oc_status load_progress(oc_fit *f, oc_model_source *from, oc_error *err) {
  json_t *object;
  TRY(get_object(f, from, "progress", &object, err));
  json_int_t epoch = -1, sample = -1, best = -1;
  json_int_t correct = -1; /* missing in files of version 0.1.0 */
  oc_progress p = {0};
  const bool whole =
      json_unpack(object, "{s:I, s:I, s:F, s?I, s:F, s:F, s:I}", "epoch", &epoch, "sample", &sample,
                  "loss_sum", &p.loss_sum, "correct", &correct, "train_seconds", &p.train_seconds,
                  "elapsed_seconds", &p.elapsed_seconds, "best_epoch", &best) == 0 &&
      epoch >= 0 && epoch <= INT_MAX && best >= 0 && best <= epoch &&
      take_sums(&p, f, json_object_get(object, "heads"));
  p.epoch = (int)epoch;
  p.best_epoch = (int)best;
  p.sample = sample;
  p.correct = sample == 0 ? 0 : correct;
  take_optional(&p, object);
  p.best_averaged = f->average.session && json_is_true(json_object_get(object, "best_averaged"));
  p.last_averaged = f->average.session && json_is_true(json_object_get(object, "last_averaged"));
  if (sample == 0) p.entropy_sum = 0;
  json_decref(object);
  if (!whole || !is_possible(&p, f))
    return oc_fail(err, OC_E_DATA, f->last_path, DAMAGED, "invalid 'progress' in the metadata");
  TRY(check_epochs(f, p.epoch + (p.sample > 0), err));
  f->at = p;
  const bool tunes = p.epoch > f->first_epochs || (p.epoch == f->first_epochs && p.sample > 0);
  return tunes && f->o.fine_tune ? oc_fit_unfreeze(f, err) : OC_OK;
}

static oc_status load_texts(oc_fit *f, oc_model_source *from, oc_error *err) {
  static const char *const keys[] = {"trained_epochs", "provenance",
                                     "valid_accuracy"}; /* in the order of a fit */
  const char *metrics = oc_metadata_get(&from->file.metadata, "metrics");
  if (metrics) oc_text_add_bytes(&f->metrics, metrics, strlen(metrics));
  bool whole = !f->metrics.failed;
  for (size_t i = 0; i < sizeof keys / sizeof *keys && f->at.best_epoch; i++)
    whole = whole &&
            oc_metadata_set(&f->model->metadata, keys[i], oc_metadata_get(&from->file.metadata, keys[i]));
  return whole ? OC_OK : oc_fail_memory(err, metrics ? strlen(metrics) : 0);
}

static oc_status load_tensors(oc_fit *f, oc_model_source *from, oc_error *err) {
  const int variables = oc_variable_count(f->session), best = f->at.best_epoch ? f->weights : 0;
  const int averages = f->average.session ? f->weights : 0, count = variables + best + averages + 2;
  const char *path = f->last_path;
  if (from->file.count != count)
    return oc_fail(err, OC_E_DATA, path, DAMAGED, "got %d tensors, expected %d", from->file.count, count);
  oc_tensor mean, deviation;
  oc_standardizer_as_tensors(&f->model->standardizer, f->model->size, &mean, &deviation);
  TRY(oc_model_take_variables(from, "", f->session, variables, err));
  TRY(oc_model_take(from, "input/mean", &mean, err));
  TRY(oc_model_take(from, "input/deviation", &deviation, err));
  if (averages) TRY(oc_model_take_variables(from, "average/", f->average.session, averages, err));
  return oc_model_take_variables(from, "best/", f->model->session, best, err);
}

oc_status oc_checkpoint_load(oc_fit *f, oc_error *err) {
  oc_model_source from;
  TRY(oc_model_read(f->last_path, "checkpoint", &from, err));
  oc_status status = load_options(f, &from, err);
  if (status == OC_OK) status = load_progress(f, &from, err);
  if (status == OC_OK) status = load_tensors(f, &from, err);
  if (status == OC_OK) status = load_texts(f, &from, err);
  oc_model_source_release(&from);
  return status;
}
