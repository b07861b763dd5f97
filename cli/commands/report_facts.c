/* report_facts.c: the tables of a report. Words that may be paths are cut to their last part. */
#include "commands/report.h"
#include "core/web.h"
#include <math.h>
#include <string.h>

enum { LONGEST_WORD = 1 << 16 };

/* ---- words --------------------------------------------------------------------------------------------- */

static const json_t *training_of(const cli_run *run) {
  return json_object_get(json_object_get(run->record, "provenance"), "training");
}

static const json_t *command_of(const cli_run *run) {
  return json_object_get(json_object_get(run->record, "provenance"), "command");
}

static const char *text_of(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text ? text : "not recorded";
}

/* Without the folders that it stands in. */
static const char *without_path(const char *word, char *text, size_t size) {
  return strchr(word, '/') ? cli_last_part(word, text, size) : word;
}

static const char *data_of(const cli_run *run, char *text, size_t size) {
  return without_path(text_of(command_of(run), "data"), text, size);
}

/* A JSON number as people read it, a text as it is; "-" for null and nothing. */
static const char *value_text(const json_t *value, char *text, size_t size) {
  snprintf(text, size, "-");
  if (json_is_integer(value)) snprintf(text, size, "%lld", (long long)json_integer_value(value));
  if (json_is_real(value)) snprintf(text, size, "%.4g", json_real_value(value));
  if (json_is_string(value)) snprintf(text, size, "%s", json_string_value(value));
  return text;
}

/* Of the run's own record. */
static const char *recorded(const cli_run *run, const char *key, char *text, size_t size) {
  return value_text(json_object_get(run->record, key), text, size);
}

/* ---- tables -------------------------------------------------------------------------------------------- */

static void put_heading(FILE *f, const char *text) {
  fprintf(f, "<h2>%s</h2>\n", text);
}

void cli_report_facts(FILE *f, const cli_run *run) {
  const json_t *provenance = json_object_get(run->record, "provenance"), *training = training_of(run);
  const cli_evaluation *e = &run->test;
  char a[1024], b[64];
  fputs("<div class=\"card\"><table>\n", f);
  cli_web_row_of(f, "Data", data_of(run, a, sizeof a));
  cli_web_row(f, "Images", "%s for training, %s for validation",
              value_text(json_object_get(provenance, "train_images"), a, sizeof a),
              value_text(json_object_get(provenance, "valid_images"), b, sizeof b));
  cli_web_row_of(f, "Network", text_of(training, "net"));
  const char *epochs = recorded(run, "epochs_done", b, sizeof b);
  cli_web_row(f, "Status", "%s after %s epoch%s", recorded(run, "status", a, sizeof a), epochs,
              strcmp(epochs, "1") == 0 ? "" : "s");
  cli_web_row(f, "Best epoch", "%s, with validation accuracy %s", recorded(run, "best_epoch", a, sizeof a),
              recorded(run, "best_valid_accuracy", b, sizeof b));
  if (e->count > 0)
    cli_web_row(f, "Test accuracy", "%.4f (%lld of %lld images; 95%% interval %.4f to %.4f)", e->accuracy,
                (long long)e->correct, (long long)e->count, e->low, e->high);
  else
    cli_web_row(f, "Test accuracy", "not measured");
  if (run->history.cut)
    cli_web_row(f, "Note", "the last line of metrics.jsonl is not whole and was left out");
  fputs("</table></div>\n", f);
}

void cli_report_line(FILE *f, const cli_run *run) {
  char text[1024];
  const char *const cells[] = {"epochs_done", "best_epoch", "best_valid_accuracy"};
  fputs("<tr><th scope=\"row\">", f);
  cli_web_text(f, run->name);
  fputs("</th><td>", f);
  cli_web_text(f, data_of(run, text, sizeof text));
  for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
    fputs("</td><td>", f);
    cli_web_text(f, recorded(run, cells[i], text, sizeof text));
  }
  if (run->test.count > 0)
    fprintf(f, "</td><td>%.4f</td></tr>\n", run->test.accuracy);
  else
    fputs("</td><td>-</td></tr>\n", f);
}

