/* split.c: see split.h. */
#include "commands/split.h"
#include "core/message.h"
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 100 }; /* no split is longer */
static const char test_word[] = ",test:";

static const char *seeded(const char *text, int64_t seed, char split[CLI_SPLIT_MAX]) {
  const char *rest = text ? text : "auto";
  if (strncmp(rest, "last:", 5) == 0) return text;
  if (strncmp(rest, "stratified:", 11) == 0) rest += 11;
  const size_t digits = strspn(rest, "0123456789");
  const bool counts = digits > 0 && digits < 40 && rest[digits] == 0;
  if (!counts && strcmp(rest, "auto") != 0) return text; /* it names its own seed, or is refused */
  snprintf(split, CLI_SPLIT_MAX, "%s:%lld", text ? text : "auto", (long long)seed);
  return split;
}

const char *cli_split_seeded(const char *valid, const char *test, int64_t seed, char split[CLI_SPLIT_MAX]) {
  char first[CLI_SPLIT_MAX], second[CLI_SPLIT_MAX];
  const char *of_valid = seeded(valid, seed, first), *of_test = test ? seeded(test, seed, second) : "";
  if (!of_valid) of_valid = "auto";
  if (strlen(of_valid) > LONGEST) return valid; /* which is refused */
  snprintf(split, CLI_SPLIT_MAX, "%s%s%.*s", of_valid, test ? test_word : "", LONGEST + 1, of_test);
  return split;
}

const char *cli_split_test(const char *split) {
  const char *at = split ? strstr(split, test_word) : NULL;
  return at ? at + strlen(test_word) : NULL;
}

bool cli_split_recorded(const json_t *provenance, char split[CLI_SPLIT_MAX]) {
  const char *now = json_string_value(json_object_get(provenance, "split"));
  const json_t *command = json_object_get(provenance, "command");
  const char *then = json_string_value(json_object_get(json_object_get(command, "options"), "valid"));
  if (!now && !command) return false;
  snprintf(split, CLI_SPLIT_MAX, "%s%.200s", now ? "" : "last:", now ? now : then ? then : "auto");
  return !now || *now; /* "": trained on parts that were not split off by Ocellus */
}

oc_status cli_split_named(oc_status status, oc_error *err) {
  if (status == OC_E_ARGUMENT && err && strcmp(err->where, "valid") == 0)
    snprintf(err->where, sizeof err->where, "--valid");
  if (status == OC_E_ARGUMENT && err && strcmp(err->where, "test") == 0)
    snprintf(err->where, sizeof err->where, "--test");
  return status;
}

/* ---- missing classes ----------------------------------------------------------------------------------- */

enum { LABELS_AT_A_TIME = 4096, MAX_NAMED = 12 };

/* Marks the classes that are there, until all are: built-in data has them all at its beginning. */
static oc_status find_classes(const oc_dataset *d, bool *there, int classes, oc_error *err) {
  int32_t labels[LABELS_AT_A_TIME];
  const int64_t total = oc_dataset_count(d);
  int missing = classes;
  for (int64_t first = 0; first < total && missing > 0; first += LABELS_AT_A_TIME) {
    const int64_t n = total - first < LABELS_AT_A_TIME ? total - first : LABELS_AT_A_TIME;
    CLI_TRY(oc_dataset_read(d, first, n, NULL, labels, err));
    for (int64_t i = 0; i < n; i++) {
      if (labels[i] < 0 || labels[i] >= classes || there[labels[i]]) continue;
      there[labels[i]] = true;
      missing--;
    }
  }
  return OC_OK;
}

/* What helps, by how the sets were divided. A stratified one has each class that has images enough. */
static const char *advice_of(bool training, const char *split) {
  if (strncmp(split, "last:", 5) == 0) return "--valid stratified:N takes the same fraction of each class";
  if (training) return "add images of them";
  return strncmp(split, "stratified:", 11) == 0
             ? "add images of them, or take more images with --valid stratified:N"
             : "add images of them to the validation set";
}

static void print_missing(const cli_terminal *t, const oc_dataset *d, bool training, const bool *there,
                          int classes) {
  int missing = 0;
  for (int c = 0; c < classes; c++) missing += !there[c];
  if (missing == 0) return;
  fprintf(t->stream,
          "Warning: the %s set has no image of %d of %d classes:", training ? "training" : "validation",
          missing, classes);
  for (int c = 0, named = 0; c < classes && named <= MAX_NAMED; c++) {
    if (there[c]) continue;
    if (named++ == MAX_NAMED)
      fprintf(t->stream, " ..");
    else
      fprintf(t->stream, " %.40s", CLI_SHOWN(oc_dataset_class_name(d, c)));
  }
  fprintf(t->stream,
          "\n"
          "         %s; %s\n",
          training ? "they cannot be learned" : "its accuracy does not cover them",
          advice_of(training, oc_dataset_split(d)));
}

static oc_status warn_of(const cli_terminal *t, const oc_dataset *d, bool training, oc_error *err) {
  const int classes = d ? oc_dataset_classes(d) : 0;
  if (classes == 0) return OC_OK;
  bool *there = calloc((size_t)classes, sizeof *there);
  if (!there) return cli_fail_memory(err);
  const oc_status status = find_classes(d, there, classes, err);
  if (status == OC_OK) print_missing(t, d, training, there, classes);
  free(there);
  return status;
}

oc_status cli_split_warn(const oc_data *data, const cli_terminal *t, oc_error *err) {
  CLI_TRY(warn_of(t, data->train, true, err));
  return warn_of(t, data->valid, false, err);
}
