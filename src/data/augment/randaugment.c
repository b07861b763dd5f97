/* randaugment.c: applies a few of 14 operations, each with the same magnitude (Cubuk et al. 2020,
 * "RandAugment"). Operations and ranges are torchvision's; shears are around the center. */
#include "data/augment/policy.h"

static const oc_policy_op operations[] = {
    {NULL, 0, 0, false, NULL},
    {&oc_transform_shear, 0, 0.3, true, oc_set_shear_x},
    {&oc_transform_shear, 0, 0.3, true, oc_set_shear_y},
    {&oc_transform_shift, 0, 150.0 / 331, true, oc_set_shift_x_part},
    {&oc_transform_shift, 0, 150.0 / 331, true, oc_set_shift_y_part},
    {&oc_transform_rotate, 0, 30, true, oc_set_number},
    {&oc_transform_brightness, 0, 0.9, true, oc_set_factor},
    {&oc_transform_saturation, 0, 0.9, true, oc_set_factor},
    {&oc_transform_contrast, 0, 0.9, true, oc_set_factor},
    {&oc_transform_sharpness, 0, 0.9, true, oc_set_factor},
    {&oc_transform_posterize, 8, 4, false, oc_set_whole},
    {&oc_transform_solarize, 255, 0, false, oc_set_number},
    {&oc_transform_autocontrast, 0, 0, false, NULL},
    {&oc_transform_equalize, 0, 0, false, NULL},
};
enum { OPERATIONS = sizeof operations / sizeof *operations };

static bool randaugment_pick(oc_random *r, const double *values, oc_image_shape shape, int round,
                             oc_drawn *out) {
  if (round >= (int)values[0]) return false;
  oc_policy_set(&operations[oc_random_below(r, OPERATIONS)], (int)values[1], r, shape, out);
  return true;
}

const oc_transform oc_transform_randaugment = {
    .name = "randaugment",
    .summary = "apply some of 14 operations, all with one magnitude (Cubuk et al. 2020)",
    .hyperparameters = {{.name = "operations",
                         .low = 1,
                         .high = 14,
                         .whole = true,
                         .fallback = 2,
                         .help = "number of operations per image"},
                        {.name = "magnitude",
                         .high = OC_MAGNITUDES - 1,
                         .whole = true,
                         .fallback = 9,
                         .help = "magnitude of each"}},
    .pick = randaugment_pick};
