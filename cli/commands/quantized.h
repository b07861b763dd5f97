/* quantized.h: a model in int8, for the targets of `ocellus export` that write one: --calibrate and
 * --calibrate-count, and the table of what it costs. */
#ifndef OC_CLI_QUANTIZED_H
#define OC_CLI_QUANTIZED_H
#include "commands/export.h"
#include "ocellus/int8.h"
#include <jansson.h>

/* Quantizes the model on the images of --calibrate. The caller frees *out with oc_int8_free. */
oc_status cli_quantized_create(const cli_call *call, const oc_model *m, oc_int8_model **out, oc_error *err);
/* Prints signal-to-noise ratios and accuracy. */
void cli_quantized_print(const oc_int8_model *q, FILE *out);
/* The same: "layers", "calibration". */
json_t *cli_quantized_json(const oc_int8_model *q);

#endif
