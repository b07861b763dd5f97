/* Are the averaged probabilities those of views that are drawn and predicted one by one, and does an
 * evaluation count by them? */
#include "fit_fixture.h"
#include "ocellus/tta.h"
#include <math.h>

enum { IMAGES = 40, WIDTH = 9 };

/* ---- views, by the words of tta.h ---------------------------------------------------------------------- */

/* 0 1 2 .. 8 7 6: without repeating the border. */
static int mirrored(int at, int size) {
  return at < 0 ? -at : at >= size ? 2 * size - 2 - at : at;
}

static void draw(const uint8_t *from, bool flip, int shift, uint8_t *to) {
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < WIDTH; x++) {
      const int sy = mirrored(y + shift, SIDE), sx = mirrored(x + shift, WIDTH);
      to[y * WIDTH + (flip ? WIDTH - 1 - x : x)] = from[sy * WIDTH + sx];
    }
}

static oc_model *make_wide(oc_dataset **d, uint8_t *pixels) {
  int32_t labels[IMAGES];
  oc_model *m;
  oc_error err;
  oc_random r = oc_random_at(5, OC_STREAM_XO, 0, 0);
  for (int i = 0; i < IMAGES * SIDE * WIDTH; i++) pixels[i] = (uint8_t)oc_random_below(&r, 256);
  for (int i = 0; i < IMAGES; i++) labels[i] = i % CLASSES;
  const oc_dataset_options o = {.count = IMAGES, .size = {SIDE, WIDTH, 1}};
  assert_ok(labeled_images(pixels, labels, &o, CLASSES, NULL, d, &err), err);
  const oc_model_options how = {.net = "conv 3x3x4 relu | dense CLASSES"};
  assert_ok(oc_model_create(*d, &how, &m, &err), err);
  return m;
}

/* `views` of every image, one view of one image at a time. */
static void average(oc_model *m, const uint8_t *pixels, unsigned views, double *out) {
  static const double halves[] = {0.5, 0.25, 0.25};
  static const int shifts[] = {0, 1, -1};
  const int moved = views & OC_TTA_SHIFT ? 3 : 1, sides = views & OC_TTA_FLIP ? 2 : 1;
  memset(out, 0, IMAGES * CLASSES * sizeof *out);
  for (int i = 0; i < IMAGES; i++)
    for (int k = 0; k < moved; k++)
      for (int side = 0; side < sides; side++) {
        uint8_t view[SIDE * WIDTH];
        float p[CLASSES];
        oc_error err;
        draw(pixels + i * SIDE * WIDTH, side, shifts[k], view);
        assert_ok(oc_model_predict(m, view, 1, p, &err), err);
        for (int c = 0; c < CLASSES; c++)
          out[i * CLASSES + c] += (moved == 1 ? 1 : halves[k]) / sides * (double)p[c];
      }
}

static void probabilities_are_means_over_views(void **state) {
  (void)state;
  static uint8_t pixels[IMAGES * SIDE * WIDTH];
  oc_dataset *d;
  oc_model *m = make_wide(&d, pixels);
  oc_error err;
  float p[4][IMAGES * CLASSES], plain_p[IMAGES * CLASSES];
  double wanted[IMAGES * CLASSES];
  for (unsigned views = 0; views < 4; views++) {
    assert_ok(oc_tta_predict(m, pixels, IMAGES, views, p[views], &err), err);
    average(m, pixels, views, wanted);
    for (int i = 0; i < IMAGES * CLASSES; i++)
      if (!(fabs((double)p[views][i] - wanted[i]) < 1e-6))
        fail_msg("views %u, number %d: %.9g, expected %.9g", views, i, (double)p[views][i], wanted[i]);
    for (unsigned k = 0; k < views; k++) assert_memory_not_equal(p[k], p[views], sizeof p[k]);
  }
  assert_ok(oc_model_predict(m, pixels, IMAGES, plain_p, &err), err);
  assert_memory_equal(p[0], plain_p, sizeof plain_p);
  oc_model_free(m);
  oc_dataset_free(d);
}

