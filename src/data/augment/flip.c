/* flip.c: exchanges left and right of an image, and top and bottom. */
#include "data/augment/transform.h"

static bool flip_draw(oc_random *r, const double *values, oc_image_shape shape, double *drawn) {
  (void)shape;
  drawn[0] = oc_random_unit(r) < values[0];
  drawn[1] = oc_random_unit(r) < values[1];
  return drawn[0] != 0 || drawn[1] != 0;
}

/* drawn: 1 to exchange left and right, 1 to exchange top and bottom. */
static oc_map flip_map(oc_image_shape shape, const double *drawn) {
  const bool x = drawn[0] != 0, y = drawn[1] != 0;
  return oc_map_axes(x ? -1 : 1, x ? (double)shape.width : 0, y ? -1 : 1, y ? (double)shape.height : 0);
}

const oc_transform oc_transform_flip = {
    .name = "flip",
    .summary = "exchange left and right, or top and bottom",
    .hyperparameters =
        {{.name = "horizontal",
          .high = 1,
          .fallback = 0.5,
          .help = "probability of exchanging left and right"},
         {.name = "vertical", .high = 1, .fallback = 0, .help = "probability of exchanging top and bottom"}},
    .draw = flip_draw,
    .map = flip_map};
