/* Are the options of oc_image_options kept, and does oc_image_probe read as much as it says? (Scaling and
 * truncated files are compared with Pillow's in tests/oracle/test_jpeg.py.) */
#include "harness.h"
#include "ocellus/data.h"
#include <string.h>

static const char pgm[] = "P5 4 2 255 abcdefgh";

static oc_status decode(const oc_image_options *options, oc_image_details *out, oc_error *err) {
  return oc_image_decode_with("p", pgm, sizeof pgm - 1, options, out, err);
}

static void limits_are_lowered(void **state) {
  (void)state;
  static const oc_image_options fit[] = {{.max_pixels = 8}, {.max_side = 4}, {.max_bytes = 8}};
  static const oc_image_options refuse[] = {{.max_pixels = 7}, {.max_side = 3}, {.max_bytes = 7}};
  oc_image_details details;
  oc_error err;
  for (size_t i = 0; i < sizeof fit / sizeof fit[0]; i++) {
    assert_ok(decode(&fit[i], &details, &err), err);
    oc_image_release(&details.image);
    assert_ok(oc_image_probe("p", pgm, sizeof pgm - 1, &fit[i], &details, &err), err);
    assert_fails(decode(&refuse[i], &details, &err), OC_E_DATA, err, "too large: 2x4x1; the limits are");
    assert_null(details.image.pixels);
    assert_fails(oc_image_probe("p", pgm, sizeof pgm - 1, &refuse[i], &details, &err), OC_E_DATA, err,
                 "the limits are");
  }
}

/* 2^26 + 8 pixels of one bit each, which is more than the default. */
static void limits_are_raised(void **state) {
  (void)state;
  enum { WIDTH = 1 << 13, HEIGHT = (1 << 13) + 1, HEAD = 13 };
  const size_t size = HEAD + (size_t)WIDTH / 8 * HEIGHT;
  char *bytes = calloc(1, size);
  assert_non_null(bytes);
  memcpy(bytes, "P4 8192 8193\n", HEAD);
  oc_image_options raised = {.max_pixels = (int64_t)WIDTH * HEIGHT};
  oc_image_details details;
  oc_error err;
  assert_fails(oc_image_decode_with("p", bytes, size, NULL, &details, &err), OC_E_DATA, err, "too large");
  assert_fails(oc_image_decode_with("p", bytes, size, &raised, &details, &err), OC_E_DATA, err, "too large");
  raised.max_bytes = (size_t)WIDTH * HEIGHT;
  assert_ok(oc_image_decode_with("p", bytes, size, &raised, &details, &err), err);
  assert_int_equal(details.image.size.height, HEIGHT);
  assert_int_equal(details.image.pixels[(size_t)WIDTH * HEIGHT - 1], 255);
  oc_image_release(&details.image);
  free(bytes);
}

static void options_out_of_range_are_refused(void **state) {
  (void)state;
  static const oc_image_options bad[] = {
      {.max_pixels = -1}, {.max_side = -1}, {.target_height = -1}, {.target_width = INT64_MIN}};
  oc_image_details details;
  oc_error err;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    assert_fails(decode(&bad[i], &details, &err), OC_E_ARGUMENT, err, "at least 0, got -");
  assert_fails(decode(&(oc_image_options){.background = "pink"}, &details, &err), OC_E_ARGUMENT, err, "pink");
  assert_fails(decode(&(oc_image_options){.struct_size = 3}, &details, &err), OC_E_ARGUMENT, err,
               "struct_size");
}

static void a_probe_reads_the_header(void **state) {
  (void)state;
  oc_image_details details;
  oc_error err;
  const size_t header = 11; /* of pgm */
  assert_ok(oc_image_probe("p", pgm, header, NULL, &details, &err), err);
  assert_null(details.image.pixels);
  assert_int_equal(details.image.size.height, 2);
  assert_int_equal(details.image.size.width, 4);
  assert_int_equal(details.image.size.channels, 1);
  assert_int_equal(details.stored.width, 4);
  assert_int_equal(details.orientation, 1);
  assert_string_equal(details.format, "pnm");
  assert_false(details.alpha);
  assert_fails(oc_image_probe("p", pgm, 6, NULL, &details, &err), OC_E_DATA, err, "is missing");
  assert_fails(oc_image_probe("p", "what", 4, NULL, &details, &err), OC_E_DATA, err, "unknown image format");
  assert_fails(oc_image_probe("p", "", 0, NULL, &details, &err), OC_E_DATA, err, "the file is empty");
}

static void details_of_a_file(void **state) {
  (void)state;
  const oc_image_options options = oc_image_defaults();
  oc_image_details details;
  oc_error err;
  harness_write_file("p", pgm, sizeof pgm - 1);
  assert_ok(oc_image_load_with("p", &options, &details, &err), err);
  assert_memory_equal(details.image.pixels, "abcdefgh", 8);
  assert_string_equal(details.format, "pnm");
  oc_image_release(&details.image);
  assert_fails(oc_image_load_with("missing", &options, &details, &err), OC_E_NO_INPUT, err, "missing");
  const oc_image_options small = {.max_bytes = 4};
  assert_fails(oc_image_load_with("p", &small, &details, &err), OC_E_DATA, err, "");
}

/* By the first bytes alone: formats with an alpha channel or a transparent color. */
static void formats_with_transparent_parts(void **state) {
  (void)state;
  static const char bmp[12] = {66, 77, 70, 0, 0, 0, 0, 0, 0, 0, 54, 0}, png[] = "\x89PNG\r\n\x1a\n____";
  static const char *const cannot[] = {"\xff\xd8\xff\xe0________", "P5 2 2 255 abcd", "<html>______"};
  assert_true(oc_image_may_be_transparent(bmp, 12));
  if (OC_HAVE_PNG) assert_true(oc_image_may_be_transparent(png, 12));
  for (int i = 0; i < 3; i++) assert_false(oc_image_may_be_transparent(cannot[i], 12));
  assert_false(oc_image_may_be_transparent(NULL, 12));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(formats_with_transparent_parts),
      cmocka_unit_test(limits_are_lowered),
      cmocka_unit_test(limits_are_raised),
      cmocka_unit_test(options_out_of_range_are_refused),
      cmocka_unit_test(a_probe_reads_the_header),
      cmocka_unit_test_setup_teardown(details_of_a_file, harness_enter_folder, harness_leave_folder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
