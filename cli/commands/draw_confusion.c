/* draw_confusion.c: `ocellus draw confusion`: which classes are taken for which; of many classes those with
 * the most errors. */
#include "commands/draw.h"
#include <stdlib.h>

enum { MAX_CLASSES = 30 };

typedef struct rank {
  int label;
  int64_t errors; /* images of the class that were taken for another, and the other way */
} rank;

static int by_errors(const void *a, const void *b) {
  const rank *x = a, *y = b;
  if (x->errors != y->errors) return x->errors < y->errors ? 1 : -1;
  return x->label < y->label ? -1 : 1;
}

static int by_label(const void *a, const void *b) {
  return ((const rank *)a)->label - ((const rank *)b)->label;
}

/* The labels that are shown, in their order, at ranks[0 .. the result - 1]. */
static int choose(const cli_evaluation *e, rank *ranks) {
  const int count = e->classes < MAX_CLASSES ? e->classes : MAX_CLASSES;
  for (int c = 0; c < e->classes; c++) ranks[c] = (rank){.label = c};
  for (int64_t i = 0; i < e->cell_count; i++) {
    const cli_confused *cell = &e->cells[i];
    if (cell->truth == cell->answer) continue;
    ranks[cell->truth].errors += cell->count;
    ranks[cell->answer].errors += cell->count;
  }
  qsort(ranks, (size_t)e->classes, sizeof *ranks, by_errors);
  qsort(ranks, (size_t)count, sizeof *ranks, by_label);
  return count;
}

static int place_of(const rank *ranks, int count, int label) {
  for (int i = 0; i < count; i++)
    if (ranks[i].label == label) return i;
  return -1;
}

/* "9,714 of 10,000 are right. Most frequent error: 4 taken for 9, 12 times." */
static void describe(const cli_evaluation *e, char *text, size_t size) {
  const cli_confused *worst = NULL;
  for (int64_t i = 0; i < e->cell_count; i++)
    if (e->cells[i].truth != e->cells[i].answer && (!worst || e->cells[i].count > worst->count))
      worst = &e->cells[i];
  size_t used = (size_t)snprintf(text, size, "%lld of %lld images are right.", (long long)e->correct,
                                 (long long)e->count);
  if (worst && used < size)
    snprintf(text + used, size - used, " Most frequent error: %.100s taken for %.100s, %lld times.",
             e->names[worst->truth], e->names[worst->answer], (long long)worst->count);
}

static oc_status draw_matrix(const cli_evaluation *e, const rank *ranks, int count, cli_charts *out,
                             oc_error *err) {
  const char *names[MAX_CLASSES];
  double values[MAX_CLASSES * MAX_CLASSES] = {0};
  char about[512], title[96] = "Confusion matrix";
  for (int i = 0; i < count; i++) names[i] = e->names[ranks[i].label];
  for (int64_t i = 0; i < e->cell_count; i++) {
    const int row = place_of(ranks, count, e->cells[i].truth),
              column = place_of(ranks, count, e->cells[i].answer);
    if (row >= 0 && column >= 0) values[row * count + column] = (double)e->cells[i].count;
  }
  describe(e, about, sizeof about);
  if (count < e->classes)
    snprintf(title, sizeof title, "Confusion matrix: the %d most confused of %d classes", count, e->classes);
  const oc_chart_form form = {.title = title,
                              .about = about,
                              .x = {.label = "prediction", .names = names, .name_count = count},
                              .y = {.label = "truth", .names = names, .name_count = count}};
  const oc_mark cells = {
      .kind = OC_MARK_CELLS, .count = (int64_t)count * count, .values = values, .diagonal = true};
  CLI_TRY(cli_charts_begin(out, &form, err));
  return cli_charts_mark(out, &cells, err);
}

static oc_status draw_confusion_chart(const cli_runs *runs, cli_charts *out, oc_error *err) {
  const cli_evaluation *e = &runs->list[0].test;
  if (e->count == 0) return cli_charts_lack_test(&runs->list[0], out);
  rank *ranks = calloc((size_t)e->classes, sizeof *ranks);
  if (!ranks) return cli_fail_memory(err);
  const int count = choose(e, ranks);
  const oc_status status = draw_matrix(e, ranks, count, out, err);
  free(ranks);
  return status;
}

CLI_DRAW_KIND(confusion, .operands = "RUN|MODEL", .operand_count = 1,
              .summary = "which classes are taken for which", .chart = draw_confusion_chart,
              .takes_data = true);
