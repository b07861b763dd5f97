/* elastic.c: moves each pixel on its own, near ones in similar ways (Simard, Steinkraus and Platt 2003, "Best
 * Practices for Convolutional Neural Networks Applied to Visual Document Analysis"): random numbers of -1 to
 * 1, blurred, times a distance. */
#include "data/augment/blur.h"
#include "data/augment/color.h"
#include "data/augment/transform.h"

static bool elastic_draw(oc_random *r, const double *values, oc_image_shape shape, double *drawn) {
  (void)r, (void)shape;
  drawn[0] = values[0];
  drawn[1] = values[1];
  return true;
}

/* drawn: the distance in pixels, and the standard deviation of the blur. */
static void elastic_change(oc_canvas *c, const double *drawn) {
  const int64_t height = c->shape.height, width = c->shape.width, pixels = oc_canvas_pixels(c);
  float *dx = c->planes, *dy = dx + pixels, *spare = dy + pixels;
  for (int64_t i = 0; i < 2 * pixels; i++) dx[i] = (float)(oc_random_u32(c->random) * 0x1p-31 - 1);
  oc_blur(dx, spare, height, width, drawn[1]);
  oc_blur(dy, spare, height, width, drawn[1]);
  for (int64_t i = 0; i < pixels; i++) {
    const double x = (double)(i % width) + 0.5 + drawn[0] * (double)dx[i],
                 y = (double)(i / width) + 0.5 + drawn[0] * (double)dy[i];
    oc_canvas_sample(c, x, y, c->spare + i * c->shape.channels);
  }
  oc_canvas_swap(c);
}

const oc_transform oc_transform_elastic = {
    .name = "elastic",
    .summary = "move pixels as if the image was on rubber (Simard et al. 2003)",
    .hyperparameters = {{.name = "distance",
                         .above = true,
                         .high = 65536,
                         .fallback = 34,
                         .help = "factor of the blurred random numbers, in pixels"},
                        {.name = "deviation",
                         .above = true,
                         .high = OC_BLUR_MAX,
                         .fallback = 4,
                         .help = "standard deviation of the blur, in pixels"}},
    .draw = elastic_draw,
    .change = elastic_change,
    .moves = true};
