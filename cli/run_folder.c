/* run_folder.c: see run_folder.h. */
#include "run_folder.h"
#include "json.h"
#include "message.h"
#include "split.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST_RUNS = 100000 };

oc_status cli_path_join(const char *folder, const char *name, char path[CLI_PATH_MAX], oc_error *err) {
  size_t length = strlen(folder);
  const char *slash = length > 0 && folder[length - 1] == '/' ? "" : "/";
  if (snprintf(path, CLI_PATH_MAX, "%s%s%s", folder, slash, name) < CLI_PATH_MAX) return OC_OK;
  return cli_fail(err, OC_E_ARGUMENT, "", "", "a path of more than %d characters: %.60s..", CLI_PATH_MAX - 1,
                  folder);
}

static bool exists(const char *path) {
  struct stat info;
  return lstat(path, &info) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* ---- choosing ------------------------------------------------------------------------------------------ */

static oc_status refuse_used(const char *folder, oc_error *err) {
  static const char *const files[] = {"run.json", "last.safetensors", "model.safetensors", "metrics.jsonl"};
  char path[CLI_PATH_MAX], hint[256];
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    CLI_TRY(cli_path_join(folder, files[i], path, err));
    if (!exists(path)) continue;
    snprintf(hint, sizeof hint, "`ocellus train --resume %.100s` goes on with it; --force replaces it",
             folder);
    return cli_fail(err, OC_E_CANT_CREATE, folder, hint, "holds a run already (%s)", files[i]);
  }
  return OC_OK;
}

oc_status cli_run_folder_choose(const char *wanted, bool force, char path[CLI_PATH_MAX], oc_error *err) {
  if (wanted) {
    if (!force) CLI_TRY(refuse_used(wanted, err));
    if (snprintf(path, CLI_PATH_MAX, "%s", wanted) < CLI_PATH_MAX) return OC_OK;
    return cli_fail(err, OC_E_ARGUMENT, "--out", "", "is longer than %d characters", CLI_PATH_MAX - 1);
  }
  for (int i = 1; i < MOST_RUNS; i++) {
    snprintf(path, CLI_PATH_MAX, "run-%d", i);
    if (!exists(path)) return OC_OK;
  }
  return cli_fail(err, OC_E_CANT_CREATE, "--out", "name a folder with --out", "run-1 to run-%d exist already",
                  MOST_RUNS - 1);
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
    if (!v->text || is_among(left_out, i)) continue;
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

static oc_status load_run(const char *path, json_t **run, oc_error *err) {
  json_error_t problem;
  *run = json_load_file(path, JSON_REJECT_DUPLICATES, &problem);
  if (*run) return OC_OK;
  if (json_error_code(&problem) == json_error_cannot_open_file)
    return cli_fail(err, OC_E_NO_INPUT, path,
                    "--resume takes the folder that a training wrote, such as run-1", "cannot open: %s",
                    strerror(errno));
  return cli_fail(err, OC_E_DATA, path, "", "is damaged: line %d, column %d: %s", problem.line,
                  problem.column, problem.text);
}

/* What no weight depends on is no part of the record: the number of epochs, since a model does not depend on how many were
 * meant to follow; which epochs are kept, and what is measured. */
static bool add_others(json_t *options, const json_t *run) {
  static const struct {
    const char *key, *option;
  } texts[] = {{"keep", "keep"}, {"train_metrics", "train-metrics"}};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    json_t *value = json_object_get(run, texts[i].key); /* missing in runs of version 0.1.0 */
    if (json_is_string(value) && json_object_set(options, texts[i].option, value) != 0) return false;
  }
  char text[32];
  const json_t *epochs = json_object_get(run, "epochs");
  if (!json_is_integer(epochs)) return false;
  snprintf(text, sizeof text, "%lld", (long long)json_integer_value(epochs));
  return json_object_set_new(options, "epochs", json_string(text)) == 0;
}

oc_status cli_record_read(const char *folder, json_t **record, oc_error *err) {
  char path[CLI_PATH_MAX];
  json_t *run = NULL;
  *record = NULL;
  CLI_TRY(cli_path_join(folder, "run.json", path, err));
  CLI_TRY(load_run(path, &run, err));
  const json_t *provenance = json_object_get(run, "provenance");
  json_t *command = json_incref(json_object_get(provenance, "command"));
  char split[CLI_SPLIT_MAX];
  json_t *options = json_object_get(command, "options");
  bool whole = cli_record_data(command) && json_is_object(options) && cli_split_recorded(provenance, split) &&
               json_object_set_new(command, "split", json_string(split)) == 0 && add_others(options, run);
  json_decref(run);
  if (whole) {
    *record = command;
    return OC_OK;
  }
  json_decref(command);
  return cli_fail(err, OC_E_DATA, path, "a run is resumed by the program that began it",
                  "does not say which data and options the run began with");
}

static oc_status refuse_change(const cli_arguments *a, const int *free_to_change, const char *folder,
                               oc_error *err) {
  char where[64];
  for (int i = 0; i < a->option_count; i++) {
    if (!a->values[i].given || is_among(free_to_change, i)) continue;
    snprintf(where, sizeof where, "--%s", a->options[i].name);
    return cli_fail(err, OC_E_ARGUMENT, where, "leave it out, or begin a new run without --resume",
                    "cannot be changed in a run that goes on (%s)", folder);
  }
  return OC_OK;
}

static int find_option(const cli_arguments *a, const char *name) {
  for (int i = 0; i < a->option_count; i++)
    if (strcmp(a->options[i].name, name) == 0) return i;
  return -1;
}

oc_status cli_record_apply(const json_t *record, const char *folder, cli_arguments *a,
                           const int *free_to_change, oc_error *err) {
  const char *name;
  json_t *value;
  CLI_TRY(refuse_change(a, free_to_change, folder, err));
  json_object_foreach(json_object_get(record, "options"), name, value) {
    int option = find_option(a, name);
    const char *text = json_is_true(value) ? "" : json_string_value(value);
    if (option < 0 || !text || (a->options[option].kind == CLI_FLAG) != json_is_true(value))
      return cli_fail(err, OC_E_DATA, folder, "resume the run with the version that began it",
                      "run.json holds an option that this version does not know: %s", name);
    if (!a->values[option].given) CLI_TRY(cli_arguments_set(a, option, text, err));
  }
  return OC_OK;
}
