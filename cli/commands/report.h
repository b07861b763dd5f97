/* report.h: writes a report of training runs, for `ocellus report` and `ocellus demo`. */
#ifndef OC_CLI_REPORT_H
#define OC_CLI_REPORT_H
#include "commands/runs.h"

/* Writes one page on all runs to `path`, whole or not at all. The same runs give the same bytes. It has no
 * path, no name of a user or host in it. */
oc_status cli_report_save(const cli_runs *runs, const char *path, oc_error *err);

/* report_facts.c: what a run was trained on and how, the table of its network, the commands. */
void cli_report_facts(FILE *f, const cli_run *run);
oc_status cli_report_network(FILE *f, const cli_run *run, oc_error *err);
void cli_report_provenance(FILE *f, const cli_run *run);
void cli_report_commands(FILE *f, const cli_run *run);
/* A row of the table that compares runs. */
void cli_report_line(FILE *f, const cli_run *run);

#endif
