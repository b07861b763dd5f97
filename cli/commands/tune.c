/* tune.c: `ocellus train --tune`: the kernels that are the fastest here, measured once for each network and machine and kept in the
 * user's cache, become the option --kernels of the training. */
#include "core/page.h"
#include "commands/train.h"
#include <stdlib.h>
#include <string.h>

/* The file that keeps what was measured, where the XDG base directory specification wants it. */
static oc_status cache_file(char path[CLI_PATH_MAX], oc_error *err) {
  const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
  char folder[CLI_PATH_MAX];
  if (cache && cache[0] == '/') return cli_path_join(cache, "ocellus/kernels.json", path, err);
  if (!home || !*home)
    return cli_fail(err, OC_E_ARGUMENT, "--tune", "set HOME or XDG_CACHE_HOME",
                    "there is no folder to keep what was measured");
  CLI_TRY(cli_path_join(home, ".cache", folder, err));
  return cli_path_join(folder, "ocellus/kernels.json", path, err);
}

oc_status cli_training_tune(cli_training *t, cli_call *call, const oc_fit_options *options, oc_error *err) {
  char path[CLI_PATH_MAX];
  CLI_TRY(cache_file(path, err));
  cli_progress_say(&t->reporter.progress, "Tuning: measuring the kernels of each step ..");
  const oc_status status =
      oc_model_tune(t->model, t->data.train, options, path, &t->kernels, &t->measured, err);
  cli_progress_clear(&t->reporter.progress);
  if (status != OC_OK || !*t->kernels) return status;
  return cli_arguments_set(&call->arguments, CLI_TRAIN_KERNELS, t->kernels, err);
}

void cli_training_print_tuned(const cli_training *t) {
  const cli_terminal *err = &t->call->err;
  const char *when = t->measured ? "" : " (measured before)";
  if (!*t->kernels) {
    fprintf(err->stream, "Tuned no kernel is faster here than the planner's choice%s\n", when);
    return;
  }
  fprintf(err->stream, "Tuned faster here than the planner's choice%s:\n", when);
  for (const char *at = t->kernels; *at;) {
    const size_t size = strcspn(at, ";");
    char one[256];
    snprintf(one, sizeof one, "%.*s", (int)size, at);
    fprintf(err->stream, "      %s\n", CLI_SHOWN(one));
    at += size + (at[size] == ';');
  }
}