static void evaluations_count_by_them(void **state) {
  (void)state;
  static uint8_t pixels[IMAGES * SIDE * WIDTH];
  oc_dataset *d;
  oc_model *m = make_wide(&d, pixels);
  oc_error err;
  oc_evaluation e;
  float p[IMAGES * CLASSES];
  for (unsigned views = 0; views < 4; views++) {
    double loss = 0;
    int64_t correct = 0;
    assert_ok(oc_tta_predict(m, pixels, IMAGES, views, p, &err), err);
    assert_ok(oc_tta_evaluate(m, d, views, &e, &err), err);
    for (int i = 0; i < IMAGES; i++) {
      const int best = oc_best_class(p + i * CLASSES, CLASSES);
      assert_int_equal(e.predictions[i], best);
      correct += best == i % CLASSES;
      loss -= log((double)p[i * CLASSES + i % CLASSES]) / IMAGES;
    }
    assert_int_equal(e.count, IMAGES);
    assert_int_equal(e.correct, correct);
    assert_float_equal(e.loss, loss, 1e-5);
    assert_float_equal(e.accuracy, (double)correct / IMAGES, 1e-12);
    assert_int_equal(e.head_count, 1);
    assert_float_equal(e.heads[0].loss, e.loss, 1e-9);
    assert_float_equal(e.heads[0].metrics[0], e.accuracy, 1e-6);
    oc_evaluation_release(&e);
  }
  oc_model_free(m);
  oc_dataset_free(d);
}

static void the_smallest_images_have_views(void **state) {
  (void)state;
  uint8_t pixels[4] = {0, 255, 7, 99};
  int32_t labels[4] = {0, 1, 0, 1};
  oc_dataset *d;
  oc_model *m;
  oc_error err;
  float p[8];
  const oc_dataset_options o = {.count = 4, .size = {1, 1, 1}};
  assert_ok(labeled_images(pixels, labels, &o, 2, NULL, &d, &err), err);
  assert_ok(oc_model_create(d, &(oc_model_options){.net = "dense CLASSES"}, &m, &err), err);
  assert_ok(oc_tta_predict(m, pixels, 4, OC_TTA_FLIP | OC_TTA_SHIFT, p, &err), err);
  for (int i = 0; i < 4; i++) assert_float_equal(p[2 * i] + p[2 * i + 1], 1, 1e-6);
  assert_ok(oc_tta_predict(m, pixels, 0, OC_TTA_FLIP, p, &err), err);
  oc_model_free(m);
  oc_dataset_free(d);
}

static void what_is_refused(void **state) {
  (void)state;
  static uint8_t pixels[IMAGES * SIDE * WIDTH];
  oc_dataset *d, *other = make_data(20, 1);
  oc_model *m = make_wide(&d, pixels);
  oc_error err;
  oc_evaluation e;
  float p[IMAGES * CLASSES];
  assert_fails(oc_tta_predict(m, pixels, 1, 4, p, &err), OC_E_ARGUMENT, err, "unknown views 0x4");
  assert_fails(oc_tta_evaluate(m, d, 8, &e, &err), OC_E_ARGUMENT, err, "unknown views 0x8");
  assert_fails(oc_tta_evaluate(m, other, 1, &e, &err), OC_E_DATA, err, "the model expects 8x9x1");
  assert_null(e.predictions);
  assert_fails(oc_tta_predict(m, pixels, -1, 1, p, &err), OC_E_ARGUMENT, err, "count must be at least 0");
  oc_model_free(m);
  oc_dataset_free(d);
  oc_dataset_free(other);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(probabilities_are_means_over_views),
      cmocka_unit_test(evaluations_count_by_them),
      cmocka_unit_test(the_smallest_images_have_views),
      cmocka_unit_test(what_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
