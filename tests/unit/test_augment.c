/* Is the text of an augmentation read, refused where it is wrong, and written in one form? */
#include "harness.h"
#include "ocellus/augment.h"
#include <stdlib.h>
#include <string.h>

static const oc_image_shape shape = {8, 8, 1};

static void reads(const char *text, const char *canonical) {
  oc_augmentation *a;
  oc_error err;
  for (int i = 0; i < 2; i++, text = canonical) { /* the second time what was written */
    assert_ok(oc_augmentation_create(text, shape, NULL, &a, &err), err);
    assert_string_equal(oc_augmentation_text(a), canonical);
    oc_augmentation_free(a);
  }
}

static void texts_have_a_canonical_form(void **state) {
  (void)state;
  reads("none", "none");
  reads("  none ", "none");
  reads("shift 2, rotate 10", "shift 2, rotate 10");
  reads("\tshift 2.50 ,rotate 1e1\n", "shift 2.5, rotate 10");
  reads("crop 4.0", "crop 4");
  reads("erase", "erase 0.5 0.02 0.33 3.3333333333333335");
  reads("cifar", "crop 4, flip 0.5 0");
  reads("noise 5, cifar ,trivialaugment", "noise 5, crop 4, flip 0.5 0, trivialaugment");
  for (int i = 0; oc_augmentation_preset_name(i); i++) {
    oc_augmentation *a, *b;
    oc_error err;
    const char *name = oc_augmentation_preset_name(i);
    assert_ok(oc_augmentation_create(name, shape, NULL, &a, &err), err);
    assert_ok(oc_augmentation_create(oc_augmentation_preset_text(name), shape, NULL, &b, &err), err);
    assert_string_equal(oc_augmentation_text(a), oc_augmentation_text(b));
    oc_augmentation_free(a);
    oc_augmentation_free(b);
  }
  reads("border  reflect,shift 2", "border reflect, shift 2");
  reads("border edge, elastic, border background, cifar",
        "border edge, elastic 34 4, border background, crop 4, flip 0.5 0");
  reads("border edge, noise 3, randaugment", "border edge, noise 3, randaugment 2 9");
  reads("flip alternate, flip alternate 1", "flip alternate 0, flip alternate 1");
  reads("flip, mixup", "flip 0.5 0, mixup 0.2");
  reads("cutmix, mixup 1", "cutmix 1, mixup 1");
  reads("flip", "flip 0.5 0");
  reads("flip .25", "flip 0.25 0");
  reads("flip 0 1,flip", "flip 0 1, flip 0.5 0");
}

static void refuses(const char *text, const char *message, const char *hint) {
  oc_augmentation *a = (void *)&a;
  oc_error err;
  assert_fails(oc_augmentation_create(text, shape, NULL, &a, &err), OC_E_ARGUMENT, err, message);
  assert_null(a);
  assert_string_equal(err.where, "augment");
  if (!strstr(err.hint, hint)) fail_msg("'%s': the hint is \"%s\", expected \"%s\"", text, err.hint, hint);
}

static void wrong_texts_are_refused(void **state) {
  (void)state;
  refuses("", "expected a transform, got the end of the text", "shift 2, rotate 10");
  refuses("shift 2,", "expected a transform, got the end", "");
  refuses("shift 2,,flip", "expected a transform, got ','", "");
  refuses("shift 2, none", "'none' must not be part of a list", "");
  refuses("none, shift 2", "'none' must not be part of a list", "");
  refuses("rotat 10", "unknown transform 'rotat'", "Did you mean rotate?");
  refuses("Zebra", "unknown transform 'Zebra'", "See the transforms with");
  refuses("rotate", "rotate needs its degrees", "`rotate DEGREES`");
  refuses("rotate ten", "rotate expects a number, got 'ten'", "`rotate DEGREES`");
  refuses("rotate 1e", "rotate expects a number, got '1e'", "");
  refuses("rotate 0x10", "expects a number", "");
  refuses("rotate nan", "expects a number", "");
  refuses("rotate 1e999", "must be above 0 and at most 180, got 1e999", "");
  refuses("rotate -10", "the degrees of rotate must be above 0 and at most 180, got -10", "");
  refuses("rotate 10 20", "rotate does not take '20'", "`rotate DEGREES`");
  refuses("flip 1.5", "the horizontal of flip must be at least 0 and at most 1, got 1.5",
          "`flip [HORIZONTAL|alternate] [VERTICAL]`");
  refuses("flip 0.5 alternate", "flip expects a number, got 'alternate'", "");
  refuses("flip -1", "must be at least 0 and at most 1, got -1", "");
  refuses("crop 4.5", "the pixels of crop must be an integer, at least 1 and at most 65536, got 4.5", "");
  refuses("border", "border needs its word", "`border background|edge|reflect`");
  refuses("border mirror, shift 2", "border does not take 'mirror'", "`border background|edge|reflect`");
  refuses("border edge 2, shift 2", "border does not take '2'", "");
  refuses("border edge", "no transform after it moves pixels", "before transforms");
  refuses("shift 2, border edge, noise 3", "no transform after it moves pixels", "");
  refuses("border edge, border reflect, shift 2", "no transform after it moves pixels", "");
  refuses("mixup 0", "the alpha of mixup must be at least 0.01 and at most 100, got 0", "`mixup [ALPHA]`");
  refuses("cutmix 101", "the alpha of cutmix must be at least 0.01 and at most 100, got 101", "");
  refuses("mixup, shift 2", "shift must not follow mixup or cutmix", "before");
  refuses("cutmix, cifar", "crop must not follow mixup or cutmix", "before");
  refuses("cifar 4", "a preset does not take '4'", "");
  refuses("digit", "unknown transform 'digit'", "Did you mean digits?");
  char long_text[40 * 6 + 1] = "";
  for (int i = 0; i < 40; i++) strcat(long_text, i ? ",flip " : "flip");
  refuses(long_text, "too many transforms: the limit is 32", "");
}

