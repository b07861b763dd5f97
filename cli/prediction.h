/* prediction.h: the answers of a model, best first, and drawn. */
#ifndef OC_CLI_PREDICTION_H
#define OC_CLI_PREDICTION_H
#include "draw.h"
#include "ocellus/model.h"

/* The pictures of a file, or of the test part of built-in data; the caller frees them. */
oc_status cli_pictures_open(const char *path, oc_dataset **out, oc_error *err);
/* Can a model that takes pictures of size `m` take these? Channels may be converted. `file` is for messages. */
oc_status cli_pictures_fit(const oc_dataset *set, const char *file, oc_picture_size m, oc_error *err);
/* One picture of that size: 'FILE' or 'FILE[5]'. The caller frees *pixels with free. */
oc_status cli_picture_open(const char *name, oc_picture_size size, uint8_t **pixels, oc_error *err);
/* labels[0..top-1]: the classes with the highest probabilities, best first; of equal ones the first class. */
void cli_best_labels(const float *probabilities, int classes, int top, int *labels);
/* A picture with the best class, its probability and a bar under it; `truth` is the right label, or -1.
 * `width`: columns that the drawing gets. */
cli_drawing cli_draw_prediction(const cli_terminal *t, const oc_model *m, const uint8_t *pixels,
                                const float *probabilities, int truth, int width);

#endif
