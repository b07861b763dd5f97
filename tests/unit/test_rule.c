/* A network of another program: does it take pixels as the options say, have the names it is given, and stay
 * as it was where that is refused? */
#include "exported_fixture.h"
#include "model/model.h"
#include "ocellus/file.h"
#include "ocellus/rule.h"
#include <math.h>

#if OC_HAVE_PROTOBUF_C

enum { SIDE = 16, PIXELS = SIDE * SIDE * 3, CLASSES = 10 };

static oc_model *open_block(const char *block) {
  char path[512];
  oc_model *m;
  oc_error err;
  snprintf(path, sizeof path, "%s/tests/golden/blocks/%s.onnx", getenv("OCELLUS_SOURCE"), block);
  assert_ok(oc_model_load(path, &(oc_session_options){.threads = 1}, &m, &err), err);
  return m;
}

/* Answers for pixels on the scale of 0 to 255. */
static void answer(oc_model *m, const float *pixels, float *out) {
  oc_error err;
  assert_ok(oc_model_predict_f32(m, pixels, 1, out, &err), err);
}

static void fill(float *pixels) {
  for (int i = 0; i < PIXELS; i++) pixels[i] = (float)(i * 37 % 256);
}

static void expect_close(const float *a, const float *b) {
  for (int i = 0; i < CLASSES; i++) assert_true(fabsf(a[i] - b[i]) < 1e-5f);
}

/* ---- the rule ------------------------------------------------------------------------------------------ */

/* Both models compute the same numbers: one by its rule, one of pixels on which a program did it. */
static void pixels_become_what_the_rule_says(void **state) {
  (void)state;
  static const double mean[] = {100, 30, 2.5}, deviation[] = {50, 60, 70};
  float pixels[PIXELS], done[PIXELS], a[CLASSES], b[CLASSES];
  const oc_rule_options rule = {.white = 255, .mean = mean, .deviation = deviation, .numbers = 3};
  oc_error err;
  for (int bgr = 0; bgr < 2; bgr++) {
    oc_model *m = open_block("resnet"), *plain = open_block("resnet");
    oc_rule_options o = rule;
    o.bgr = bgr;
    assert_ok(oc_model_set_rule(m, &o, &err), err);
    assert_ok(oc_model_set_rule(plain, &(oc_rule_options){.white = 255}, &err), err);
    fill(pixels);
    for (int i = 0; i < PIXELS; i++) {
      const int c = i % 3, from = bgr ? i - c + 2 - c : i;
      done[i] = (pixels[from] - (float)mean[c]) / (float)deviation[c];
    }
    answer(m, pixels, a);
    answer(plain, done, b);
    expect_close(a, b);
    assert_true(fabsf(a[0] - a[1]) > 1e-4f);
    oc_model_free(m);
    oc_model_free(plain);
  }
}

static void the_rule_is_in_the_file(void **state) {
  (void)state;
  float pixels[PIXELS], a[CLASSES], b[CLASSES];
  const double mean = 0.4, deviation = 0.2;
  const oc_rule_options o = {
      .mean = &mean, .deviation = &deviation, .numbers = 1, .resize = OC_RESIZE_STRETCH};
  oc_model *m = open_block("lenet"), *again;
  oc_error err;
  assert_fails(oc_model_save(m, "m.safetensors", &err), OC_E_UNSUPPORTED, err, "no rule for images");
  assert_true(strstr(err.hint, "ocellus import") != NULL);
  assert_ok(oc_model_set_rule(m, &o, &err), err);
  assert_true(oc_model_has_rule(m));
  assert_int_equal(oc_model_preprocessing(m).resize, OC_RESIZE_STRETCH);
  assert_ok(oc_model_save(m, "m.safetensors", &err), err);
  assert_ok(oc_model_load("m.safetensors", NULL, &again, &err), err);
  assert_int_equal(oc_model_preprocessing(again).resize, OC_RESIZE_STRETCH);
  fill(pixels);
  answer(m, pixels, a);
  answer(again, pixels, b);
  assert_memory_equal(a, b, sizeof a);
  assert_fails(oc_model_set_rule(again, NULL, &err), OC_E_ARGUMENT, err, "has a rule for images already");
  oc_model_free(again);
  oc_model_free(m);
}

/* A network that begins with (x - mean) / deviation of pixels or channels, as one that was exported without
 * its metadata. */
static oc_model *without_metadata(bool pixels) {
  static const double mean[] = {90, 80, 70}, deviation[] = {3, 4, 5};
  const oc_rule_options o = {.white = 255, .mean = mean, .deviation = deviation, .numbers = 3};
  const oc_image_shape shape = {SIDE, SIDE, 3};
  oc_dataset *d = random_data(shape, CLASSES, NULL);
  oc_model *m = pixels ? random_model(d, "dense CLASSES") : open_block("lenet"), *bare;
  unsigned char *bytes;
  size_t size;
  oc_error err;
  if (!pixels) assert_ok(oc_model_set_rule(m, &o, &err), err);
  oc_dataset_free(d);
  assert_ok(oc_model_export_onnx(m, "bare.onnx", NULL, &err), err);
  assert_ok(oc_file_load("bare.onnx", 1 << 20, (void **)&bytes, &size, &err), err);
  unsigned char *key = memmem(bytes, size, "preprocessing", 13);
  assert_non_null(key);
  *key = 'q';
  assert_ok(oc_model_load_memory(bytes, size, NULL, &bare, &err), err);
  assert_false(oc_model_has_rule(bare));
  oc_free(bytes);
  oc_model_free(m);
  return bare;
}

