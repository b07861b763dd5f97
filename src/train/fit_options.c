/* fit_options.c: checks the options of a run, and lists those that determine the bits of the result. */
#include "base/json.h"
#include "base/options.h"
#include "base/sha256.h"
#include "base/log.h"
#include "data/augment/transform.h"
#include "train/fit.h"
#include "train/settings.h"
#include <math.h>
#include <string.h>

oc_fit_options oc_fit_defaults(void) {
  return (oc_fit_options){.struct_size = sizeof(oc_fit_options),
                          .epochs = 20,
                          .batch = 64,
                          .learning_rate = 1e-4,
                          .schedule = "constant",
                          .optimizer = "adam",
                          .seed = 123,
                          .seed_set = true};
}

const oc_registry *oc_fit_registry(const oc_fit *f) {
  return f->o.registry ? f->o.registry : f->model->graph->registry;
}

oc_fit_options oc_fit_resolve(const oc_fit_options *given) {
  const oc_fit_options defaults = oc_fit_defaults();
  oc_fit_options o = defaults;
  if (given) OC_OPTIONS_READ(o, given);
  if (!o.epochs) o.epochs = defaults.epochs;
  if (!o.batch) o.batch = defaults.batch;
  if (o.learning_rate == 0) o.learning_rate = defaults.learning_rate;
  if (!o.schedule) o.schedule = defaults.schedule;
  if (!o.optimizer) o.optimizer = defaults.optimizer;
  if (!o.seed && !o.seed_set) o.seed = defaults.seed;
  o.seed_set = true;
  return o;
}

/* The empty range refuses NaN too. */
static oc_status check_range(const char *option, double value, bool inside, const char *rule,
                             const char *hint, oc_error *err) {
  if (inside) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, option, hint, "must be %s, got %g", rule, value);
}

static oc_status check_provenance(const char *text, oc_error *err) {
  if (!text) return OC_OK;
  const char *hint = "Give an object such as {\"author\": \"A. Name\"}, or nothing.";
  oc_error why = {0};
  json_t *object;
  const oc_status status = oc_json_parse(text, strlen(text), "provenance", hint, &object, &why);
  const bool good = json_is_object(object);
  json_decref(object);
  if (good) return OC_OK;
  if (status == OC_E_MEMORY) return oc_fail_memory(err, strlen(text));
  return oc_fail(err, OC_E_ARGUMENT, "provenance", hint, "must be a JSON object: %s",
                 status == OC_OK ? "got another value" : why.message);
}

static oc_status read_settings(oc_fit *f, oc_error *err) {
  const oc_settings settings = {f->o.settings, f->o.setting_count};
  const oc_registry *r = oc_fit_registry(f);
  oc_registry_close(f->o.registry);
  TRY(oc_optimizer_find(r, f->o.optimizer, &f->optimizer, err));
  TRY(oc_lr_schedule_find(f->o.schedule, &f->schedule, err));
  TRY(oc_settings_check(settings, r, f->optimizer, f->schedule, err));
  TRY(oc_settings_read(settings, f->optimizer->hyperparameters, f->optimizer_values, err));
  TRY(oc_settings_read(settings, f->schedule->hyperparameters, f->schedule_values, err));
  return oc_settings_read(settings, oc_recipe, f->recipe, err);
}

/* Without an option: the model's own heads. */
static oc_status read_heads(oc_fit *f, oc_error *err) {
  if (f->o.heads || f->o.head_count)
    TRY(oc_heads_read(f->model, f->o.heads, f->o.head_count, &f->heads, err));
  else
    f->heads = f->model->heads;
  f->plain = oc_heads_plain(f->model, &f->heads);
  return OC_OK;
}

/* "none" is the same as no text, in the record too. */
static oc_status read_augmentation(oc_fit *f, oc_error *err) {
  const oc_augmentation_options how = oc_augmentation_options_for(&f->model->preprocessing);
  if (!f->o.augment) return OC_OK;
  TRY(oc_augmentation_create(f->o.augment, f->model->size, &how, &f->augmentation, err));
  if (strcmp(oc_augmentation_text(f->augmentation), "none") != 0) return OC_OK;
  oc_augmentation_free(f->augmentation);
  f->augmentation = NULL;
  return OC_OK;
}

