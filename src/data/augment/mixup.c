/* mixup.c: the weighted mean of two images (Zhang et al. 2018, "mixup: Beyond Empirical Risk Minimization",
 * arXiv 1710.09412). A share is a multiple of 1/65536, so that the mean is computed with integers, and the
 * target has the same share. */
#include "data/augment/transform.h"
#include <math.h>

#define WHOLE 65536

static bool mixup_draw(oc_random *r, const double *values, oc_image_shape shape, double *drawn) {
  (void)shape;
  drawn[0] = round(oc_draw_share(r, values[0]) * WHOLE) / WHOLE;
  return true;
}

/* drawn: the share of the image. */
static double mixup_mix(oc_image_shape shape, const double *drawn, const uint8_t *other, uint8_t *pixels) {
  const int64_t count = shape.height * shape.width * shape.channels;
  const uint32_t share = (uint32_t)(drawn[0] * WHOLE), rest = WHOLE - share;
  for (int64_t i = 0; i < count; i++)
    pixels[i] = (uint8_t)((share * pixels[i] + rest * other[i] + WHOLE / 2) / WHOLE);
  return drawn[0];
}

const oc_transform oc_transform_mixup = {
    .name = "mixup",
    .summary = "mean of two images of a batch, and of their labels (Zhang et al. 2018, arXiv 1710.09412)",
    .hyperparameters = {OC_ALPHA(0.2)},
    .draw = mixup_draw,
    .mix = mixup_mix};
