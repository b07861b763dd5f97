/* report.c: `ocellus report`: all that is known of a training run, as one page to hand on. */
#include "commands/report.h"
#include "commands/draw.h"
#include "core/document.h"
#include "core/web.h"
#include <string.h>
#include <strings.h>

enum { OPTION_OUT = CLI_COMMON_COUNT };

static const cli_option options[] = {
    CLI_COMMON_OPTIONS,
    [OPTION_OUT] = {.name = "out",
                    .letter = 'o',
                    .kind = CLI_TEXT,
                    .value = "FILE",
                    .fallback = "report.html",
                    .help = "output file, .html"},
};

static const char *const examples[] = {
    "ocellus report run-1 -o report.html",
    "ocellus report run-1 run-2 -o compared.html",
    NULL,
};

static const char text[] =
    "Writes a page on a training run: what was trained on what, loss and accuracy, learning rate, the "
    "confusion matrix and the scores of each class on the test set, the layers of the network, and the "
    "commands that repeat the run. It reads the run folder alone, and no data. With several runs, it also "
    "compares them.\n\n"
    "The page is one file that needs no network and no script. It has neither absolute paths nor names of "
    "users and machines in it. The same run gives the same bytes.";

/* ---- charts -------------------------------------------------------------------------------------------- */

static oc_status put_charts(FILE *f, const cli_charts *charts, oc_error *err) {
  char *svg;
  for (int i = 0; i < charts->count; i++) {
    CLI_TRY(oc_chart_svg(charts->list[i], &svg, err));
    fprintf(f, "<figure>%s</figure>\n", svg);
    oc_free(svg);
  }
  if (charts->count > 0) return OC_OK;
  fputs("<p class=\"soft\">None: ", f);
  cli_web_text(f, charts->missing);
  fputs(".</p>\n", f);
  return OC_OK;
}

static oc_status put_kind(FILE *f, const cli_draw_kind *kind, const cli_runs *runs, oc_error *err) {
  cli_charts charts = {.count = 0};
  fprintf(f, "<h2>%c%s</h2>\n", kind->summary[0] - 'a' + 'A', kind->summary + 1);
  oc_status status = kind->chart(runs, &charts, err);
  if (status == OC_OK) status = put_charts(f, &charts, err);
  cli_charts_release(&charts);
  return status;
}

/* All kinds of charts of one run, or of several. */
static oc_status put_kinds(FILE *f, const cli_runs *runs, bool several, oc_error *err) {
  const cli_draw_kind *kind;
  for (int i = 0; (kind = cli_draw_kind_at(i)); i++)
    if (kind->chart && (kind->operand_count > 1) == several) CLI_TRY(put_kind(f, kind, runs, err));
  return OC_OK;
}

/* ---- the page ------------------------------------------------------------------------------------------ */

static oc_status put_run(FILE *f, const cli_run *run, oc_error *err) {
  cli_runs alone = {.list[0] = *run, .count = 1}; /* a view: `run` stays the owner */
  cli_report_facts(f, run);
  CLI_TRY(put_kinds(f, &alone, false, err));
  CLI_TRY(cli_report_network(f, run, err));
  cli_report_provenance(f, run);
  cli_report_commands(f, run);
  return OC_OK;
}

static oc_status put_comparison(FILE *f, const cli_runs *runs, oc_error *err) {
  fputs("<h2>Comparison</h2>\n<table><thead><tr><th>run</th><th>data</th><th>epochs</th><th>best "
        "epoch</th><th>validation accuracy</th><th>test accuracy</th></tr></thead><tbody>\n",
        f);
  for (int i = 0; i < runs->count; i++) cli_report_line(f, &runs->list[i]);
  fputs("</tbody></table>\n", f);
  return put_kinds(f, runs, true, err);
}

static void put_heading(FILE *f, const char *name) {
  fputs("<h2>", f);
  cli_web_text(f, name);
  fputs("</h2>\n", f);
}

static oc_status put_page(FILE *f, const cli_runs *runs, oc_error *err) {
  char title[CLI_PATH_MAX + 32];
  if (runs->count > 1)
    snprintf(title, sizeof title, "%d training runs", runs->count);
  else
    snprintf(title, sizeof title, "Training run %s", runs->list[0].name);
  cli_web_begin(f, title, NULL);
  if (runs->count > 1) CLI_TRY(put_comparison(f, runs, err));
  for (int i = 0; i < runs->count; i++) {
    fputs("<section>\n", f);
    if (runs->count > 1) put_heading(f, runs->list[i].name);
    CLI_TRY(put_run(f, &runs->list[i], err));
    fputs("</section>\n", f);
  }
  cli_web_end(f);
  return OC_OK;
}

/* A model or a file of the run would be lost to a page of its name. */
static oc_status check_name(const char *path, oc_error *err) {
  const size_t length = strlen(path);
  if (length > 5 && strcasecmp(path + length - 5, ".html") == 0) return OC_OK;
  if (length > 4 && strcasecmp(path + length - 4, ".htm") == 0) return OC_OK;
  char where[CLI_PATH_MAX];
  snprintf(where, sizeof where, "--out %s", path);
  return cli_fail(err, OC_E_ARGUMENT, where, "Choose a name such as -o report.html.",
                  "the name must end in .html or .htm");
}

oc_status cli_report_save(const cli_runs *runs, const char *path, oc_error *err) {
  cli_document d;
  for (int i = 0; i < runs->count; i++)
    if (!runs->list[i].record)
      return cli_fail(err, OC_E_NO_INPUT, runs->list[i].path,
                      "Name the folder of a training run, such as run-1.", "not a run folder");
  CLI_TRY(cli_document_open(&d, err));
  const oc_status status = put_page(d.stream, runs, err);
  if (status == OC_OK) return cli_document_save(&d, path, err);
  cli_document_drop(&d);
  return status;
}

static oc_status cmd_report(const cli_call *call, oc_error *err) {
  const char *path = cli_get(call, OPTION_OUT)->text;
  cli_runs runs;
  CLI_TRY(check_name(path, err));
  oc_status status =
      cli_runs_load((const char *const *)call->arguments.operands, call->arguments.operand_count, &runs, err);
  if (status == OC_OK) status = cli_report_save(&runs, path, err);
  cli_runs_release(&runs);
  CLI_TRY(status);
  fputs("Wrote ", call->out.stream);
  cli_put(call->out.stream, path);
  fputc('\n', call->out.stream);
  return OC_OK;
}

CLI_COMMAND(report, .summary = "write a page on training runs", .operands = "RUN ..", .least = 1, .most = -1,
            .text = text, .options = options, .option_count = CLI_OPTION_COUNT(options), .examples = examples,
            .run = cmd_report);
