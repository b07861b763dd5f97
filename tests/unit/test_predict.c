/* Can many threads predict and evaluate on one model concurrently, with the bits of one at a time? Meant
 * to run under the thread sanitizer too. */
#include "harness.h"
#include "ocellus/model.h"
#include <math.h>
#include <pthread.h>

enum { CALLERS = 5, ROUNDS = 6, IMAGES = 40, CLASSES = 10 };

typedef struct fixture {
  oc_data data;
  oc_model *model;
  uint8_t pixels[IMAGES * 28 * 28];
  float wanted[IMAGES * CLASSES];
  double accuracy;
} fixture;

static void fixture_begin(fixture *f, int threads) {
  oc_error err;
  oc_model_options o = oc_model_defaults();
  oc_evaluation e;
  o.net = "conv 5x5x8 relu | maxpool 2 | conv 5x5x8 relu | maxpool 2 | dense 200 relu | dense CLASSES";
  o.session = &(oc_session_options){.threads = threads};
  assert_ok(oc_data_open("digits:100:40", NULL, &f->data, &err), err);
  assert_ok(oc_model_create(f->data.train, &o, &f->model, &err), err);
  assert_ok(oc_dataset_read(f->data.test, 0, IMAGES, f->pixels, NULL, &err), err);
  assert_ok(oc_model_predict(f->model, f->pixels, IMAGES, f->wanted, &err), err);
  assert_ok(oc_model_evaluate(f->model, f->data.test, &e, &err), err);
  f->accuracy = e.accuracy;
  oc_evaluation_release(&e);
}

static void fixture_end(fixture *f) {
  oc_model_free(f->model);
  oc_data_close(&f->data);
}

typedef struct caller {
  fixture *f;
  pthread_t thread;
  int number, wrong;
} caller;

/* `count` images from `first` on. One image at a time has a plan of its own, which need not sum in the same
 * order. */
static void check(caller *c, int first, int count) {
  float got[IMAGES * CLASSES];
  const float *wanted = c->f->wanted + first * CLASSES;
  if (oc_model_predict(c->f->model, c->f->pixels + first * 28 * 28, count, got, NULL) != OC_OK) c->wrong++;
  for (int i = 0; i < count * CLASSES; i++) {
    const float error = got[i] - wanted[i];
    c->wrong += count > 1 ? got[i] != wanted[i] : error > 1e-5f || error < -1e-5f;
  }
}

static void *call(void *argument) {
  caller *c = argument;
  for (int i = 0; i < ROUNDS; i++) {
    oc_evaluation e;
    check(c, (c->number + i) % IMAGES, 1);
    check(c, 0, IMAGES);
    if (oc_model_evaluate(c->f->model, c->f->data.test, &e, NULL) != OC_OK || e.accuracy != c->f->accuracy)
      c->wrong++;
    oc_evaluation_release(&e);
  }
  return NULL;
}

static void many_callers(int threads) {
  static fixture f;
  caller callers[CALLERS];
  fixture_begin(&f, threads);
  for (int i = 0; i < CALLERS; i++) {
    callers[i] = (caller){.f = &f, .number = i};
    assert_int_equal(pthread_create(&callers[i].thread, NULL, call, &callers[i]), 0);
  }
  for (int i = 0; i < CALLERS; i++) {
    pthread_join(callers[i].thread, NULL);
    assert_int_equal(callers[i].wrong, 0);
  }
  fixture_end(&f);
}

static void one_thread_a_session(void **state) {
  (void)state;
  many_callers(1);
}
static void three_threads_a_session(void **state) {
  (void)state;
  many_callers(3);
}

/* Labels are the best classes of the probabilities; of equal ones the first. */
static void best_classes(void **state) {
  (void)state;
  static fixture f;
  int32_t labels[IMAGES];
  oc_error err;
  fixture_begin(&f, 1);
  assert_ok(oc_model_classify(f.model, f.pixels, IMAGES, labels, &err), err);
  for (int i = 0; i < IMAGES; i++)
    assert_int_equal(labels[i], oc_best_class(f.wanted + i * CLASSES, CLASSES));
  assert_ok(oc_model_classify(f.model, f.pixels, 0, labels, &err), err);
  assert_fails(oc_model_classify(f.model, f.pixels, -1, labels, &err), OC_E_ARGUMENT, err, "-1");
  assert_fails(oc_model_classify(f.model, f.pixels, 1, NULL, &err), OC_E_ARGUMENT, err, "NULL");
  assert_fails(oc_model_classify(f.model, NULL, 1, labels, &err), OC_E_ARGUMENT, err, "NULL");
  fixture_end(&f);
  assert_int_equal(oc_best_class((const float[4]){0.1f, 0.4f, 0.4f, 0.1f}, 4), 1);
  assert_int_equal(oc_best_class((const float[3]){NAN, 0.2f, 0.3f}, 3), 2);
  assert_int_equal(oc_best_class((const float[2]){NAN, NAN}, 2), -1);
  assert_int_equal(oc_best_class(NULL, 3), -1);
  assert_int_equal(oc_best_class((const float[1]){-1}, 1), 0);
}

/* model.h: the same count gives the same bits; another one others in the last places at most. */
static void other_counts(void **state) {
  (void)state;
  static fixture f;
  oc_error err;
  fixture_begin(&f, 2);
  for (int count = 1; count <= IMAGES; count++) {
    float got[IMAGES * CLASSES], again[IMAGES * CLASSES];
    assert_ok(oc_model_predict(f.model, f.pixels, count, got, &err), err);
    assert_ok(oc_model_predict(f.model, f.pixels, count, again, &err), err);
    assert_memory_equal(got, again, (size_t)count * CLASSES * sizeof *got);
    for (int i = 0; i < count * CLASSES; i++) assert_true(fabsf(got[i] - f.wanted[i]) < 1e-5F);
  }
  fixture_end(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(one_thread_a_session),
                                     cmocka_unit_test(three_threads_a_session),
                                     cmocka_unit_test(best_classes), cmocka_unit_test(other_counts)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