static void put_layer(FILE *f, const oc_layer_summary *l) {
  char shape[128];
  fputs("<tr><td>", f);
  cli_web_text(f, l->name);
  fputs("</td><td>", f);
  cli_web_text(f, l->text);
  fputs("</td><td>", f);
  cli_web_text(f, oc_shape_text(&l->output, shape, sizeof shape));
  fprintf(f, "</td><td class=\"number\">%lld</td><td class=\"number\">%lld</td></tr>\n",
          (long long)l->parameters, (long long)l->multiply_adds);
}

/* Without a model that can be read, the report says so: the rest of it does not need one. */
oc_status cli_report_network(FILE *f, const cli_run *run, oc_error *err) {
  oc_model *m = NULL;
  oc_layer_summary *layers = NULL;
  int count = 0;
  put_heading(f, "Layers");
  oc_status status = cli_model_load(run->path, 1, &m, err);
  if (status == OC_OK) status = oc_model_layers(m, &layers, &count, err);
  if (status == OC_OK) {
    fputs("<table><thead><tr><th>name</th><th>layer</th><th>output</th><th class=\"number\">parameters</th>"
          "<th class=\"number\">multiply-adds</th></tr></thead><tbody>\n",
          f);
    for (int i = 0; i < count; i++) put_layer(f, &layers[i]);
    fputs("</tbody></table>\n", f);
  } else if (status != OC_E_MEMORY) {
    fputs("<p class=\"soft\">None: the run has no model that can be read.</p>\n", f);
    status = OC_OK;
  }
  oc_free(layers);
  oc_model_free(m);
  return status;
}

void cli_report_provenance(FILE *f, const cli_run *run) {
  const json_t *training = training_of(run), *machine = json_object_get(run->record, "machine");
  char a[256], b[256];
  put_heading(f, "Provenance");
  fputs("<table>\n", f);
  cli_web_row(f, "Version", "ocellus %s, arithmetic %s", text_of(training, "version"),
              value_text(json_object_get(training, "arithmetic"), a, sizeof a));
  cli_web_row(f, "Seed", "%s", text_of(training, "seed"));
  cli_web_row(f, "Training images", "SHA-256 %s", text_of(training, "train_data"));
  cli_web_row(f, "Validation images", "SHA-256 %s", text_of(training, "valid_data"));
  cli_web_row(f, "Machine", "%s, %s, %s threads", text_of(machine, "cpu"),
              text_of(machine, "instruction_set"),
              value_text(json_object_get(machine, "threads"), a, sizeof a));
  cli_web_row(f, "Started", "%s, %s seconds in all", recorded(run, "started", a, sizeof a),
              recorded(run, "seconds", b, sizeof b));
  fputs("</table>\n", f);
}

/* ---- commands ------------------------------------------------------------------------------------------ */

/* A word for a shell, without folders. */
static void put_word(FILE *f, const char *word) {
  char text[CLI_PATH_MAX], quoted[LONGEST_WORD];
  fputc(' ', f);
  cli_web_text(f, cli_shell_word(without_path(word, text, sizeof text), quoted, sizeof quoted));
}

static void put_option(FILE *f, const char *name, const char *value) {
  fputs(" --", f);
  cli_web_text(f, name);
  if (value) put_word(f, value);
}

static void put_number(FILE *f, const cli_run *run, const char *key) {
  char text[64];
  const json_t *number = json_object_get(run->record, key);
  if (json_is_integer(number) && json_integer_value(number) > 0)
    put_option(f, key, value_text(number, text, sizeof text));
}

void cli_report_commands(FILE *f, const cli_run *run) {
  const char *data = text_of(command_of(run), "data"), *name;
  json_t *value;
  put_heading(f, "Commands");
  fputs("<p>They repeat the run, to the same bits where the machine has the instruction set above. Files are "
        "named without their folders.</p>\n<div class=\"card\"><pre>ocellus train",
        f);
  put_word(f, data);
  json_object_foreach(json_object_get(command_of(run), "options"), name, value)
      put_option(f, name, json_string_value(value));
  put_number(f, run, "epochs");
  put_number(f, run, "patience");
  put_option(f, "out", run->name);
  fputs("\nocellus test", f);
  put_word(f, run->name);
  put_word(f, data);
  fputs("\nocellus report", f);
  put_word(f, run->name);
  fputs("</pre></div>\n", f);
}
