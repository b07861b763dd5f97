/* doctor.c: `ocellus doctor`: finds what is wrong with a folder of images. It changes none. */
#include "commands/doctor.h"
#include "core/data.h"
#include "core/document.h"
#include "core/json.h"
#include "core/target.h"
#include <string.h>

enum {
  OPTION_MODEL = CLI_COMMON_COUNT,
  OPTION_ALL,
  OPTION_LIST,
  OPTION_HTML,
  OPTION_SKIP,
  OPTION_WORKERS,
  OPTION_JSON,
  SHOWN = 5
};

static const cli_option options[] = {
    CLI_COMMON_OPTIONS,
    [OPTION_MODEL] = {.name = "model",
                      .kind = CLI_TEXT,
                      .value = "MODEL",
                      .help = "also find labels that this model contradicts, the most doubtful first"},
    [OPTION_ALL] = {.name = "all", .help = "print every finding, not only the first five of a kind"},
    [OPTION_LIST] =
        {.name = "list",
         .kind = CLI_TEXT,
         .value = "FILE",
         .help = "write the names of images that should not be trained on, for `ocellus train --skip`: "
                 "unreadable ones, duplicates, conflicts and leaks"},
    [OPTION_HTML] = {.name = "html",
                     .kind = CLI_TEXT,
                     .value = "FILE",
                     .help = "write a page with the images"},
    [OPTION_SKIP] = CLI_SKIP_ROW,
    [OPTION_WORKERS] = CLI_WORKERS_ROW,
    [OPTION_JSON] = {.name = "json", .help = "print one JSON object per finding instead of text"},
};

static const char *const examples[] = {
    "ocellus doctor photos",
    "ocellus doctor photos --list bad.txt",
    "ocellus train photos --skip bad.txt",
    "ocellus doctor photos --model run-1 --html doctor.html",
    NULL,
};

static const char text[] =
    "Examines the images of DATA, a folder or an archive with a folder for each class. Finds files that are "
    "unreadable, cut off, empty or of another format than their names say; the same or almost the same image "
    "twice in a class, in two classes or in two splits; images of one color; classes that are small, uneven "
    "or "
    "missing in a split. Deletes and changes nothing.";

/* ---- text ---------------------------------------------------------------------------------------------- */

static int64_t count_kind(const oc_doctor *report, const char *kind) {
  oc_finding f;
  int64_t count = 0;
  for (int64_t i = 0; oc_doctor_finding(report, i, &f); i++) count += strcmp(f.kind, kind) == 0;
  return count;
}

static void print_kind(const cli_call *call, const oc_doctor *report, const char *kind, const char *summary) {
  const cli_terminal *t = &call->out;
  const int64_t count = count_kind(report, kind);
  const bool all = cli_get(call, OPTION_ALL)->given;
  oc_finding f;
  if (count == 0) return;
  fprintf(t->stream, "\n%s%-16s %6lld%s  %s\n", cli_style(t, CLI_BOLD), kind, (long long)count,
          cli_style(t, CLI_PLAIN), summary);
  int64_t shown = 0;
  for (int64_t i = 0; oc_doctor_finding(report, i, &f); i++) {
    if (strcmp(f.kind, kind) != 0 || (shown++ >= SHOWN && !all)) continue;
    fprintf(t->stream, "  %s%s%s", CLI_SHOWN(f.file), *f.file && *f.other ? " and " : "", CLI_SHOWN(f.other));
    fprintf(t->stream, "%s%s\n", *f.file || *f.other ? ": " : "", CLI_SHOWN(f.detail));
  }
  if (shown > SHOWN && !all) fprintf(t->stream, "  ... and %lld more (--all)\n", (long long)(shown - SHOWN));
}

static void print_text(const cli_call *call, const oc_doctor *report) {
  const char *kind, *summary;
  oc_finding f;
  int64_t count = 0;
  while (oc_doctor_finding(report, count, &f)) count++;
  fprintf(call->out.stream, "%lld images, %lld finding%s\n", (long long)oc_doctor_images(report),
          (long long)count, count == 1 ? "" : "s");
  for (int k = 0; oc_doctor_kind(k, &kind, &summary); k++) print_kind(call, report, kind, summary);
}

