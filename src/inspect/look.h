/* look.h (internal): any tensors of a model for one picture, as the engine itself computes them. */
#ifndef OC_INSPECT_LOOK_H
#define OC_INSPECT_LOOK_H
#include "model/model.h"

/* Zero-initialise, then oc_look_release, also after a failure. Results are oc_plan_result of `plan`. */
typedef struct oc_look {
  oc_input input;
  oc_plan *plan;
} oc_look;

oc_status oc_look_run(oc_look *l, oc_model *m, const uint8_t *pixels, const oc_node *fetches, int count,
                      oc_error *err);
void oc_look_release(oc_look *l);

#endif
