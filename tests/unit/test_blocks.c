/* Networks of other programs (tests/oracle/make_blocks.py): do blocks of each family answer as ONNX Runtime
 * does, also when they are saved, exported again or as C, and is one trained further? */
#include "exported_fixture.h"
#include "ocellus/file.h"
#include "ocellus/rule.h"
#include <math.h>
#include <sys/stat.h>

#if OC_HAVE_PROTOBUF_C

enum { SIDE = 16, PIXELS = SIDE * SIDE * 3, CLASSES = 10, IMAGES = 2 };

static const char *const blocks[] = {
    "lenet",      "vgg",      "resnet",     "mobilenetv2", "mobilenetv3", "efficientnet",
    "squeezenet", "densenet", "shufflenet", "convnext",    "lrn",         "instancenorm",
    "resize",     "pad",      "split",      "keras",
};
enum { BLOCKS = sizeof blocks / sizeof *blocks };

/* The images of make_blocks.py. */
static void fill_pixels(uint8_t *pixels) {
  uint32_t state = 1;
  for (int i = 0; i < IMAGES * PIXELS; i++) {
    state = state * 1664525u + 1013904223u;
    pixels[i] = (uint8_t)(state >> 24);
  }
}

static void path_of(const char *block, const char *suffix, char path[512]) {
  const char *source = getenv("OCELLUS_SOURCE");
  assert_non_null(source);
  snprintf(path, 512, "%s/tests/golden/blocks/%s.%s", source, block, suffix);
}

/* A block as it is used: pixels of 0 to 1. */
static oc_model *open_block(const char *block) {
  char path[512];
  oc_model *m;
  oc_error err;
  path_of(block, "onnx", path);
  assert_ok(oc_model_load(path, &(oc_session_options){.threads = 1}, &m, &err), err);
  assert_false(oc_model_has_rule(m));
  assert_ok(oc_model_set_rule(m, NULL, &err), err);
  return m;
}

static void expect_answers(oc_model *m, const char *block, const char *what, const float *wanted,
                           double limit) {
  uint8_t pixels[IMAGES * PIXELS];
  float got[IMAGES * CLASSES];
  oc_error err;
  fill_pixels(pixels);
  assert_ok(oc_model_predict(m, pixels, IMAGES, got, &err), err);
  for (int i = 0; i < IMAGES * CLASSES; i++)
    if (!(fabs((double)got[i] - (double)wanted[i]) <= limit))
      fail_msg("%s, %s: answer %d is %g, not %g", block, what, i, (double)got[i], (double)wanted[i]);
}

static void read_answers(const char *block, float *out) {
  char path[512];
  void *bytes;
  size_t size;
  oc_error err;
  path_of(block, "f32", path);
  assert_ok(oc_file_load(path, 1 << 16, &bytes, &size, &err), err);
  assert_int_equal(size, IMAGES * CLASSES * sizeof *out);
  memcpy(out, bytes, size);
  oc_free(bytes);
}

/* ---- answers ------------------------------------------------------------------------------------------- */

static void blocks_answer_as_onnx_runtime_does(void **state) {
  (void)state;
  float wanted[IMAGES * CLASSES];
  for (int i = 0; i < BLOCKS; i++) {
    oc_model *m = open_block(blocks[i]);
    read_answers(blocks[i], wanted);
    expect_answers(m, blocks[i], "imported", wanted, 1e-5);
    oc_model_free(m);
  }
}

static void blocks_are_saved_and_exported_again(void **state) {
  (void)state;
  float wanted[IMAGES * CLASSES];
  oc_error err;
  for (int i = 0; i < BLOCKS; i++) {
    oc_model *m = open_block(blocks[i]), *again;
    read_answers(blocks[i], wanted);
    assert_ok(oc_model_save(m, "block.safetensors", &err), err);
    assert_ok(oc_model_load("block.safetensors", NULL, &again, &err), err);
    expect_answers(again, blocks[i], "saved", wanted, 1e-5);
    oc_model_free(again);
    assert_ok(oc_model_export_onnx(m, "block.onnx", NULL, &err), err);
    assert_ok(oc_model_load("block.onnx", NULL, &again, &err), err);
    assert_true(oc_model_has_rule(again));
    expect_answers(again, blocks[i], "exported", wanted, 1e-5);
    oc_model_free(again);
    oc_model_free(m);
  }
}