/* ---- JSON, the list ------------------------------------------------------------------------------------ */

static oc_status print_json(const oc_doctor *report, oc_error *err) {
  oc_finding f;
  int64_t count = 0;
  for (; oc_doctor_finding(report, count, &f); count++)
    CLI_TRY(cli_json_print(json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "schema", "ocellus.doctor/1", "type",
                                     "finding", "kind", f.kind, "file", cli_json_text(f.file), "other",
                                     cli_json_text(f.other), "detail", cli_json_text(f.detail)),
                           err));
  return cli_json_print(json_pack("{s:s, s:s, s:I, s:I}", "schema", "ocellus.doctor/1", "type", "summary",
                                  "images", (json_int_t)oc_doctor_images(report), "findings",
                                  (json_int_t)count),
                        err);
}

static bool stops_training(const char *kind) {
  static const char *const kinds[] = {
      "unreadable", "empty",     "not-an-image",  "truncated",      "leak", "conflict",
      "duplicate",  "near-leak", "near-conflict", "near-duplicate", NULL};
  for (int i = 0; kinds[i]; i++)
    if (strcmp(kinds[i], kind) == 0) return true;
  return false;
}

static oc_status write_list(const oc_doctor *report, const char *path, oc_error *err) {
  cli_document d;
  oc_finding f;
  CLI_TRY(cli_document_open(&d, err));
  fprintf(d.stream, "# images that `ocellus doctor` would leave out; delete the lines of those to keep\n");
  for (int64_t i = 0; oc_doctor_finding(report, i, &f); i++) {
    if (!stops_training(f.kind)) continue;
    cli_put(d.stream, f.file);
    fputc('\n', d.stream);
  }
  return cli_document_save(&d, path, err);
}

/* ---- the command --------------------------------------------------------------------------------------- */

static oc_status print(const cli_call *call, const oc_doctor *report, oc_error *err) {
  const cli_value *list = cli_get(call, OPTION_LIST), *html = cli_get(call, OPTION_HTML);
  if (list->given) CLI_TRY(write_list(report, list->text, err));
  if (html->given) CLI_TRY(cli_doctor_html(report, cli_operand(call, 0), html->text, err));
  if (cli_get(call, OPTION_JSON)->given) return print_json(report, err);
  print_text(call, report);
  if (list->given) fprintf(call->out.stream, "\nWrote %s\n", list->text);
  if (html->given) fprintf(call->out.stream, "\nWrote %s\n", html->text);
  return OC_OK;
}

static oc_status examine(const cli_call *call, oc_doctor_options *o, oc_doctor **out, oc_error *err) {
  oc_data_options data = oc_data_defaults();
  cli_data_watch w;
  cli_data_watch_begin(call, &w, &data);
  o->data = &data;
  const oc_status status = oc_doctor_examine(cli_operand(call, 0), o, out, err);
  cli_data_watch_end(&w, &data);
  return status;
}

static oc_status cmd_doctor(const cli_call *call, oc_error *err) {
  const cli_value *model = cli_get(call, OPTION_MODEL);
  oc_doctor_options o = oc_doctor_defaults();
  oc_doctor *report = NULL;
  oc_status status = OC_OK;
  if (model->given) status = cli_model_load(model->text, 0, &o.model, err);
  if (status == OC_OK) status = examine(call, &o, &report, err);
  if (status == OC_OK) status = print(call, report, err);
  oc_doctor_free(report);
  oc_model_free(o.model);
  return status;
}

CLI_COMMAND(doctor, .summary = "find what is wrong with a folder of images", .operands = "DATA", .least = 1,
            .most = 1, .text = text, .options = options, .option_count = CLI_OPTION_COUNT(options),
            .examples = examples, .run = cmd_doctor);
