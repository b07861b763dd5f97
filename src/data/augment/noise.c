/* noise.c: adds noise with a normal distribution to each value (Box and Muller 1958), two numbers at a
 * time. */
#include "data/augment/color.h"
#include "data/augment/transform.h"
#include <math.h>

static bool noise_draw(oc_random *r, const double *values, oc_image_shape shape, double *drawn) {
  (void)r, (void)shape;
  drawn[0] = values[0];
  return true;
}

/* drawn: the standard deviation. */
static void noise_change(oc_canvas *c, const double *drawn) {
  const int64_t count = oc_canvas_pixels(c) * c->shape.channels;
  for (int64_t i = 0; i < count; i += 2) {
    const double u = ((double)oc_random_u32(c->random) + 1) * 0x1p-32, v = oc_random_u32(c->random) * 0x1p-32;
    const double radius = drawn[0] * sqrt(-2 * log(u)), angle = 2 * 3.14159265358979323846 * v;
    c->pixels[i] = oc_value_round((float)(c->pixels[i] + radius * cos(angle)));
    if (i + 1 < count) c->pixels[i + 1] = oc_value_round((float)(c->pixels[i + 1] + radius * sin(angle)));
  }
}

const oc_transform oc_transform_noise = {
    .name = "noise",
    .summary = "add noise with a normal distribution to each value",
    .hyperparameters = {{.name = "deviation",
                         .above = true,
                         .high = 255,
                         .required = true,
                         .help = "standard deviation, of values 0 to 255"}},
    .draw = noise_draw,
    .change = noise_change};
