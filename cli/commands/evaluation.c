/* evaluation.c: keeps an evaluation as a file of its run: {"schema": "ocellus.evaluation/1", "epoch": N,
 * "classes": [{"class", "count", "precision", "recall", "f1"}], "confusion": [[truth, answer, count]]}. Only
 * counts above 0 are listed, so that 1,000 classes need no million numbers. */
#include "commands/evaluation.h"
#include "core/target.h"
#include "ocellus/file.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NAME   "evaluation.json"
#define SCHEMA "ocellus.evaluation/1"
enum { MAX_BYTES = 1 << 28 };

void cli_evaluation_release(cli_evaluation *e) {
  for (int c = 0; e->names && c < e->classes; c++) free(e->names[c]);
  free(e->names);
  free(e->scores);
  free(e->cells);
  *e = (cli_evaluation){0};
}

static bool reserve(cli_evaluation *e, int classes, int64_t cells) {
  e->names = calloc((size_t)classes + 1, sizeof *e->names);
  e->scores = calloc((size_t)classes + 1, sizeof *e->scores);
  e->cells = calloc((size_t)cells + 1, sizeof *e->cells);
  e->classes = classes;
  return e->names && e->scores && e->cells;
}

/* ---- of a model ---------------------------------------------------------------------------------------- */

static int64_t count_cells(const oc_evaluation *e) {
  int64_t count = 0;
  for (int64_t i = 0; i < (int64_t)e->classes * e->classes; i++) count += e->confusion[i] > 0;
  return count;
}

oc_status cli_evaluation_of(const oc_model *m, const oc_evaluation *e, cli_evaluation *out, oc_error *err) {
  *out = (cli_evaluation){.count = e->count,
                          .correct = e->correct,
                          .accuracy = e->accuracy,
                          .low = e->low,
                          .high = e->high,
                          .loss = e->loss};
  bool whole = reserve(out, e->classes, count_cells(e));
  for (int c = 0; whole && c < e->classes; c++) {
    out->scores[c] = e->per_class[c];
    out->names[c] = strdup(oc_model_class_name(m, c));
    whole = out->names[c] != NULL;
  }
  for (int64_t i = 0; whole && i < (int64_t)e->classes * e->classes; i++)
    if (e->confusion[i] > 0)
      out->cells[out->cell_count++] =
          (cli_confused){(int)(i / e->classes), (int)(i % e->classes), e->confusion[i]};
  if (whole) return OC_OK;
  cli_evaluation_release(out);
  return cli_fail_memory(err);
}

/* ---- write --------------------------------------------------------------------------------------------- */

static json_t *classes_json(const cli_evaluation *e) {
  json_t *list = json_array();
  for (int c = 0; c < e->classes; c++) {
    const oc_class_score *s = &e->scores[c];
    (void)json_array_append_new(list, json_pack("{s:o, s:I, s:o, s:o, s:o}", "class",
                                                cli_json_text(e->names[c]), "count", (json_int_t)s->count,
                                                "precision", cli_json_real(s->precision), "recall",
                                                cli_json_real(s->recall), "f1", cli_json_real(s->f1)));
  }
  return list;
}

static json_t *cells_json(const cli_evaluation *e) {
  json_t *list = json_array();
  for (int64_t i = 0; i < e->cell_count; i++)
    (void)json_array_append_new(
        list, json_pack("[i,i,I]", e->cells[i].truth, e->cells[i].answer, (json_int_t)e->cells[i].count));
  return list;
}

oc_status cli_evaluation_save(const cli_evaluation *e, const char *folder, int epoch, oc_error *err) {
  char path[CLI_PATH_MAX];
  CLI_TRY(cli_path_join(folder, NAME, path, err));
  char *text = cli_json_line(
      json_pack("{s:s, s:i, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "schema", SCHEMA, "epoch", epoch,
                "count", (json_int_t)e->count, "correct", (json_int_t)e->correct, "accuracy",
                cli_json_real(e->accuracy), "low", cli_json_real(e->low), "high", cli_json_real(e->high),
                "loss", cli_json_real(e->loss), "classes", classes_json(e), "confusion", cells_json(e)));
  if (!text) return cli_fail_memory(err);
  const oc_status status = oc_file_save(path, text, strlen(text), err);
  free(text);
  return status;
}

