/* shear.c: slants an image around its center. */
#include "data/augment/transform.h"
#include <math.h>

static bool shear_draw(oc_random *r, const double *values, oc_image_shape shape, double *drawn) {
  (void)shape;
  drawn[0] = oc_random_range(r, -values[0], values[0]);
  drawn[1] = values[1] > 0 ? oc_random_range(r, -values[1], values[1]) : 0;
  return true;
}

/* drawn: degrees by which columns lean, and rows. */
static oc_map shear_map(oc_image_shape shape, const double *drawn) {
  const double degree = 3.14159265358979323846 / 180;
  return oc_map_around_center(shape, 1, -tan(drawn[0] * degree), -tan(drawn[1] * degree), 1);
}

const oc_transform oc_transform_shear = {
    .name = "shear",
    .summary = "slant around the center, by up to so many degrees in each direction",
    .hyperparameters = {{.name = "degrees",
                         .above = true,
                         .high = 80,
                         .required = true,
                         .help = "largest angle of what was vertical"},
                        {.name = "vertical", .high = 80, .help = "largest angle of what was horizontal"}},
    .draw = shear_draw,
    .map = shear_map};
