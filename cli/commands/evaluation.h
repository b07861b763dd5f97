/* evaluation.h: how good a model was on a test set, by class: of a model just measured, or as a run's
 * evaluation.json has it. */
#ifndef OC_CLI_EVALUATION_H
#define OC_CLI_EVALUATION_H
#include "core/json.h"
#include "ocellus/model.h"

typedef struct
    cli_confused { /* images of class `truth` that were taken for `answer`, which may be the same */
  int truth, answer;
  int64_t count;
} cli_confused;

typedef struct cli_evaluation {
  int64_t count, correct; /* images; count 0: there is no evaluation */
  double accuracy, low, high, loss;
  int classes;
  char **names;
  oc_class_score *scores; /* one for each class */
  cli_confused *cells;    /* those with a count above 0, in the order of their rows */
  int64_t cell_count;
} cli_evaluation;

/* Copies what a model of one class was measured with. OC_E_MEMORY. */
oc_status cli_evaluation_of(const oc_model *m, const oc_evaluation *e, cli_evaluation *out, oc_error *err);
/* Writes it as evaluation.json of a run whose best epoch this is. */
oc_status cli_evaluation_save(const cli_evaluation *e, const char *folder, int epoch, oc_error *err);
/* Both for a run that was just tested; a model that does not answer with one class has none. */
oc_status cli_evaluation_keep(const oc_model *m, const oc_evaluation *e, const char *folder, int epoch,
                              oc_error *err);
/* Reads evaluation.json of a run; one that is not there, or is of another epoch than `epoch`, is empty.
 * OC_E_DATA: its content is damaged. */
oc_status cli_evaluation_load(const char *folder, int epoch, cli_evaluation *out, oc_error *err);
/* Frees everything and empties it. */
void cli_evaluation_release(cli_evaluation *e);

#endif
