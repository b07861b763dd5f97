/* Images in another shape: does a dataset by a rule have the pixels of oc_preprocess, the targets and the
 * order of the original, and a hash of its own? And is a rule that cannot be followed refused? (The pixels of
 * oc_preprocess are compared with Pillow's in tests/oracle/test_preprocess.py.) */
#include "harness.h"
#include "labeled_images.h"
#include "ocellus/ocellus.h"

enum { IMAGES = 70, HEIGHT = 5, WIDTH = 8, BYTES = HEIGHT * WIDTH };

static oc_dataset *make_images(void) {
  static uint8_t pixels[IMAGES * BYTES];
  static int32_t labels[IMAGES];
  oc_dataset *d;
  oc_error err;
  for (int i = 0; i < IMAGES * BYTES; i++) pixels[i] = (uint8_t)(i * 7 + i / 13);
  for (int i = 0; i < IMAGES; i++) labels[i] = i % 3;
  const oc_dataset_options o = {.count = IMAGES, .size = {HEIGHT, WIDTH, 1}};
  assert_ok(labeled_images(pixels, labels, &o, 3, NULL, &d, &err), err);
  return d;
}

static oc_preprocessing rule_of(int64_t height, int64_t width, int64_t channels) {
  oc_preprocessing rule = oc_preprocessing_defaults();
  rule.shape = (oc_image_shape){height, width, channels};
  return rule;
}

static oc_dataset *preprocessed(const oc_dataset *d, const oc_preprocessing *rule) {
  oc_dataset *out;
  oc_error err;
  assert_ok(oc_dataset_preprocessed(d, rule, &out, &err), err);
  return out;
}

static void same_images(void **state) {
  (void)state;
  oc_error err;
  oc_dataset *d = make_images();
  const oc_preprocessing rule = rule_of(7, 6, 3);
  oc_dataset *changed = preprocessed(d, &rule);
  uint8_t from[BYTES], wanted[7 * 6 * 3];
  static uint8_t read[IMAGES * sizeof wanted];
  int32_t labels[IMAGES];
  const oc_image_shape shape = oc_dataset_image_shape(changed);
  assert_true(shape.height == 7 && shape.width == 6 && shape.channels == 3);
  assert_int_equal(oc_dataset_preprocessing(changed).resize, OC_RESIZE_CROP);
  assert_ok(oc_dataset_read(changed, 0, IMAGES, read, labels, &err), err);
  for (int i = 0; i < IMAGES; i++) {
    assert_ok(oc_dataset_read(d, i, 1, from, NULL, &err), err);
    const oc_image image = {.size = {HEIGHT, WIDTH, 1}, .pixels = from};
    assert_ok(oc_preprocess(&rule, &image, wanted, &err), err);
    assert_memory_equal(wanted, read + (size_t)i * sizeof wanted, sizeof wanted);
    assert_int_equal(labels[i], i % 3);
  }
  oc_dataset_free(changed);
  oc_dataset_free(d);
}

/* The hash of a rule's images, which outlive the original. */
static void hash_of(const oc_dataset *d, oc_preprocessing rule, char out[65]) {
  oc_dataset *changed = preprocessed(d, &rule);
  memcpy(out, oc_dataset_hash(changed), 65);
  assert_int_equal(strlen(out), 64);
  oc_dataset_free(changed);
}

static void each_rule_has_its_hash(void **state) {
  (void)state;
  oc_dataset *d = make_images();
  oc_preprocessing rules[6];
  char hashes[6][65], again[65];
  for (int i = 0; i < 6; i++) rules[i] = rule_of(4, 6, 1);
  rules[1].shape.channels = 3;
  rules[2].resize = OC_RESIZE_STRETCH;
  rules[3].shape.width = 7;
  rules[4].background_set = true;
  rules[5].background_set = true, rules[5].background[2] = 1;
  for (int i = 0; i < 6; i++) {
    hash_of(d, rules[i], hashes[i]);
    hash_of(d, rules[i], again);
    assert_string_equal(hashes[i], again);
    assert_string_not_equal(hashes[i], oc_dataset_hash(d));
    for (int k = 0; k < i; k++) assert_string_not_equal(hashes[i], hashes[k]);
  }
  oc_dataset_free(d);
}

static void original_may_be_freed(void **state) {
  (void)state;
  oc_error err;
  oc_dataset *d = make_images();
  const oc_preprocessing rule = rule_of(3, 0, 0);
  oc_dataset *changed = preprocessed(d, &rule), *twice = preprocessed(changed, &rule);
  uint8_t pixels[3 * WIDTH], same[3 * WIDTH];
  oc_dataset_free(d);
  assert_ok(oc_dataset_read(changed, IMAGES - 1, 1, pixels, NULL, &err), err);
  oc_dataset_free(changed);
  assert_ok(oc_dataset_read(twice, IMAGES - 1, 1, same, NULL, &err), err);
  assert_memory_equal(pixels, same, sizeof same);
  oc_dataset_free(twice);
}

static void open_by(const oc_preprocessing *rule, const char *valid, oc_data *data) {
  oc_error err;
  oc_data_options o = oc_data_defaults();
  o.preprocessing = rule;
  o.valid = valid;
  assert_ok(oc_data_open("digits:100:20", &o, data, &err), err);
}

