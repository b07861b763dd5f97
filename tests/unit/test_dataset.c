/* Does a dataset of a caller's images read as they are, and does its hash see every change of them? */
#include "harness.h"
#include "labeled_images.h"
#include "ocellus/data.h"

static oc_dataset *small_set(uint8_t pixel, int32_t label) {
  const uint8_t pixels[8] = {1, 2, 3, 4, 5, 6, 7, pixel};
  const int32_t labels[2] = {1, label};
  const oc_image_shape size = {2, 2, 1};
  oc_dataset *d;
  oc_error err;
  assert_ok(
      labeled_images(pixels, labels, &(oc_dataset_options){.count = 2, .size = size}, 3, NULL, &d, &err),
      err);
  return d;
}

static void a_hash_sees_every_change(void **state) {
  (void)state;
  oc_dataset *a = small_set(8, 0), *b = small_set(8, 0), *c = small_set(9, 0), *d = small_set(8, 2);
  assert_int_equal(strlen(oc_dataset_hash(a)), 64);
  assert_string_equal(oc_dataset_hash(a), oc_dataset_hash(b));
  assert_string_not_equal(oc_dataset_hash(a), oc_dataset_hash(c));
  assert_string_not_equal(oc_dataset_hash(a), oc_dataset_hash(d));
  oc_dataset_free(a), oc_dataset_free(b), oc_dataset_free(c), oc_dataset_free(d);
  const char *const where[] = {"digits:60:12", "digits:66:12", "xo:60:12"};
  char seen[11][65];
  int n = 0;
  oc_data_options options = oc_data_defaults();
  for (int i = 0; i < 4; i++) {
    oc_data data;
    oc_error err;
    if (i == 3) options.seed++;
    assert_ok(oc_data_open(where[i % 3], &options, &data, &err), err);
    strcpy(seen[n++], oc_dataset_hash(data.train));
    strcpy(seen[n++], oc_dataset_hash(data.valid));
    if (i != 1) strcpy(seen[n++], oc_dataset_hash(data.test)); /* the test part of 66:12 is that of 60:12 */
    oc_data_close(&data);
  }
  assert_int_equal(n, 11);
  for (int i = 0; i < n; i++)
    for (int k = 0; k < i; k++) assert_string_not_equal(seen[i], seen[k]);
}

static void images_of_ones_own(void **state) {
  (void)state;
  const uint8_t pixels[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  const int32_t labels[2] = {1, 3};
  const char *const names[2] = {"cat", "dog"};
  const oc_image_shape size = {2, 2, 1}, flat = {0, 2, 1};
  const oc_image_shape huge = {INT64_MAX / 2, 2, 2};
  oc_dataset *d;
  oc_error err;
  assert_fails(
      labeled_images(pixels, labels, &(oc_dataset_options){.count = 2, .size = size}, 2, names, &d, &err),
      OC_E_DATA, err, "label 3 of image 1 is out of range: 0 to 1");
  assert_fails(
      labeled_images(pixels, labels, &(oc_dataset_options){.count = 2, .size = flat}, 4, NULL, &d, &err),
      OC_E_ARGUMENT, err, "0x2x1");
  assert_fails(
      labeled_images(pixels, labels, &(oc_dataset_options){.count = 2, .size = huge}, 4, NULL, &d, &err),
      OC_E_ARGUMENT, err, "invalid dataset");
  assert_fails(
      labeled_images(pixels, labels, &(oc_dataset_options){.count = 0, .size = size}, 4, NULL, &d, &err),
      OC_E_ARGUMENT, err, "0 images");
  assert_fails(
      labeled_images(pixels, labels, &(oc_dataset_options){.count = 2, .size = size}, 0, NULL, &d, &err),
      OC_E_ARGUMENT, err, "classes");
  assert_ok(
      labeled_images(pixels, labels, &(oc_dataset_options){.count = 1, .size = size}, 2, names, &d, &err),
      err);
  assert_string_equal(oc_dataset_class_name(d, 1), "dog");
  oc_dataset_free(d);
  assert_ok(labeled_images(pixels, NULL, &(oc_dataset_options){.count = 2, .size = size}, 0, NULL, &d, &err),
            err);
  assert_false(oc_dataset_labeled(d));
  oc_dataset_free(d);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_hash_sees_every_change),
                                     cmocka_unit_test(images_of_ones_own)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
