/* What a model stores of its training images: are the rule for other sizes, the standardizer and the
 * statistics the same in its file, do predictions have the same bits, and are unlike images found? */
#include "model_fixture.h"
#include "ocellus/model.h"

/* Strokes on black, 24x24x3. */
static oc_dataset *make_strokes(void) {
  enum { COUNT = 30, BYTES = 24 * 24 * 3 };
  static uint8_t pixels[COUNT * BYTES];
  static int32_t labels[COUNT];
  oc_dataset *d;
  oc_error err;
  memset(pixels, 0, sizeof pixels);
  for (int i = 0; i < COUNT; i++)
    for (int y = 4; y < 20; y++)
      for (int x = 10; x < 14; x++)
        memset(pixels + i * BYTES + (y * 24 + x) * 3, 180 + i, 3), labels[i] = i % 3;
  const oc_dataset_options o = {.count = COUNT, .size = {24, 24, 3}};
  assert_ok(labeled_images(pixels, labels, &o, 3, NULL, &d, &err), err);
  return d;
}

static oc_model *saved_and_loaded(const oc_model *m) {
  void *bytes;
  size_t size;
  oc_model *out;
  oc_error err;
  assert_ok(oc_model_save_memory(m, &bytes, &size, &err), err);
  assert_ok(oc_model_load_memory(bytes, size, NULL, &out, &err), err);
  oc_free(bytes);
  return out;
}

static oc_model *model_of(const oc_dataset *d, oc_standardize how) {
  const oc_model_options o = {.net = "dense CLASSES", .standardize = how};
  oc_model *m;
  oc_error err;
  assert_ok(oc_model_create(d, &o, &m, &err), err);
  return m;
}

static void rule_and_standardizer_are_kept(void **state) {
  (void)state;
  const oc_standardize ways[] = {OC_STANDARDIZE_PIXEL, OC_STANDARDIZE_CHANNEL, OC_STANDARDIZE_NONE};
  const oc_preprocessing rule = {
      .shape = {10, 12, 3}, .resize = OC_RESIZE_STRETCH, .background = {1, 20, 255}, .background_set = true};
  oc_dataset *raw = make_strokes(), *d;
  oc_error err;
  assert_ok(oc_dataset_preprocessed(raw, &rule, &d, &err), err);
  for (int i = 0; i < 3; i++) {
    oc_model *m = model_of(d, ways[i]), *again = saved_and_loaded(m);
    const oc_preprocessing p = oc_model_preprocessing(again);
    const oc_standardizer *a = oc_model_standardizer(m), *b = oc_model_standardizer(again);
    uint8_t pixels[10 * 12 * 3];
    float x[3], y[3];
    assert_true(p.shape.height == 10 && p.shape.width == 12 && p.shape.channels == 3);
    assert_true(p.resize == OC_RESIZE_STRETCH && p.background_set);
    assert_memory_equal(p.background, rule.background, 3);
    assert_false(oc_model_mixed_sizes(again));
    assert_int_equal(b->how, ways[i]);
    assert_true(a->deviation == b->deviation && a->count == b->count && a->channels == b->channels);
    assert_true(oc_model_stddev(again) == (ways[i] == OC_STANDARDIZE_PIXEL ? a->deviation : 0));
    assert_ok(oc_dataset_read(d, 7, 1, pixels, NULL, &err), err);
    assert_ok(oc_model_predict(m, pixels, 1, x, &err), err);
    assert_ok(oc_model_predict(again, pixels, 1, y, &err), err);
    assert_memory_equal(x, y, sizeof x);
    oc_model_free(m);
    oc_model_free(again);
  }
  oc_dataset_free(raw);
  oc_dataset_free(d);
}

static void unlike_images_are_found(void **state) {
  (void)state;
  enum { BYTES = 24 * 24 * 3 };
  oc_dataset *d = make_strokes();
  oc_model *made = model_of(d, OC_STANDARDIZE_AUTO), *m = saved_and_loaded(made);
  const oc_image_shape square = {48, 48, 3}, wide = {20, 60, 1}, unknown = {0};
  uint8_t pixels[BYTES], changed[BYTES];
  oc_error err;
  assert_ok(oc_dataset_read(d, 3, 1, pixels, NULL, &err), err);
  assert_int_equal(oc_model_unlike(m, pixels, square), 0);
  assert_int_equal(oc_model_unlike(m, pixels, unknown), 0);
  assert_int_equal(oc_model_unlike(m, pixels, wide), OC_UNLIKE_ASPECT);
  for (int i = 0; i < BYTES; i++) changed[i] = (uint8_t)(255 - pixels[i]);
  assert_int_equal(oc_model_unlike(m, changed, unknown), OC_UNLIKE_INVERTED);
  for (int i = 0; i < BYTES; i++) changed[i] = (uint8_t)(pixels[i] / 2 + 70);
  assert_int_equal(oc_model_unlike(m, changed, unknown), OC_UNLIKE_BRIGHTER);
  memset(changed, 0, sizeof changed);
  assert_int_equal(oc_model_unlike(m, changed, wide), OC_UNLIKE_EMPTY | OC_UNLIKE_ASPECT);
  oc_model_free(made);
  oc_model_free(m);
  oc_dataset_free(d);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rule_and_standardizer_are_kept),
      cmocka_unit_test(unlike_images_are_found),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
