/* Does a saved image come back as it was, and is the old file kept when it cannot be written? */
#include "harness.h"
#include "ocellus/data.h"

static uint8_t pixels[5 * 7 * 3];

static void assert_comes_back(const char *path, oc_image_shape size) {
  oc_image got;
  oc_error err;
  assert_ok(oc_image_save(path, size, pixels, &err), err);
  assert_ok(oc_image_load(path, NULL, &got, &err), err);
  assert_int_equal(got.size.height, size.height);
  assert_int_equal(got.size.width, size.width);
  assert_int_equal(got.size.channels, size.channels);
  assert_memory_equal(got.pixels, pixels, (size_t)(size.height * size.width * size.channels));
  oc_image_release(&got);
}

static void an_image_comes_back(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)(i * 37);
  assert_comes_back("p.pgm", (oc_image_shape){5, 7, 1});
  assert_comes_back("p.ppm", (oc_image_shape){5, 7, 3});
#if OC_HAVE_PNG
  assert_comes_back("p.png", (oc_image_shape){5, 7, 1});
  assert_comes_back("p.png", (oc_image_shape){7, 5, 3}); /* over the old one */
#endif
}

static void what_cannot_be_written_is_refused(void **state) {
  (void)state;
  oc_error err;
  const oc_image_shape gray = {5, 7, 1}, color = {5, 7, 3}, two = {5, 7, 2}, none = {0, 7, 1};
  assert_fails(oc_image_save("p.jpg", gray, pixels, &err), OC_E_ARGUMENT, err, ".png, .pgm or .ppm");
  assert_fails(oc_image_save("p.pgm", color, pixels, &err), OC_E_ARGUMENT, err, "3 channels");
  assert_fails(oc_image_save("p.ppm", gray, pixels, &err), OC_E_ARGUMENT, err, "1 channels");
  assert_fails(oc_image_save("p.png", two, pixels, &err), OC_E_ARGUMENT, err, "1 or 3, got 2");
  assert_fails(oc_image_save("p.pgm", none, pixels, &err), OC_E_DATA, err, "no pixels");
  assert_fails(oc_image_save("nowhere/p.pgm", gray, pixels, &err), OC_E_CANT_CREATE, err, "nowhere/p.pgm");
#if !OC_HAVE_PNG
  assert_fails(oc_image_save("p.png", gray, pixels, &err), OC_E_UNSUPPORTED, err, "no libpng");
#endif
  assert_int_not_equal(access("p.jpg", F_OK), 0);
  assert_int_not_equal(access("p.pgm", F_OK), 0);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)
  const struct CMUnitTest tests[] = {
      IN_FOLDER(an_image_comes_back),
      IN_FOLDER(what_cannot_be_written_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
