/* brightness.c: makes an image lighter or darker: factor * v, as Pillow's ImageEnhance.Brightness. */
#include "data/augment/color.h"
#include "data/augment/transform.h"

/* drawn: the factor. */
static void brightness_change(oc_canvas *c, const double *drawn) {
  oc_canvas_stretch(c, 0, drawn[0]);
}

const oc_transform oc_transform_brightness = {.name = "brightness",
                                              .summary = "multiply values by 1 - CHANGE to 1 + CHANGE",
                                              .hyperparameters = {OC_FACTOR_CHANGE},
                                              .draw = oc_draw_factor,
                                              .change = brightness_change};
