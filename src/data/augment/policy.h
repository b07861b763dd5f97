/* policy.h: transforms that draw other transforms. */
#ifndef OC_DATA_AUGMENT_POLICY_H
#define OC_DATA_AUGMENT_POLICY_H
#include "data/augment/transform.h"

/* Magnitudes are divided into so many values, the first and the last included. */
enum { OC_MAGNITUDES = 31 };

/* A transform that a policy draws. */
typedef struct oc_policy_op {
  const oc_transform *transform; /* NULL: the image stays as it is */
  double first, last;            /* magnitude 0 and magnitude 30 */
  bool either;                   /* the magnitude or its negative, with equal probability */
  /* What the transform would have drawn, from the magnitude; NULL: it draws nothing */
  void (*set)(double magnitude, oc_image_shape shape, double *drawn);
} oc_policy_op;

/* Writes what magnitude number `level` of an operation is into `out`. */
void oc_policy_set(const oc_policy_op *op, int level, oc_random *r, oc_image_shape shape, oc_drawn *out);

/* `set` of operations. */
void oc_set_shear_x(double magnitude, oc_image_shape shape, double *drawn); /* a tangent */
void oc_set_shear_y(double magnitude, oc_image_shape shape, double *drawn);
void oc_set_shift_x(double magnitude, oc_image_shape shape, double *drawn); /* pixels */
void oc_set_shift_y(double magnitude, oc_image_shape shape, double *drawn);
void oc_set_shift_x_part(double magnitude, oc_image_shape shape, double *drawn); /* of the width */
void oc_set_shift_y_part(double magnitude, oc_image_shape shape, double *drawn);
void oc_set_factor(double magnitude, oc_image_shape shape, double *drawn); /* minus 1 */
void oc_set_number(double magnitude, oc_image_shape shape, double *drawn);
void oc_set_whole(double magnitude, oc_image_shape shape, double *drawn); /* the nearest integer */

#endif
