/* contrast.c: moves values away from the mean gray of an image, or toward it, as Pillow's
 * ImageEnhance.Contrast. */
#include "data/augment/color.h"
#include "data/augment/transform.h"

/* drawn: the factor of the difference from the mean. */
static void contrast_change(oc_canvas *c, const double *drawn) {
  const int64_t pixels = oc_canvas_pixels(c), channels = c->shape.channels;
  int64_t sum = 0;
  for (int64_t i = 0; i < pixels; i++) sum += oc_value_gray(c->pixels + i * channels, channels);
  oc_canvas_stretch(c, (double)((2 * sum + pixels) / (2 * pixels)), drawn[0]);
}

const oc_transform oc_transform_contrast = {
    .name = "contrast",
    .summary = "multiply differences from the mean gray by 1 - CHANGE to 1 + CHANGE",
    .hyperparameters = {OC_FACTOR_CHANGE},
    .draw = oc_draw_factor,
    .change = contrast_change};
