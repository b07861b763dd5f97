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

/* out: n rows of m numbers, each the weighted sum of the rows of `in` around it. */
static void blur_rows(const float *in, float *restrict out, int64_t n, int64_t m, const float *weights,
                      int radius) {
  for (int64_t y = 0; y < n; y++, out += m) {
    for (int64_t x = 0; x < m; x++) out[x] = weights[0] * in[y * m + x];
    for (int i = 1; i <= radius; i++) {
      const float *before = in + m * (y >= i ? y - i : mirrored(y - i, n)),
                  *after = in + m * (y + i < n ? y + i : mirrored(y + i, n));
      for (int64_t x = 0; x < m; x++) out[x] += weights[i] * (before[x] + after[x]);
    }
  }
}

static void transpose(const float *in, float *out, int64_t height, int64_t width) {
  for (int64_t y = 0; y < height; y++)
    for (int64_t x = 0; x < width; x++) out[x * height + y] = in[y * width + x];
}

/* Rows are blurred as columns of the transposed plane, so that neighbors in memory are summed alike. */
void oc_blur(float *plane, float *spare, int64_t height, int64_t width, double deviation) {
  float weights[MAX_RADIUS + 1];
  const int radius = gaussian(deviation, weights);
  transpose(plane, spare, height, width);
  blur_rows(spare, plane, width, height, weights, radius);
  transpose(plane, spare, width, height);
  blur_rows(spare, plane, height, width, weights, radius);
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
