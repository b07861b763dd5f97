/* erase.c: replaces a rectangle by random values (Zhong et al. 2020, "Random Erasing Data Augmentation"). */
#include "data/augment/transform.h"
#include <math.h>

enum { TRIES = 10 };

static bool erase_draw(oc_random *r, const double *values, oc_image_shape shape, double *drawn) {
  const double width = (double)shape.width, height = (double)shape.height, bound = log(values[3]);
  if (oc_random_unit(r) >= values[0]) return false;
  for (int i = 0; i < TRIES; i++) {
    const double area =
        width * height * oc_random_range(r, fmin(values[1], values[2]), fmax(values[1], values[2]));
    const double ratio = exp(oc_random_range(r, -bound, bound));
    const double w = round(sqrt(area * ratio)), h = round(sqrt(area / ratio));
    if (!(w >= 1 && w < width && h >= 1 && h < height)) continue;
    drawn[0] = (double)oc_random_below(r, (uint64_t)(width - w) + 1);
    drawn[1] = (double)oc_random_below(r, (uint64_t)(height - h) + 1);
    drawn[2] = w;
    drawn[3] = h;
    return true;
  }
  return false;
}

/* drawn: left, top, width and height of the rectangle. */
static void erase_change(oc_canvas *c, const double *drawn) {
  const int64_t channels = c->shape.channels, row = c->shape.width * channels;
  const int64_t first = (int64_t)drawn[0] * channels, bytes = (int64_t)drawn[2] * channels;
  for (int64_t y = (int64_t)drawn[1]; y < (int64_t)(drawn[1] + drawn[3]); y++)
    for (int64_t i = 0; i < bytes; i++)
      c->pixels[y * row + first + i] = (uint8_t)(oc_random_u32(c->random) >> 24);
}

const oc_transform oc_transform_erase = {
    .name = "erase",
    .summary = "replace a rectangle by random values (Zhong et al. 2020)",
    .hyperparameters = {OC_PROBABILITY,
                        {.name = "smallest",
                         .above = true,
                         .high = 1,
                         .fallback = 0.02,
                         .help = "smallest area of the rectangle, as a fraction"},
                        {.name = "largest",
                         .above = true,
                         .high = 1,
                         .fallback = 0.33,
                         .help = "largest area of the rectangle, as a fraction"},
                        {.name = "ratio",
                         .low = 1,
                         .high = 10,
                         .fallback = 10.0 / 3,
                         .help = "largest aspect ratio of the rectangle; the smallest is its inverse"}},
    .draw = erase_draw,
    .change = erase_change};
