/* Is the text of an augmentation read, refused where it is wrong, and written in one form? */
#include "harness.h"
#include "base/random.h"
#include "data/augment/policy.h"
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
  reads("rotate 1e+1", "rotate 10");
  reads("rotate 100E-1", "rotate 10");
  reads("crop 4.0", "crop 4");
  reads("randaugment 1 30", "randaugment 1 30");
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
  refuses("flip 0 1.5", "the vertical of flip must be at least 0 and at most 1, got 1.5", "");
  refuses("erase 0.5 0.02 1.5", "the largest of erase must be above 0 and at most 1, got 1.5", "");
  refuses("posterize 9", "the bits of posterize must be an integer, at least 1 and at most 8, got 9", "");
  refuses("randaugment 2 31", "at most 30, got 31", "");
  char long_text[40 * 6 + 1] = "";
  for (int i = 0; i < 40; i++) strcat(long_text, i ? ",flip " : "flip");
  refuses(long_text, "too many transforms: the limit is 32", "");
}

/* A number has up to 63 characters, and a message shows up to 60 of a word. */
static void long_words(void **state) {
  (void)state;
  char text[128], zeros[65] = "", message[128];
  memset(zeros, '0', 64);
  (void)snprintf(text, sizeof text, "rotate %.62s7", zeros);
  reads(text, "rotate 7");
  (void)snprintf(text, sizeof text, "rotate %.63s7", zeros);
  (void)snprintf(message, sizeof message, "rotate expects a number, got '%.60s'", zeros);
  refuses(text, message, "");
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

enum { GUARD = 256 };

/* `size` bytes, after which others show whether something is written there. */
static uint8_t *guarded(size_t size) {
  uint8_t *memory = malloc(size + GUARD);
  assert_non_null(memory);
  memset(memory, 0xA5, size + GUARD);
  return memory;
}
static void check_guard(const uint8_t *memory, size_t size, const char *text) {
  for (size_t i = size; i < size + GUARD; i++)
    if (memory[i] != 0xA5) fail_msg("%s writes %zu bytes too far", text, i - size + 1);
}

/* Images of one pixel, one row, one column, and others: nothing is written outside of them and of the
 * scratch, or read (the sanitizer build sees it). */
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
      const size_t more = oc_augmentation_scratch(a);
      uint8_t *pixels = guarded(size), *scratch = guarded(more);
      for (uint64_t item = 0; item < 20; item++) {
        memset(pixels, 200, size);
        oc_augmentation_apply(a, &(oc_augment_key){1, 2, item, 0}, pixels, scratch);
      }
      check_guard(pixels, size, text);
      check_guard(scratch, more, text);
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

/* Stream OC_STREAM_AUGMENT + the place of the transform in the text, whatever is before it: recorded runs
 * depend on it. Of three transforms, only the one at `place` does something. */
/* A white image stays white on a black background where nothing is uncovered. */
static void what_is_uncovered_is_known(void **state) {
  (void)state;
  static const struct {
    const char *text, *uncovered;
  } rows[] = {{"flip 0.5 0.5, resizedcrop 0.1 1 3", ""},
              {"brightness 0.5", ""},
              {"shift 3", "#000000"},
              {"flip, crop 4", "#000000"},
              {"elastic", "#000000"},
              {"trivialaugment", "#000000"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint8_t pixels[9 * 7], white[9 * 7];
    char text[16];
    oc_augmentation *a;
    oc_error err;
    assert_ok(oc_augmentation_create(rows[i].text, (oc_image_shape){9, 7, 1}, NULL, &a, &err), err);
    assert_string_equal(oc_augmentation_uncovers(a, text), rows[i].uncovered);
    void *scratch = malloc(oc_augmentation_scratch(a));
    memset(white, 255, sizeof white);
    for (uint64_t item = 0; i == 0 && item < 200; item++) {
      memcpy(pixels, white, sizeof white);
      oc_augmentation_apply(a, &(oc_augment_key){1, 2, item, 0}, pixels, scratch);
      assert_memory_equal(pixels, white, sizeof white);
    }
    free(scratch);
    oc_augmentation_free(a);
  }
}

static void each_place_has_its_stream(void **state) {
  (void)state;
  static const char *const texts[] = {"flip, flip 0 0, flip 0 0", "flip 0 0, flip, flip 0 0",
                                      "flip 0 0, flip 0 0, flip"};
  for (uint64_t place = 0; place < 3; place++) {
    oc_augmentation *a;
    oc_error err;
    assert_ok(oc_augmentation_create(texts[place], (oc_image_shape){1, 2, 1}, NULL, &a, &err), err);
    void *scratch = malloc(oc_augmentation_scratch(a));
    for (uint64_t item = 0; item < 40; item++) {
      uint8_t pixels[] = {1, 2};
      oc_random r = oc_random_at(7, 100 + place, 3, item);
      oc_augmentation_apply(a, &(oc_augment_key){7, 3, item, 0}, pixels, scratch);
      assert_true((pixels[0] == 2) == (oc_random_unit(&r) < 0.5));
    }
    free(scratch);
    oc_augmentation_free(a);
  }
}

/* Differences from the mean are multiplied, of which an even image has none. */
static void contrast_leaves_even_images(void **state) {
  (void)state;
  oc_augmentation *a;
  oc_error err;
  assert_ok(oc_augmentation_create("contrast 1", (oc_image_shape){1, 2, 1}, NULL, &a, &err), err);
  void *scratch = malloc(oc_augmentation_scratch(a));
  for (int value = 0; value < 256; value++) {
    uint8_t pixels[] = {(uint8_t)value, (uint8_t)value};
    oc_augmentation_apply(a, &(oc_augment_key){1, 1, (uint64_t)value, 0}, pixels, scratch);
    assert_true(pixels[0] == value && pixels[1] == value);
  }
  free(scratch);
  oc_augmentation_free(a);
}

/* A positive magnitude of a policy raises the factor. */
static void magnitudes_add_to_factors(void **state) {
  (void)state;
  double drawn[OC_DRAWN_MAX];
  oc_set_factor(0.25, shape, drawn);
  assert_true(drawn[0] == 1.25);
  oc_set_factor(-0.25, shape, drawn);
  assert_true(drawn[0] == 0.75);
}

static void unknown_presets_are_none(void **state) {
  (void)state;
  static const char *const unknown[] = {NULL, "", "cifa", "cifar10"};
  for (int i = 0; i < 4; i++) {
    assert_null(oc_augmentation_preset_text(unknown[i]));
    assert_null(oc_augmentation_preset_summary(unknown[i]));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(texts_have_a_canonical_form),
      cmocka_unit_test(wrong_texts_are_refused),
      cmocka_unit_test(long_words),
      cmocka_unit_test(wrong_shapes_are_refused),
      cmocka_unit_test(every_transform_fits_every_shape),
      cmocka_unit_test(the_background_is_that_of_the_options),
      cmocka_unit_test(the_background_is_that_of_each_image),
      cmocka_unit_test(what_is_uncovered_is_known),
      cmocka_unit_test(each_place_has_its_stream),
      cmocka_unit_test(contrast_leaves_even_images),
      cmocka_unit_test(magnitudes_add_to_factors),
      cmocka_unit_test(unknown_presets_are_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