oc_status oc_fit_read_options(oc_fit *f, oc_error *err) {
  const oc_fit_options *o = &f->o;
  TRY(oc_options_check(o->struct_size, sizeof *o, "oc_fit_options", err));
  oc_fit_add_fine_tuning(f);
  TRY(read_heads(f, err));
  TRY(check_range("epochs", o->epochs, o->epochs >= 1, "at least 1",
                  "Use, for example, 20 as in the lecture.", err));
  TRY(check_range("batch", (double)o->batch, o->batch >= 1, "at least 1",
                  "Use, for example, 64 as in the lecture.", err));
  TRY(check_range("learning_rate", o->learning_rate, isfinite(o->learning_rate) && o->learning_rate > 0,
                  "greater than 0 and finite", "Use, for example, 0.0001 with adam as in the lecture.", err));
  TRY(read_settings(f, err));
  TRY(oc_balance_check(f, err));
  TRY(read_augmentation(f, err));
  TRY(oc_soft_targets_check(f, err));
  TRY(oc_fit_freeze(f, err));
  TRY(check_range("warmup", f->recipe[OC_RECIPE_WARMUP], f->recipe[OC_RECIPE_WARMUP] < f->first_epochs,
                  "less than the number of epochs", "Use, for example, 1 of 20 epochs.", err));
  TRY(check_range("patience", o->patience, o->patience >= 0, "at least 0", "Use 0 to turn it off.", err));
  TRY(check_range("l2", o->l2, isfinite(o->l2) && o->l2 >= 0, "at least 0 and finite",
                  "Use 0 to turn it off.", err));
  TRY(check_range("clip_norm", o->clip_norm, isfinite(o->clip_norm) && o->clip_norm >= 0,
                  "at least 0 and finite", "Use 0 to turn it off.", err));
  TRY(check_range("keep", o->keep, o->keep >= OC_KEEP_BEST, "OC_KEEP_BEST, OC_KEEP_ALL, or 0 or more epochs",
                  "Use 0 to keep none.", err));
  if (o->keep != OC_KEEP_NONE && !o->out)
    return oc_fail(err, OC_E_ARGUMENT, "keep", "Set a folder for the files of epochs (out).",
                   "no folder (out) to keep epochs in");
  if (o->resume && !o->out)
    return oc_fail(err, OC_E_ARGUMENT, "resume", "Set the folder of the run to resume.",
                   "no folder (out) to resume from");
  if (o->patience && !f->valid)
    return oc_fail(err, OC_E_ARGUMENT, "patience", "Set it to 0, or give a validation set.",
                   "no validation set by which an epoch could be better");
  return check_provenance(o->provenance, err);
}

/* The lecture's classifier has none, as runs had before there were heads. */
static bool add_heads(json_t *object, const oc_fit *f) {
  return f->plain || json_object_set_new(object, "heads", oc_heads_json(f->model, &f->heads)) == 0;
}

/* A run without augmentation has none, as runs had before. */
static bool add_augmentation(json_t *object, const oc_fit *f) {
  char text[16];
  if (!f->augmentation) return true;
  if (*oc_augmentation_uncovers(f->augmentation, text) &&
      json_object_set_new(object, "uncovered", json_string(text)) != 0)
    return false;
  return json_object_set_new(object, "augment", json_string(oc_augmentation_text(f->augmentation))) == 0;
}

/* The same of frozen layers, and of training them at last. */
static bool add_freeze(json_t *object, const oc_fit *f) {
  const oc_fit_options *o = &f->o;
  if (!f->frozen.layers) return true;
  return json_object_set_new(object, "freeze", json_integer(f->frozen.layers)) == 0 &&
         (!o->fine_tune ||
          (json_object_set_new(object, "frozen_epochs", json_integer(f->first_epochs)) == 0 &&
           json_object_set_new(object, "fine_tune", json_integer(o->fine_tune)) == 0 &&
           json_object_set_new(object, "fine_tune_learning_rate", json_real(o->fine_tune_learning_rate)) ==
               0 &&
           json_object_set_new(object, "fine_tune_batch_norm", json_boolean(o->fine_tune_batch_norm)) == 0));
}

static bool add_values(json_t *object, const oc_hyperparameter *list, const double *values) {
  const oc_hyperparameter *h;
  for (int i = 0; (h = oc_hyperparameter_row(list, i)); i++)
    if (json_object_set_new(object, h->name, json_real(values[i])) != 0) return false;
  return true;
}

/* The net text, or the sum of the graph where there is none. */
static json_t *network_json(const oc_model *m) {
  char hex[65], *text;
  oc_sha256 sha;
  if (m->net) return json_string(m->net);
  if (oc_model_graph_text(m, &text, NULL) != OC_OK) return NULL;
  oc_sha256_init(&sha);
  oc_sha256_add(&sha, text, strlen(text));
  oc_sha256_hex(&sha, hex);
  oc_memory_free(text);
  return json_sprintf("graph %s", hex);
}

