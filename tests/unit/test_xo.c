/* Are the X and O images those of the walk-through, and do the variants vary as they say? */
#include "harness.h"
#include "ocellus/xo.h"
#include <math.h>

enum { SIDE = OC_XO_SIDE, PIXELS = SIDE * SIDE };

static void the_clean_images(void **state) {
  (void)state;
  uint8_t x[PIXELS], o[PIXELS];
  oc_xo_draw(1, 0, 0, 0, OC_XO_CLEAN, x);
  oc_xo_draw(1, 0, 0, 1, OC_XO_CLEAN, o);
  for (int r = 0; r < SIDE; r++)
    for (int c = 0; c < SIDE; c++) {
      bool inside = r >= 1 && r <= 7 && c >= 1 && c <= 7;
      assert_int_equal(x[r * SIDE + c], inside && (r == c || r + c == 8) ? 255 : 0);
      assert_int_equal(o[r * SIDE + c], o[c * SIDE + r]);             /* its own mirror image */
      assert_int_equal(o[r * SIDE + c], o[(8 - r) * SIDE + (8 - c)]); /* and turned */
    }
  assert_int_equal(o[4 * SIDE + 4], 0);
  assert_int_equal(o[4 * SIDE + 1], 255);
}

static int64_t ink(const uint8_t *p) {
  int64_t sum = 0;
  for (int i = 0; i < PIXELS; i++) sum += p[i];
  return sum;
}

static void shifted_is_clean_moved_by_one(void **state) {
  (void)state;
  uint8_t clean[PIXELS], p[PIXELS];
  for (int label = 0; label < 2; label++) {
    int seen[3][3] = {{0}};
    oc_xo_draw(1, 0, 0, label, OC_XO_CLEAN, clean);
    for (uint64_t i = 0; i < 200; i++) {
      oc_xo_draw(1, 0, i, label, OC_XO_SHIFTED, p);
      int matches = 0;
      for (int down = -1; down <= 1; down++)
        for (int right = -1; right <= 1; right++) {
          bool same = true;
          for (int y = 1; y <= 7; y++)
            for (int x = 1; x <= 7; x++) same &= p[(y + down) * SIDE + x + right] == clean[y * SIDE + x];
          matches += same;
          seen[down + 1][right + 1] += same;
        }
      assert_int_equal(matches, 1);
      assert_int_equal(ink(p), ink(clean));
    }
    assert_int_equal(seen[1][1], 0);
    for (int i = 0; i < 9; i++) assert_true(i == 4 || seen[i / 3][i % 3] > 5);
  }
}

/* Correlation of two images as the walk-through takes it: the mean of the products of values in -1..1. */
static double match(const uint8_t *a, const uint8_t *b) {
  double sum = 0;
  for (int i = 0; i < PIXELS; i++) sum += (a[i] / 127.5 - 1) * (b[i] / 127.5 - 1);
  return sum / PIXELS;
}

static void every_kind_differs_and_stays_itself(void **state) {
  (void)state;
  uint8_t clean[2][PIXELS], p[PIXELS], again[PIXELS];
  for (int label = 0; label < 2; label++) oc_xo_draw(1, 0, 0, label, OC_XO_CLEAN, clean[label]);
  for (int kind = OC_XO_ROTATED; kind < OC_XO_KINDS; kind++)
    for (int label = 0; label < 2; label++) {
      double own = 0, other = 0;
      for (uint64_t i = 0; i < 100; i++) {
        oc_xo_draw(9, 0, i, label, (oc_xo_kind)kind, p);
        oc_xo_draw(9, 0, i, label, (oc_xo_kind)kind, again);
        assert_memory_equal(p, again, PIXELS);
        assert_memory_not_equal(p, clean[label], PIXELS);
        own += match(p, clean[label]) / 100, other += match(p, clean[1 - label]) / 100;
      }
      if (own <= other + 0.05)
        fail_msg("%s: %.3f to its own, %.3f to the other", oc_xo_kind_name(kind), own, other);
    }
}

static void thick_has_more_ink(void **state) {
  (void)state;
  uint8_t clean[PIXELS], p[PIXELS];
  for (int label = 0; label < 2; label++) {
    oc_xo_draw(1, 0, 0, label, OC_XO_CLEAN, clean);
    for (uint64_t i = 0; i < 50; i++) {
      oc_xo_draw(3, 0, i, label, OC_XO_THICK, p);
      assert_true(ink(p) > ink(clean) * 12 / 10);
    }
  }
}

static void kinds_have_names(void **state) {
  (void)state;
  assert_string_equal(oc_xo_kind_name(OC_XO_CLEAN), "clean");
  assert_string_equal(oc_xo_kind_name(OC_XO_NOISY), "noisy");
  assert_string_equal(oc_xo_kind_name(OC_XO_KINDS), "");
}

static void the_dataset_holds_all_kinds(void **state) {
  (void)state;
  static uint8_t pixels[500 * PIXELS];
  uint8_t clean[2][PIXELS];
  int32_t labels[500];
  oc_data data;
  oc_error err;
  assert_ok(oc_data_open("xo:1000:10", NULL, &data, &err), err);
  assert_int_equal(oc_dataset_classes(data.train), 2);
  assert_string_equal(oc_dataset_class_name(data.train, 0), "X");
  assert_string_equal(oc_dataset_class_name(data.train, 1), "O");
  assert_ok(oc_dataset_read(data.train, 0, 500, pixels, labels, &err), err);
  int clean_ones = 0, per_class[2] = {0};
  for (int label = 0; label < 2; label++) oc_xo_draw(1, 0, 0, label, OC_XO_CLEAN, clean[label]);
  for (int i = 0; i < 500; i++) {
    per_class[labels[i]]++;
    clean_ones += memcmp(pixels + i * PIXELS, clean[labels[i]], PIXELS) == 0;
  }
  assert_int_equal(per_class[0], 250);
  assert_in_range(clean_ones, 12, 60); /* 31 expected */
  oc_data_close(&data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_clean_images),
      cmocka_unit_test(shifted_is_clean_moved_by_one),
      cmocka_unit_test(every_kind_differs_and_stays_itself),
      cmocka_unit_test(thick_has_more_ink),
      cmocka_unit_test(kinds_have_names),
      cmocka_unit_test(the_dataset_holds_all_kinds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
