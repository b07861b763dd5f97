/* Is a JPEG turned as its EXIF data say, and can any EXIF data, any cut and any flipped byte do harm? (The
 * pixels are compared with Pillow's in tests/oracle/test_jpeg.py; errors in a file are in
 * tests/bad/data.) */
#include "data_files.h"
#include "harness.h"
#include "data/decode/exif.h"
#include "ocellus/data.h"
#include <stdlib.h>
#include <string.h>

/* ---- EXIF ---------------------------------------------------------------------------------------------- */

/* As in tests/bad/data/make.py: name, order of bytes, 42, offset 8, one entry: tag, type, count, value. */
static const uint8_t little[] = "Exif\0\0II*\0\10\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0";
static const uint8_t big[] = "Exif\0\0MM\0*\0\0\0\10\0\1\1\x12\0\3\0\0\0\1\0\6\0\0";
enum { EXIF = sizeof little - 1, OFFSET = 10, ENTRIES = 14, TAG = 16, TYPE = 18, COUNT = 20, VALUE = 24 };

/* From memory that ends with the last byte, so that a sanitizer sees a read past it. */
static int orientation_of(const uint8_t *bytes, size_t size) {
  uint8_t *exact = malloc(size ? size : 1);
  assert_non_null(exact);
  memcpy(exact, bytes, size);
  const int orientation = oc_exif_orientation(exact, size);
  free(exact);
  return orientation;
}

/* With one byte changed. */
static int orientation_with(size_t at, uint8_t value) {
  uint8_t changed[EXIF];
  memcpy(changed, little, EXIF);
  changed[at] = value;
  return orientation_of(changed, EXIF);
}

static void orientations_are_read(void **state) {
  (void)state;
  assert_int_equal(orientation_of(little, EXIF), 6);
  assert_int_equal(orientation_of(big, EXIF), 6);
  assert_int_equal(orientation_of(big + 6, EXIF - 6), 6); /* as in PNG */
  for (uint8_t i = 1; i <= 8; i++) assert_int_equal(orientation_with(VALUE, i), i);
  assert_int_equal(orientation_with(TYPE, 4), 6); /* a long */
}

static void damaged_exif_means_upright(void **state) {
  (void)state;
  static const struct {
    size_t at;
    uint8_t value;
  } cases[] = {{0, 'e'},         {6, 'M'},    {7, 'J'},     {8, 43},       {OFFSET, 255}, {OFFSET + 3, 255},
               {OFFSET, 27},     {OFFSET, 9}, {ENTRIES, 0}, {TAG, 17},     {TYPE, 2},     {COUNT, 2},
               {COUNT + 3, 128}, {VALUE, 0},  {VALUE, 9},   {VALUE + 1, 1}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_int_equal(orientation_with(cases[i].at, cases[i].value), 1);
  assert_int_equal(orientation_with(ENTRIES, 255), 6); /* more than there are */
  for (size_t size = 0; size < VALUE + 4; size++) assert_int_equal(orientation_of(little, size), 1);
  for (size_t size = 0; size < VALUE - 2; size++) assert_int_equal(orientation_of(little + 6, size), 1);
}

static void any_exif_is_bounded(void **state) {
  (void)state;
  uint8_t bytes[EXIF];
  uint32_t random = 1;
  for (int i = 0; i < 200000; i++) {
    memcpy(bytes, i % 2 ? little : big, EXIF);
    for (int k = 0; k < 3; k++) {
      random = random * 1664525U + 1013904223U;
      bytes[8 + (random >> 16) % (EXIF - 8)] = (uint8_t)(random >> 8);
    }
    const int orientation = orientation_of(bytes, EXIF);
    assert_true(orientation >= 1 && orientation <= 8);
  }
}

/* A stored image of two rows and three columns, abc and def, as EXIF names where its row 0 and column 0
 * are. */
static void every_orientation_is_laid_out(void **state) {
  (void)state;
  static const char *const upright[] = {"abcdef", "cbafed", "fedcba", "defabc",
                                        "adbecf", "daebfc", "fcebda", "cfbead"};
  for (int k = 0; k < 8; k++) {
    oc_image_shape size = {2, 3, 1};
    char got[7] = "";
    const oc_exif_layout to = oc_exif_layout_of(k + 1, &size);
    for (int64_t i = 0; i < 6; i++) got[to.start + i / 3 * to.down + i % 3 * to.across] = (char)('a' + i);
    assert_string_equal(got, upright[k]);
    assert_int_equal(size.height, k < 4 ? 2 : 3);
    assert_int_equal(size.width, k < 4 ? 3 : 2);
  }
}

/* ---- files --------------------------------------------------------------------------------------------- */
#if OC_HAVE_JPEG

/* From memory that ends with the last byte. */
static oc_status decode(const uint8_t *bytes, size_t size, oc_error *err) {
  oc_image image;
  uint8_t *exact = malloc(size ? size : 1);
  assert_non_null(exact);
  memcpy(exact, bytes, size);
  const oc_status status = oc_image_decode("bytes", exact, size, NULL, &image, err);
  if (status != OC_OK) assert_null(image.pixels);
  oc_image_release(&image);
  free(exact);
  return status;
}

static size_t read_good(const char *name, uint8_t bytes[4096]) {
  char path[1024], below[128];
  snprintf(below, sizeof below, "tests/bad/data/%s", name);
  data_repository_path(below, path);
  FILE *f = fopen(path, "rb");
  assert_non_null(f);
  const size_t size = fread(bytes, 1, 4096, f);
  fclose(f);
  return size;
}

static const char *const good[] = {"good-exif-big.jpg", "good-progressive.jpg", "good-scans.jpg"};

static void every_cut_is_refused(void **state) {
  (void)state;
  uint8_t bytes[4096];
  oc_error err;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    const size_t size = read_good(good[i], bytes);
    assert_ok(decode(bytes, size, &err), err);
    for (size_t cut = 3; cut < size; cut++)
      assert_fails(decode(bytes, cut, &err), OC_E_DATA, err, "corrupt JPEG: ");
  }
}

static void every_flipped_byte_is_survived(void **state) {
  (void)state;
  uint8_t bytes[4096];
  oc_error err;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    const size_t size = read_good(good[i], bytes);
    for (size_t at = 3; at < size; at++)
      for (unsigned flip = 1; flip < 256; flip++) {
        bytes[at] ^= (uint8_t)flip;
        const oc_status status = decode(bytes, size, &err);
        if (status != OC_OK && status != OC_E_DATA) fail_msg("%s, byte %zu: %s", good[i], at, err.message);
        bytes[at] ^= (uint8_t)flip;
      }
  }
}
#endif

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(orientations_are_read),
    cmocka_unit_test(damaged_exif_means_upright),
    cmocka_unit_test(any_exif_is_bounded),
    cmocka_unit_test(every_orientation_is_laid_out),
#if OC_HAVE_JPEG
    cmocka_unit_test(every_cut_is_refused),
    cmocka_unit_test(every_flipped_byte_is_survived),
#endif
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
