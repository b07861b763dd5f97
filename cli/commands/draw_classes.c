/* draw_classes.c: `ocellus draw classes`: precision and recall of each class; of many classes those with the
 * lowest F1, from the lowest on. */
#include "commands/draw.h"
#include <math.h>
#include <stdlib.h>

enum { MAX_CLASSES = 60 };

typedef struct place {
  int label;
  double f1;
} place;

/* Classes whose F1 is not defined are the last. */
static int by_f1(const void *a, const void *b) {
  const place *x = a, *y = b;
  const double fx = isfinite(x->f1) ? x->f1 : 2, fy = isfinite(y->f1) ? y->f1 : 2;
  if (fx < fy || fx > fy) return fx < fy ? -1 : 1;
  return x->label < y->label ? -1 : 1;
}

static int lowest_f1(const cli_evaluation *e) {
  int lowest = 0;
  for (int c = 1; c < e->classes; c++)
    if (e->scores[c].f1 < e->scores[lowest].f1 || !isfinite(e->scores[lowest].f1)) lowest = c;
  return lowest;
}

static oc_status draw_bars(const cli_evaluation *e, const place *places, cli_charts *out, oc_error *err) {
  const char *names[MAX_CLASSES];
  double precision[MAX_CLASSES], recall[MAX_CLASSES];
  char about[512], title[96] = "Precision and recall by class";
  const int count = e->classes < MAX_CLASSES ? e->classes : MAX_CLASSES;
  for (int i = 0; i < count; i++) {
    names[i] = e->names[places[i].label];
    precision[i] = e->scores[places[i].label].precision;
    recall[i] = e->scores[places[i].label].recall;
  }
  if (count < e->classes)
    snprintf(title, sizeof title, "Precision and recall: the %d of %d classes with the lowest F1", count,
             e->classes);
  const int lowest = lowest_f1(e);
  snprintf(about, sizeof about, "Lowest F1: %.100s, with precision %.4g and recall %.4g.", e->names[lowest],
           e->scores[lowest].precision, e->scores[lowest].recall);
  const oc_chart_form form = {.title = title,
                              .about = about,
                              .x = {.label = "fraction", .low = 0, .high = 1},
                              .y = {.names = names, .name_count = count}};
  CLI_TRY(cli_charts_begin(out, &form, err));
  const oc_mark first = {.kind = OC_MARK_BARS, .name = "precision", .count = count, .values = precision};
  const oc_mark second = {
      .kind = OC_MARK_BARS, .name = "recall", .color = 1, .count = count, .values = recall};
  CLI_TRY(cli_charts_mark(out, &first, err));
  return cli_charts_mark(out, &second, err);
}

static oc_status draw_classes_chart(const cli_runs *runs, cli_charts *out, oc_error *err) {
  const cli_evaluation *e = &runs->list[0].test;
  if (e->count == 0) return cli_charts_lack_test(&runs->list[0], out);
  place *places = calloc((size_t)e->classes, sizeof *places);
  if (!places) return cli_fail_memory(err);
  for (int c = 0; c < e->classes; c++) places[c] = (place){c, e->scores[c].f1};
  if (e->classes > MAX_CLASSES) qsort(places, (size_t)e->classes, sizeof *places, by_f1);
  const oc_status status = draw_bars(e, places, out, err);
  free(places);
  return status;
}

CLI_DRAW_KIND(classes, .operands = "RUN|MODEL", .operand_count = 1,
              .summary = "precision and recall of each class", .chart = draw_classes_chart,
              .takes_data = true);
