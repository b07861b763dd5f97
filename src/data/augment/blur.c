/* blur.c: blurs an image with a Gaussian: along rows, then along columns, as SciPy's gaussian_filter with
 * mode "mirror". */
#include "data/augment/blur.h"
#include "data/augment/color.h"
#include "data/augment/transform.h"
#include <math.h>

enum { REACH = 4, MAX_RADIUS = REACH * OC_BLUR_MAX };

/* Returns the radius; weights[0] is that of the center. */
static int gaussian(double deviation, float weights[MAX_RADIUS + 1]) {
  const int radius = (int)fmin(MAX_RADIUS, floor(REACH * deviation + 0.5));
  double sum = 1;
  for (int i = 1; i <= radius; i++) sum += 2 * exp(-0.5 * i * i / (deviation * deviation));
  for (int i = 0; i <= radius; i++) weights[i] = (float)(exp(-0.5 * i * i / (deviation * deviation)) / sum);
  return radius;
}

/* Position i of n, mirrored as often as needed. */
static int64_t mirrored(int64_t i, int64_t n) {
  const int64_t period = n > 1 ? 2 * (n - 1) : 1, at = (i % period + period) % period;
  return at < n ? at : period - at;
}

/* out: `lines` of n numbers, transposed, so that two calls give the plane as it was. */
static void blur_lines(const float *in, float *out, int64_t lines, int64_t n, const float *weights,
                       int radius) {
  for (int64_t l = 0; l < lines; l++)
    for (int64_t x = 0; x < n; x++) {
      const float *line = in + l * n;
      float sum = weights[0] * line[x];
      for (int i = 1; i <= radius; i++) {
        const bool inside = x >= i && x + i < n;
        sum += weights[i] *
               (line[inside ? x - i : mirrored(x - i, n)] + line[inside ? x + i : mirrored(x + i, n)]);
      }
      out[x * lines + l] = sum;
    }
}

void oc_blur(float *plane, float *spare, int64_t height, int64_t width, double deviation) {
  float weights[MAX_RADIUS + 1];
  const int radius = gaussian(deviation, weights);
  blur_lines(plane, spare, height, width, weights, radius);
  blur_lines(spare, plane, width, height, weights, radius);
}

static bool blur_draw(oc_random *r, const double *values, oc_image_shape shape, double *drawn) {
  (void)shape;
  drawn[0] = oc_random_range(r, fmin(0.1, values[0]), values[0]);
  return oc_random_unit(r) < values[1];
}

/* drawn: the standard deviation. */
static void blur_change(oc_canvas *c, const double *drawn) {
  const int64_t pixels = oc_canvas_pixels(c), channels = c->shape.channels;
  float *plane = c->planes;
  for (int64_t k = 0; k < channels; k++) {
    for (int64_t i = 0; i < pixels; i++) plane[i] = c->pixels[i * channels + k];
    oc_blur(plane, plane + pixels, c->shape.height, c->shape.width, drawn[0]);
    for (int64_t i = 0; i < pixels; i++) c->pixels[i * channels + k] = oc_value_round(plane[i]);
  }
}

const oc_transform oc_transform_blur = {
    .name = "blur",
    .summary = "blur with a Gaussian of a standard deviation of 0.1 pixels to DEVIATION",
    .hyperparameters = {{.name = "deviation",
                         .above = true,
                         .high = OC_BLUR_MAX,
                         .fallback = 2,
                         .help = "largest standard deviation, in pixels"},
                        OC_PROBABILITY},
    .draw = blur_draw,
    .change = blur_change};
