/* hue.c: turns the color circle (hue, saturation, value: Smith 1978, "Color Gamut Transform Pairs"), as
 * torchvision's adjust_hue. Gray images stay as they are. */
#include "data/augment/color.h"
#include "data/augment/transform.h"
#include <math.h>

static bool hue_draw(oc_random *r, const double *values, oc_image_shape shape, double *drawn) {
  drawn[0] = oc_random_range(r, -values[0], values[0]);
  return shape.channels == 3;
}

/* The place on the circle, 0 to 6: red 0, green 2, blue 4. */
static float hue_of(const float *v, float most, float range) {
  if (v[0] == most) return v[1] >= v[2] ? (v[1] - v[2]) / range : 6 + (v[1] - v[2]) / range;
  return v[1] == most ? 2 + (v[2] - v[0]) / range : 4 + (v[0] - v[1]) / range;
}

/* Channel k of a pure color: 1 within a sixth of its own place, 0 beyond two sixths, linear between. */
static float channel_of(float hue, int k) {
  const float away = fabsf(fmodf(hue - 2.0f * (float)k + 9, 6) - 3);
  return fminf(1, fmaxf(0, 2 - away));
}

/* drawn: the way, as a fraction of the circle. */
static void hue_change(oc_canvas *c, const double *drawn) {
  const int64_t pixels = c->shape.channels == 3 ? oc_canvas_pixels(c) : 0;
  for (int64_t i = 0; i < pixels; i++) {
    uint8_t *pixel = c->pixels + 3 * i;
    const float v[3] = {pixel[0], pixel[1], pixel[2]};
    const float most = fmaxf(v[0], fmaxf(v[1], v[2])), least = fminf(v[0], fminf(v[1], v[2]));
    if (most == least) continue;
    const float hue = fmodf(hue_of(v, most, most - least) + 6 * (float)drawn[0] + 6, 6);
    for (int k = 0; k < 3; k++) pixel[k] = oc_value_round(least + (most - least) * channel_of(hue, k));
  }
}

const oc_transform oc_transform_hue = {
    .name = "hue",
    .summary = "turn the color circle, by up to a fraction of it in each direction",
    .hyperparameters = {{.name = "change",
                         .above = true,
                         .high = 0.5,
                         .required = true,
                         .help = "largest way, as a fraction of the circle"}},
    .draw = hue_draw,
    .change = hue_change};
