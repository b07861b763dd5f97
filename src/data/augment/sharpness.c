/* sharpness.c: makes an image sharper, or smoother: moves values away from those of a smoothed image, or
 * toward them, as Pillow's ImageEnhance.Sharpness. */
#include "data/augment/color.h"
#include "data/augment/transform.h"

/* The weights of Pillow's filter SMOOTH: 5 for the pixel and 1 for each of its eight neighbors, of 13. Pixels
 * of the border stay. */
static int smooth_value(const uint8_t *at, int64_t row, int64_t step) {
  int sum = 5 * *at;
  for (int64_t dy = -row; dy <= row; dy += row) sum += at[dy - step] + at[dy + step];
  sum += at[-row] + at[row];
  return (2 * sum + 13) / 26;
}

/* drawn: the factor of the difference from the smoothed image. */
static void sharpness_change(oc_canvas *c, const double *drawn) {
  const int64_t step = c->shape.channels, row = c->shape.width * step;
  const float factor = (float)drawn[0];
  for (int64_t y = 0; y < c->shape.height; y++)
    for (int64_t x = 0; x < row; x++) {
      const uint8_t *at = c->pixels + y * row + x;
      const bool inside = y > 0 && y + 1 < c->shape.height && x >= step && x < row - step;
      const int smooth = inside ? smooth_value(at, row, step) : *at;
      c->spare[y * row + x] = oc_value_round((float)smooth + factor * (float)(*at - smooth));
    }
  oc_canvas_swap(c);
}

const oc_transform oc_transform_sharpness = {
    .name = "sharpness",
    .summary = "multiply differences from a smoothed image by 1 - CHANGE to 1 + CHANGE",
    .hyperparameters = {OC_FACTOR_CHANGE},
    .draw = oc_draw_factor,
    .change = sharpness_change};
