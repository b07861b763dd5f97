/* history.c: reads metrics.jsonl, a JSON object per line. A run that is still going may be in the middle of
 * the last one. */
#include "commands/history.h"
#include "core/target.h"
#include "ocellus/file.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_BYTES = 1 << 30 };

static const char *const keys[CLI_COLUMNS] = {
    [CLI_EPOCH] = "epoch",
    [CLI_TRAIN_LOSS] = "train_loss",
    [CLI_VALID_LOSS] = "valid_loss",
    [CLI_TRAIN_ACCURACY] = "train_accuracy",
    [CLI_VALID_ACCURACY] = "valid_accuracy",
    [CLI_LEARNING_RATE] = "learning_rate",
};

void cli_history_release(cli_history *h) {
  for (int k = 0; k < CLI_COLUMNS; k++) free(h->columns[k]);
  *h = (cli_history){.best = -1};
}

bool cli_history_has(const cli_history *h, cli_column column) {
  for (int64_t i = 0; i < h->count; i++)
    if (isfinite(h->columns[column][i])) return true;
  return false;
}

static bool reserve(cli_history *h) {
  if (h->count < h->capacity) return true;
  const int64_t capacity = h->capacity ? 2 * h->capacity : 64;
  for (int k = 0; k < CLI_COLUMNS; k++) {
    double *more = realloc(h->columns[k], (size_t)capacity * sizeof *more);
    if (!more) return false;
    h->columns[k] = more;
  }
  h->capacity = capacity;
  return true;
}

/* False if the line is not one of an epoch, later than those before. */
static bool add_epoch(cli_history *h, const json_t *line) {
  const json_t *epoch = json_object_get(line, "epoch");
  const double number = json_is_integer(epoch) ? (double)json_integer_value(epoch) : NAN;
  if (!(number > 0) || (h->count > 0 && number <= h->columns[CLI_EPOCH][h->count - 1])) return false;
  for (int k = 0; k < CLI_COLUMNS; k++) {
    const json_t *value = json_object_get(line, keys[k]);
    h->columns[k][h->count] = json_is_number(value) ? json_number_value(value) : NAN;
  }
  if (json_is_true(json_object_get(line, "best"))) h->best = h->count;
  h->count++;
  return true;
}

static oc_status read_lines(cli_history *h, const char *path, const char *text, size_t size, oc_error *err) {
  long long number = 1;
  for (const char *at = text, *end = text + size; at < end; number++) {
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    const bool last = !stop;
    const size_t length = (size_t)((last ? end : stop) - at);
    if (!reserve(h)) return cli_fail_memory(err);
    json_t *line = cli_json_parse(at, length, NULL);
    const bool good = add_epoch(h, line);
    json_decref(line);
    h->cut = !good && last;
    if (!good && !last)
      return cli_fail(err, OC_E_DATA, path, "Restore the file, or train again.",
                      "line %lld is not the record of an epoch after those before it", number);
    at += length + !last;
  }
  return OC_OK;
}

oc_status cli_history_load(const char *folder, cli_history *out, oc_error *err) {
  char path[CLI_PATH_MAX];
  void *bytes;
  size_t size;
  *out = (cli_history){.best = -1};
  CLI_TRY(cli_path_join(folder, "metrics.jsonl", path, err));
  if (!cli_is_file(path)) return OC_OK;
  CLI_TRY(oc_file_load(path, MAX_BYTES, &bytes, &size, err));
  const oc_status status = read_lines(out, path, bytes, size, err);
  oc_free(bytes);
  if (status != OC_OK) cli_history_release(out);
  return status;
}
