/* tta.h: test-time augmentation: a model's probabilities, averaged over several views of each image.
 *
 *   float p[10];
 *   if (oc_tta_predict(model, pixels, 1, OC_TTA_FLIP, p, &err) != OC_OK) return 1;
 *
 * OC_TTA_FLIP adds the mirror image (left and right exchanged), and both have the same weight. OC_TTA_SHIFT
 * adds the image moved up and left, and down and right, by 1/32 of its shorter side, at least 1 pixel; what
 * is missing at the border is mirrored there. The image itself has the weight 1/2, each moved one 1/4. With
 * both, each of these is mirrored too: 6 views, as in airbench (arXiv 2404.00498), but of probabilities, not
 * of logits. Do not flip images whose classes are mirror images of each other, such as letters.
 *
 * Threads: as oc_model_predict and oc_model_evaluate. */
#ifndef OCELLUS_TTA_H
#define OCELLUS_TTA_H
#include "model.h"
#ifdef __cplusplus
extern "C" {
#endif

/* Views that are added to the image itself; a sum of any of them, 0: none. */
#define OC_TTA_FLIP  1u
#define OC_TTA_SHIFT 2u

/* Class probabilities as of oc_model_predict, whose errors it has; each view costs as much as one prediction.
 * OC_E_ARGUMENT: unknown views. OC_E_UNSUPPORTED: the first output is not a class. OC_E_MEMORY. With views 0
 * the bits are those of oc_model_predict. */
OC_API oc_status oc_tta_predict(oc_model *m, const uint8_t *pixels, int64_t count, unsigned views,
                                float *probabilities, oc_error *err);
/* Measures all of `d` as oc_model_evaluate does, whose errors it has, by these probabilities. The loss is
 * the mean of -log of the right class's averaged probability. The caller frees the arrays of *out with
 * oc_evaluation_release; on failure it is empty. OC_E_ARGUMENT: unknown views. OC_E_UNSUPPORTED: the model
 * has another head than one with a class. With views 0 it is oc_model_evaluate. */
OC_API oc_status oc_tta_evaluate(oc_model *m, const oc_dataset *d, unsigned views, oc_evaluation *out,
                                 oc_error *err);

#ifdef __cplusplus
}
#endif
#endif
