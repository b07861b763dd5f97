/* Do PNG and PNM files of every kind come out as the pixels that were put in? (Errors in a file are
 * in tests/bad/data, see test_data.c.) */
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
  if (setjmp(png_jmpbuf(png))) fail_msg("libpng cannot write the test's image");
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

/* The color under the file's transparency; -1: it has none. */
static int load_over(const char *background, int64_t height, int64_t width, int64_t channels,
                     const uint8_t *want) {
  oc_image got;
  oc_error err;
  assert_ok(oc_image_load("p", background, &got, &err), err);
  assert_int_equal(got.size.height, height);
  assert_int_equal(got.size.width, width);
  assert_int_equal(got.size.channels, channels);
  assert_memory_equal(got.pixels, want, (size_t)(height * width * channels));
  const int under =
      got.transparent ? got.background[0] << 16 | got.background[1] << 8 | got.background[2] : -1;
  oc_image_release(&got);
  return under;
}
static void assert_loads(int64_t height, int64_t width, int64_t channels, const uint8_t *want) {
  (void)load_over(NULL, height, width, channels, want);
}

#if OC_HAVE_PNG
static void gray_and_color(void **state) {
  (void)state;
  uint8_t pixels[9 * 7 * 3];
  for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)(i * 31);
  for (int interlace = 0; interlace < 2; interlace++) {
    write_png(&(png_case){7, 9, 8, PNG_COLOR_TYPE_GRAY, interlace, pixels, 7, NULL});
    assert_loads(9, 7, 1, pixels);
    write_png(&(png_case){7, 9, 8, PNG_COLOR_TYPE_RGB, interlace, pixels, 21, NULL});
    assert_loads(9, 7, 3, pixels);
  }
}

static void light_ink_lies_over_black(void **state) {
  (void)state;
  const uint8_t gray[8] = {100, 255, 255, 0, 255, 128, 251, 5}, gray_want[4] = {100, 0, 128, 5};
  write_png(&(png_case){2, 2, 8, PNG_COLOR_TYPE_GRAY_ALPHA, 0, gray, 4, NULL});
  assert_int_equal(load_over(NULL, 2, 2, 1, gray_want), 0x000000);
  const uint8_t rgba[8] = {200, 210, 220, 255, 255, 100, 1, 51}, rgba_want[6] = {200, 210, 220, 51, 20, 0};
  write_png(&(png_case){2, 1, 8, PNG_COLOR_TYPE_RGBA, 0, rgba, 8, NULL});
  assert_int_equal(load_over(NULL, 1, 2, 3, rgba_want), 0x000000);
}

/* Black ink on nothing: on black, nothing would be left of it. */
static void dark_ink_lies_over_white(void **state) {
  (void)state;
  const uint8_t gray[8] = {0, 255, 255, 0, 0, 51, 20, 255}, gray_want[4] = {0, 255, 204, 20};
  write_png(&(png_case){2, 2, 8, PNG_COLOR_TYPE_GRAY_ALPHA, 0, gray, 4, NULL});
  assert_int_equal(load_over(NULL, 2, 2, 1, gray_want), 0xffffff);
  const uint8_t index[3] = {2, 0, 1}, alpha[3] = {255, 0, 0};
  const uint8_t want[9] = {255, 255, 255, 1, 2, 3, 255, 255, 255};
  write_png(&(png_case){3, 1, 8, PNG_COLOR_TYPE_PALETTE, 0, index, 3, alpha});
  assert_int_equal(load_over(NULL, 1, 3, 3, want), 0xffffff);
}

static void opaque_alpha_is_no_transparency(void **state) {
  (void)state;
  const uint8_t dark[4] = {3, 255, 4, 255}, want[2] = {3, 4};
  write_png(&(png_case){2, 1, 8, PNG_COLOR_TYPE_GRAY_ALPHA, 0, dark, 4, NULL});
  assert_int_equal(load_over(NULL, 1, 2, 1, want), -1);
  assert_int_equal(load_over("#ff0000", 1, 2, 1, want), -1);
}

