/* threshold.h: options of `ocellus test` that find a threshold, and store it. */
#ifndef OC_CLI_THRESHOLD_H
#define OC_CLI_THRESHOLD_H
#include "core/command.h"
#include "ocellus/model.h"

/* Refuses a file that is there; `save` may be NULL. */
oc_status cli_threshold_check(const char *save, oc_error *err);
/* Finds the threshold on `set` and, if `save` is not NULL, writes a copy of the model that has it. */
oc_status cli_threshold_find(oc_model *m, const oc_dataset *set, double precision, const char *save,
                             oc_threshold *out, oc_error *err);
void cli_threshold_print(const oc_threshold *t, const char *save, FILE *out);

#endif