oc_status cli_evaluation_keep(const oc_model *m, const oc_evaluation *e, const char *folder, int epoch,
                              oc_error *err) {
  cli_evaluation kept;
  if (e->classes == 0) return OC_OK;
  CLI_TRY(cli_evaluation_of(m, e, &kept, err));
  const oc_status status = cli_evaluation_save(&kept, folder, epoch, err);
  cli_evaluation_release(&kept);
  return status;
}

/* ---- read ---------------------------------------------------------------------------------------------- */

/* A number of the object, NAN if it is null or missing. */
static double real_of(const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  return json_is_number(value) ? json_number_value(value) : NAN;
}

static bool read_class(const json_t *object, char **name, oc_class_score *s) {
  const char *text = json_string_value(json_object_get(object, "class"));
  const json_t *count = json_object_get(object, "count");
  if (!text || !json_is_integer(count) || json_integer_value(count) < 0) return false;
  *s = (oc_class_score){.count = json_integer_value(count),
                        .precision = real_of(object, "precision"),
                        .recall = real_of(object, "recall"),
                        .f1 = real_of(object, "f1")};
  *name = strdup(text);
  return true;
}

static bool read_cell(const json_t *list, int classes, cli_confused *cell) {
  const json_int_t truth = json_integer_value(json_array_get(list, 0)),
                   answer = json_integer_value(json_array_get(list, 1)),
                   count = json_integer_value(json_array_get(list, 2));
  *cell = (cli_confused){(int)truth, (int)answer, count};
  return json_array_size(list) == 3 && truth >= 0 && truth < classes && answer >= 0 && answer < classes &&
         count > 0;
}

static oc_status read_lists(const json_t *classes, const json_t *cells, cli_evaluation *e, bool *good,
                            oc_error *err) {
  const size_t class_count = json_array_size(classes), cell_count = json_array_size(cells);
  *good = class_count > 0 && class_count <= 65536;
  if (!*good) return OC_OK;
  if (!reserve(e, (int)class_count, (int64_t)cell_count)) return cli_fail_memory(err);
  for (int c = 0; *good && c < e->classes; c++) {
    *good = read_class(json_array_get(classes, (size_t)c), &e->names[c], &e->scores[c]);
    if (*good && !e->names[c]) return cli_fail_memory(err);
  }
  for (size_t i = 0; *good && i < cell_count; i++)
    *good = read_cell(json_array_get(cells, i), e->classes, &e->cells[e->cell_count++]);
  return OC_OK;
}

static oc_status read_evaluation(const json_t *file, int epoch, cli_evaluation *e, bool *good,
                                 oc_error *err) {
  const char *schema = json_string_value(json_object_get(file, "schema"));
  *good = schema && strcmp(schema, SCHEMA) == 0;
  if (!*good || json_integer_value(json_object_get(file, "epoch")) != epoch) return OC_OK;
  e->count = json_integer_value(json_object_get(file, "count"));
  e->correct = json_integer_value(json_object_get(file, "correct"));
  e->accuracy = real_of(file, "accuracy");
  e->low = real_of(file, "low");
  e->high = real_of(file, "high");
  e->loss = real_of(file, "loss");
  CLI_TRY(read_lists(json_object_get(file, "classes"), json_object_get(file, "confusion"), e, good, err));
  *good = *good && e->count > 0 && e->correct >= 0 && e->correct <= e->count;
  return OC_OK;
}

oc_status cli_evaluation_load(const char *folder, int epoch, cli_evaluation *out, oc_error *err) {
  char path[CLI_PATH_MAX];
  void *bytes;
  size_t size;
  bool good = false;
  *out = (cli_evaluation){0};
  CLI_TRY(cli_path_join(folder, NAME, path, err));
  if (!cli_is_file(path)) return OC_OK;
  CLI_TRY(oc_file_load(path, MAX_BYTES, &bytes, &size, err));
  json_t *file = cli_json_parse(bytes, size, NULL);
  oc_free(bytes);
  oc_status status = read_evaluation(file, epoch, out, &good, err);
  json_decref(file);
  if (status == OC_OK && !good)
    status = cli_fail(err, OC_E_DATA, path, "Remove the file; `ocellus train --resume` writes it again.",
                      "damaged, or of another version");
  if (status != OC_OK) cli_evaluation_release(out);
  return status;
}