static void the_rule_comes_before_that_of_the_network(void **state) {
  (void)state;
  float numbers[PIXELS], done[PIXELS], a[CLASSES], b[CLASSES];
  const double mean = 0.5, deviation = 0.25;
  const oc_rule_options o = {.mean = &mean, .deviation = &deviation, .numbers = 1};
  oc_error err;
  for (int pixels = 0; pixels < 2; pixels++) {
    oc_model *m = without_metadata(pixels), *raw = without_metadata(pixels);
    assert_ok(oc_model_set_rule(m, &o, &err), err);
    assert_ok(oc_model_set_rule(raw, &(oc_rule_options){.white = 255}, &err), err);
    fill(numbers);
    for (int i = 0; i < PIXELS; i++) done[i] = (numbers[i] / 255 - 0.5f) / 0.25f;
    answer(m, numbers, a);
    answer(raw, done, b);
    expect_close(a, b);
    oc_model_free(m);
    oc_model_free(raw);
  }
}

/* Red and blue cannot be exchanged where more than a convolution takes the image. */
static void other_orders_need_a_convolution(void **state) {
  (void)state;
  oc_model *m = without_metadata(true);
  oc_error err;
  assert_fails(oc_model_set_rule(m, &(oc_rule_options){.white = 255, .bgr = true}, &err), OC_E_UNSUPPORTED,
               err, "not a convolution without groups");
  assert_false(oc_model_has_rule(m));
  oc_model_free(m);
}

static void wrong_options_are_refused(void **state) {
  (void)state;
  static const double large = 123, negative = -1, none = 0, fine = 0.5;
  static const struct {
    oc_rule_options o;
    const char *message;
  } list[] = {
      {{.mean = &large, .numbers = 1}, "must be 0 to 1, which is white, got 123"},
      {{.mean = &negative, .numbers = 1, .white = 255}, "must be 0 to 255"},
      {{.deviation = &none, .numbers = 1}, "must be above 0, got 0"},
      {{.deviation = &fine, .numbers = 2}, "2 numbers for 3 channels"},
      {{.deviation = &fine}, "0 numbers for 3 channels"},
      {{.numbers = 3}, "3 numbers for 3 channels"},
      {{.white = -1}, "must be above 0"},
      {{.white = NAN}, "must be above 0"},
      {{.resize = (oc_resize_mode)9}, "no such way"},
  };
  oc_model *m = open_block("lenet");
  oc_error err;
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    assert_fails(oc_model_set_rule(m, &list[i].o, &err), OC_E_ARGUMENT, err, list[i].message);
    assert_false(oc_model_has_rule(m));
  }
  oc_model_free(m);
}

/* ---- classes ------------------------------------------------------------------------------------------- */

static void write_text(const char *path, const char *text, size_t size) {
  oc_error err;
  assert_ok(oc_file_save(path, text, size, &err), err);
}

static void classes_have_the_names_of_a_file(void **state) {
  (void)state;
  static const char lines[] = "\xef\xbb\xbftench\r\n goldfish \nwhite shark\nc\nd\ne\nf\ng\nh\n\xc3\xa4";
  oc_model *m = open_block("lenet"), *again;
  oc_error err;
  assert_ok(oc_model_set_rule(m, NULL, &err), err);
  write_text("classes.txt", lines, sizeof lines - 1);
  assert_ok(oc_model_load_class_names(m, "classes.txt", &err), err);
  assert_ok(oc_model_save(m, "m.safetensors", &err), err);
  assert_ok(oc_model_load("m.safetensors", NULL, &again, &err), err);
  for (int i = 0; i < 2; i++) {
    const oc_model *of = i ? again : m;
    assert_string_equal(oc_model_class_name(of, 0), "tench");
    assert_string_equal(oc_model_class_name(of, 1), "goldfish");
    assert_string_equal(oc_model_class_name(of, 2), "white shark");
    assert_string_equal(oc_model_class_name(of, 9), "\xc3\xa4");
  }
  oc_model_free(again);
  oc_model_free(m);
}

static void wrong_names_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } list[] = {
      {"", "0 names for the model's 10 classes"},
      {"a\nb\n", "2 names for the model's 10 classes"},
      {"a\nb\nc\n\ne\nf\ng\nh\ni\nj\n", "the name of class 3 is empty"},
      {"a\nb\nc\nd\ne\nf\ng\nh\ni\n\x1b[2J\n", "the name of class 9"},
      {"a\nb\nc\nd\ne\nf\ng\nh\ni\n\xff\n", "the name of class 9"},
  };
  oc_model *m = open_block("lenet");
  oc_error err;
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    write_text("classes.txt", list[i].text, strlen(list[i].text));
    assert_fails(oc_model_load_class_names(m, "classes.txt", &err), OC_E_DATA, err, list[i].message);
    assert_string_equal(err.where, "classes.txt");
    assert_string_equal(oc_model_class_name(m, 3), "3");
  }
  write_text("classes.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\0k\n", 22);
  assert_fails(oc_model_load_class_names(m, "classes.txt", &err), OC_E_DATA, err, "the name of class 9");
  assert_int_equal(oc_model_load_class_names(m, "absent.txt", &err), OC_E_NO_INPUT);
  oc_model_free(m);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)
  const struct CMUnitTest tests[] = {
      IN_FOLDER(pixels_become_what_the_rule_says),
      IN_FOLDER(the_rule_is_in_the_file),
      IN_FOLDER(the_rule_comes_before_that_of_the_network),
      IN_FOLDER(other_orders_need_a_convolution),
      IN_FOLDER(wrong_options_are_refused),
      IN_FOLDER(classes_have_the_names_of_a_file),
      IN_FOLDER(wrong_names_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#else
int main(void) {
  return 0;
}
#endif
