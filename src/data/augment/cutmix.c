/* cutmix.c: replaces a rectangle by that of another image (Yun et al. 2019, "CutMix: Regularization Strategy
 * to Train Strong Classifiers with Localizable Features", arXiv 1905.04899). Its center is any pixel, and its
 * area before it is cut at the border is 1 - share of the image. As in torchvision, half the sides are
 * rounded down to whole pixels. */
#include "base/checked.h"
#include "data/augment/transform.h"
#include <math.h>
#include <string.h>

/* Writes where the rectangle begins on an axis, and how long it is. */
static void draw_side(oc_random *r, int64_t size, double half, double *begin, double *length) {
  const int64_t center = (int64_t)oc_random_below(r, (uint64_t)size), reach = (int64_t)(half * (double)size);
  const int64_t first = oc_max_i64(0, center - reach), end = oc_min_i64(size, center + reach);
  *begin = (double)first;
  *length = (double)(end - first);
}

static bool cutmix_draw(oc_random *r, const double *values, oc_image_shape shape, double *drawn) {
  const double half = sqrt(1 - oc_draw_share(r, values[0])) / 2;
  draw_side(r, shape.width, half, &drawn[0], &drawn[2]);
  draw_side(r, shape.height, half, &drawn[1], &drawn[3]);
  return true;
}

/* drawn: left, top, width and height of the rectangle. The share is what is left of the image. */
static double cutmix_mix(oc_image_shape shape, const double *drawn, const uint8_t *other, uint8_t *pixels) {
  const int64_t row = shape.width * shape.channels, top = (int64_t)drawn[1];
  const int64_t begin = (int64_t)drawn[0] * shape.channels, bytes = (int64_t)drawn[2] * shape.channels;
  for (int64_t y = top; y < top + (int64_t)drawn[3]; y++)
    memcpy(pixels + y * row + begin, other + y * row + begin, (size_t)bytes);
  return 1 - drawn[2] * drawn[3] / (double)(shape.width * shape.height);
}

const oc_transform oc_transform_cutmix = {
    .name = "cutmix",
    .summary =
        "a rectangle from another image of the batch, and so much of its label (Yun et al. 2019, arXiv "
        "1905.04899)",
    .hyperparameters = {OC_ALPHA(1)},
    .draw = cutmix_draw,
    .mix = cutmix_mix};