json_t *oc_fit_result_config(const oc_fit *f) {
  const oc_fit_options *o = &f->o;
  char seed[24], session_seed[24];
  /* As strings: JSON's integers end at 2^63. */
  (void)snprintf(seed, sizeof seed, "%llu", (unsigned long long)o->seed);
  (void)snprintf(session_seed, sizeof session_seed, "%llu", (unsigned long long)f->model->options.seed);
  json_t *object =
      json_pack("{s:s, s:i, s:o, s:s, s:I, s:f, s:f, s:f, s:s, s:s, s:b, s:s, s:b, s:b, s:s, s:s, s:s, s:s, "
                "s:s, s:s, s:s, s:i, s:s}",
                "version", oc_version(), "arithmetic", oc_arithmetic(), "net", network_json(f->model),
                "optimizer", o->optimizer, "batch", (json_int_t)o->batch, "learning_rate", o->learning_rate,
                "l2", o->l2, "clip_norm", o->clip_norm, "seed", seed, "session_seed", session_seed, "shuffle",
                !o->no_shuffle, "instruction_set", oc_isa_name(oc_session_isa(f->model->session)), "plain",
                f->model->options.reference_only, "no_fusion", f->model->options.no_fusion, "refused_kernels",
                oc_env_refuse(), "kernels", o->kernels ? o->kernels : "", "train_data",
                oc_dataset_hash(f->train), "valid_data", f->valid ? oc_dataset_hash(f->valid) : "none",
                "schedule", o->schedule, "class_weights", oc_balances_weights(f) ? "balanced" : "none",
                "sampling", oc_balances_sampling(f) ? "balanced" : "uniform", "scheduled_epochs",
                oc_schedule_extends(o->schedule) ? 0 : o->epochs, "standardize",
                oc_standardize_name(f->model->standardizer.how));
  if (object && add_heads(object, f) && add_augmentation(object, f) && add_freeze(object, f) &&
      add_values(object, f->optimizer->hyperparameters, f->optimizer_values) &&
      add_values(object, f->schedule->hyperparameters, f->schedule_values) &&
      add_values(object, oc_recipe, f->recipe))
    return object;
  json_decref(object);
  return NULL;
}

/* A value as short text, for a message. */
static void value_text(const json_t *value, char *text, size_t size) {
  char *dump = value ? oc_json_text(value, JSON_ENCODE_ANY) : NULL;
  (void)snprintf(text, size, "%.120s", dump ? dump : "nothing");
  oc_memory_free(dump);
}

static const char *hint_of(const char *key) {
  if (strcmp(key, "instruction_set") == 0)
    return "Resume on a machine with that level, or add --any-isa (any_isa), which changes the bits of the "
           "result.";
  if (strcmp(key, "arithmetic") == 0)
    return "Resume with the version that made the run, or add --any-isa (any_isa), which changes the bits.";
  if (strcmp(key, "uncovered") == 0)
    return "Resume with the version that made the run, or start a new one: what moved images uncover became "
           "the background of the data.";
  if (strcmp(key, "refused_kernels") == 0) return "Set OCELLUS_REFUSE as in the first start.";
  return "Resume with the options and data that the run was started with, or start a new one.";
}

/* Two hashes would not help a reader. */
static bool is_data(const char *key) {
  return strcmp(key, "train_data") == 0 || strcmp(key, "valid_data") == 0;
}

/* `epochs` of a schedule that is planned for them. */
static oc_status fail_epochs(const json_t *before, const json_t *now, const json_t *schedule, oc_error *err) {
  return oc_fail(err, OC_E_ARGUMENT, "epochs", "Keep the number of epochs, or start a new run.",
                 "schedule %s is planned for the run's %lld epochs and does not extend to %lld",
                 json_string_value(schedule), (long long)json_integer_value(before),
                 (long long)json_integer_value(now));
}

/* The hyperparameter of this name that the optimizer, the schedule or the recipe takes, NULL if there is
 * none. */
static const oc_hyperparameter *find_hyperparameter(const oc_fit *f, const char *name) {
  const oc_hyperparameter *of_optimizer = f->optimizer->hyperparameters,
                          *of_schedule = f->schedule->hyperparameters;
  const int at = oc_hyperparameter_find(of_optimizer, name);
  if (at >= 0) return &of_optimizer[at];
  const int in_schedule = oc_hyperparameter_find(of_schedule, name);
  if (in_schedule >= 0) return &of_schedule[in_schedule];
  const int in_recipe = oc_hyperparameter_find(oc_recipe, name);
  return in_recipe >= 0 ? &oc_recipe[in_recipe] : NULL;
}

/* Records of version 0.1.0 hold a weight decay of null where it was not given, and hold few other
 * hyperparameters: what is not there had its default. Moved images uncovered black. */
