/* fetch.c: `ocellus fetch`: gets a published data set over the network. */
#include "core/command.h"
#include "core/json.h"
#include "core/progress.h"
#include "ocellus/fetch.h"
#include <stdio.h>
#include <string.h>

enum { OPTION_DIR = CLI_COMMON_COUNT, OPTION_MIRROR, OPTION_QUIET, OPTION_JSON };

static const cli_option options[] = {
    CLI_COMMON_OPTIONS,
    [OPTION_DIR] = {.name = "dir",
                    .kind = CLI_TEXT,
                    .value = "FOLDER",
                    .usual = "$XDG_DATA_HOME/ocellus/NAME",
                    .help = "folder for the files"},
    [OPTION_MIRROR] = {.name = "mirror",
                       .kind = CLI_TEXT,
                       .value = "URL",
                       .usual = "the publishers'",
                       .help = "address of a folder with the same files"},
    [OPTION_QUIET] = {.name = "quiet", .letter = 'q', .help = "print errors only"},
    [OPTION_JSON] = {.name = "json", .help = "print a JSON object"},
};

static const char *const examples[] = {"ocellus fetch mnist", "ocellus fetch fashion-mnist --json", NULL};

static const double interval = 0.1; /* seconds between two lines of progress */

typedef struct job {
  const cli_call *call;
  cli_progress progress;
  double said_at; /* seconds: when the progress was last shown */
  bool prints;    /* a line for each file */
  json_t *files;
} job;

static void say_running(job *j, const oc_fetch_event *e) {
  char text[160];
  const double now = cli_seconds();
  if (now - j->said_at < interval) return;
  j->said_at = now;
  (void)snprintf(text, sizeof text, "%s  %.1f of %.1f MB", e->file, (double)e->done / 1e6,
                 (double)e->bytes / 1e6);
  cli_progress_say(&j->progress, text);
}

static bool watch(void *context, const oc_fetch_event *e) {
  job *j = context;
  if (e->state == OC_FETCH_RUNNING) {
    say_running(j, e);
    return true;
  }
  const bool fetched = e->state == OC_FETCH_DONE;
  cli_progress_clear(&j->progress);
  if (j->prints)
    printf("%-28s %11llu bytes  %s\n", e->file, (unsigned long long)e->bytes,
           fetched ? "fetched, SHA-256 is right" : "already there");
  (void)json_array_append_new(j->files,
                              json_pack("{s:s, s:I, s:b, s:s?}", "name", e->file, "bytes",
                                        (json_int_t)e->bytes, "fetched", fetched, "address", e->address));
  return true;
}

static oc_status fetch(job *j, const char *name, const char *folder, oc_error *err) {
  oc_fetch_options o = oc_fetch_defaults();
  o.folder = folder;
  o.mirror = cli_get(j->call, OPTION_MIRROR)->text;
  o.watch = watch;
  o.context = j;
  const oc_status status = oc_fetch(name, &o, err);
  cli_progress_clear(&j->progress);
  if (status == OC_E_ARGUMENT && err && strcmp(err->where, "mirror") == 0)
    (void)snprintf(err->where, sizeof err->where, "--mirror");
  CLI_TRY(status);
  if (j->prints) {
    printf("\nThe files are in ");
    cli_put(stdout, folder);
    printf("\nNow: ocellus train %s\n", name);
  }
  return OC_OK;
}

static oc_status cmd_fetch(const cli_call *call, oc_error *err) {
  const char *name = cli_operand(call, 0), *folder = cli_get(call, OPTION_DIR)->text;
  const bool json = cli_get(call, OPTION_JSON)->given;
  char path[4096];
  job j = {.call = call, .prints = !json && !cli_get(call, OPTION_QUIET)->given, .files = json_array()};
  j.progress = (cli_progress){.terminal = &call->err,
                              .enabled = call->err.live && !cli_get(call, OPTION_QUIET)->given};
  oc_status status = folder ? OC_OK : oc_fetch_folder(name, path, sizeof path, err);
  if (!folder) folder = path;
  if (status == OC_OK) status = fetch(&j, name, folder, err);
  if (status == OC_OK && json)
    status = cli_json_print(json_pack("{s:s, s:s, s:o, s:O}", "schema", "ocellus.fetch/1", "name", name,
                                      "folder", cli_json_text(folder), "files", j.files),
                            err);
  json_decref(j.files);
  return status;
}

CLI_COMMAND(
    fetch, .summary = "get a published data set over the network", .operands = "NAME", .least = 1, .most = 1,
    .text = "NAME is mnist or fashion-mnist. The files come from their publishers by the program curl, "
            "and go to the folder where the other commands find them by NAME. A file that is there with the "
            "right SHA-256 is not fetched again; a transfer that was cut continues where it ended. A file "
            "gets its name only when its size and SHA-256 are those that were published.",
    .options = options, .option_count = CLI_OPTION_COUNT(options), .examples = examples, .run = cmd_fetch);
