/* statistics.c: see statistics.h. Sums are integers, so they do not depend on any order. */
#include "data/transform/statistics.h"
#include <math.h>

/* Sum of the values of the outermost pixels, each counted once. */
static uint64_t border_sum(const uint8_t *pixels, oc_image_shape s, int64_t *count) {
  const int64_t row = s.width * s.channels;
  uint64_t sum = 0;
  *count = 0;
  for (int64_t y = 0; y < s.height; y++) {
    const bool whole = y == 0 || y == s.height - 1;
    const int64_t step = whole || s.width == 1 ? s.channels : row - s.channels;
    for (int64_t x = 0; x < row; x += step)
      for (int64_t c = 0; c < s.channels; c++, ++*count) sum += pixels[y * row + x + c];
  }
  return sum;
}

static int rounded(uint64_t sum, int64_t count) {
  return (int)((2 * sum + (uint64_t)count) / (2 * (uint64_t)count));
}

oc_image_levels oc_image_levels_of(const uint8_t *pixels, oc_image_shape s) {
  const int64_t n = s.height * s.width * s.channels;
  uint64_t sum = 0, squares = 0;
  int64_t outermost;
  for (int64_t i = 0; i < n; i++) {
    const uint32_t v = pixels[i];
    sum += v;
    squares += v * v;
  }
  const double mean = (double)sum / (double)n, variance = (double)squares / (double)n - mean * mean;
  const uint64_t border = border_sum(pixels, s, &outermost);
  return (oc_image_levels){.brightness = rounded(sum, n),
                           .border = rounded(border, outermost),
                           .contrast = (int)(sqrt(variance > 0 ? variance : 0) + 0.5)};
}

void oc_image_statistics_add(oc_image_statistics *s, const uint8_t *pixels, oc_image_shape shape) {
  const oc_image_levels levels = oc_image_levels_of(pixels, shape);
  s->images++;
  s->brightness[levels.brightness]++;
  s->border[levels.border]++;
  s->contrast[levels.contrast]++;
}

int oc_image_statistics_quantile(const int64_t counts[256], int64_t images, double share) {
  const double wanted = share * (double)images;
  int64_t seen = 0;
  for (int level = 0; level < 255; level++) {
    seen += counts[level];
    if ((double)seen >= wanted && seen > 0) return level;
  }
  return 255;
}
