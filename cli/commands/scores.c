/* scores.c: see scores.h. */
#include "commands/scores.h"
#include "core/json.h"
#include <math.h>
#include <string.h>

enum { MAX_MISTAKES = 20, LONGEST_NAME = 24 };

static const char *name_of(const cli_scores *s, int label) {
  return oc_model_class_name(s->model, label);
}

static int64_t confused(const cli_scores *s, int truth, int answer) {
  return s->evaluation->confusion[(size_t)truth * (size_t)s->evaluation->classes + (size_t)answer];
}

/* Columns that the longest of the class names takes, cut at LONGEST_NAME. */
static int name_width(const cli_scores *s, int least) {
  int width = least;
  for (int c = 0; c < s->evaluation->classes; c++) {
    int length = (int)strnlen(CLI_SHOWN(name_of(s, c)), LONGEST_NAME);
    if (length > width) width = length;
  }
  return width;
}

/* ---- text ---------------------------------------------------------------------------------------------- */

static void print_score(FILE *stream, double score) {
  if (isfinite(score))
    fprintf(stream, "  %9.4f", score);
  else
    fprintf(stream, "  %9s", "-");
}

/* Mean over the classes for which it is defined. */
static double mean_of(const oc_evaluation *e, size_t member) {
  double sum = 0;
  int count = 0;
  for (int c = 0; c < e->classes; c++) {
    double score = *(const double *)(const void *)((const char *)&e->per_class[c] + member);
    if (!isfinite(score)) continue;
    sum += score;
    count++;
  }
  return count ? sum / count : NAN;
}

static void print_classes(const cli_scores *s, const cli_terminal *t) {
  const oc_evaluation *e = s->evaluation;
  int width = name_width(s, 5);
  fprintf(t->stream, "\n%s%-*s  %8s  %9s  %9s  %9s%s\n", cli_style(t, CLI_BOLD), width, "class", "images",
          "precision", "recall", "F1", cli_style(t, CLI_PLAIN));
  for (int c = 0; c < e->classes; c++) {
    fprintf(t->stream, "%-*.*s  %8lld", width, LONGEST_NAME, CLI_SHOWN(name_of(s, c)),
            (long long)e->per_class[c].count);
    print_score(t->stream, e->per_class[c].precision);
    print_score(t->stream, e->per_class[c].recall);
    print_score(t->stream, e->per_class[c].f1);
    fputc('\n', t->stream);
  }
  fprintf(t->stream, "%-*s  %8lld", width, "mean", (long long)e->count);
  print_score(t->stream, mean_of(e, offsetof(oc_class_score, precision)));
  print_score(t->stream, mean_of(e, offsetof(oc_class_score, recall)));
  print_score(t->stream, mean_of(e, offsetof(oc_class_score, f1)));
  fputc('\n', t->stream);
}

static int cell_width(const cli_scores *s) {
  int64_t most = 0;
  char text[32];
  for (int i = 0; i < s->evaluation->classes * s->evaluation->classes; i++)
    if (s->evaluation->confusion[i] > most) most = s->evaluation->confusion[i];
  int digits = snprintf(text, sizeof text, "%lld", (long long)most), names = name_width(s, 1);
  return digits > names ? digits : names;
}

static void print_cell(const cli_terminal *t, int width, int64_t count, bool right) {
  if (count == 0) {
    fprintf(t->stream, "  %s%*s%s", cli_style(t, CLI_DIM), width, ".", cli_style(t, CLI_PLAIN));
    return;
  }
  fprintf(t->stream, "  %s%*lld%s", cli_style(t, right ? CLI_GREEN : CLI_RED), width, (long long)count,
          cli_style(t, CLI_PLAIN));
}

static void print_matrix(const cli_scores *s, const cli_terminal *t, int names, int width) {
  const oc_evaluation *e = s->evaluation;
  fprintf(t->stream,
          "\n"
          "%sTruth (rows) and predictions (columns)%s\n"
          "%*s",
          cli_style(t, CLI_BOLD), cli_style(t, CLI_PLAIN), names, "");
  for (int c = 0; c < e->classes; c++)
    fprintf(t->stream, "  %*.*s", width, LONGEST_NAME, CLI_SHOWN(name_of(s, c)));
  fputc('\n', t->stream);
  for (int r = 0; r < e->classes; r++) {
    fprintf(t->stream, "%-*.*s", names, LONGEST_NAME, CLI_SHOWN(name_of(s, r)));
    for (int c = 0; c < e->classes; c++) print_cell(t, width, confused(s, r, c), r == c);
    fputc('\n', t->stream);
  }
}

