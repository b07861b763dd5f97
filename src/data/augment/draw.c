/* draw.c: what several transforms draw. */
#include "data/augment/transform.h"

bool oc_draw_factor(oc_random *r, const double *values, oc_image_shape shape, double *drawn) {
  (void)shape;
  drawn[0] = oc_random_range(r, 1 - values[0], 1 + values[0]);
  return true;
}

bool oc_draw_chance(oc_random *r, const double *values, oc_image_shape shape, double *drawn) {
  (void)shape, (void)drawn;
  return oc_random_unit(r) < values[0];
}
