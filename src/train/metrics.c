/* metrics.c: writes the records of a run: one line per epoch in metrics.jsonl, run.json, and the model file's
 * record of its training. The last has no times and no machine in it: the same training gives the same
 * file. */
#include "base/file.h"
#include "base/json.h"
#include "train/fit.h"
#include <math.h>
#include <string.h>
#include <time.h>
#if OC_X86
#include <cpuid.h>
#endif

json_t *oc_json_number(double value) {
  return isfinite(value) ? json_real(value) : json_null();
}

/* A count, or null without the set. */
static json_t *count_of(const oc_dataset *d) {
  return d ? json_integer(oc_dataset_count(d)) : json_null();
}

/* ---- metrics.jsonl ------------------------------------------------------------------------------------- */

json_t *oc_scores_json(const oc_head_score *scores, int count) {
  json_t *list = json_array();
  for (int i = 0; i < count; i++) {
    const oc_head_score *s = &scores[i];
    json_t *o = json_pack("{s:s, s:s, s:s, s:f, s:o}", "output", s->output, "target", s->target, "loss_name",
                          s->loss_name, "weight", s->weight, "loss", oc_json_number(s->loss));
    bool whole = o != NULL;
    for (int k = 0; whole && k < s->metric_count; k++)
      whole = json_object_set_new(o, s->metric_names[k], oc_json_number(s->metrics[k])) == 0;
    if (whole && json_array_append(list, o) == 0) {
      json_decref(o);
      continue;
    }
    json_decref(o);
    json_decref(list);
    return NULL;
  }
  return list;
}

/* Writes the results of each head, except those of the lecture's classifier, which are in the line
 * already. */
static bool add_heads(json_t *line, const oc_event *e) {
  if (json_object_set_new(line, "train_heads", oc_scores_json(e->train_heads, e->head_count)) != 0)
    return false;
  json_t *valid = e->valid_heads ? oc_scores_json(e->valid_heads, e->head_count) : json_null();
  return json_object_set_new(line, "valid_heads", valid) == 0;
}

static json_t *epoch_json(const oc_event *e) {
  json_t *line = json_pack(
      "{s:i, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "epoch", e->epoch, "loss",
      oc_json_number(e->loss), "penalty", oc_json_number(e->penalty), "train_loss",
      oc_json_number(e->train_loss), "train_accuracy", oc_json_number(e->train_accuracy), "train_metrics",
      e->train_full ? "full" : "running", "valid_loss", oc_json_number(e->valid_loss), "valid_accuracy",
      oc_json_number(e->valid_accuracy), "train_seconds", oc_json_number(e->train_seconds), "valid_seconds",
      oc_json_number(e->valid_seconds), "images_per_second", oc_json_number(e->images_per_second), "step_ms",
      oc_json_number(e->step_ms), "best", e->best);
  if (!line || !e->fine_tuning || json_object_set_new(line, "fine_tuning", json_true()) == 0) return line;
  json_decref(line);
  return NULL;
}

/* Of a run that averages its weights. */
static bool add_averages(json_t *line, const oc_event *e) {
  return json_object_set_new(line, "averaged_loss", oc_json_number(e->averaged_loss)) == 0 &&
         json_object_set_new(line, "averaged_accuracy", oc_json_number(e->averaged_accuracy)) == 0 &&
         json_object_set_new(line, "averaged", json_boolean(e->averaged)) == 0;
}

oc_status oc_metrics_add(oc_fit *f, const oc_event *epoch, oc_error *err) {
  json_t *object = epoch_json(epoch);
  const bool whole =
      object && (f->plain || add_heads(object, epoch)) &&
      json_object_set_new(object, "learning_rate", oc_json_number(oc_fit_last_rate(f))) == 0 &&
      (!f->average.session || add_averages(object, epoch)) &&
      (!f->loader || json_object_set_new(object, "wait_seconds", oc_json_number(epoch->wait_seconds)) == 0);
  char *line = whole ? oc_json_text(object, JSON_COMPACT) : NULL;
  json_decref(object);
  if (!line) return oc_fail_memory(err, 256);
  oc_text_add(&f->metrics, "%s\n", line);
  oc_status status = f->metrics.failed ? oc_fail_memory(err, strlen(line)) : OC_OK;
  if (status == OC_OK && f->metrics_path) status = oc_file_append_line(f->metrics_path, line, err);
  oc_memory_free(line);
  return status;
}

oc_status oc_metrics_restore(const oc_fit *f, oc_error *err) {
  return oc_file_replace(f->metrics_path, f->metrics.data ? f->metrics.data : "", f->metrics.size, err);
}

