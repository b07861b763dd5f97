/* policy.c: see policy.h. */
#include "data/augment/policy.h"
#include <math.h>

void oc_policy_set(const oc_policy_op *op, int level, oc_random *r, oc_image_shape shape, oc_drawn *out) {
  const double magnitude = op->first + (op->last - op->first) * level / (OC_MAGNITUDES - 1);
  const bool negative = op->either && oc_random_below(r, 2) == 1;
  *out = (oc_drawn){.transform = op->transform};
  if (op->set) op->set(negative ? -magnitude : magnitude, shape, out->values);
}

static double degrees_of(double tangent) {
  return atan(tangent) * 180 / 3.14159265358979323846;
}

void oc_set_shear_x(double magnitude, oc_image_shape shape, double *drawn) {
  (void)shape;
  drawn[0] = degrees_of(magnitude);
}
void oc_set_shear_y(double magnitude, oc_image_shape shape, double *drawn) {
  (void)shape;
  drawn[1] = degrees_of(magnitude);
}
void oc_set_shift_x(double magnitude, oc_image_shape shape, double *drawn) {
  (void)shape;
  drawn[0] = round(magnitude);
}
void oc_set_shift_y(double magnitude, oc_image_shape shape, double *drawn) {
  (void)shape;
  drawn[1] = round(magnitude);
}
void oc_set_shift_x_part(double magnitude, oc_image_shape shape, double *drawn) {
  drawn[0] = round(magnitude * (double)shape.width);
}
void oc_set_shift_y_part(double magnitude, oc_image_shape shape, double *drawn) {
  drawn[1] = round(magnitude * (double)shape.height);
}
void oc_set_factor(double magnitude, oc_image_shape shape, double *drawn) {
  (void)shape;
  drawn[0] = 1 + magnitude;
}
void oc_set_number(double magnitude, oc_image_shape shape, double *drawn) {
  (void)shape;
  drawn[0] = magnitude;
}
void oc_set_whole(double magnitude, oc_image_shape shape, double *drawn) {
  (void)shape;
  drawn[0] = round(magnitude);
}