static void opened_data(void **state) {
  (void)state;
  oc_error err;
  oc_data raw, data;
  const oc_preprocessing rule = rule_of(20, 24, 3);
  static uint8_t all[20][28 * 28], pixels[20 * 24 * 3], wanted[20 * 24 * 3];
  open_by(NULL, "stratified:10:1", &raw);
  open_by(&rule, "stratified:10:1", &data);
  oc_dataset *const sets[] = {data.train, data.valid, data.test}, *const raws[] = {raw.train, raw.valid,
                                                                                   raw.test};
  for (int i = 0; i < 3; i++) {
    assert_int_equal(oc_dataset_count(sets[i]), oc_dataset_count(raws[i]));
    assert_string_equal(oc_dataset_split(sets[i]), oc_dataset_split(raws[i]));
    assert_int_equal(oc_dataset_image_shape(sets[i]).channels, 3);
    assert_string_equal(oc_dataset_class_name(sets[i], 7), "7");
    assert_ok(oc_dataset_read(raws[i], 9, 1, all[0], NULL, &err), err);
    assert_ok(oc_dataset_read(sets[i], 9, 1, pixels, NULL, &err), err);
    const oc_image image = {.size = {28, 28, 1}, .pixels = all[0]};
    assert_ok(oc_preprocess(&rule, &image, wanted, &err), err);
    assert_memory_equal(pixels, wanted, sizeof wanted);
  }
  oc_data_close(&raw);
  oc_data_close(&data);
}

/* Without a rule the images are as they are, in the shape of the rule that says so. */
static void unchanged(void **state) {
  (void)state;
  oc_dataset *d = make_images();
  const oc_preprocessing p = oc_dataset_preprocessing(d);
  assert_true(p.shape.height == HEIGHT && p.shape.width == WIDTH && p.shape.channels == 1);
  assert_int_equal(p.resize, OC_RESIZE_PAD);
  assert_false(p.background_set);
  oc_dataset_free(d);
  const oc_preprocessing none = oc_dataset_preprocessing(NULL), zeros = {0};
  assert_int_equal(none.struct_size, zeros.struct_size);
}

/* The background that an image gets above it. */
static uint8_t background_of(uint8_t *pixels, int64_t channels) {
  oc_error err;
  oc_preprocessing rule = rule_of(4 * HEIGHT, WIDTH, channels);
  rule.resize = OC_RESIZE_PAD;
  uint8_t out[4 * BYTES * 3];
  const oc_image image = {.size = {HEIGHT, WIDTH, channels}, .pixels = pixels};
  assert_ok(oc_preprocess(&rule, &image, out, &err), err);
  return out[0];
}

/* White where the border is at least 128 on average, else black: each byte of the border counts, and none
 * within it. */
static void border_decides(void **state) {
  (void)state;
  for (int channels = 1; channels <= 3; channels += 2) {
    uint8_t pixels[BYTES * 3];
    for (int dark = 0; dark < BYTES * channels; dark++) {
      const int y = dark / channels / WIDTH, x = dark / channels % WIDTH;
      const bool border = y == 0 || y == HEIGHT - 1 || x == 0 || x == WIDTH - 1;
      memset(pixels, 128, sizeof pixels);
      pixels[dark] = 127;
      assert_int_equal(background_of(pixels, channels), border ? 0 : 255);
    }
  }
}

/* A row longer than what is resized together: the left half is black, the right half white. */
static void long_rows(void **state) {
  (void)state;
  enum { LONG = 1100000 };
  oc_error err;
  uint8_t *pixels = calloc(2, LONG), out[100];
  assert_non_null(pixels);
  for (int y = 0; y < 2; y++) memset(pixels + y * LONG + LONG / 2, 255, LONG / 2);
  oc_preprocessing rule = rule_of(1, 100, 1);
  rule.resize = OC_RESIZE_STRETCH;
  const oc_image image = {.size = {2, LONG, 1}, .pixels = pixels};
  assert_ok(oc_preprocess(&rule, &image, out, &err), err);
  for (int i = 0; i < 49; i++) assert_true(out[i] == 0 && out[99 - i] == 255);
  free(pixels);
}

static void refused(void **state) {
  (void)state;
  oc_error err;
  oc_data data;
  oc_dataset *d = make_images(), *out;
  const oc_preprocessing wrong[] = {
      rule_of(-1, 4, 1), rule_of(4, 70000, 1), rule_of(4, 4, 2), {.resize = (oc_resize_mode)9}};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    assert_fails(oc_dataset_preprocessed(d, &wrong[i], &out, &err), OC_E_ARGUMENT, err, "");
    assert_null(out);
    const oc_data_options o = {.preprocessing = &wrong[i]};
    assert_fails(oc_data_open("xo:20:5", &o, &data, &err), OC_E_ARGUMENT, err, "");
  }
  oc_dataset_free(d);
  static uint8_t pixels[2 * 2 * 2];
  const oc_dataset_options two = {.count = 1, .size = {2, 2, 2}};
  assert_ok(labeled_images(pixels, NULL, &two, 1, NULL, &d, &err), err);
  const oc_preprocessing rule = rule_of(4, 4, 1);
  assert_fails(oc_dataset_preprocessed(d, &rule, &out, &err), OC_E_UNSUPPORTED, err,
               "1 or 3 channels, got 2");
  oc_dataset_free(d);
  const int64_t many = (int64_t)1 << 31; /* squared, times 3, more than 2^63 */
  const oc_image huge = {.size = {many, many, 3}, .pixels = pixels};
  uint8_t small[4 * 4];
  assert_fails(oc_preprocess(&rule, &huge, small, &err), OC_E_ARGUMENT, err, "expected pixels of 1 or 3");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(same_images),
      cmocka_unit_test(each_rule_has_its_hash),
      cmocka_unit_test(original_may_be_freed),
      cmocka_unit_test(opened_data),
      cmocka_unit_test(unchanged),
      cmocka_unit_test(border_decides),
      cmocka_unit_test(long_rows),
      cmocka_unit_test(refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
