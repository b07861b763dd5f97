/* crop.c: adds a border and takes a part of the former shape: the image moves by whole pixels (He et al.
 * 2016, "Deep Residual Learning": 4 pixels for CIFAR-10). */
#include "data/augment/transform.h"

static bool crop_draw(oc_random *r, const double *values, oc_image_shape shape, double *drawn) {
  (void)shape;
  for (int i = 0; i < 2; i++) drawn[i] = (double)oc_random_below(r, 2 * (uint64_t)values[0] + 1) - values[0];
  return true;
}

/* drawn: where the part begins, from the left and the top of the image. */
static oc_map crop_map(oc_image_shape shape, const double *drawn) {
  (void)shape;
  return oc_map_axes(1, drawn[0], 1, drawn[1]);
}

const oc_transform oc_transform_crop = {
    .name = "crop",
    .summary = "add a border of so many pixels, and take a part of the former size",
    .hyperparameters = {{.name = "pixels",
                         .low = 1,
                         .high = 65536,
                         .whole = true,
                         .required = true,
                         .help = "width of the border on each side"}},
    .draw = crop_draw,
    .map = crop_map};
