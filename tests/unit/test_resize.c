/* Does resampling give the bytes of its definition, pixel by pixel in two passes, for sizes that fill blocks
 * of 16 rows and bytes and do not? And does each level of weighted_rows.c add the same bytes, without reading
 * or writing beyond them? */
#include "harness.h"
#include "base/memory.h"
#include "data/transform/resize.h"
#include "data/transform/weighted_rows.h"
#include <math.h>

static uint32_t next_random(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

static uint8_t *random_bytes(uint32_t *state, size_t count) {
  uint8_t *bytes = oc_memory_alloc(count);
  assert_non_null(bytes);
  for (size_t i = 0; i < count; i++) bytes[i] = (uint8_t)next_random(state);
  return bytes;
}

/* ---- weighted rows ------------------------------------------------------------------------------------- */

enum { MOST_TAPS = 40, MOST_BYTES = 70 };

/* Random weights that add up to 1, or all of it on one tap. */
static void fill_weights(uint32_t *state, int32_t *weights, int64_t count) {
  int32_t left = 1 << OC_WEIGHT_FRACTION;
  for (int64_t k = 0; k < count; k++) {
    weights[k] = k + 1 == count ? left : (int32_t)(next_random(state) % (uint32_t)(left + 1));
    left -= weights[k];
  }
}

static void compare_rows(uint32_t *state, oc_isa isa, int64_t count, int64_t n) {
  const int64_t stride = n + next_random(state) % 5;
  uint8_t *from = random_bytes(state, (size_t)(stride * (count - 1) + n)), to[MOST_BYTES + 1];
  int32_t weights[MOST_TAPS];
  fill_weights(state, weights, count);
  const oc_taps taps = {0, count, weights};
  to[n] = 123;
  oc_weighted_rows_for(isa)(from, stride, &taps, n, to);
  for (int64_t i = 0; i < n; i++) {
    int64_t sum = 1 << (OC_WEIGHT_FRACTION - 1);
    for (int64_t k = 0; k < count; k++) sum += (int64_t)weights[k] * from[k * stride + i];
    assert_int_equal(to[i], sum >> OC_WEIGHT_FRACTION);
  }
  assert_int_equal(to[n], 123);
  oc_memory_free(from);
}

static void all_levels_add_the_same_rows(void **unused) {
  uint32_t state = 1;
  (void)unused;
  for (oc_isa isa = OC_ISA_PORTABLE; isa <= oc_isa_best(); isa++)
    for (int64_t n = 1; n <= MOST_BYTES; n++)
      for (int64_t count = 1; count <= MOST_TAPS; count += 3) compare_rows(&state, isa, count, n);
}

/* ---- whole images -------------------------------------------------------------------------------------- */

/* One pixel of a line of `length` bytes, `step` apart: Pillow's triangle filter. */
static uint8_t resampled(const uint8_t *line, int64_t step, int64_t length, double center, double scale) {
  const int64_t first = (int64_t)fmax(0, floor(center - scale + 0.5)),
                end = (int64_t)fmin((double)length, floor(center + scale + 0.5));
  double sum = 0;
  int64_t value = 1 << 21;
  for (int64_t i = first; i < end; i++) sum += fmax(0, 1 - fabs(((double)i - center + 0.5) * (1 / scale)));
  for (int64_t i = first; i < end; i++) {
    const double weight = fmax(0, 1 - fabs(((double)i - center + 0.5) * (1 / scale)));
    value += (int64_t)(0.5 + weight / sum * (1 << 22)) * line[i * step];
  }
  value >>= 22;
  return (uint8_t)(value > 255 ? 255 : value);
}

typedef struct trial {
  int64_t height, width, channels, to_height, to_width, to_channels;
  float left, top, right, bottom; /* right 0: the whole image */
} trial;

static uint8_t *by_definition(const trial *t, const oc_resize *r) {
  const int64_t channels = t->channels, h = t->to_height, w = t->to_width;
  const double across = (double)(r->right - r->left) / (double)w,
               down = (double)(r->bottom - r->top) / (double)h;
  uint8_t *middle = oc_memory_alloc((size_t)(t->height * w * channels)),
          *to = oc_memory_alloc((size_t)(h * w * channels));
  assert_true(middle && to);
  for (int64_t y = 0; y < t->height; y++)
    for (int64_t i = 0; i < w * channels; i++)
      middle[y * w * channels + i] =
          resampled(r->from + y * t->width * channels + i % channels, channels, t->width,
                    (double)r->left + ((double)(i / channels) + 0.5) * across, fmax(1, across));
  for (int64_t i = 0; i < h * w * channels; i++)
    to[i] = resampled(middle + i % (w * channels), w * channels, t->height,
                      (double)r->top + ((double)(i / (w * channels)) + 0.5) * down, fmax(1, down));
  oc_memory_free(middle);
  return to;
}

static void compare_images(const trial *t, uint32_t *state) {
  uint8_t *from = random_bytes(state, (size_t)(t->height * t->width * t->channels));
  uint8_t *to = oc_memory_alloc((size_t)(t->to_height * t->to_width * t->to_channels));
  oc_resize r = {.from = from, .size = {t->height, t->width, t->channels}, .left = t->left, .top = t->top};
  oc_error err;
  r.right = t->right > 0 ? t->right : (float)t->width;
  r.bottom = t->right > 0 ? t->bottom : (float)t->height;
  r.to = to;
  r.height = t->to_height, r.width = t->to_width, r.channels = t->to_channels;
  r.stride = r.width * r.channels;
  assert_int_equal(oc_resize_image(&r, &err), OC_OK);
  uint8_t *expected = by_definition(t, &r);
  for (int64_t i = 0; i < r.height * r.width * r.channels; i++)
    assert_int_equal(to[i], expected[i / t->to_channels * t->channels + i % t->to_channels % t->channels]);
  oc_memory_free(expected);
  oc_memory_free(from);
  oc_memory_free(to);
}

static void images_are_resampled_as_defined(void **unused) {
  static const trial trials[] = {
      {1, 1, 1, 1, 1, 1, 0, 0, 0, 0},       {1, 1, 3, 5, 7, 3, 0, 0, 0, 0},
      {16, 16, 1, 16, 16, 1, 0, 0, 0, 0},   {33, 47, 3, 12, 9, 3, 0, 0, 0, 0},
      {100, 75, 3, 32, 32, 3, 0, 0, 0, 0},  {31, 17, 1, 64, 50, 3, 0, 0, 0, 0},
      {48, 160, 3, 5, 90, 3, 0, 0, 0, 0},   {40, 50, 3, 20, 21, 3, 3.25F, 1.5F, 41.75F, 38.F},
      {300, 200, 1, 3, 2, 1, 0, 0, 0, 0},   {20, 19, 3, 37, 40, 3, 4.5F, 5.F, 12.F, 17.25F},
      {257, 65, 3, 100, 33, 3, 0, 0, 0, 0}, {17, 4000, 3, 8, 10, 3, 0, 0, 0, 0},
  };
  uint32_t state = 1;
  (void)unused;
  for (size_t i = 0; i < sizeof trials / sizeof *trials; i++) compare_images(&trials[i], &state);
}

/* Of a color image as gray: as if it had been converted before. */
static void colors_become_gray_before_they_are_resampled(void **unused) {
  enum { HEIGHT = 37, WIDTH = 43, SMALL = 19 };
  uint32_t state = 1;
  uint8_t *color = random_bytes(&state, HEIGHT * WIDTH * 3), gray[HEIGHT * WIDTH], a[SMALL * SMALL],
          b[SMALL * SMALL];
  oc_error err;
  (void)unused;
  assert_int_equal(oc_image_convert(color, (oc_image_shape){HEIGHT, WIDTH, 3}, 1, gray, &err), OC_OK);
  oc_resize r = {color, {HEIGHT, WIDTH, 3}, 0, 0, WIDTH, HEIGHT, a, SMALL, SMALL, 1, SMALL};
  assert_int_equal(oc_resize_image(&r, &err), OC_OK);
  r = (oc_resize){gray, {HEIGHT, WIDTH, 1}, 0, 0, WIDTH, HEIGHT, b, SMALL, SMALL, 1, SMALL};
  assert_int_equal(oc_resize_image(&r, &err), OC_OK);
  assert_memory_equal(a, b, sizeof a);
  oc_memory_free(color);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_levels_add_the_same_rows),
      cmocka_unit_test(images_are_resampled_as_defined),
      cmocka_unit_test(colors_become_gray_before_they_are_resampled),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
