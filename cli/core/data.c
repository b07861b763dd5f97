/* data.c: see data.h. */
#include "core/data.h"
#include "core/message.h"
#include <stdlib.h>
#include <string.h>

const char *const cli_truncated_choices[] = {"refuse", "accept", NULL};

static const double patience = 0.3; /* seconds before the line of progress appears */

static void draw(void *context, const char *what, int64_t done, int64_t total) {
  cli_data_watch *w = context;
  const double now = cli_seconds();
  const bool bytes = strcmp(what, "Unpacking") == 0;
  char text[80];
  if (now - w->begun < patience || now - w->progress.drawn_at < 0.1) return;
  snprintf(text, sizeof text, "%s %lld of %lld %s (%.0f %%)", what,
           (long long)(bytes ? done / 1000000 : done), (long long)(bytes ? total / 1000000 : total),
           bytes ? "MB" : "images", 100.0 * (double)done / (double)(total ? total : 1));
  cli_progress_say(&w->progress, text);
  w->progress.drawn_at = now;
}

/* $XDG_CACHE_HOME/ocellus or ~/.cache/ocellus; NULL where neither variable is set. */
static const char *cache_folder(char path[CLI_PATH_MAX]) {
  const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
  const bool has_cache = cache && cache[0] == '/';
  if (!has_cache && (!home || home[0] != '/')) return NULL;
  const int n =
      snprintf(path, CLI_PATH_MAX, "%s%s/ocellus", has_cache ? cache : home, has_cache ? "" : "/.cache");
  return n < CLI_PATH_MAX ? path : NULL;
}

void cli_data_watch_begin(const cli_call *call, cli_data_watch *w, oc_data_options *options) {
  const cli_value *cache = cli_get_named(call, "cache"), *workers = cli_get_named(call, "workers"),
                  *skip = cli_get_named(call, "skip"), *quiet = cli_get_named(call, "quiet"),
                  *truncated = cli_get_named(call, "truncated");
  *w = (cli_data_watch){
      .progress = {.terminal = &call->err, .enabled = call->err.live && !(quiet && quiet->given)},
      .begun = cli_seconds()};
  if (cache) options->cache_bytes = (size_t)cache->whole;
  if (workers && workers->given) options->workers = (int)workers->whole;
  if (skip) options->skip = skip->text;
  options->accept_truncated = truncated && strcmp(truncated->text, "accept") == 0;
  options->cache_folder = cache_folder(w->folder);
  options->progress = draw;
  options->context = w;
}

void cli_data_watch_end(cli_data_watch *w, oc_data_options *options) {
  cli_progress_clear(&w->progress);
  options->cache_folder = NULL;
  options->progress = NULL;
  options->context = NULL;
}

/* Options about files have no effect on images that are not files. */
static oc_status check_effects(const cli_call *call, const char *name, const oc_dataset *any, oc_error *err) {
  static const char *const options[] = {"skip", "truncated"};
  if (*oc_dataset_item_name(any, 0)) return OC_OK;
  for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
    const cli_value *value = cli_get_named(call, options[i]);
    if (value && value->given)
      return cli_fail(err, OC_E_ARGUMENT, name, "Leave it out.",
                      "--%s has no effect: these images are not single files", options[i]);
  }
  return OC_OK;
}

oc_dataset *cli_data_any(const oc_data *data) {
  return data->train ? data->train : data->test ? data->test : data->valid;
}

oc_status cli_data_read(const cli_call *call, const char *name, oc_data_options *options, oc_data *out,
                        oc_error *err) {
  cli_data_watch w;
  *out = (oc_data){0};
  cli_data_watch_begin(call, &w, options);
  oc_status status = oc_data_open(name, options, out, err);
  cli_data_watch_end(&w, options);
  if (status == OC_OK) status = check_effects(call, name, cli_data_any(out), err);
  if (status != OC_OK) oc_data_close(out);
  return status;
}

void cli_data_note(const cli_call *call, const char *name, const oc_data *data) {
  const char *note = oc_dataset_note(cli_data_any(data));
  if (*note) cli_note(&call->err, call->command->name, "%s: %s", name, note);
}

oc_status cli_data_open(const cli_call *call, const char *name, oc_data_options *options, oc_data *out,
                        oc_error *err) {
  CLI_TRY(cli_data_read(call, name, options, out, err));
  cli_data_note(call, name, out);
  return OC_OK;
}
