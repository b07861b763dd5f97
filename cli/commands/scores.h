/* scores.h: prints an evaluation as tables or as JSON. */
#ifndef OC_CLI_SCORES_H
#define OC_CLI_SCORES_H
#include "core/message.h"
#include "ocellus/model.h"

typedef struct cli_scores {
  const oc_model *model;
  const oc_evaluation *evaluation;
  const char *model_name, *data_name, *part;
  const char *views;             /* that were averaged: "none", "flip" and so on */
  const oc_threshold *threshold; /* NULL: none was looked for */
} cli_scores;

void cli_scores_print(const cli_scores *s, const cli_terminal *t);
oc_status cli_scores_json(const cli_scores *s, oc_error *err);

#endif
