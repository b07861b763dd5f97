/* answers.c: see answers.h. */
#include "commands/answers.h"
#include "commands/prediction.h"
#include "core/document.h"
#include "core/failure.h"
#include "core/json.h"
#include <stdlib.h>

static const char *const kinds[] = {"class", "classes", "vector"};

bool cli_answers_one_class(const oc_model *m) {
  return oc_model_output_count(m) == 1 && oc_model_classes(m) > 0;
}

/* ---- room ---------------------------------------------------------------------------------------------- */

oc_status cli_answers_create(const oc_model *m, int images, cli_answers *out, oc_error *err) {
  *out = (cli_answers){.model = m};
  for (int k = 0; k < oc_model_output_count(m); k++) {
    out->values[k] = calloc((size_t)images * (size_t)oc_model_output(m, k)->size, sizeof **out->values);
    if (!out->values[k]) return cli_fail_memory(err);
  }
  return OC_OK;
}

void cli_answers_release(cli_answers *a) {
  for (int k = 0; k < OC_TARGETS_MAX; k++) free(a->values[k]);
  *a = (cli_answers){0};
}

/* ---- of an image --------------------------------------------------------------------------------------- */

static int best_of(const float *values, const oc_target *t) {
  int best;
  cli_best_labels(values, (int)t->size, 1, &best);
  return best;
}

static void print_class(const char *name, float probability) {
  putchar(' ');
  cli_put(stdout, name);
  printf(" %.4f", (double)probability);
}

void cli_answers_print(const cli_answers *a, int64_t i) {
  for (int k = 0; k < oc_model_output_count(a->model); k++) {
    const oc_target *t = oc_model_output(a->model, k);
    const float *values = a->values[k] + i * t->size;
    printf("  %s", t->name);
    if (t->kind == OC_TARGET_CLASS) {
      const int best = best_of(values, t);
      print_class(t->class_names[best], values[best]);
      continue;
    }
    for (int64_t c = 0; c < t->size; c++) {
      if (t->kind == OC_TARGET_CLASSES)
        print_class(t->class_names[c], values[c]);
      else
        printf(" %.7g", (double)values[c]);
    }
  }
}

static json_t *numbers_json(const float *values, const oc_target *t) {
  json_t *list = json_array();
  for (int64_t c = 0; c < t->size; c++) (void)json_array_append_new(list, cli_json_real((double)values[c]));
  return list;
}

static json_t *answer_json(const float *values, const oc_target *t) {
  if (t->kind == OC_TARGET_VECTOR) return numbers_json(values, t);
  if (t->kind == OC_TARGET_CLASS) {
    const int best = best_of(values, t);
    return json_pack("{s:i, s:s, s:o}", "label", best, "class", t->class_names[best], "probability",
                     cli_json_real((double)values[best]));
  }
  json_t *names = json_array();
  for (int64_t c = 0; c < t->size; c++) (void)json_array_append_new(names, json_string(t->class_names[c]));
  return json_pack("{s:o, s:o}", "classes", names, "probabilities", numbers_json(values, t));
}

json_t *cli_answers_json(const cli_answers *a, int64_t i) {
  json_t *object = json_object();
  for (int k = 0; k < oc_model_output_count(a->model); k++) {
    const oc_target *t = oc_model_output(a->model, k);
    (void)json_object_set_new(object, t->name, answer_json(a->values[k] + i * t->size, t));
  }
  return object;
}

/* ---- what a model answers ------------------------------------------------------------------------------ */

char *cli_outputs_text(const oc_model *m) {
  cli_document text;
  if (cli_document_open(&text, NULL) != OC_OK) return NULL;
  for (int k = 0; k < oc_model_output_count(m); k++) {
    const oc_target *t = oc_model_output(m, k);
    fprintf(text.stream, "%s%s: ", k ? "; " : "", t->name);
    if (t->kind == OC_TARGET_VECTOR) {
      fprintf(text.stream, "%lld number%s", (long long)t->size, t->size == 1 ? "" : "s");
      continue;
    }
    fprintf(text.stream, "%s %lld:", t->kind == OC_TARGET_CLASS ? "one class of" : "any classes of",
            (long long)t->size);
    for (int64_t c = 0; c < t->size && c < 20; c++) fprintf(text.stream, " %s", t->class_names[c]);
    if (t->size > 20) fputs(" ..", text.stream);
  }
  return cli_document_take(&text);
}

json_t *cli_outputs_json(const oc_model *m) {
  json_t *list = json_array();
  for (int k = 0; k < oc_model_output_count(m); k++) {
    const oc_target *t = oc_model_output(m, k);
    (void)json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "name", t->name, "kind", kinds[t->kind],
                                                "size", (json_int_t)t->size));
  }
  return list;
}
