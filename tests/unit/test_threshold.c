/* Is the threshold that is found the lowest probability whose answers are right often enough, as its
 * definition says, tried at every probability that there is? */
#include "model_fixture.h"

enum {
  COUNT = 700,
  DIFFERENT = 90
}; /* images; many of them several times, which have the same probability */

static uint8_t pixels[COUNT * PIXELS];
static int32_t labels[COUNT];
static float probability[COUNT];

static oc_dataset *label_images(void) {
  oc_dataset *d;
  oc_error err;
  const oc_dataset_options o = {.count = COUNT, .size = {SIDE, SIDE, 1}};
  assert_ok(labeled_images(pixels, labels, &o, CLASSES, NULL, &d, &err), err);
  return d;
}

/* Labels some answers of the model as right: `share` of 8 of them, but none of the most certain ones if
 * `certain` is false. */
static oc_dataset *answered_images(oc_model *m, int share, bool certain) {
  static float all[COUNT * CLASSES];
  oc_error err;
  float most = 0;
  assert_ok(oc_model_predict(m, pixels, COUNT, all, &err), err);
  for (int i = 0; i < COUNT; i++) {
    const int best = oc_best_class(all + i * CLASSES, CLASSES);
    probability[i] = all[i * CLASSES + best];
    if (probability[i] > most) most = probability[i];
    labels[i] = i * 5 / 3 % 8 < share ? best : (best + 1) % CLASSES;
  }
  for (int i = 0; i < COUNT; i++)
    if (probability[i] == most) {
      const int best = oc_best_class(all + i * CLASSES, CLASSES);
      labels[i] = certain ? best : (best + 2) % CLASSES;
    }
  return label_images();
}

/* What a threshold of `value` does; right[i]: whether answer i is. */
static oc_threshold effect_of(double value, const bool *right) {
  oc_threshold t = {.value = value, .count = COUNT};
  for (int i = 0; i < COUNT; i++)
    if ((double)probability[i] >= value) {
      t.answered++;
      t.right += right[i];
    }
  return t;
}

/* Without an answer if there is none. */
static oc_threshold lowest_by_definition(double precision, const bool *right) {
  oc_threshold lowest = {.count = COUNT};
  for (int i = 0; i < COUNT; i++) {
    const oc_threshold t = effect_of((double)probability[i], right);
    const bool enough = (double)t.right >= precision * (double)t.answered;
    if (enough && (lowest.answered == 0 || t.value < lowest.value)) lowest = t;
  }
  return lowest;
}

static void check(oc_model *m, const oc_dataset *d, double precision) {
  oc_threshold got;
  bool right[COUNT];
  float p[CLASSES];
  oc_error err;
  for (int i = 0; i < COUNT; i++) {
    assert_ok(oc_model_predict(m, pixels + i * PIXELS, 1, p, &err), err);
    right[i] = oc_best_class(p, CLASSES) == labels[i];
  }
  const oc_threshold wanted = lowest_by_definition(precision, right);
  if (wanted.answered == 0) {
    assert_fails(oc_model_find_threshold(m, d, precision, &got, &err), OC_E_DATA, err, "no threshold makes");
    return;
  }
  assert_ok(oc_model_find_threshold(m, d, precision, &got, &err), err);
  if (got.value != wanted.value || got.answered != wanted.answered || got.right != wanted.right)
    fail_msg("%g: %.9g answers %lld with %lld right, not %.9g, %lld, %lld", precision, got.value,
             (long long)got.answered, (long long)got.right, wanted.value, (long long)wanted.answered,
             (long long)wanted.right);
  assert_int_equal(got.count, COUNT);
  assert_true(oc_model_threshold(m) == 0); /* the model stays as it is */
}

static void the_lowest_is_found(void **state) {
  (void)state;
  static const double precisions[] = {1e-9, 0.2, 0.35, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.99, 1};
  uint32_t random = 1;
  for (int i = 0; i < COUNT * PIXELS; i++) {
    random = random * 1664525u + 1013904223u;
    pixels[i] = i / PIXELS < DIFFERENT ? (uint8_t)(random >> 24) : pixels[i - DIFFERENT * PIXELS];
  }
  oc_dataset *unlabeled = label_images();
  oc_model *m = make_model(unlabeled);
  for (int share = 0; share <= 8; share += 2)
    for (int certain = 0; certain < 2; certain++) {
      oc_dataset *d = answered_images(m, share, certain);
      for (size_t i = 0; i < sizeof precisions / sizeof *precisions; i++) check(m, d, precisions[i]);
      oc_dataset_free(d);
    }
  oc_model_free(m);
  oc_dataset_free(unlabeled);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_lowest_is_found)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
