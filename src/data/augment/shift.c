/* shift.c: moves an image by a part of a pixel or more. */
#include "data/augment/transform.h"

static bool shift_draw(oc_random *r, const double *values, oc_image_shape shape, double *drawn) {
  (void)shape;
  drawn[0] = oc_random_range(r, -values[0], values[0]);
  drawn[1] = oc_random_range(r, -values[0], values[0]);
  return true;
}

/* drawn: pixels to the right, and down. */
static oc_map shift_map(oc_image_shape shape, const double *drawn) {
  (void)shape;
  return oc_map_axes(1, -drawn[0], 1, -drawn[1]);
}

const oc_transform oc_transform_shift = {
    .name = "shift",
    .summary = "move by up to so many pixels in each direction, fractions included",
    .hyperparameters = {{.name = "pixels",
                         .above = true,
                         .high = 65536,
                         .required = true,
                         .help = "largest distance along each axis"}},
    .draw = shift_draw,
    .map = shift_map};
