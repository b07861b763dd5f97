/* fit_fixture.h: a small training for tests of the loop: three classes of noisy bars, and a model for
 * them. */
#ifndef TESTS_FIT_FIXTURE_H
#define TESTS_FIT_FIXTURE_H
#include "harness.h"
#include "labeled_images.h"
#include "base/random.h"
#include "model/model.h"

enum { SIDE = 8, PIXELS = SIDE * SIDE, CLASSES = 3, TRAIN = 150, VALID = 45, BATCH = 16, STEPS = 10 };
static const char net[] =
    "conv 3x3x4 relu | batchnorm | maxpool 2 | dense 12 relu | dropout 0.3 | dense CLASSES";

typedef struct setting {
  const char *net, *optimizer;
  int threads;
  double learning_rate, l2;
} setting;
static const setting plain = {net, "adam", 2, 3e-3, 0};

/* ---- fixtures ------------------------------------------------------------------------------------------ */

/* Class c: a bright bar across rows 2c .. 2c+1, in noise. */
static inline oc_dataset *make_data(int count, uint64_t seed) {
  uint8_t pixels[TRAIN * PIXELS];
  int32_t labels[TRAIN];
  oc_dataset *d;
  oc_error err;
  for (int i = 0; i < count; i++) {
    oc_random r = oc_random_at(seed, OC_STREAM_XO, 0, (uint64_t)i);
    labels[i] = (int32_t)oc_random_below(&r, CLASSES);
    for (int p = 0; p < PIXELS; p++) {
      const bool bar = p / SIDE / 2 == labels[i];
      pixels[i * PIXELS + p] = (uint8_t)(oc_random_below(&r, 120) + (bar ? 60 : 0));
    }
  }
  const oc_image_shape size = {SIDE, SIDE, 1};
  assert_ok(labeled_images(pixels, labels, &(oc_dataset_options){.count = count, .size = size}, CLASSES, NULL,
                           &d, &err),
            err);
  return d;
}

typedef struct fixture {
  oc_dataset *train, *valid;
  oc_model *m;
  oc_fit_options o;
} fixture;

static inline fixture make(const setting *s, const char *out) {
  fixture f = {.train = make_data(TRAIN, 1), .valid = make_data(VALID, 2), .o = oc_fit_defaults()};
  oc_model_options options = oc_model_defaults();
  oc_error err;
  options.net = s->net;
  options.session = &(oc_session_options){.threads = s->threads};
  assert_ok(oc_model_create(f.train, &options, &f.m, &err), err);
  f.o.epochs = 3;
  f.o.batch = BATCH;
  f.o.learning_rate = s->learning_rate;
  f.o.optimizer = s->optimizer;
  f.o.l2 = s->l2;
  f.o.out = out;
  return f;
}

static inline void release(fixture *f) {
  oc_model_free(f->m);
  oc_dataset_free(f->train);
  oc_dataset_free(f->valid);
}

static inline void hash_of_model(const oc_model *m, char hex[65]) {
  oc_tensor_table t = {0};
  oc_error err;
  assert_ok(oc_model_tensors(m, &t, &err), err);
  assert_ok(oc_tensors_sha256(t.rows, t.count, hex, &err), err);
  oc_tensor_table_release(&t);
}

#endif
