/* Are the scores what the definitions say? Expected numbers were computed by hand or with the formulas
 * named. */
#include "harness.h"
#include "labeled_images.h"
#include "model/model.h"
#include <math.h>

static void assert_near(double value, double expected) {
  if (!(fabs(value - expected) < 5e-5)) fail_msg("%.8f is not %.8f", value, expected);
}

static void wilson_interval_matches_published_values(void **state) {
  (void)state;
  double low, high;
  /* Newcombe 1998, table I, method 3: 81/263, 15/148, 0/20, 1/29. */
  oc_wilson_interval(81, 263, &low, &high);
  assert_near(low, 0.2553), assert_near(high, 0.3662);
  oc_wilson_interval(15, 148, &low, &high);
  assert_near(low, 0.0624), assert_near(high, 0.1605);
  oc_wilson_interval(0, 20, &low, &high);
  assert_near(low, 0), assert_near(high, 0.1611);
  oc_wilson_interval(1, 29, &low, &high);
  assert_near(low, 0.0061), assert_near(high, 0.1718);
  oc_wilson_interval(20, 20, &low, &high);
  assert_near(low, 1 - 0.1611), assert_near(high, 1);
}

/* Three classes; the last never occurs and is predicted once, the second is never predicted. */
static void scores_follow_from_the_confusion_matrix(void **state) {
  (void)state;
  int64_t confusion[9] = {5, 0, 1, /* true class 0 */
                          4, 0, 0, 0, 0, 0};
  oc_class_score scores[3];
  oc_evaluation e = {.count = 10, .classes = 3, .per_class = scores, .confusion = confusion};
  oc_evaluation_finish(&e);
  assert_int_equal(e.correct, 5);
  assert_near(e.accuracy, 0.5);
  assert_int_equal(scores[0].count, 6);
  assert_near(scores[0].precision, 5.0 / 9);
  assert_near(scores[0].recall, 5.0 / 6);
  assert_near(scores[0].f1, 10.0 / 15);
  assert_int_equal(scores[1].count, 4);
  assert_true(isnan(scores[1].precision));
  assert_near(scores[1].recall, 0);
  assert_near(scores[1].f1, 0);
  assert_int_equal(scores[2].count, 0);
  assert_near(scores[2].precision, 0);
  assert_true(isnan(scores[2].recall));
}

/* ---- a model whose answers are known: one pixel, weights set by hand ----------------------------------- */

enum { IMAGES = 300, CLASSES = 2 };

static oc_dataset *make_data(int classes) {
  uint8_t pixels[IMAGES];
  int32_t labels[IMAGES];
  oc_dataset *d;
  oc_error err;
  for (int i = 0; i < IMAGES; i++) {
    pixels[i] = i % 2 ? 255 : 0;
    labels[i] = i % 2;
  }
  labels[10] = 1; /* pixel 0: will be predicted as 0 */
  labels[11] = labels[13] = 0;
  if (classes > 2) labels[299] = 2;
  assert_ok(labeled_images(pixels, labels,
                           &(oc_dataset_options){.count = IMAGES, .size = (oc_image_shape){1, 1, 1}}, classes,
                           NULL, &d, &err),
            err);
  return d;
}

/* x is -1 or 1 nearly; logits (-x, x): class 1 for bright pixels. */
static oc_model *make_model(const oc_dataset *d) {
  oc_model_options options = oc_model_defaults();
  oc_model *m;
  oc_error err;
  options.net = "dense 2";
  assert_ok(oc_model_create(d, &options, &m, &err), err);
  const int index = oc_variable_index(oc_model_session(m), "fc_1/_weights");
  assert_true(index >= 0);
  float *w = oc_variable_value(oc_model_session(m), index).data;
  w[0] = -1, w[1] = 1;
  return m;
}

static void a_known_model_scores_as_computed(void **state) {
  (void)state;
  oc_dataset *d = make_data(CLASSES);
  oc_model *m = make_model(d);
  oc_evaluation e;
  oc_error err;
  assert_ok(oc_model_evaluate(m, d, &e, &err), err);
  assert_int_equal(e.count, IMAGES);
  assert_int_equal(e.correct, IMAGES - 3);
  assert_near(e.accuracy, 0.99);
  const int64_t expected[4] = {149, 2, 1, 148};
  assert_memory_equal(e.confusion, expected, sizeof expected);
  for (int i = 0; i < IMAGES; i++) assert_int_equal(e.predictions[i], i % 2);
  assert_near(e.per_class[1].precision, 148.0 / 150);
  assert_near(e.per_class[1].recall, 148.0 / 149);
  /* Cross-entropy of logits (-1, 1): log(1 + e^-2) if right, log(1 + e^2) if wrong. */
  assert_near(e.loss, (297 * log1p(exp(-2)) + 3 * log1p(exp(2))) / 300);
  oc_evaluation_release(&e);
  oc_model_free(m);
  oc_dataset_free(d);
}

static void data_must_fit_the_model(void **state) {
  (void)state;
  oc_dataset *d = make_data(CLASSES), *three = make_data(3), *wide, *bare;
  oc_model *m = make_model(d);
  oc_evaluation e;
  oc_error err;
  uint8_t pixels[4] = {0};
  int32_t labels[2] = {0, 1};
  assert_fails(oc_model_evaluate(m, three, &e, &err), OC_E_DATA, err, "image 299 has label 2");
  assert_null(e.predictions);
  assert_ok(labeled_images(pixels, labels,
                           &(oc_dataset_options){.count = 2, .size = (oc_image_shape){1, 2, 1}}, 2, NULL,
                           &wide, &err),
            err);
  assert_fails(oc_model_evaluate(m, wide, &e, &err), OC_E_DATA, err, "1x2x1; the model expects 1x1x1");
  assert_ok(labeled_images(pixels, NULL, &(oc_dataset_options){.count = 2, .size = (oc_image_shape){1, 1, 1}},
                           0, NULL, &bare, &err),
            err);
  assert_fails(oc_model_evaluate(m, bare, &e, &err), OC_E_DATA, err, "no labels");
  assert_fails(oc_model_evaluate(m, NULL, &e, &err), OC_E_ARGUMENT, err, "NULL");
  oc_dataset_free(bare);
  oc_dataset_free(wide);
  oc_dataset_free(three);
  oc_model_free(m);
  oc_dataset_free(d);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(wilson_interval_matches_published_values),
      cmocka_unit_test(scores_follow_from_the_confusion_matrix),
      cmocka_unit_test(a_known_model_scores_as_computed),
      cmocka_unit_test(data_must_fit_the_model),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
