/* resizedcrop.c: takes a part of an image and magnifies it to the size of the whole (Szegedy et al. 2015,
 * "Going Deeper with Convolutions"), drawn as in torchvision's RandomResizedCrop. */
#include "data/augment/transform.h"
#include <math.h>

enum { TRIES = 10 };

/* The largest part in the middle whose aspect ratio is allowed. */
static void take_middle(const double *values, oc_image_shape shape, double *drawn) {
  const double width = (double)shape.width, height = (double)shape.height, ratio = values[2];
  const double w = fmin(width, fmax(1, round(height * ratio))),
               h = fmin(height, fmax(1, round(width * ratio)));
  drawn[0] = floor((width - w) / 2);
  drawn[1] = floor((height - h) / 2);
  drawn[2] = w;
  drawn[3] = h;
}

static bool resizedcrop_draw(oc_random *r, const double *values, oc_image_shape shape, double *drawn) {
  const double width = (double)shape.width, height = (double)shape.height, bound = log(values[2]);
  for (int i = 0; i < TRIES; i++) {
    const double area =
        width * height * oc_random_range(r, fmin(values[0], values[1]), fmax(values[0], values[1]));
    const double ratio = exp(oc_random_range(r, -bound, bound));
    const double w = round(sqrt(area * ratio)), h = round(sqrt(area / ratio));
    if (!(w >= 1 && w <= width && h >= 1 && h <= height)) continue;
    drawn[0] = (double)oc_random_below(r, (uint64_t)(width - w) + 1);
    drawn[1] = (double)oc_random_below(r, (uint64_t)(height - h) + 1);
    drawn[2] = w;
    drawn[3] = h;
    return true;
  }
  take_middle(values, shape, drawn);
  return true;
}

/* drawn: left, top, width and height of the part. */
static oc_map resizedcrop_map(oc_image_shape shape, const double *drawn) {
  return oc_map_axes(drawn[2] / (double)shape.width, drawn[0], drawn[3] / (double)shape.height, drawn[1]);
}

const oc_transform oc_transform_resizedcrop = {
    .name = "resizedcrop",
    .summary = "magnify a part, as in torchvision's RandomResizedCrop",
    .hyperparameters = {{.name = "smallest",
                         .above = true,
                         .high = 1,
                         .fallback = 0.08,
                         .help = "smallest area of the part, as a fraction"},
                        {.name = "largest",
                         .above = true,
                         .high = 1,
                         .fallback = 1,
                         .help = "largest area of the part, as a fraction"},
                        {.name = "ratio",
                         .low = 1,
                         .high = 10,
                         .fallback = 4.0 / 3,
                         .help = "largest aspect ratio of the part; the smallest is its inverse"}},
    .draw = resizedcrop_draw,
    .map = resizedcrop_map,
    .inside = true};
