/* run_folder.c: see run_folder.h. */
#include "commands/run_folder.h"
#include "core/json.h"
#include "core/message.h"
#include "ocellus/file.h"
#include "ocellus/model.h"
#include "commands/split.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_RUNS = 100000, MAX_RECORD = 1 << 20 /* bytes of run.json; JSON takes up to 40 times that */ };

static bool exists(const char *path) {
  struct stat info;
  return lstat(path, &info) == 0;
}

/* ---- choosing ------------------------------------------------------------------------------------------ */

/* The name of a file that shows that `folder` holds a run; NULL if it holds none. */
static const char *find_run(const char *folder) {
  static const char *const files[] = {"run.json", "last.safetensors", "model.safetensors", "metrics.jsonl"};
  char path[CLI_PATH_MAX];
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
    if (cli_path_join(folder, files[i], path, NULL) == OC_OK && exists(path)) return files[i];
  return NULL;
}

oc_status cli_run_folder_choose(const char *wanted, bool force, cli_run_folder *out, oc_error *err) {
  char hint[256];
  *out = (cli_run_folder){.path = ""};
  if (!wanted) return OC_OK;
  if (snprintf(out->path, CLI_PATH_MAX, "%s", wanted) >= CLI_PATH_MAX)
    return cli_fail(err, OC_E_ARGUMENT, "--out", "", "must be at most %d characters long", CLI_PATH_MAX - 1);
  const char *run = find_run(wanted);
  out->replaces = run && force;
  if (!run || force) return OC_OK;
  snprintf(hint, sizeof hint, "Resume it with `ocellus train --resume %.100s`, or replace it with --force.",
           wanted);
  return cli_fail(err, OC_E_CANT_CREATE, wanted, hint, "already holds a run (%s)", run);
}

/* Creates the folder; of two training runs, only one can succeed. */
oc_status cli_run_folder_claim(cli_run_folder *f, oc_error *err) {
  if (f->path[0]) return OC_OK;
  for (int i = 1; i < MAX_RUNS; i++) {
    snprintf(f->path, CLI_PATH_MAX, "run-%d", i);
    f->made = mkdir(f->path, 0777) == 0;
    if (f->made) return OC_OK;
    if (errno != EEXIST)
      return cli_fail(err, OC_E_CANT_CREATE, f->path, "Name a folder with --out.",
                      "cannot create the folder: %s", strerror(errno));
  }
  return cli_fail(err, OC_E_CANT_CREATE, "--out", "Name a folder with --out.",
                  "run-1 to run-%d already exist", MAX_RUNS - 1);
}

void cli_run_folder_release(const cli_run_folder *f) {
  if (f->made) (void)rmdir(f->path); /* which fails unless it is empty */
}

/* ---- the record ---------------------------------------------------------------------------------------- */

static bool is_among(const int *list, int option) {
  for (; *list >= 0; list++)
    if (*list == option) return true;
  return false;
}

json_t *cli_record_make(const char *data, const cli_arguments *a, const int *left_out) {
  json_t *options = json_object();
  for (int i = 0; i < a->option_count && options; i++) {
    const cli_option *o = &a->options[i];
    const cli_value *v = &a->values[i];
    if (!v->text || o->looks_on || is_among(left_out, i)) continue;
    json_t *value = o->kind == CLI_FLAG ? json_true() : cli_json_text(v->text);
    if (json_object_set_new(options, o->name, value) != 0) {
      json_decref(options);
      options = NULL;
    }
  }
  return options ? json_pack("{s:o, s:o}", "data", cli_json_text(data), "options", options) : NULL;
}

const char *cli_record_data(const json_t *record) {
  return json_string_value(json_object_get(record, "data"));
}

const char *cli_record_level(const json_t *record) {
  return json_string_value(json_object_get(record, "instruction_set"));
}

int cli_record_arithmetic(const json_t *record) {
  const json_t *number = json_object_get(record, "arithmetic");
  return json_is_integer(number) ? (int)json_integer_value(number) : 1;
}

static oc_status load_run(const char *path, json_t **run, oc_error *err) {
  json_error_t problem;
  void *bytes;
  size_t size;
  oc_status status = oc_file_load(path, MAX_RECORD, &bytes, &size, err);
  if (status == OC_E_NO_INPUT && err)
    snprintf(err->hint, sizeof err->hint, "Give --resume the folder of a training run, such as run-1.");
  CLI_TRY(status);
  *run = cli_json_parse(bytes, size, &problem);
  oc_free(bytes);
  if (*run) return OC_OK;
  return cli_fail(err, OC_E_DATA, path, "", "invalid JSON in line %d, column %d: %s", problem.line,
                  problem.column, problem.text);
}

