/* saturation.c: makes colors stronger or paler: the gray of a pixel, and factor times the difference from it,
 * as Pillow's ImageEnhance.Color. Gray images stay as they are. */
#include "data/augment/color.h"
#include "data/augment/transform.h"

/* drawn: the factor. */
static void saturation_change(oc_canvas *c, const double *drawn) {
  const int64_t pixels = c->shape.channels == 3 ? oc_canvas_pixels(c) : 0;
  const float factor = (float)drawn[0];
  for (int64_t i = 0; i < pixels; i++) {
    uint8_t *pixel = c->pixels + 3 * i;
    const int gray = oc_value_gray(pixel, 3);
    for (int k = 0; k < 3; k++) pixel[k] = oc_value_round((float)gray + factor * (float)(pixel[k] - gray));
  }
}

const oc_transform oc_transform_saturation = {
    .name = "saturation",
    .summary = "multiply differences of colors from gray by 1 - CHANGE to 1 + CHANGE",
    .hyperparameters = {OC_FACTOR_CHANGE},
    .draw = oc_draw_factor,
    .change = saturation_change};