static void blocks_answer_as_c(void **state) {
  (void)state;
  uint8_t pixels[IMAGES * PIXELS];
  float wanted[IMAGES * CLASSES], got[CLASSES];
  fill_pixels(pixels);
  for (int i = 0; i < BLOCKS; i++) {
    const oc_c_export_options o = {.struct_size = sizeof o, .self_test = true};
    oc_model *m = open_block(blocks[i]);
    read_answers(blocks[i], wanted);
    exported e = export_and_open(m, &o, blocks[i]);
    for (int k = 0; k < IMAGES; k++) {
      assert_true(e.classify(pixels + k * PIXELS, SIDE, SIDE, 3, got, e.scratch) >= 0);
      for (int c = 0; c < CLASSES; c++)
        if (!(fabsf(got[c] - wanted[k * CLASSES + c]) <= 1e-5f))
          fail_msg("%s as C: image %d, class %d: %g, not %g", blocks[i], k, c, (double)got[c],
                   (double)wanted[k * CLASSES + c]);
    }
    if (e.selftest(e.scratch) != 0) fail_msg("%s: the self-test fails", blocks[i]);
    close_library(&e);
    oc_model_free(m);
  }
}

/* ---- training ------------------------------------------------------------------------------------------ */

/* Dark and bright images, and some with a bright half: what a few steps learn. */
static oc_dataset *make_images(int count) {
  uint8_t *pixels = malloc((size_t)(count * PIXELS));
  int32_t *labels = malloc((size_t)count * sizeof *labels);
  uint32_t random = 3;
  oc_dataset *d;
  oc_error err;
  for (int i = 0; i < count; i++) {
    labels[i] = i % 3;
    for (int p = 0; p < PIXELS; p++) {
      const bool bright = labels[i] == 1 || (labels[i] == 2 && p < PIXELS / 2);
      pixels[i * PIXELS + p] = (uint8_t)((bright ? 160 : 20) + (int)(next_random(&random) % 64));
    }
  }
  const oc_dataset_options o = {.count = count, .size = {SIDE, SIDE, 3}};
  assert_ok(labeled_images(pixels, labels, &o, 3, (const char *const[]){"dark", "bright", "half"}, &d, &err),
            err);
  free(pixels);
  free(labels);
  return d;
}

static double accuracy_of(oc_model *m, const oc_dataset *d) {
  oc_evaluation e;
  oc_error err;
  assert_ok(oc_model_evaluate(m, d, &e, &err), err);
  const double accuracy = e.accuracy;
  oc_evaluation_release(&e);
  return accuracy;
}

/* A new head on frozen layers, then all layers; it is like any other model afterwards. */
static void an_imported_network_is_fine_tuned(void **state) {
  (void)state;
  oc_dataset *d = make_images(60);
  oc_fit_options o = oc_fit_defaults();
  oc_error err;
  oc_model *base = open_block("resnet"), *m, *again;
  assert_ok(oc_model_transfer(base, d, &(oc_session_options){.threads = 2}, &m, &err), err);
  assert_int_equal(oc_model_classes(m), 3);
  o.epochs = 4;
  o.batch = 12;
  o.learning_rate = 0.01;
  o.freeze = OC_FREEZE_ALL;
  o.fine_tune = 6;
  o.fine_tune_learning_rate = 0.003;
  assert_ok(oc_model_fit(m, d, d, &o, &err), err);
  assert_true(accuracy_of(m, d) > 0.9);
  assert_ok(oc_model_export_onnx(m, "tuned.onnx", NULL, &err), err);
  assert_ok(oc_model_load("tuned.onnx", NULL, &again, &err), err);
  assert_true(accuracy_of(again, d) > 0.9);
  oc_model_free(again);
  oc_model_free(m);
  oc_model_free(base);
  oc_dataset_free(d);
}

/* The gradients of all operations that blocks are made of. One ends in a convolution, not in a product. */
static void every_block_is_trained(void **state) {
  (void)state;
  oc_dataset *d = make_images(12);
  oc_error err;
  for (int i = 0; i < BLOCKS; i++) {
    oc_fit_options o = oc_fit_defaults();
    oc_model *base = open_block(blocks[i]), *m;
    const oc_status status = oc_model_transfer(base, d, &(oc_session_options){.threads = 1}, &m, &err);
    if (strcmp(blocks[i], "squeezenet") == 0) {
      assert_int_equal(status, OC_E_UNSUPPORTED);
      oc_model_free(base);
      continue;
    }
    if (status != OC_OK) fail_msg("%s: %s: %s", blocks[i], err.where, err.message);
    o.epochs = 1;
    o.batch = 6;
    assert_ok(oc_model_fit(m, d, NULL, &o, &err), err);
    oc_model_free(m);
    oc_model_free(base);
  }
  oc_dataset_free(d);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)
  const struct CMUnitTest tests[] = {
      IN_FOLDER(blocks_answer_as_onnx_runtime_does),
      IN_FOLDER(blocks_are_saved_and_exported_again),
      IN_FOLDER(blocks_answer_as_c),
      IN_FOLDER(an_imported_network_is_fine_tuned),
      IN_FOLDER(every_block_is_trained),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#else
int main(void) {
  return 0;
}
#endif
