/* run_folder.h: chooses the run folder of a training run, and records its options.
 *
 * The record is the "command" in the "provenance" of run.json: {"data": "digits", "options": {"lr": "1e-4",
 * ..}}. Options are kept as they were typed, so that resuming reads them with the same checks and to the same
 * bits. */
#ifndef OC_CLI_RUN_FOLDER_H
#define OC_CLI_RUN_FOLDER_H
#include "core/options.h"
#include "core/target.h"
#include <jansson.h>

typedef struct cli_run_folder {
  char path[CLI_PATH_MAX]; /* "": not named yet */
  bool replaces;           /* a run that is there */
  bool made;               /* by us, so that it is ours alone */
} cli_run_folder;
/* `wanted`, which must not hold a run unless `force`; if it is NULL, the folder is named when it is
 * claimed. */
oc_status cli_run_folder_choose(const char *wanted, bool force, cli_run_folder *out, oc_error *err);
/* Without --out, makes the first unused of run-1, run-2 and so on; training runs that start together each get
 * their own. */
oc_status cli_run_folder_claim(cli_run_folder *f, oc_error *err);
/* Takes back a folder that was claimed and left empty. */
void cli_run_folder_release(const cli_run_folder *f);
/* The record of options that have a value, without those in `left_out` (closed by -1). NULL: no memory. */
json_t *cli_record_make(const char *data, const cli_arguments *a, const int *left_out);
/* Reads the record of a run, with "epochs" among its options; the caller releases it with json_decref. */
oc_status cli_record_read(const char *folder, json_t **record, oc_error *err);
/* Sets the options of the record; those given on the command line must be in `free_to_change` (closed by -1),
 * and win. The record must outlive the arguments. */
oc_status cli_record_apply(const json_t *record, const char *folder, cli_arguments *a,
                           const int *free_to_change, oc_error *err);
/* The data that the record names; NULL if it names none. */
const char *cli_record_data(const json_t *record);
/* The instruction-set level of the run so far; NULL if it is not known. */
const char *cli_record_level(const json_t *record);
/* The number of the arithmetic of the run so far (oc_arithmetic). */
int cli_record_arithmetic(const json_t *record);

#endif
