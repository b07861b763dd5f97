/* prediction.h: prints and draws the predictions of a model, the most probable first. */
#ifndef OC_CLI_PREDICTION_H
#define OC_CLI_PREDICTION_H
#include "core/drawing.h"
#include "ocellus/model.h"

/* labels[0..top-1]: the classes with the highest probabilities, best first; of equal ones the first class. */
void cli_best_labels(const float *probabilities, int classes, int top, int *labels);
/* An image with the best class, its probability and a bar under it; `truth` is the right label, or -1.
 * `width`: columns that the drawing gets. */
cli_drawing cli_draw_prediction(const cli_terminal *t, const oc_model *m, const uint8_t *pixels,
                                const float *probabilities, int truth, int width);

#endif
