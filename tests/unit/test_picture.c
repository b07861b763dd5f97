/* Do PNG and PNM files of every kind come out as the pixels that were put in? (What is wrong with a file is
 * told in tests/bad/data, see test_data.c.) */
#include "harness.h"
#include "ocellus/data.h"
#if OC_HAVE_PNG
#include <png.h>

/* Writes 8- or 16-bit rows with libpng; palette (of 3 entries) when the type is PNG_COLOR_TYPE_PALETTE. */
typedef struct png_case {
  int width, height, depth, type, interlace;
  const uint8_t *rows;
  int row_bytes;
  const uint8_t *palette_alpha; /* of the three entries, or NULL */
} png_case;

static void write_png(const png_case *c) {
  FILE *f = fopen("p", "wb");
  assert_non_null(f);
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
  png_infop info = png_create_info_struct(png);
  const png_color palette[3] = {{1, 2, 3}, {40, 50, 60}, {200, 210, 220}};
  if (setjmp(png_jmpbuf(png))) fail_msg("libpng cannot write the test's picture");
  png_init_io(png, f);
  png_set_IHDR(png, info, (unsigned)c->width, (unsigned)c->height, c->depth, c->type, c->interlace, 0, 0);
  if (c->type == PNG_COLOR_TYPE_PALETTE) png_set_PLTE(png, info, palette, 3);
  if (c->palette_alpha) png_set_tRNS(png, info, c->palette_alpha, 3, NULL);
  png_write_info(png, info);
  int passes = png_set_interlace_handling(png);
  for (int pass = 0; pass < passes; pass++)
    for (int y = 0; y < c->height; y++) png_write_row(png, c->rows + y * c->row_bytes);
  png_write_end(png, NULL);
  png_destroy_write_struct(&png, &info);
  fclose(f);
}
#endif

static void assert_loads(const char *path, int64_t height, int64_t width, int64_t channels,
                         const uint8_t *want) {
  oc_picture_size size;
  uint8_t *pixels;
  oc_error err;
  assert_ok(oc_picture_load(path, &size, &pixels, &err), err);
  assert_int_equal(size.height, height);
  assert_int_equal(size.width, width);
  assert_int_equal(size.channels, channels);
  assert_memory_equal(pixels, want, (size_t)(height * width * channels));
  oc_free(pixels);
}

#if OC_HAVE_PNG
static void grey_and_colour(void **state) {
  (void)state;
  uint8_t pixels[9 * 7 * 3];
  for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)(i * 31);
  for (int interlace = 0; interlace < 2; interlace++) {
    write_png(&(png_case){7, 9, 8, PNG_COLOR_TYPE_GRAY, interlace, pixels, 7, NULL});
    assert_loads("p", 9, 7, 1, pixels);
    write_png(&(png_case){7, 9, 8, PNG_COLOR_TYPE_RGB, interlace, pixels, 21, NULL});
    assert_loads("p", 9, 7, 3, pixels);
  }
}

static void alpha_lies_over_black(void **state) {
  (void)state;
  const uint8_t grey[8] = {100, 255, 100, 0, 255, 128, 51, 5}, grey_want[4] = {100, 0, 128, 1};
  write_png(&(png_case){2, 2, 8, PNG_COLOR_TYPE_GRAY_ALPHA, 0, grey, 4, NULL});
  assert_loads("p", 2, 2, 1, grey_want);
  const uint8_t rgba[8] = {10, 20, 30, 255, 255, 100, 1, 51}, rgba_want[6] = {10, 20, 30, 51, 20, 0};
  write_png(&(png_case){2, 1, 8, PNG_COLOR_TYPE_RGBA, 0, rgba, 8, NULL});
  assert_loads("p", 1, 2, 3, rgba_want);
}

static void sixteen_bits_are_cut(void **state) {
  (void)state;
  const uint8_t wide[8] = {0, 255, 1, 0, 127, 255, 255, 0}, want[4] = {0, 1, 127, 255};
  write_png(&(png_case){2, 2, 16, PNG_COLOR_TYPE_GRAY, 0, wide, 4, NULL});
  assert_loads("p", 2, 2, 1, want);
}

