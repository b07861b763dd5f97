/* model_fixture.h: a small model with everything in it that a file must hold, and the files themselves, for
 * tests of both. */
#ifndef TESTS_MODEL_FIXTURE_H
#define TESTS_MODEL_FIXTURE_H
#include "harness.h"
#include "labeled_images.h"
#include "base/file.h"
#include "model/model.h"

enum { IMAGES = 40, SIDE = 6, CLASSES = 3, PIXELS = SIDE * SIDE, BATCH_OF = 8 };
static const char net[] = "conv 3x3x4 relu | batchnorm | maxpool 2 | dense 8 relu | dropout 0.5 | dense 3";

static inline oc_dataset *make_data(void) {
  static const char *const names[] = {"left \"quoted\"", "middle", "\xc3\xa9t\xc3\xa9"};
  uint8_t pixels[IMAGES * PIXELS];
  int32_t labels[IMAGES];
  oc_dataset *d;
  oc_error err;
  for (int i = 0; i < IMAGES * PIXELS; i++) pixels[i] = (uint8_t)((i * 37 + i / 7 * 11) % 256);
  for (int i = 0; i < IMAGES; i++) labels[i] = i % CLASSES;
  const oc_image_shape size = {SIDE, SIDE, 1};
  assert_ok(labeled_images(pixels, labels, &(oc_dataset_options){.count = IMAGES, .size = size}, CLASSES,
                           names, &d, &err),
            err);
  return d;
}

static inline oc_model *make_model(const oc_dataset *d) {
  oc_model_options options = oc_model_defaults();
  oc_model *m;
  oc_error err;
  options.net = net;
  options.session = &(oc_session_options){.threads = 2};
  assert_ok(oc_model_create(d, &options, &m, &err), err);
  return m;
}

static inline void read_file(const char *path, unsigned char **bytes, size_t *size) {
  oc_error err;
  assert_ok(oc_file_read(path, 1 << 24, bytes, size, &err), err);
}

static inline void assert_same_files(const char *a, const char *b) {
  unsigned char *x, *y;
  size_t m, n;
  read_file(a, &x, &m);
  read_file(b, &y, &n);
  assert_int_equal(m, n);
  assert_memory_equal(x, y, m);
  oc_memory_free(x);
  oc_memory_free(y);
}

#endif
