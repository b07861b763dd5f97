/* exported_fixture.h: models with random weights, C source made of them, and that compiled and opened. */
#ifndef TESTS_EXPORTED_FIXTURE_H
#define TESTS_EXPORTED_FIXTURE_H
#include "harness.h"
#include "labeled_images.h"
#include "ocellus/export.h"
#include <dlfcn.h>
#include <math.h>

enum { MOST_BYTES = 256 * 256 * 3, SAMPLES = 6 };
#define STRICT "-std=c99 -pedantic -Wall -Wextra -Werror -ffreestanding"

/* A program's own random numbers: the same in every run. */
static inline uint32_t next_random(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

/* Random blocks of color, so that neighbors look alike. */
static inline void fill_image(uint8_t *pixels, oc_image_shape s, uint32_t seed) {
  for (int64_t y = 0; y < s.height; y++)
    for (int64_t x = 0; x < s.width; x++)
      for (int64_t c = 0; c < s.channels; c++) {
        uint32_t state = seed * 977u + (uint32_t)(y / 3 * 1009 + x / 4 * 31 + c);
        next_random(&state);
        pixels[(y * s.width + x) * s.channels + c] = (uint8_t)(next_random(&state) >> 16);
      }
}

/* `names` may be NULL. */
static inline oc_dataset *random_data(oc_image_shape size, int classes, const char *const *names) {
  const int64_t bytes = size.height * size.width * size.channels,
                count = classes > SAMPLES ? classes : SAMPLES;
  uint8_t *pixels = malloc((size_t)(count * bytes));
  int32_t *labels = malloc((size_t)count * sizeof *labels);
  oc_dataset *d;
  oc_error err;
  for (int64_t i = 0; i < count; i++) fill_image(pixels + i * bytes, size, (uint32_t)i + 1);
  for (int64_t i = 0; i < count; i++) labels[i] = (int32_t)(i % classes);
  assert_ok(labeled_images(pixels, labels, &(oc_dataset_options){.count = count, .size = size}, classes,
                           names, &d, &err),
            err);
  free(pixels);
  free(labels);
  return d;
}

/* Moves every variable, so that biases are not 0 and averages not those of a new model. */
static inline void shake(oc_session *s) {
  uint32_t state = 7;
  for (int i = 0; i < oc_variable_count(s); i++) {
    const oc_tensor t = oc_variable_value(s, i);
    const bool variance = strstr(oc_variable_name(s, i), "variance") != NULL;
    int64_t count;
    oc_error err;
    assert_ok(oc_shape_count(&t.shape, 1, &count, &err), err);
    for (int64_t k = 0; k < count; k++) {
      const float random = (float)next_random(&state) / 16777216.0f;
      ((float *)t.data)[k] += variance ? random - 0.5f : 0.1f * random - 0.05f;
    }
  }
}

static inline oc_model *random_model(const oc_dataset *d, const char *net) {
  oc_model_options o = oc_model_defaults();
  oc_model *m;
  oc_error err;
  o.net = net;
  o.session = &(oc_session_options){.threads = 1};
  assert_ok(oc_model_create(d, &o, &m, &err), err);
  shake(oc_model_session(m));
  return m;
}

/* ---- compiled ------------------------------------------------------------------------------------------ */

typedef int (*classify_fn)(const uint8_t *pixels, int width, int height, int channels, float *probabilities,
                           void *scratch);
typedef int (*decode_fn)(const uint8_t *pixels, int width, int height, int channels, float *input,
                         void *scratch);
typedef int (*selftest_fn)(void *scratch);

typedef struct exported {
  void *library;
  classify_fn classify;
  decode_fn decode;
  selftest_fn selftest; /* NULL: none */
  const char *const *class_names;
  void *scratch; /* of just the bytes that it takes */
} exported;

static inline bool has_compiler(const char *compiler) {
  char command[128];
  snprintf(command, sizeof command, "command -v %s > compiler.txt", compiler);
  return system(command) == 0;
}

static inline void run_command(const char *command) {
  if (system(command) != 0) fail_msg("%s fails", command);
}

/* Compiles FOLDER/model.c without a warning, into a library of this name; by clang, where it is, without
 * one. */
static inline void compile(const char *folder, const char *library) {
  static const char *const others[] = {"clang", "clang-14"};
  char command[512];
  snprintf(command, sizeof command, "gcc " STRICT " -O1 -shared -fPIC -o %s %s/model.c -lm", library, folder);
  run_command(command);
  for (int i = 0; i < 2; i++) {
    if (!has_compiler(others[i])) continue;
    snprintf(command, sizeof command, "%s " STRICT " -fsyntax-only %s/model.c", others[i], folder);
    run_command(command);
    return;
  }
}

/* POSIX gives functions as pointers to objects. */
static inline void find(void *library, const char *name, void *to) {
  void *symbol = dlsym(library, name);
  memcpy(to, &symbol, sizeof symbol);
}

static inline exported open_library(const char *path, const oc_c_export_figures *f) {
  exported e = {.library = dlopen(path, RTLD_NOW | RTLD_LOCAL)};
  if (!e.library) fail_msg("%s", dlerror());
  find(e.library, "model_classify", &e.classify);
  find(e.library, "model_decode", &e.decode);
  find(e.library, "model_selftest", &e.selftest);
  find(e.library, "model_class_names", &e.class_names);
  e.scratch = malloc((size_t)f->scratch_bytes);
  assert_non_null(e.scratch);
  memset(e.scratch, 0xAB, (size_t)f->scratch_bytes);
  return e;
}

static inline void close_library(exported *e) {
  free(e->scratch);
  dlclose(e->library);
}

/* Compiles what was exported into FOLDER, and opens it. */
static inline exported compile_and_open(const char *folder, const oc_c_export_figures *figures) {
  char library[128];
  snprintf(library, sizeof library, "./%s.so", folder);
  compile(folder, library);
  return open_library(library, figures);
}

/* Exports into FOLDER, compiles and opens. */
static inline exported export_and_open(const oc_model *m, const oc_c_export_options *o, const char *folder) {
  oc_c_export_figures figures;
  oc_error err;
  assert_ok(oc_model_export_c(m, folder, o, &figures, &err), err);
  return compile_and_open(folder, &figures);
}

/* ---- compared ------------------------------------------------------------------------------------------ */

typedef struct network {
  const char *net;
  oc_image_shape size;
  int classes;
} network;

static inline void expect_same_answers(oc_model *m, const exported *e, const network *n) {
  static uint8_t pixels[MOST_BYTES];
  float *wanted = malloc((size_t)n->classes * sizeof *wanted),
        *got = malloc((size_t)n->classes * sizeof *got);
  oc_error err;
  for (uint32_t i = 0; i < SAMPLES; i++) {
    fill_image(pixels, n->size, i + 1);
    assert_ok(oc_model_predict(m, pixels, 1, wanted, &err), err);
    const int best = oc_best_class(wanted, n->classes);
    const int label =
        e->classify(pixels, (int)n->size.width, (int)n->size.height, (int)n->size.channels, got, e->scratch);
    if (label < 0 || label >= n->classes || wanted[label] < wanted[best] - 1e-5f)
      fail_msg("%s: class %d, not %d", n->net, label, best);
    for (int c = 0; c < n->classes; c++)
      if (!(fabsf(got[c] - wanted[c]) <= 1e-5f))
        fail_msg("%s: image %u, class %d: %g, not %g", n->net, i, c, (double)got[c], (double)wanted[c]);
  }
  free(wanted);
  free(got);
}

static inline void check_network(const network *n, int number) {
  char folder[32];
  oc_dataset *d = random_data(n->size, n->classes, NULL);
  oc_model *m = random_model(d, n->net);
  const oc_c_export_options o = {.struct_size = sizeof o, .self_test = true};
  snprintf(folder, sizeof folder, "net%d", number);
  exported e = export_and_open(m, &o, folder);
  expect_same_answers(m, &e, n);
  const int status = e.selftest(e.scratch);
  if (status != 0) fail_msg("%s: the self-test returns %d", n->net, status);
  close_library(&e);
  oc_model_free(m);
  oc_dataset_free(d);
}

#endif