static void a_background_can_be_given(void **state) {
  (void)state;
  const uint8_t gray[4] = {200, 0, 100, 51};
  write_png(&(png_case){2, 1, 8, PNG_COLOR_TYPE_GRAY_ALPHA, 0, gray, 4, NULL});
  assert_int_equal(load_over("black", 1, 2, 1, (const uint8_t[2]){0, 20}), 0x000000);
  assert_int_equal(load_over("white", 1, 2, 1, (const uint8_t[2]){255, 224}), 0xffffff);
  assert_int_equal(load_over("10", 1, 2, 1, (const uint8_t[2]){10, 28}), 0x0a0a0a);
  assert_int_equal(load_over("#0A0a0a", 1, 2, 1, (const uint8_t[2]){10, 28}), 0x0a0a0a);
  assert_int_equal(load_over("#ff0064", 1, 2, 3, (const uint8_t[6]){255, 0, 100, 224, 20, 100}), 0xff0064);
}

/* To the nearest of 0..255: the low byte counts. */
static void sixteen_bits_are_rounded(void **state) {
  (void)state;
  const uint8_t wide[8] = {0, 255, 1, 0, 127, 255, 255, 0}, want[4] = {1, 1, 127, 254};
  write_png(&(png_case){2, 2, 16, PNG_COLOR_TYPE_GRAY, 0, wide, 4, NULL});
  assert_loads(2, 2, 1, want);
}

static void few_bits_and_palettes_are_expanded(void **state) {
  (void)state;
  const uint8_t bits[1] = {0xa0}, bits_want[3] = {255, 0, 255};
  write_png(&(png_case){3, 1, 1, PNG_COLOR_TYPE_GRAY, 0, bits, 1, NULL});
  assert_loads(1, 3, 1, bits_want);
  const uint8_t index[3] = {2, 0, 1}, index_want[9] = {200, 210, 220, 1, 2, 3, 40, 50, 60};
  write_png(&(png_case){3, 1, 8, PNG_COLOR_TYPE_PALETTE, 0, index, 3, NULL});
  assert_loads(1, 3, 3, index_want);
  const uint8_t alpha[3] = {0, 255, 51}, alpha_want[9] = {40, 42, 44, 0, 0, 0, 40, 50, 60};
  write_png(&(png_case){3, 1, 8, PNG_COLOR_TYPE_PALETTE, 0, index, 3, alpha});
  assert_int_equal(load_over("black", 1, 3, 3, alpha_want), 0);
}
#endif

static void what_is_no_color_is_refused(void **state) {
  (void)state;
  const char *const bad[] = {"",        "blue",     "256",  "-1",  "1.5",  "#fff",
                             "#12345g", "#1234567", "0x10", " 10", "Black"};
  oc_image image;
  oc_dataset *d;
  oc_data data;
  oc_error err;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    oc_data_options options = oc_data_defaults();
    options.background = bad[i];
    assert_fails(oc_image_decode("p", "P2 1 1 1 1", 10, bad[i], &image, &err), OC_E_ARGUMENT, err,
                 "must be black, white");
    assert_fails(oc_dataset_open_file("p", &options, &d, &err), OC_E_ARGUMENT, err, "must be black, white");
    assert_fails(oc_data_open("digits", &options, &data, &err), OC_E_ARGUMENT, err, "must be black, white");
  }
}

/* A string literal, which may hold zeros. */
#define WRITE_TEXT(literal) harness_write_file("p", literal, sizeof(literal) - 1)

static void every_pnm_comes_back(void **state) {
  (void)state;
  const uint8_t six[6] = {0, 1, 2, 3, 254, 255};
  WRITE_TEXT("P5 3 2 255\n\0\1\2\3\xfe\xff");
  assert_loads(2, 3, 1, six);
  WRITE_TEXT("P6\t1\r\n2 255 \0\1\2\3\xfe\xff");
  assert_loads(2, 1, 3, six);
  WRITE_TEXT("P2\n# one\n3#two\n2 255\n0 1 2 3 #three\n254\n255");
  assert_loads(2, 3, 1, six);
  WRITE_TEXT("P3 1 2 255 0 1 2 3 254 255\n");
  assert_loads(2, 1, 3, six);
}

