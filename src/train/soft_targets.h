/* soft_targets.h (internal): classes as distributions. Label smoothing, weights of classes and mixed images
 * are one thing to the graph: a row of numbers for each image, whose cross-entropy with the answers is
 * minimized. The rows are computed here, on the host; scoring compares with the labels themselves. */
#ifndef OC_TRAIN_SOFT_TARGETS_H
#define OC_TRAIN_SOFT_TARGETS_H
#include "data/input.h"
#include "model/heads.h"

struct oc_fit;

typedef struct oc_soft_targets {
  bool used;
  double smoothing;                      /* fraction that is spread over all classes */
  oc_node nodes[OC_TARGETS_MAX];         /* placeholders; none where a target is not a class */
  float *rows[OC_TARGETS_MAX];           /* what they are bound to: the images of a batch x classes */
  double *class_weights[OC_TARGETS_MAX]; /* NULL: all 1 */
} oc_soft_targets;

/* Sets f->soft.used. OC_E_ARGUMENT: an option needs a class to apply to. */
oc_status oc_soft_targets_check(struct oc_fit *f, oc_error *err);
/* Memory and weights of classes. */
oc_status oc_soft_targets_create(struct oc_fit *f, oc_error *err);
void oc_soft_targets_release(oc_soft_targets *s);
/* Computes the rows of the n images in `input`. Of images that are mixed, targets that are numbers are mixed
 * where they lie, and a label becomes that of the larger share, with which scores compare. OC_E_DATA: a label
 * is not a class. */
oc_status oc_soft_targets_fill(const oc_soft_targets *s, const oc_heads *h, const oc_input *input, int64_t n,
                               oc_error *err);

#endif
