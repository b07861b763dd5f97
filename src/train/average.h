/* average.h (internal): the moving average of the weights of a run. */
#ifndef OC_TRAIN_AVERAGE_H
#define OC_TRAIN_AVERAGE_H
#include "model/model.h"

struct oc_fit;

typedef struct oc_average {
  oc_session *session; /* of the model's graph, with averages for variables; NULL: none are kept */
  oc_model_use score;  /* validation; its input is that of the run */
} oc_average;

/* If the recipe has one. */
oc_status oc_average_create(struct oc_fit *f, oc_error *err);
void oc_average_release(oc_average *a);
/* Adds the weights after a step, of which `before` were done before. */
void oc_average_step(struct oc_fit *f, int64_t before);
/* Measures the validation set with the averages, and sets their members of the event. Without
 * a validation set the averages count as better. */
oc_status oc_average_measure(struct oc_fit *f, oc_event *e, oc_error *err);
/* The session whose weights an epoch is to be remembered by: of the averages, or of the run. */
const oc_session *oc_average_better(const struct oc_fit *f, bool averaged);

#endif
