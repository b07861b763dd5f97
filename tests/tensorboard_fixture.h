/* tensorboard_fixture.h: a small training that writes for TensorBoard, and its files. Include harness.h
 * first. */
#ifndef TESTS_TENSORBOARD_FIXTURE_H
#define TESTS_TENSORBOARD_FIXTURE_H
#include "labeled_images.h"
#include "run_hash.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/random.h"
#include "model/model.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 8, PIXELS = SIDE * SIDE * 3, CLASSES = 3, TRAIN = 90, VALID = 30, BATCH = 16, STEPS = 6 };

/* Class c: a bright bar across rows 2c .. 2c+1, in noise; `channels` 1 or 3. */
static inline oc_dataset *make_data(int count, int channels, uint64_t seed) {
  static uint8_t pixels[TRAIN * PIXELS];
  int32_t labels[TRAIN];
  oc_dataset *d;
  oc_error err;
  const int row = SIDE * channels, image = SIDE * row;
  for (int i = 0; i < count; i++) {
    oc_random r = oc_random_at(seed, OC_STREAM_XO, 0, (uint64_t)i);
    labels[i] = (int32_t)oc_random_below(&r, CLASSES);
    for (int p = 0; p < image; p++)
      pixels[i * image + p] = (uint8_t)(oc_random_below(&r, 120) + (p / row / 2 == labels[i] ? 60 : 0));
  }
  const oc_image_shape size = {SIDE, SIDE, channels};
  assert_ok(labeled_images(pixels, labels, &(oc_dataset_options){.count = count, .size = size}, CLASSES, NULL,
                           &d, &err),
            err);
  return d;
}

typedef struct setting {
  const char *net, *optimizer;
  int threads, channels;
  double l2, clip_norm;
} setting;
static const setting plain = {
    "conv 3x3x4 relu | maxpool 2 | dense 12 relu | dropout 0.3 | dense CLASSES", "adam", 2, 1, 0, 0};

typedef struct fixture {
  oc_dataset *train, *valid;
  oc_model *m;
  oc_fit_options o;
} fixture;

/* Asks for TensorBoard's files in `folder`. */
static inline void look_on(fixture *f, const char *folder) {
  static oc_callback_setting boards[64];
  static int next;
  oc_callback_setting *board = &boards[next++ % 64];
  *board = (oc_callback_setting){"tensorboard", folder};
  f->o.callbacks = board;
  f->o.callback_count = 1;
}

static inline fixture make(const setting *s, const char *out, const char *tensorboard) {
  fixture f = {.train = make_data(TRAIN, s->channels, 1), .valid = make_data(VALID, s->channels, 2)};
  oc_model_options options = oc_model_defaults();
  oc_error err;
  options.net = s->net;
  options.session = &(oc_session_options){.threads = s->threads};
  assert_ok(oc_model_create(f.train, &options, &f.m, &err), err);
  f.o = oc_fit_defaults();
  f.o.epochs = 2;
  f.o.batch = BATCH;
  f.o.learning_rate = 3e-3;
  f.o.optimizer = s->optimizer;
  f.o.l2 = s->l2;
  f.o.clip_norm = s->clip_norm;
  f.o.out = out;
  if (tensorboard) look_on(&f, tensorboard);
  return f;
}

static inline void release(fixture *f) {
  oc_model_free(f->m);
  oc_dataset_free(f->train);
  oc_dataset_free(f->valid);
}

/* Files in a folder; `last` gets the path of the last by name. */
static inline int files_of(const char *folder, char last[512]) {
  struct dirent **list;
  const int all = scandir(folder, &list, NULL, alphasort);
  if (all < 0) return 0;
  (void)snprintf(last, 512, "%s/%s", folder, list[all - 1]->d_name);
  for (int i = 0; i < all; i++) free(list[i]);
  free(list);
  return all - 2;
}

/* How often a tag stands in the last file of a folder. */
static inline int count_in_file(const char *folder, const char *tag) {
  char path[512];
  unsigned char *bytes;
  size_t size;
  oc_error err;
  int count = 0;
  assert_true(files_of(folder, path) > 0);
  assert_ok(oc_file_read(path, 1 << 26, &bytes, &size, &err), err);
  for (const unsigned char *p = bytes; (p = memmem(p, size - (size_t)(p - bytes), tag, strlen(tag))); p++)
    count++;
  oc_memory_free(bytes);
  return count;
}

static inline void run_to_hash(const setting *s, const char *out, const char *tensorboard, char hex[65]) {
  oc_error err;
  fixture f = make(s, out, tensorboard);
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  hash_of_run(out, hex);
  release(&f);
}

#endif