static void wrong_shapes_are_refused(void **state) {
  (void)state;
  static const oc_image_shape wrong[] = {{8, 8, 2}, {8, 8, 4}, {0, 8, 1}, {8, 65537, 1}, {-1, 8, 3}};
  oc_augmentation *a;
  oc_error err;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_fails(oc_augmentation_create("flip", wrong[i], NULL, &a, &err), OC_E_ARGUMENT, err, "images must");
}

/* All transforms with their defaults, or a number in the middle of the range. */
static void write_example(const char *name, char text[256]) {
  const oc_hyperparameter *h;
  snprintf(text, 256, "%s", name);
  for (int i = 0; (h = oc_transform_hyperparameter_at(name, i)); i++)
    snprintf(text + strlen(text), 256 - strlen(text), " %g",
             !h->required ? h->fallback
             : h->whole   ? h->low + 1
                          : (h->low + h->high) / 2);
  if (oc_transform_word(name, 0) && !oc_transform_hyperparameter_at(name, 0))
    snprintf(text + strlen(text), 256 - strlen(text), " %s, shift 9", oc_transform_word(name, 2));
}

/* Images of one pixel, one row, one column, and others: nothing is read or written outside of them (the
 * sanitizer build sees it). */
static void every_transform_fits_every_shape(void **state) {
  (void)state;
  static const oc_image_shape shapes[] = {{1, 1, 1}, {1, 1, 3}, {1, 7, 3}, {7, 1, 1}, {2, 2, 3}, {9, 14, 1}};
  const char *name;
  for (int i = 0; (name = oc_transform_name(i)); i++)
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
      const size_t size = (size_t)(shapes[k].height * shapes[k].width * shapes[k].channels);
      char text[256];
      oc_augmentation *a;
      oc_error err;
      write_example(name, text);
      assert_ok(oc_augmentation_create(text, shapes[k], NULL, &a, &err), err);
      uint8_t *pixels = malloc(size);
      void *scratch = malloc(oc_augmentation_scratch(a));
      assert_true(pixels && scratch);
      for (uint64_t item = 0; item < 20; item++) {
        memset(pixels, 200, size);
        oc_augmentation_apply(a, &(oc_augment_key){1, 2, item, 0}, pixels, scratch);
      }
      free(scratch);
      free(pixels);
      oc_augmentation_free(a);
    }
}

/* What comes from outside of the image has the background. */
static void the_background_is_that_of_the_options(void **state) {
  (void)state;
  const oc_augmentation_options options = {.background = {10, 20, 30}};
  oc_augmentation *a;
  oc_error err;
  uint8_t pixels[2 * 2 * 3];
  bool outside = false;
  assert_ok(oc_augmentation_create("shift 1000", (oc_image_shape){2, 2, 3}, &options, &a, &err), err);
  void *scratch = malloc(oc_augmentation_scratch(a));
  for (uint64_t item = 0; item < 8; item++) {
    memset(pixels, 255, sizeof pixels);
    oc_augmentation_apply(a, &(oc_augment_key){1, 0, item, 0}, pixels, scratch);
    outside = outside || memcmp(pixels, "\x0a\x14\x1e\x0a\x14\x1e\x0a\x14\x1e\x0a\x14\x1e", 12) == 0;
  }
  assert_true(outside);
  free(scratch);
  oc_augmentation_free(a);
}

/* Black and white, as the outermost pixels are dark or light; or that of a rule. */
static void the_background_is_that_of_each_image(void **state) {
  (void)state;
  oc_preprocessing rule = oc_preprocessing_defaults();
  rule.shape = (oc_image_shape){8, 8, 1};
  for (int fixed = 0; fixed < 2; fixed++) {
    oc_augmentation *a;
    oc_error err;
    rule.background_set = fixed;
    memcpy(rule.background, (uint8_t[]){255, 0, 0}, 3); /* luma 76 */
    const oc_augmentation_options options = oc_augmentation_options_for(&rule);
    assert_ok(oc_augmentation_create("shift 500", shape, &options, &a, &err), err);
    void *scratch = malloc(oc_augmentation_scratch(a));
    for (int light = 0; light < 2; light++) {
      uint8_t pixels[64];
      memset(pixels, light ? 30 : 225, sizeof pixels);
      for (int i = 0; i < 8; i++)
        pixels[i] = pixels[56 + i] = pixels[8 * i] = pixels[8 * i + 7] = light ? 200 : 20;
      oc_augmentation_apply(a, &(oc_augment_key){1, 0, 3, 0}, pixels, scratch);
      for (int i = 0; i < 64; i++) assert_int_equal(pixels[i], fixed ? 76 : light ? 255 : 0);
    }
    free(scratch);
    oc_augmentation_free(a);
  }
  const oc_augmentation_options none = oc_augmentation_options_for(NULL);
  assert_false(none.background_of_image || none.background[0]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(texts_have_a_canonical_form),
      cmocka_unit_test(wrong_texts_are_refused),
      cmocka_unit_test(wrong_shapes_are_refused),
      cmocka_unit_test(every_transform_fits_every_shape),
      cmocka_unit_test(the_background_is_that_of_the_options),
      cmocka_unit_test(the_background_is_that_of_each_image),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