static void values_are_scaled(void **state) {
  (void)state;
  const uint8_t want[3] = {0, 128, 255}, even[3] = {42, 128, 212}, wide[2] = {1, 255};
  WRITE_TEXT("P2 3 1 2 0 1 2");
  assert_loads(1, 3, 1, want);
  WRITE_TEXT("P2 3 1 6 1 3 5"); /* 42.5, 127.5 and 212.5: of two equally near ones the even one */
  assert_loads(1, 3, 1, even);
  WRITE_TEXT("P5 2 1 65535 \1\1\xff\xff");
  assert_loads(1, 2, 1, wide);
}

static void channels_are_converted(void **state) {
  (void)state;
  const uint8_t rgb[12] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255};
  const oc_image_shape color = {2, 2, 3}, gray = {2, 2, 1}, two = {2, 2, 2};
  uint8_t one[4], three[12];
  oc_error err;
  assert_ok(oc_image_convert(rgb, color, 1, one, &err), err);
  const uint8_t luma[4] = {76, 150, 29, 255}; /* 0.299, 0.587, 0.114 of 255 */
  assert_memory_equal(one, luma, 4);
  assert_ok(oc_image_convert(one, gray, 3, three, &err), err);
  for (int i = 0; i < 12; i++) assert_int_equal(three[i], luma[i / 3]);
  assert_ok(oc_image_convert(rgb, color, 3, three, &err), err);
  assert_memory_equal(three, rgb, 12);
  assert_fails(oc_image_convert(rgb, two, 1, one, &err), OC_E_ARGUMENT, err, "1 channels from 2");
}

static void what_is_no_image_is_refused(void **state) {
  (void)state;
  oc_image image;
  oc_error err;
  assert_fails(oc_image_load("missing", NULL, &image, &err), OC_E_NO_INPUT, err, "missing");
  assert_null(image.pixels);
  WRITE_TEXT("");
  assert_fails(oc_image_load("p", NULL, &image, &err), OC_E_DATA, err, "the file is empty");
  WRITE_TEXT("%PDF");
  assert_fails(oc_image_load("p", NULL, &image, &err), OC_E_DATA, err,
               "unsupported image format: a PDF document");
  WRITE_TEXT("what");
  assert_fails(oc_image_load("p", NULL, &image, &err), OC_E_DATA, err, "unknown image format: expected PNG");
  for (int i = 0; oc_image_format(i); i++) assert_non_null(strstr(err.message, oc_image_format(i)));
#if !OC_HAVE_PNG
  WRITE_TEXT("\x89PNG\r\n\x1a\n");
  assert_fails(oc_image_load("p", NULL, &image, &err), OC_E_UNSUPPORTED, err, "no libpng");
#endif
#if !OC_HAVE_JPEG
  WRITE_TEXT("\xff\xd8\xff");
  assert_fails(oc_image_load("p", NULL, &image, &err), OC_E_UNSUPPORTED, err, "no libjpeg");
#endif
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)
int main(void) {
  const struct CMUnitTest tests[] = {
#if OC_HAVE_PNG
    IN_FOLDER(gray_and_color),
    IN_FOLDER(light_ink_lies_over_black),
    IN_FOLDER(dark_ink_lies_over_white),
    IN_FOLDER(opaque_alpha_is_no_transparency),
    IN_FOLDER(a_background_can_be_given),
    IN_FOLDER(sixteen_bits_are_rounded),
    IN_FOLDER(few_bits_and_palettes_are_expanded),
#endif
    IN_FOLDER(what_is_no_color_is_refused),
    IN_FOLDER(every_pnm_comes_back),
    IN_FOLDER(values_are_scaled),
    IN_FOLDER(channels_are_converted),
    IN_FOLDER(what_is_no_image_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
