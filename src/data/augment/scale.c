/* scale.c: magnifies an image around its center, or makes it smaller. */
#include "data/augment/transform.h"

static bool scale_draw(oc_random *r, const double *values, oc_image_shape shape, double *drawn) {
  (void)shape;
  drawn[0] = oc_random_range(r, 1 - values[0], 1 + values[0]);
  return true;
}

/* drawn: the factor. */
static oc_map scale_map(oc_image_shape shape, const double *drawn) {
  return oc_map_around_center(shape, 1 / drawn[0], 0, 0, 1 / drawn[0]);
}

const oc_transform oc_transform_scale = {
    .name = "scale",
    .summary = "scale around the center, by a factor of 1 - CHANGE to 1 + CHANGE",
    .hyperparameters = {{.name = "change",
                         .above = true,
                         .high = 1,
                         .below = true,
                         .required = true,
                         .help = "largest difference of the factor from 1"}},
    .draw = scale_draw,
    .map = scale_map};
