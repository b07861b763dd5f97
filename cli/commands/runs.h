/* runs.h: what run folders hold, read for charts and reports. */
#ifndef OC_CLI_RUNS_H
#define OC_CLI_RUNS_H
#include "commands/evaluation.h"
#include "commands/history.h"
#include "core/target.h"

enum { CLI_RUNS_MAX = 8 };

typedef struct cli_run {
  const char *path;        /* as it was typed */
  char name[CLI_PATH_MAX]; /* its last part */
  json_t *record;          /* run.json; NULL: a model alone */
  cli_history history;
  cli_evaluation test; /* count 0: none */
} cli_run;

typedef struct cli_runs {
  cli_run list[CLI_RUNS_MAX];
  int count;
} cli_runs;

/* Reads the run folder `path`, or takes a model file as a run without records. The caller releases *out, also
 * after a failure. OC_E_NO_INPUT: neither. OC_E_DATA: damaged, or newer than this program. */
oc_status cli_run_load(const char *path, cli_run *out, oc_error *err);
/* The same for `count` paths, at most CLI_RUNS_MAX. */
oc_status cli_runs_load(const char *const *paths, int count, cli_runs *out, oc_error *err);
void cli_runs_release(cli_runs *runs);
/* The last part of a path, without '/' at its end. Writes at most `size` bytes; returns `name`. */
const char *cli_last_part(const char *path, char *name, size_t size);

#endif
