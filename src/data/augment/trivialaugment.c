/* trivialaugment.c: applies one of 14 operations with a random magnitude (Müller and Hutter 2021,
 * "TrivialAugment", the wide ranges). Operations and ranges are torchvision's; shears are around the
 * center. */
#include "data/augment/policy.h"

static const oc_policy_op operations[] = {
    {NULL, 0, 0, false, NULL},
    {&oc_transform_shear, 0, 0.99, true, oc_set_shear_x},
    {&oc_transform_shear, 0, 0.99, true, oc_set_shear_y},
    {&oc_transform_shift, 0, 32, true, oc_set_shift_x},
    {&oc_transform_shift, 0, 32, true, oc_set_shift_y},
    {&oc_transform_rotate, 0, 135, true, oc_set_number},
    {&oc_transform_brightness, 0, 0.99, true, oc_set_factor},
    {&oc_transform_saturation, 0, 0.99, true, oc_set_factor},
    {&oc_transform_contrast, 0, 0.99, true, oc_set_factor},
    {&oc_transform_sharpness, 0, 0.99, true, oc_set_factor},
    {&oc_transform_posterize, 8, 2, false, oc_set_whole},
    {&oc_transform_solarize, 255, 0, false, oc_set_number},
    {&oc_transform_autocontrast, 0, 0, false, NULL},
    {&oc_transform_equalize, 0, 0, false, NULL},
};
enum { OPERATIONS = sizeof operations / sizeof *operations };

static bool trivialaugment_pick(oc_random *r, const double *values, oc_image_shape shape, int round,
                                oc_drawn *out) {
  (void)values;
  if (round >= 1) return false;
  const oc_policy_op *op = &operations[oc_random_below(r, OPERATIONS)];
  oc_policy_set(op, (int)oc_random_below(r, OC_MAGNITUDES), r, shape, out);
  return true;
}

const oc_transform oc_transform_trivialaugment = {
    .name = "trivialaugment",
    .summary = "apply one of 14 operations with any magnitude (Müller and Hutter 2021)",
    .pick = trivialaugment_pick};