static bool was_default(const json_t *before, const json_t *value, const oc_fit *f, const char *key) {
  static const struct {
    const char *key, *value;
  } former[] = {
      {"standardize", "pixel"}, {"class_weights", "none"}, {"sampling", "uniform"}, {"uncovered", "#000000"}};
  for (size_t i = 0; !before && i < sizeof former / sizeof former[0]; i++)
    if (strcmp(key, former[i].key) == 0) return strcmp(json_string_value(value), former[i].value) == 0;
  const oc_hyperparameter *h = before && !json_is_null(before) ? NULL : find_hyperparameter(f, key);
  return h && json_number_value(value) == h->fallback;
}

/* True if any_isa lets a run be resumed although this entry differs. */
static bool is_lifted(const json_t *before, const char *key) {
  return (json_is_string(before) && strcmp(key, "instruction_set") == 0) || strcmp(key, "arithmetic") == 0;
}

/* The number of the arithmetic that a record was made with. */
static long long arithmetic_of(const json_t *record) {
  const json_t *number = json_object_get(record, "arithmetic");
  return json_is_integer(number) ? (long long)json_integer_value(number) : 1;
}

static oc_status fail_arithmetic(const oc_fit *f, const json_t *old, const char *key, oc_error *err) {
  return oc_fail(err, OC_E_ARGUMENT, key, hint_of(key),
                 "the arithmetic of this version has number %lld, but the run in %.120s had number %lld",
                 arithmetic_of(f->result_config), f->last_path, arithmetic_of(old));
}

static oc_status fail_data(const oc_fit *f, const char *key, oc_error *err) {
  char what[256];
  oc_image_list_compare(f, what);
  return oc_fail(err, OC_E_ARGUMENT, key, hint_of(key),
                 "the %s images or their labels differ from those of the run in %.120s%s",
                 *key == 't' ? "training" : "validation", f->last_path, what);
}

/* What not every record has, and the run in the folder did. */
static oc_status check_given_up(const oc_fit *f, const json_t *old, oc_error *err) {
  static const struct {
    const char *key, *did;
  } list[] = {{"heads", "had other heads"}, /* which a run of the lecture's classifier lacks */
              {"augment", "augmented its images"},
              {"fine_tune", "trains all layers at last"},
              {"freeze", "had frozen layers"}};
  for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
    const char *key = list[i].key;
    if (json_object_get(old, key) && !json_object_get(f->result_config, key))
      return oc_fail(err, OC_E_ARGUMENT, key, hint_of(key), "the run in %.120s %s", f->last_path,
                     list[i].did);
  }
  return OC_OK;
}

oc_status oc_fit_compare(const oc_fit *f, const json_t *old, oc_error *err) {
  const char *key, *path = f->last_path;
  json_t *value;
  TRY(check_given_up(f, old, err));
  json_object_foreach(f->result_config, key, value) {
    const json_t *before = json_object_get(old, key);
    if (before && json_equal(before, value)) continue;
    if (was_default(before, value, f, key)) continue;
    if (f->o.any_isa && is_lifted(before, key)) continue;
    if (strcmp(key, "arithmetic") == 0) return fail_arithmetic(f, old, key, err);
    if (json_is_integer(before) && strcmp(key, "scheduled_epochs") == 0)
      return fail_epochs(before, value, json_object_get(f->result_config, "schedule"), err);
    if (is_data(key)) return fail_data(f, key, err);
    char was[128], is[128];
    value_text(before, was, sizeof was);
    value_text(value, is, sizeof is);
    return oc_fail(err, OC_E_ARGUMENT, key, hint_of(key), "%s is %s, but the run in %.120s had %s", key, is,
                   path, was);
  }
  return OC_OK;
}

/* now[key] = what a run was continued from, in order: old[key], and `last` if it is not as it is now. */
static oc_status note_earlier(const json_t *old, json_t *now, const char *key, const char *last,
                              const char *is, oc_error *err) {
  const char *earlier = json_string_value(json_object_get(old, key));
  if (!earlier && (!last || strcmp(last, is) == 0)) return OC_OK;
  oc_text all = {0};
  oc_text_add(&all, "%s", earlier ? earlier : "");
  if (last && strcmp(last, is) != 0) oc_text_add(&all, "%s%s", all.size ? "," : "", last);
  char *text = oc_text_take(&all);
  const bool set = text && json_object_set_new(now, key, json_string(text)) == 0;
  oc_memory_free(text);
  return set ? OC_OK : oc_fail_memory(err, 64);
}

oc_status oc_fit_note_earlier(const json_t *old, json_t *now, oc_error *err) {
  char before[24], is[24];
  (void)snprintf(before, sizeof before, "%lld", arithmetic_of(old));
  (void)snprintf(is, sizeof is, "%lld", arithmetic_of(now));
  TRY(note_earlier(old, now, "earlier_instruction_sets",
                   json_string_value(json_object_get(old, "instruction_set")),
                   json_string_value(json_object_get(now, "instruction_set")), err));
  return note_earlier(old, now, "earlier_arithmetics", before, is, err);
}
