/* answers.h: answers of a model that has others than one class: numbers, several classes, more than one
 * output. */
#ifndef OC_CLI_ANSWERS_H
#define OC_CLI_ANSWERS_H
#include "core/command.h"
#include "ocellus/model.h"
#include <jansson.h>

/* Room for the answers of some images. Zero-initialize, then cli_answers_release. */
typedef struct cli_answers {
  const oc_model *model;
  float *values[OC_TARGETS_MAX]; /* of each output */
} cli_answers;

/* True if the model predicts one class only. */
bool cli_answers_one_class(const oc_model *m);
oc_status cli_answers_create(const oc_model *m, int images, cli_answers *out, oc_error *err);
void cli_answers_release(cli_answers *a);
/* Prints those of image i at the end of the line: "  digit 3 0.9821  place 0.25 -1.5". */
void cli_answers_print(const cli_answers *a, int64_t i);
/* The same as an object: of a class its name and probability, of classes the probability of each, of a vector
 * a list. */
json_t *cli_answers_json(const cli_answers *a, int64_t i);
/* Outputs of a model in words, "digit: a class of 10; place: 2 numbers", to be freed with free, NULL without
 * memory; and as a list. */
char *cli_outputs_text(const oc_model *m);
json_t *cli_outputs_json(const oc_model *m);

#endif