/* ---- facts --------------------------------------------------------------------------------------------- */

/* Version, options and data, with the caller's own facts; of two with one name, ours stays. */
static json_t *provenance(const oc_fit *f, bool averaged) {
  json_t *object = json_pack("{s:s, s:O, s:o, s:o, s:s}", "version", oc_version(), "training",
                             f->result_config, "train_images", count_of(f->train), "valid_images",
                             count_of(f->valid), "split", oc_dataset_split(f->train));
  if (object && averaged && json_object_set_new(object, "averaged_weights", json_true()) != 0) {
    json_decref(object);
    object = NULL;
  }
  json_t *more = object && f->o.provenance ? json_loads(f->o.provenance, 0, NULL) : NULL;
  if (more) (void)json_object_update_missing(object, more);
  json_decref(more);
  return object;
}

/* A JSON value as text in d[key]; gives the value up. */
static bool set_text(oc_metadata *d, const char *key, json_t *value) {
  char *text = value ? oc_json_text(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
  const bool set = text && oc_metadata_set(d, key, text);
  oc_memory_free(text);
  json_decref(value);
  return set;
}

oc_status oc_fit_describe(const oc_fit *f, int epoch, double accuracy, bool averaged, oc_metadata *d,
                          oc_error *err) {
  if (set_text(d, "trained_epochs", json_integer(epoch)) &&
      set_text(d, "provenance", provenance(f, averaged)) &&
      (isfinite(accuracy) ? set_text(d, "valid_accuracy", json_real(accuracy))
                          : oc_metadata_set(d, "valid_accuracy", NULL)))
    return OC_OK;
  return oc_fail_memory(err, 256);
}

/* ---- run.json ------------------------------------------------------------------------------------------ */

/* Returns the name of the processor; "unknown" if it has none. */
static void get_cpu_name(char name[64]) {
  (void)snprintf(name, 64, "unknown");
#if OC_X86
  unsigned words[12] = {0};
  if ((unsigned)__get_cpuid_max(0x80000000u, NULL) < 0x80000004u) return;
  for (unsigned i = 0; i < 3; i++)
    (void)__get_cpuid(0x80000002u + i, &words[4 * i], &words[4 * i + 1], &words[4 * i + 2],
                      &words[4 * i + 3]);
  memcpy(name, words, sizeof words);
  name[sizeof words] = '\0';
#endif
}

static json_t *machine_json(const oc_fit *f) {
  char name[64];
  get_cpu_name(name);
  return json_pack("{s:s, s:s, s:i}", "cpu", name, "instruction_set", oc_isa_name(oc_session_isa(f->session)),
                   "threads", oc_session_threads(f->session));
}

/* As --keep takes it; "none" without it. */
static const char *keep_text(const oc_fit *f, char text[16]) {
  if (f->o.keep == OC_KEEP_ALL) return "all";
  if (f->o.keep == OC_KEEP_BEST) return "best";
  (void)snprintf(text, 16, "%d", f->o.keep);
  return f->o.keep == OC_KEEP_NONE ? "none" : text;
}

static json_t *run_json(const oc_fit *f, const char *status) {
  const oc_progress *p = &f->at;
  char keep[16];
  json_t *accuracy = p->best_epoch ? oc_json_number(p->best_accuracy) : json_null();
  return json_pack("{s:i, s:s, s:s, s:i, s:i, s:o, s:o, s:i, s:i, s:o, s:s, s:s, s:o}", "format_version",
                   OC_RUN_FORMAT_VERSION, "status", status, "started", f->started, "epochs", f->first_epochs,
                   "patience", f->o.patience, "machine", machine_json(f), "seconds",
                   oc_json_number(p->elapsed_seconds + p->train_seconds), "epochs_done", p->epoch,
                   "best_epoch", p->best_epoch, "best_valid_accuracy", accuracy, "keep", keep_text(f, keep),
                   "train_metrics", f->o.full_train_metrics ? "full" : "running", "provenance",
                   provenance(f, p->best_averaged));
}

oc_status oc_run_record_save(const oc_fit *f, const char *status, oc_error *err) {
  if (!f->run_path) return OC_OK;
  json_t *record = run_json(f, status);
  char *text = record ? oc_json_text(record, JSON_INDENT(2)) : NULL;
  json_decref(record);
  if (!text) return oc_fail_memory(err, 1024);
  const oc_status result = oc_file_replace(f->run_path, text, strlen(text), err);
  oc_memory_free(text);
  return result;
}
