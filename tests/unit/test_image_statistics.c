/* Are the brightness, the border and the contrast of an image, and the quantiles of many, those of their
 * definitions? */
#include "harness.h"
#include "base/random.h"
#include "data/transform/statistics.h"
#include <math.h>

enum { SIDE = 5 };

typedef struct sums {
  double count, sum, squares;
} sums;

static void add(sums *s, double value) {
  s->count++;
  s->sum += value;
  s->squares += value * value;
}

static void compare_levels(const uint8_t *pixels, oc_image_shape s) {
  sums all = {0}, border = {0};
  for (int64_t y = 0; y < s.height; y++)
    for (int64_t x = 0; x < s.width; x++)
      for (int64_t c = 0; c < s.channels; c++) {
        const double value = pixels[(y * s.width + x) * s.channels + c];
        add(&all, value);
        if (y == 0 || x == 0 || y == s.height - 1 || x == s.width - 1) add(&border, value);
      }
  const double mean = all.sum / all.count, deviation = sqrt(all.squares / all.count - mean * mean);
  const oc_image_levels got = oc_image_levels_of(pixels, s);
  assert_true(fabs(got.brightness - mean) <= 0.5);
  assert_true(fabs(got.border - border.sum / border.count) <= 0.5);
  assert_true(fabs(got.contrast - deviation) <= 0.5 + 1e-9);
}

static void levels_are_those_of_their_definition(void **state) {
  (void)state;
  uint8_t pixels[SIDE * SIDE * 3];
  oc_random r = oc_random_at(1, OC_STREAM_XO, 0, 0);
  for (int64_t height = 1; height <= SIDE; height++)
    for (int64_t width = 1; width <= SIDE; width++)
      for (int64_t channels = 1; channels <= 3; channels += 2)
        for (int round = 0; round < 20; round++) {
          for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)oc_random_below(&r, 256);
          compare_levels(pixels, (oc_image_shape){height, width, channels});
        }
}

/* The level of the image that stands where `share` of the sorted images end, or of the first. */
static void quantiles_are_those_of_sorted_images(void **state) {
  (void)state;
  static const int levels[] = {3, 3, 17, 40, 40, 40, 99, 254, 255, 255};
  int64_t counts[256] = {0};
  for (int i = 0; i < 10; i++) counts[levels[i]]++;
  assert_int_equal(oc_image_statistics_quantile(counts, 10, 0), 3);
  for (int i = 0; i < 10; i++)
    assert_int_equal(oc_image_statistics_quantile(counts, 10, (i + 1) / 10.0), levels[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(levels_are_those_of_their_definition),
                                     cmocka_unit_test(quantiles_are_those_of_sorted_images)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