/* The most frequent error after (count, place), in the order of falling counts, then of places.
 */
static int64_t next_mistake(const cli_scores *s, int64_t count, int64_t place) {
  int n = s->evaluation->classes;
  int64_t best = -1, most = 0;
  for (int64_t i = 0; i < (int64_t)n * n; i++) {
    int64_t here = s->evaluation->confusion[i];
    bool after = here < count || (here == count && i > place);
    if (i / n == i % n || !after || here <= most) continue;
    best = i;
    most = here;
  }
  return best;
}

static void print_mistakes(const cli_scores *s, const cli_terminal *t) {
  int n = s->evaluation->classes, width = name_width(s, 5);
  int64_t place = -1, count = INT64_MAX;
  fprintf(t->stream,
          "\n"
          "%sMost frequent errors%s\n"
          "%8s  %-*s  predicted\n",
          cli_style(t, CLI_BOLD), cli_style(t, CLI_PLAIN), "images", width, "truth");
  for (int i = 0; i < MAX_MISTAKES; i++) {
    place = next_mistake(s, count, place);
    if (place < 0) break;
    count = s->evaluation->confusion[place];
    fprintf(t->stream, "%8lld  %-*.*s  %.*s\n", (long long)count, width, LONGEST_NAME,
            CLI_SHOWN(name_of(s, (int)(place / n))), LONGEST_NAME, CLI_SHOWN(name_of(s, (int)(place % n))));
  }
}

void cli_scores_print(const cli_scores *s, const cli_terminal *t) {
  const oc_evaluation *e = s->evaluation;
  fprintf(t->stream, "Accuracy %s%.4f%s  (%lld of %lld; 95%% interval %.4f to %.4f)\nLoss     %.4f\n",
          cli_style(t, CLI_BOLD), e->accuracy, cli_style(t, CLI_PLAIN), (long long)e->correct,
          (long long)e->count, e->low, e->high, e->loss);
  if (strcmp(s->views, "none") != 0) fprintf(t->stream, "Views    %s\n", s->views);
  print_classes(s, t);
  int names = name_width(s, 1), width = cell_width(s);
  if (names + (int64_t)e->classes * (width + 2) <= t->columns)
    print_matrix(s, t, names, width);
  else if (e->correct < e->count)
    print_mistakes(s, t);
}

/* ---- JSON ---------------------------------------------------------------------------------------------- */

static json_t *classes_json(const cli_scores *s) {
  json_t *list = json_array();
  for (int c = 0; c < s->evaluation->classes; c++) {
    const oc_class_score *score = &s->evaluation->per_class[c];
    (void)json_array_append_new(
        list, json_pack("{s:s, s:I, s:o, s:o, s:o}", "class", name_of(s, c), "count",
                        (json_int_t)score->count, "precision", cli_json_real(score->precision), "recall",
                        cli_json_real(score->recall), "f1", cli_json_real(score->f1)));
  }
  return list;
}

static json_t *confusion_json(const cli_scores *s) {
  json_t *rows = json_array();
  for (int r = 0; r < s->evaluation->classes; r++) {
    json_t *row = json_array();
    for (int c = 0; c < s->evaluation->classes; c++)
      (void)json_array_append_new(row, json_integer(confused(s, r, c)));
    (void)json_array_append_new(rows, row);
  }
  return rows;
}

static void add_threshold(json_t *object, const oc_threshold *t) {
  if (!object || !t) return;
  (void)json_object_set_new(object, "threshold",
                            json_pack("{s:o, s:I, s:I}", "probability", cli_json_real(t->value), "answered",
                                      (json_int_t)t->answered, "right", (json_int_t)t->right));
}

oc_status cli_scores_json(const cli_scores *s, oc_error *err) {
  const oc_evaluation *e = s->evaluation;
  json_t *object = json_pack(
      "{s:s, s:o, s:o, s:s, s:s, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "schema", "ocellus.test/2",
      "model", cli_json_text(s->model_name), "data", cli_json_text(s->data_name), "split", s->part, "tta",
      s->views, "count", (json_int_t)e->count, "correct", (json_int_t)e->correct, "accuracy",
      cli_json_real(e->accuracy), "low", cli_json_real(e->low), "high", cli_json_real(e->high), "loss",
      cli_json_real(e->loss), "classes", classes_json(s), "confusion", confusion_json(s));
  add_threshold(object, s->threshold);
  return cli_json_print(object, err);
}
