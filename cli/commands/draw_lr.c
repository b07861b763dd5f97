/* draw_lr.c: `ocellus draw lr`: the learning rate at the end of each epoch. */
#include "commands/draw.h"

static oc_status draw_lr_chart(const cli_runs *runs, cli_charts *out, oc_error *err) {
  const cli_history *h = &runs->list[0].history;
  const double *rates = h->columns[CLI_LEARNING_RATE];
  char about[128];
  if (h->count == 0)
    return cli_charts_lack(out, "Name the folder of a run with at least one epoch.", "has no finished epoch");
  if (!cli_history_has(h, CLI_LEARNING_RATE))
    return cli_charts_lack(out, "", "the run was trained by a version that did not record the learning rate");
  snprintf(about, sizeof about, "From %.4g in epoch %.0f to %.4g in epoch %.0f.", rates[0],
           h->columns[CLI_EPOCH][0], rates[h->count - 1], h->columns[CLI_EPOCH][h->count - 1]);
  const oc_chart_form form = {.title = "Learning rate at the end of each epoch",
                              .about = about,
                              .x = {.label = "epoch"},
                              .y = {.label = "learning rate"}};
  const oc_mark line = {.count = h->count, .x = h->columns[CLI_EPOCH], .values = rates};
  CLI_TRY(cli_charts_begin(out, &form, err));
  return cli_charts_mark(out, &line, err);
}

CLI_DRAW_KIND(lr, .operands = "RUN", .operand_count = 1, .summary = "the learning rate of each epoch",
              .chart = draw_lr_chart);
