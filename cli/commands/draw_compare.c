/* draw_compare.c: `ocellus draw compare`: several runs in the same charts. */
#include "commands/draw.h"
#include <math.h>

static bool any_has(const cli_runs *runs, cli_column column) {
  for (int i = 0; i < runs->count; i++)
    if (cli_history_has(&runs->list[i].history, column)) return true;
  return false;
}

/* The last number of each run: "run-1 0.05 (20 epochs), run-2 ..". */
static void describe(const cli_runs *runs, cli_column column, char *text, size_t size) {
  size_t used = 0;
  for (int i = 0; i < runs->count && used < size; i++) {
    const cli_history *h = &runs->list[i].history;
    if (h->count > 0)
      used += (size_t)snprintf(text + used, size - used, "%s%.60s: %.4g after epoch %.0f", used ? ", " : "",
                               runs->list[i].name, h->columns[column][h->count - 1],
                               h->columns[CLI_EPOCH][h->count - 1]);
  }
}

static oc_status draw_column(const cli_runs *runs, const char *title, cli_column column, cli_charts *out,
                             oc_error *err) {
  char about[1024] = "";
  if (!any_has(runs, column)) return OC_OK;
  describe(runs, column, about, sizeof about);
  const oc_chart_form form = {.title = title, .about = about, .x = {.label = "epoch"}};
  CLI_TRY(cli_charts_begin(out, &form, err));
  for (int i = 0; i < runs->count; i++) {
    const cli_history *h = &runs->list[i].history;
    const oc_mark line = {.name = runs->list[i].name,
                          .color = i % OC_CHART_COLORS,
                          .count = h->count,
                          .x = h->columns[CLI_EPOCH],
                          .values = h->columns[column]};
    CLI_TRY(cli_charts_mark(out, &line, err));
  }
  return OC_OK;
}

static oc_status draw_tests(const cli_runs *runs, cli_charts *out, oc_error *err) {
  const char *names[CLI_RUNS_MAX];
  double accuracy[CLI_RUNS_MAX];
  int tested = 0;
  for (int i = 0; i < runs->count; i++) {
    names[i] = runs->list[i].name;
    accuracy[i] = runs->list[i].test.count > 0 ? runs->list[i].test.accuracy : NAN;
    tested += runs->list[i].test.count > 0;
  }
  if (tested == 0) return OC_OK;
  const oc_chart_form form = {.title = "Test accuracy",
                              .about = "The accuracy of each run on its test set.",
                              .x = {.label = "accuracy", .low = 0, .high = 1},
                              .y = {.names = names, .name_count = runs->count}};
  const oc_mark bars = {.kind = OC_MARK_BARS, .count = runs->count, .values = accuracy};
  CLI_TRY(cli_charts_begin(out, &form, err));
  return cli_charts_mark(out, &bars, err);
}

static oc_status draw_compare_chart(const cli_runs *runs, cli_charts *out, oc_error *err) {
  CLI_TRY(draw_column(runs, "Training loss", CLI_TRAIN_LOSS, out, err));
  CLI_TRY(draw_column(runs, "Validation loss", CLI_VALID_LOSS, out, err));
  CLI_TRY(draw_column(runs, "Validation accuracy", CLI_VALID_ACCURACY, out, err));
  CLI_TRY(draw_tests(runs, out, err));
  if (out->count > 0) return OC_OK;
  return cli_charts_lack(out, "Name runs with at least one epoch.", "none of the runs has a finished epoch");
}

CLI_DRAW_KIND(compare, .operands = "RUN RUN ..", .operand_count = 2,
              .summary = "several runs in the same charts", .chart = draw_compare_chart);
