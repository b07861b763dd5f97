/* draw_charts.c: shows the charts of a kind: in the terminal, or in a file. */
#include "commands/answers.h"
#include "commands/draw.h"
#include "commands/test_data.h"
#include "core/images.h"
#include <stdarg.h>

/* ---- making -------------------------------------------------------------------------------------------- */

oc_status cli_charts_begin(cli_charts *charts, const oc_chart_form *form, oc_error *err) {
  if (charts->count == CLI_CHARTS_MAX) return cli_fail(err, OC_E_INTERNAL, "", "", "too many charts");
  CLI_TRY(oc_chart_create(form, &charts->list[charts->count], err));
  charts->count++;
  return OC_OK;
}

oc_status cli_charts_mark(cli_charts *charts, const oc_mark *mark, oc_error *err) {
  return oc_chart_add(charts->list[charts->count - 1], mark, err);
}

oc_status cli_charts_lack(cli_charts *charts, const char *hint, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(charts->missing, sizeof charts->missing, format, arguments);
  va_end(arguments);
  snprintf(charts->hint, sizeof charts->hint, "%s", hint);
  return OC_OK;
}

oc_status cli_charts_lack_test(const cli_run *run, cli_charts *charts) {
  return cli_charts_lack(charts, "Measure it with --data DATA.",
                         run->record ? "the run has no evaluation on a test set"
                                     : "a model file has no evaluation on a test set");
}

void cli_charts_release(cli_charts *charts) {
  for (int i = 0; i < charts->count; i++) oc_chart_free(charts->list[i]);
  charts->count = 0;
}

/* ---- --data -------------------------------------------------------------------------------------------- */

static oc_status evaluate(const cli_call *call, oc_model *m, const char *name, cli_evaluation *out,
                          oc_error *err) {
  const cli_test_data what = {name, "test", NULL};
  oc_data data = {0};
  oc_evaluation e = {0};
  oc_status status = cli_test_data_open(call, m, &what, &data, err);
  if (status == OC_OK && !data.test)
    status = cli_fail(err, OC_E_DATA, name, "Name data with a test set.", "has no test set");
  if (status == OC_OK) status = oc_model_evaluate(m, data.test, &e, err);
  if (status == OC_OK) status = cli_evaluation_of(m, &e, out, err);
  oc_evaluation_release(&e);
  oc_data_close(&data);
  return status;
}

/* Puts the results of the model on DATA in the place of those of the run. */
static oc_status measure(const cli_call *call, cli_run *run, oc_error *err) {
  const char *name = cli_get(call, CLI_DRAW_DATA)->text;
  oc_model *m = NULL;
  if (!name) return OC_OK;
  CLI_TRY(cli_model_load(run->path, 0, &m, err));
  cli_evaluation_release(&run->test);
  const oc_status status = cli_answers_one_class(m) ? evaluate(call, m, name, &run->test, err)
                                                    : cli_fail(err, OC_E_UNSUPPORTED, run->path, "",
                                                               "the model does not predict one class");
  oc_model_free(m);
  return status;
}

/* ---- showing ------------------------------------------------------------------------------------------- */

static oc_status print_charts(const cli_charts *charts, const cli_terminal *t, oc_error *err) {
  const oc_chart_view view = {.columns = t->columns, .colors = t->colors, .unicode = t->unicode};
  char *text;
  for (int i = 0; i < charts->count; i++) {
    CLI_TRY(oc_chart_text(charts->list[i], &view, &text, err));
    fprintf(t->stream, "%s%s", i ? "\n" : "", text);
    oc_free(text);
  }
  return cli_flush_output(err);
}

static oc_status show_charts(const cli_charts *charts, const cli_call *call, oc_error *err) {
  const char *out = cli_get(call, CLI_DRAW_OUT)->text;
  if (charts->count == 0)
    return cli_fail(err, OC_E_DATA, cli_operand(call, 1), charts->hint, "%s", charts->missing);
  if (!out) return print_charts(charts, &call->out, err);
  CLI_TRY(oc_chart_save((const oc_chart *const *)charts->list, charts->count, out, err));
  fputs("Wrote ", call->out.stream);
  cli_put(call->out.stream, out);
  fputc('\n', call->out.stream);
  return OC_OK;
}

oc_status cli_draw_charts(const cli_draw_kind *kind, const cli_call *call, oc_error *err) {
  static const int others[] = {CLI_DRAW_LAYER, CLI_DRAW_MAPS, CLI_DRAW_BACKGROUND, CLI_DRAW_JSON, 0};
  cli_runs runs = {.count = 0};
  cli_charts charts = {.count = 0};
  CLI_TRY(cli_no_effects(call, others, "on charts", err));
  if (!kind->takes_data) CLI_TRY(cli_no_effect(call, CLI_DRAW_DATA, "on what the run recorded", err));
  oc_status status = cli_runs_load((const char *const *)call->arguments.operands + 1,
                                   call->arguments.operand_count - 1, &runs, err);
  if (status == OC_OK) status = measure(call, &runs.list[0], err);
  if (status == OC_OK) status = kind->chart(&runs, &charts, err);
  if (status == OC_OK) status = show_charts(&charts, call, err);
  cli_charts_release(&charts);
  cli_runs_release(&runs);
  return status;
}
