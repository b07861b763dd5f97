/* runs.c: see runs.h. */
#include "commands/runs.h"
#include "ocellus/file.h"
#include <string.h>

enum { MAX_RECORD = 1 << 24 };

const char *cli_last_part(const char *path, char *name, size_t size) {
  size_t end = strlen(path);
  while (end > 1 && path[end - 1] == '/') end--;
  size_t start = end;
  while (start > 0 && path[start - 1] != '/') start--;
  snprintf(name, size, "%.*s", (int)(end - start), path + start);
  return name;
}

static oc_status check_format(const char *path, const json_t *record, oc_error *err) {
  const json_t *version = json_object_get(record, "format_version");
  const long long format = version ? (long long)json_integer_value(version) : 1;
  if (!json_is_object(record)) return cli_fail(err, OC_E_DATA, path, "", "invalid JSON");
  if (format >= 1 && format <= OC_RUN_FORMAT_VERSION) return OC_OK;
  return cli_fail(err, OC_E_DATA, path, "Use the version of ocellus that began the run.",
                  "unsupported format_version %lld: expected 1 to %d", format, OC_RUN_FORMAT_VERSION);
}

static oc_status load_record(const char *folder, json_t **record, oc_error *err) {
  char path[CLI_PATH_MAX];
  void *bytes;
  size_t size;
  CLI_TRY(cli_path_join(folder, "run.json", path, err));
  const oc_status status = oc_file_load(path, MAX_RECORD, &bytes, &size, err);
  if (status == OC_E_NO_INPUT && err)
    snprintf(err->hint, sizeof err->hint, "Name the folder of a training run, such as run-1.");
  CLI_TRY(status);
  *record = cli_json_parse(bytes, size, NULL);
  oc_free(bytes);
  return check_format(path, *record, err);
}

oc_status cli_run_load(const char *path, cli_run *out, oc_error *err) {
  *out = (cli_run){.path = path, .history.best = -1};
  cli_last_part(path, out->name, sizeof out->name);
  if (!cli_is_folder(path) && cli_is_file(path)) return OC_OK;
  CLI_TRY(load_record(path, &out->record, err));
  CLI_TRY(cli_history_load(path, &out->history, err));
  const json_t *epoch = json_object_get(out->record, "best_epoch");
  return cli_evaluation_load(path, (int)json_integer_value(epoch), &out->test, err);
}

oc_status cli_runs_load(const char *const *paths, int count, cli_runs *out, oc_error *err) {
  *out = (cli_runs){.count = 0};
  if (count > CLI_RUNS_MAX)
    return cli_fail(err, OC_E_ARGUMENT, "", "Name fewer runs.", "expected at most %d runs, got %d",
                    CLI_RUNS_MAX, count);
  for (; out->count < count; out->count++)
    CLI_TRY(cli_run_load(paths[out->count], &out->list[out->count], err));
  return OC_OK;
}

void cli_runs_release(cli_runs *runs) {
  for (int i = 0; i < CLI_RUNS_MAX; i++) {
    json_decref(runs->list[i].record);
    cli_history_release(&runs->list[i].history);
    cli_evaluation_release(&runs->list[i].test);
  }
  *runs = (cli_runs){.count = 0};
}
