/* rotate.c: rotates an image around its center, counterclockwise, as Pillow's Image.rotate. */
#include "data/augment/transform.h"
#include <math.h>

static bool rotate_draw(oc_random *r, const double *values, oc_image_shape shape, double *drawn) {
  (void)shape;
  drawn[0] = oc_random_range(r, -values[0], values[0]);
  return true;
}

/* drawn: degrees. */
static oc_map rotate_map(oc_image_shape shape, const double *drawn) {
  const double angle = drawn[0] * 3.14159265358979323846 / 180, cosine = cos(angle), sine = sin(angle);
  return oc_map_around_center(shape, cosine, -sine, sine, cosine);
}

const oc_transform oc_transform_rotate = {
    .name = "rotate",
    .summary = "rotate around the center, by up to so many degrees in each direction",
    .hyperparameters = {{.name = "degrees",
                         .above = true,
                         .high = 180,
                         .required = true,
                         .help = "largest angle in each direction"}},
    .draw = rotate_draw,
    .map = rotate_map};
