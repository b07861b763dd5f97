/* draw_curves.c: `ocellus draw curves`: loss and accuracy of training and validation over the epochs. */
#include "commands/draw.h"
#include <math.h>

typedef struct panel {
  const char *title, *label;
  cli_column train, valid;
} panel;

/* "0.52 to 0.031", of the first and the last value that are finite; "no value" without one. */
static void put_ends(const double *values, int64_t count, char *text, size_t size) {
  int64_t first = 0, last = count - 1;
  while (first < count && !isfinite(values[first])) first++;
  while (last > first && !isfinite(values[last])) last--;
  if (first == count)
    snprintf(text, size, "no value");
  else
    snprintf(text, size, "%.4g to %.4g", values[first], values[last]);
}

/* "Training 0.52 to 0.031, validation 0.4 to 0.05, over 20 epochs. Best epoch: 17, with 0.05." */
static void describe(const cli_history *h, const panel *p, char *text, size_t size) {
  const double *train = h->columns[p->train], *valid = h->columns[p->valid];
  char ends[64];
  put_ends(train, h->count, ends, sizeof ends);
  size_t used = (size_t)snprintf(text, size, "Training %s", ends);
  put_ends(valid, h->count, ends, sizeof ends);
  if (cli_history_has(h, p->valid) && used < size)
    used += (size_t)snprintf(text + used, size - used, ", validation %s", ends);
  if (used < size)
    used += (size_t)snprintf(text + used, size - used, ", over %lld epoch%s.", (long long)h->count,
                             h->count == 1 ? "" : "s");
  if (h->best >= 0 && used < size)
    snprintf(text + used, size - used, " Best epoch: %.0f, with %.4g.", h->columns[CLI_EPOCH][h->best],
             cli_history_has(h, p->valid) ? valid[h->best] : train[h->best]);
}

/* The best epoch is marked on the curve by which it was chosen. */
static oc_status draw_panel(const cli_history *h, const panel *p, cli_charts *out, oc_error *err) {
  char about[256], best[64];
  const double *epochs = h->columns[CLI_EPOCH];
  const bool has_valid = cli_history_has(h, p->valid);
  const double *chosen = h->columns[has_valid ? p->valid : p->train];
  if (!has_valid && !cli_history_has(h, p->train)) return OC_OK;
  describe(h, p, about, sizeof about);
  const oc_chart_form form = {
      .title = p->title, .about = about, .x = {.label = "epoch"}, .y = {.label = p->label}};
  CLI_TRY(cli_charts_begin(out, &form, err));
  const oc_mark train = {.name = "training", .count = h->count, .x = epochs, .values = h->columns[p->train]};
  const oc_mark valid = {
      .name = "validation", .color = 1, .count = h->count, .x = epochs, .values = h->columns[p->valid]};
  CLI_TRY(cli_charts_mark(out, &train, err));
  if (has_valid) CLI_TRY(cli_charts_mark(out, &valid, err));
  if (h->best < 0) return OC_OK;
  snprintf(best, sizeof best, "best epoch: %.0f", epochs[h->best]);
  const oc_mark mark = {.kind = OC_MARK_POINTS,
                        .name = best,
                        .color = 2,
                        .count = 1,
                        .x = epochs + h->best,
                        .values = chosen + h->best};
  return cli_charts_mark(out, &mark, err);
}

static oc_status draw_curves_chart(const cli_runs *runs, cli_charts *out, oc_error *err) {
  static const panel panels[] = {{"Loss", "loss", CLI_TRAIN_LOSS, CLI_VALID_LOSS},
                                 {"Accuracy", "accuracy", CLI_TRAIN_ACCURACY, CLI_VALID_ACCURACY}};
  const cli_history *h = &runs->list[0].history;
  for (int i = 0; i < 2 && h->count > 0; i++) CLI_TRY(draw_panel(h, &panels[i], out, err));
  if (out->count > 0) return OC_OK;
  if (h->count > 0) return cli_charts_lack(out, "", "no epoch of the run has a finite loss");
  return cli_charts_lack(out, "Name the folder of a run with at least one epoch.", "has no finished epoch");
}

CLI_DRAW_KIND(curves, .operands = "RUN", .operand_count = 1,
              .summary = "loss and accuracy of training and validation", .chart = draw_curves_chart);