static void few_bits_and_palettes_are_expanded(void **state) {
  (void)state;
  const uint8_t bits[1] = {0xa0}, bits_want[3] = {255, 0, 255};
  write_png(&(png_case){3, 1, 1, PNG_COLOR_TYPE_GRAY, 0, bits, 1, NULL});
  assert_loads("p", 1, 3, 1, bits_want);
  const uint8_t index[3] = {2, 0, 1}, index_want[9] = {200, 210, 220, 1, 2, 3, 40, 50, 60};
  write_png(&(png_case){3, 1, 8, PNG_COLOR_TYPE_PALETTE, 0, index, 3, NULL});
  assert_loads("p", 1, 3, 3, index_want);
  const uint8_t alpha[3] = {0, 255, 51}, alpha_want[9] = {40, 42, 44, 0, 0, 0, 40, 50, 60};
  write_png(&(png_case){3, 1, 8, PNG_COLOR_TYPE_PALETTE, 0, index, 3, alpha});
  assert_loads("p", 1, 3, 3, alpha_want);
}
#endif

/* A string literal, which may hold zeros. */
#define WRITE_TEXT(literal) harness_write_file("p", literal, sizeof(literal) - 1)

static void every_pnm_comes_back(void **state) {
  (void)state;
  const uint8_t six[6] = {0, 1, 2, 3, 254, 255};
  WRITE_TEXT("P5 3 2 255\n\0\1\2\3\xfe\xff");
  assert_loads("p", 2, 3, 1, six);
  WRITE_TEXT("P6\t1\r\n2 255 \0\1\2\3\xfe\xff");
  assert_loads("p", 2, 1, 3, six);
  WRITE_TEXT("P2\n# one\n3#two\n2 255\n0 1 2 3 #three\n254\n255");
  assert_loads("p", 2, 3, 1, six);
  WRITE_TEXT("P3 1 2 255 0 1 2 3 254 255\n");
  assert_loads("p", 2, 1, 3, six);
}

static void values_are_scaled(void **state) {
  (void)state;
  const uint8_t want[3] = {0, 128, 255}, wide[2] = {1, 255};
  WRITE_TEXT("P2 3 1 2 0 1 2");
  assert_loads("p", 1, 3, 1, want);
  WRITE_TEXT("P5 2 1 65535 \1\1\xff\xff");
  assert_loads("p", 1, 2, 1, wide);
}

static void channels_are_converted(void **state) {
  (void)state;
  const uint8_t rgb[12] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255};
  const oc_picture_size colour = {2, 2, 3}, grey = {2, 2, 1}, two = {2, 2, 2};
  uint8_t one[4], three[12];
  oc_error err;
  assert_ok(oc_picture_convert(rgb, colour, 1, one, &err), err);
  const uint8_t luma[4] = {76, 150, 29, 255}; /* 0.299, 0.587, 0.114 of 255 */
  assert_memory_equal(one, luma, 4);
  assert_ok(oc_picture_convert(one, grey, 3, three, &err), err);
  for (int i = 0; i < 12; i++) assert_int_equal(three[i], luma[i / 3]);
  assert_ok(oc_picture_convert(rgb, colour, 3, three, &err), err);
  assert_memory_equal(three, rgb, 12);
  assert_fails(oc_picture_convert(rgb, two, 1, one, &err), OC_E_ARGUMENT, err,
               "1 channels cannot be made of 2");
}

static void what_is_no_picture_is_refused(void **state) {
  (void)state;
  oc_picture_size size;
  uint8_t *pixels;
  oc_error err;
  assert_fails(oc_picture_load("missing", &size, &pixels, &err), OC_E_NO_INPUT, err, "missing");
  assert_null(pixels);
  WRITE_TEXT("");
  assert_fails(oc_picture_load("p", &size, &pixels, &err), OC_E_DATA, err, "the file is empty");
  WRITE_TEXT("GIF89a");
  assert_fails(oc_picture_load("p", &size, &pixels, &err), OC_E_DATA, err, "neither PNG nor PGM/PPM");
#if !OC_HAVE_PNG
  WRITE_TEXT("\x89PNG\r\n\x1a\n");
  assert_fails(oc_picture_load("p", &size, &pixels, &err), OC_E_UNSUPPORTED, err, "no libpng");
#endif
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)
int main(void) {
  const struct CMUnitTest tests[] = {
#if OC_HAVE_PNG
    IN_FOLDER(grey_and_colour),
    IN_FOLDER(alpha_lies_over_black),
    IN_FOLDER(sixteen_bits_are_cut),
    IN_FOLDER(few_bits_and_palettes_are_expanded),
#endif
    IN_FOLDER(every_pnm_comes_back),
    IN_FOLDER(values_are_scaled),
    IN_FOLDER(channels_are_converted),
    IN_FOLDER(what_is_no_picture_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