/* Gives `run` up if its format is newer than this program. */
static oc_status check_format(const char *path, json_t *run, oc_error *err) {
  const json_t *version = json_object_get(run, "format_version");
  const long long format = version ? (long long)json_integer_value(version) : 1;
  if (format >= 1 && format <= OC_RUN_FORMAT_VERSION) return OC_OK;
  json_decref(run);
  return cli_fail(err, OC_E_DATA, path, "Resume it with the version of ocellus that began it.",
                  "unsupported format_version %lld: expected 1 to %d", format, OC_RUN_FORMAT_VERSION);
}

/* An integer of the run as an option of its name. */
static bool add_number(json_t *options, const json_t *run, const char *name) {
  char text[32];
  const json_t *number = json_object_get(run, name);
  if (!json_is_integer(number)) return false;
  snprintf(text, sizeof text, "%lld", (long long)json_integer_value(number));
  return json_object_set_new(options, name, json_string(text)) == 0;
}

/* A run that does not say how it standardized began before there was a choice. */
static bool add_standardize(json_t *options, const json_t *training) {
  if (json_object_get(options, "standardize") || json_object_get(training, "standardize")) return true;
  return json_object_set_new(options, "standardize", json_string("pixel")) == 0;
}

/* The record leaves out options that affect no weight: the number of epochs, since a model does not depend on
 * how many were meant to follow, nor on what ended it early; which epochs are kept, and what is measured. */
static bool add_others(json_t *options, const json_t *run) {
  static const struct {
    const char *key, *option;
  } texts[] = {{"keep", "keep"}, {"train_metrics", "train-metrics"}};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    json_t *value = json_object_get(run, texts[i].key); /* missing in runs of version 0.1.0 */
    if (json_is_string(value) && json_object_set(options, texts[i].option, value) != 0) return false;
  }
  return add_number(options, run, "epochs") &&
         (!json_object_get(run, "patience") || add_number(options, run, "patience"));
}

oc_status cli_record_read(const char *folder, json_t **record, oc_error *err) {
  char path[CLI_PATH_MAX];
  json_t *run = NULL;
  *record = NULL;
  CLI_TRY(cli_path_join(folder, "run.json", path, err));
  CLI_TRY(load_run(path, &run, err));
  CLI_TRY(check_format(path, run, err));
  const json_t *provenance = json_object_get(run, "provenance");
  json_t *command = json_incref(json_object_get(provenance, "command"));
  json_t *choice = json_object_get(provenance, "choice");
  const json_t *training = json_object_get(provenance, "training");
  json_t *level = json_object_get(training, "instruction_set");
  json_t *arithmetic = json_object_get(training, "arithmetic");
  char split[CLI_SPLIT_MAX];
  json_t *options = json_object_get(command, "options");
  bool whole = cli_record_data(command) && json_is_object(options) && cli_split_recorded(provenance, split) &&
               json_object_set_new(command, "split", json_string(split)) == 0 && add_others(options, run) &&
               add_standardize(options, training) &&
               (!choice || json_object_set(command, "choice", choice) == 0) &&
               (!level || json_object_set(command, "instruction_set", level) == 0) &&
               (!arithmetic || json_object_set(command, "arithmetic", arithmetic) == 0);
  json_decref(run);
  if (whole) {
    *record = command;
    return OC_OK;
  }
  json_decref(command);
  return cli_fail(err, OC_E_DATA, path, "Resume a run with the program that began it.",
                  "the data and options of the run are missing");
}

static oc_status refuse_change(const cli_arguments *a, const int *free_to_change, const char *folder,
                               oc_error *err) {
  char where[64];
  for (int i = 0; i < a->option_count; i++) {
    if (!a->values[i].given || a->options[i].looks_on || is_among(free_to_change, i)) continue;
    snprintf(where, sizeof where, "--%s", a->options[i].name);
    return cli_fail(err, OC_E_ARGUMENT, where, "Leave it out, or begin a new run without --resume.",
                    "must not change when resuming %s", folder);
  }
  return OC_OK;
}

oc_status cli_record_apply(const json_t *record, const char *folder, cli_arguments *a,
                           const int *free_to_change, oc_error *err) {
  const char *name;
  json_t *value;
  CLI_TRY(refuse_change(a, free_to_change, folder, err));
  json_object_foreach(json_object_get(record, "options"), name, value) {
    int option = cli_option_find(a, name);
    const char *text = json_is_true(value) ? "" : json_string_value(value);
    if (option < 0 || !text || (a->options[option].kind == CLI_FLAG) != json_is_true(value))
      return cli_fail(err, OC_E_DATA, folder, "Resume the run with the version that began it.",
                      "run.json has an unknown option: %s", name);
    if (!a->values[option].given) CLI_TRY(cli_arguments_set(a, option, text, err));
  }
  return OC_OK;
}
