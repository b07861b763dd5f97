/* activations.h (internal): any tensors of a model for one image, as the engine itself computes them. */
#ifndef OC_INSPECT_ACTIVATIONS_H
#define OC_INSPECT_ACTIVATIONS_H
#include "model/model.h"

/* Zero-initialize, then oc_activations_release, also after a failure. Results are oc_plan_result of
 * `plan`. */
typedef struct oc_activations {
  oc_input input;
  oc_plan *plan;
} oc_activations;

oc_status oc_activations_fetch(oc_activations *l, oc_model *m, const uint8_t *pixels, const oc_node *fetches,
                               int count, oc_error *err);
/* After it: OC_E_NOT_FINITE, naming the layer it began in, if a number of result `at`, which is of `node`, is
 * NaN or infinite. */
oc_status oc_activations_check(const oc_activations *l, oc_model *m, int at, oc_node node, oc_error *err);
void oc_activations_release(oc_activations *l);

#endif
