/* Does C code in int8 answer bit for bit as its simulator, near to the engine, in the memory that was
 * measured, and is what it cannot take refused? */
#include "exported_fixture.h"
#include "ocellus/int8.h"
#include <math.h>

/* For the test's images, a black and a white one. */
static void expect_simulated_answers(const oc_int8_model *q, const exported *e, const network *n) {
  static uint8_t pixels[MOST_BYTES];
  float *wanted = malloc((size_t)n->classes * sizeof *wanted),
        *got = malloc((size_t)n->classes * sizeof *got);
  const int64_t bytes = n->size.height * n->size.width * n->size.channels;
  oc_error err;
  for (uint32_t i = 0; i < SAMPLES + 2; i++) {
    fill_image(pixels, n->size, i + 1);
    if (i >= SAMPLES) memset(pixels, i == SAMPLES ? 0 : 255, (size_t)bytes);
    assert_ok(oc_int8_predict(q, pixels, 1, wanted, &err), err);
    const int label =
        e->classify(pixels, (int)n->size.width, (int)n->size.height, (int)n->size.channels, got, e->scratch);
    if (label != oc_best_class(wanted, n->classes))
      fail_msg("%s: class %d, not %d", n->net, label, oc_best_class(wanted, n->classes));
    if (memcmp(got, wanted, (size_t)n->classes * sizeof *got) != 0)
      fail_msg("%s: image %u has other probabilities", n->net, i);
  }
  free(wanted);
  free(got);
}

/* With random weights a few bits are lost in each layer; softmax has large ones of small differences. */
static void expect_little_noise(const oc_int8_model *q, const char *net) {
  oc_int8_layer_report l;
  for (int i = 0; oc_int8_layer_at(q, i, &l); i++)
    if (!(l.signal_to_noise > 15) && strcmp(l.operations, "softmax") != 0)
      fail_msg("%s: %s has %g dB", net, l.name, l.signal_to_noise);
}

static void expect_measured(const oc_model *m, const oc_c_export_figures *f, const char *net) {
  oc_c_measure measured;
  oc_error err;
  assert_ok(oc_model_measure_int8(m, &measured, &err), err);
  if (measured.total.scratch_bytes != f->scratch_bytes || measured.total.multiply_adds != f->multiply_adds ||
      measured.total.constant_bytes != f->constant_bytes)
    fail_msg("%s: measured %lld and %lld bytes, not %lld and %lld", net,
             (long long)measured.total.constant_bytes, (long long)measured.total.scratch_bytes,
             (long long)f->constant_bytes, (long long)f->scratch_bytes);
  oc_c_measure_release(&measured);
}

static void check_model(oc_model *m, const oc_dataset *d, const network *n, const char *folder) {
  const oc_c_export_options plain = {.struct_size = sizeof plain},
                            o = {.struct_size = sizeof o, .self_test = true};
  oc_c_export_figures figures;
  oc_int8_model *q;
  oc_error err;
  char other[64];
  assert_ok(oc_model_quantize(m, d, 0, &q, &err), err);
  snprintf(other, sizeof other, "%s-plain", folder);
  assert_ok(oc_int8_export_c(q, other, &plain, &figures, &err), err);
  expect_measured(m, &figures, n->net);
  assert_ok(oc_int8_export_c(q, folder, &o, &figures, &err), err);
  exported e = compile_and_open(folder, &figures);
  expect_simulated_answers(q, &e, n);
  expect_little_noise(q, n->net);
  const int status = e.selftest(e.scratch);
  if (status != 0) fail_msg("%s: the self-test returns %d", n->net, status);
  close_library(&e);
  oc_int8_free(q);
}

static void check_int8_network(const network *n, int number) {
  char folder[32];
  oc_dataset *d = random_data(n->size, n->classes, NULL);
  oc_model *m = random_model(d, n->net);
  snprintf(folder, sizeof folder, "net%d", number);
  check_model(m, d, n, folder);
  oc_model_free(m);
  oc_dataset_free(d);
}

static void presets_answer_as_the_simulator(void **state) {
  (void)state;
  for (int i = 0; oc_net_preset_name(i); i++) {
    const char *name = oc_net_preset_name(i);
    const bool color = strstr("vgg resnet8 resnet20 mobile", name) != NULL;
    check_int8_network(
        &(network){name, color ? (oc_image_shape){32, 32, 3} : (oc_image_shape){28, 28, 1}, 10}, i);
  }
}

static void every_layer_answers_as_the_simulator(void **state) {
  (void)state;
  static const network list[] = {
      {"dense CLASSES", {1, 1, 1}, 2},
      {"dense CLASSES", {5, 7, 4}, 3},
      {"dense 9 tanh | dense 33 sigmoid | dense CLASSES", {4, 3, 3}, 7},
      {"conv 3x3x7 stride 2 same relu | maxpool 2 | dense CLASSES", {13, 17, 3}, 5},
      {"conv 5x2x19 leakyrelu | conv 1x1x24 tanh | globalmeanpool | dense CLASSES", {11, 9, 1}, 37},
      {"conv 3x3x40 same gelu | meanpool 3 | dense CLASSES", {10, 14, 1}, 4},
      {"depthwise 3x3 same relu6 | depthwise 5x3 softplus | conv 1x1x5 silu | dense CLASSES", {9, 8, 6}, 3},
      {"conv 3x3x12 bn hardswish | maxpool 2 | batchnorm | se 4 | dropout 0.5 | dense CLASSES",
       {12, 12, 3},
       6},
      {"{ conv 3x3x8 same ; conv 1x1x4 ; } concat | relu | { conv 3x3x14 same bn ; } add | relu | dense "
       "CLASSES",
       {7, 10, 2},
       4},
      {"residual { conv 3x3x6 same bn relu | conv 3x3x6 stride 2 same bn } project | relu | dense CLASSES",
       {9, 11, 3},
       3},
      {"sigmoid | maxpool 3 | meanpool 2 | flatten | dense CLASSES", {14, 13, 2}, 3},
      {"conv 3x3x8 dilation 2 same relu | conv 3x3x8 dilation 3 | maxpool 3 stride 2 same | meanpool 3 "
       "stride "
       "1 same | conv 5x5x4 same stride 3 relu6 | relu | dense 5 bn relu | dense CLASSES",
       {31, 29, 1},
       3},
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) check_int8_network(&list[i], 100 + (int)i);
}

/* A graph of the caller's own: what net texts do not have. */
static void graphs_answer_as_the_simulator(void **state) {
  (void)state;
  const network n = {"a graph", {8, 9, 6}, 4};
  oc_graph *g;
  oc_model *m;
  oc_error err;
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  oc_conv2d_options one = oc_conv2d_defaults(), two = one;
  const oc_init he = oc_init_of(OC_INIT_HE_NORMAL);
  one.groups = 3, one.dilation[0] = 2, one.padding = OC_PAD_EXPLICIT;
  one.pad[0] = 3, one.pad[3] = 1;
  two.groups = 6, two.stride[1] = 2, two.flip = true, two.padding = OC_PAD_SAME;
  const oc_node x = oc_placeholder(g, "image", OC_F32, OC_SHAPE(OC_BATCH, 8, 9, 6));
  oc_node y = oc_conv2d(g, x, oc_variable(g, "w1", OC_SHAPE(3, 2, 2, 102), he), &one);
  y = oc_conv2d(g, oc_clip(g, y, -2, 1.5), oc_variable(g, "w2", OC_SHAPE(2, 3, 17, 12), he), &two);
  y = oc_subtract(g, oc_multiply(g, y, y), y);
  y = oc_add(g, oc_flatten(g, y), oc_flatten(g, oc_relu(g, y)));
  y = oc_matmul(g, y, oc_variable(g, "w3", OC_SHAPE(4, 12 * 7 * 5), he), false, true);
  assert_ok(oc_model_from_graph(g, x, y, NULL, &m, &err), err);
  oc_graph_free(g);
  shake(oc_model_session(m));
  oc_dataset *d = random_data(n.size, n.classes, NULL);
  check_model(m, d, &n, "graph");
  oc_dataset_free(d);
  oc_model_free(m);
}

/* ---- images -------------------------------------------------------------------------------------------- */

typedef int (*decode_int8_fn)(const uint8_t *pixels, int width, int height, int channels, int8_t *input,
                              void *scratch);
typedef int (*quantize_fn)(const float *numbers, int8_t *input);
typedef int (*run_fn)(const int8_t *input, float *probabilities, void *scratch);

/* Standardized in float32 and then quantized, a pixel may differ by one step from the way without floats. */
static void pixels_become_the_nearest_numbers(void **state) {
  (void)state;
  static const oc_image_shape sizes[] = {{12, 10, 1}, {12, 10, 3}, {40, 30, 3}, {7, 90, 1}};
  static uint8_t pixels[MOST_BYTES], fitted[MOST_BYTES];
  static float numbers[12 * 10 * 3];
  static int8_t direct[12 * 10 * 3], rounded[12 * 10 * 3];
  const oc_c_export_options o = {.struct_size = sizeof o, .max_width = 100, .max_height = 80};
  oc_preprocessing rule = oc_preprocessing_defaults();
  oc_c_export_figures figures;
  oc_int8_model *q;
  oc_dataset *d = random_data((oc_image_shape){40, 30, 3}, 2, NULL), *view;
  oc_error err;
  decode_int8_fn decode;
  quantize_fn quantize;
  run_fn run;
  rule.shape = (oc_image_shape){12, 10, 3};
  assert_ok(oc_dataset_preprocessed(d, &rule, &view, &err), err);
  oc_model *m = random_model(view, "conv 3x3x4 relu | dense CLASSES");
  const oc_preprocessing stored = oc_model_preprocessing(m);
  assert_ok(oc_model_quantize(m, view, 3, &q, &err), err);
  assert_ok(oc_int8_export_c(q, "images", &o, &figures, &err), err);
  exported e = compile_and_open("images", &figures);
  find(e.library, "model_decode", &decode);
  find(e.library, "model_quantize", &quantize);
  find(e.library, "model_run", &run);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    float wanted[2], got[2];
    oc_image image = {.size = sizes[i], .pixels = pixels};
    fill_image(pixels, sizes[i], (uint32_t)i);
    assert_ok(oc_preprocess(&stored, &image, fitted, &err), err);
    oc_standardizer_apply(oc_model_standardizer(m), fitted, 1, numbers);
    assert_int_equal(
        decode(pixels, (int)sizes[i].width, (int)sizes[i].height, (int)sizes[i].channels, direct, e.scratch),
        0);
    assert_int_equal(quantize(numbers, rounded), 0);
    for (int k = 0; k < 12 * 10 * 3; k++)
      if (abs(direct[k] - rounded[k]) > 1) fail_msg("number %d: %d, not %d", k, direct[k], rounded[k]);
    assert_ok(oc_int8_predict(q, fitted, 1, wanted, &err), err);
    assert_true(run(direct, got, e.scratch) >= 0);
    assert_memory_equal(got, wanted, sizeof got);
  }
  numbers[5] = NAN;
  assert_int_equal(quantize(numbers, rounded), -4);
  numbers[5] = INFINITY;
  assert_int_equal(quantize(numbers, rounded), 0);
  assert_int_equal(rounded[5], 127);
  close_library(&e);
  oc_int8_free(q);
  oc_model_free(m);
  oc_dataset_free(view);
  oc_dataset_free(d);
}

/* ---- refusals ------------------------------------------------------------------------------------------ */

static void expect_refusal(const char *net, oc_status code, const char *message) {
  oc_dataset *d = random_data((oc_image_shape){8, 8, 1}, 2, NULL);
  oc_model *m = random_model(d, net);
  oc_int8_model *q = (oc_int8_model *)d;
  oc_error err;
  assert_fails(oc_model_quantize(m, d, 0, &q, &err), code, err, message);
  assert_null(q);
  oc_model_free(m);
  oc_dataset_free(d);
}

static void layers_without_a_form_are_refused(void **state) {
  (void)state;
  expect_refusal("conv 3x3x8 prelu | dense CLASSES", OC_E_UNSUPPORTED, "has no form in int8");
}

static void weights_that_are_not_finite_are_refused(void **state) {
  (void)state;
  static const float bad[] = {NAN, INFINITY, -INFINITY};
  oc_dataset *d = random_data((oc_image_shape){4, 4, 1}, 2, NULL);
  oc_model *m = random_model(d, "dense CLASSES");
  oc_int8_model *q;
  oc_error err;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    ((float *)oc_variable_value(oc_model_session(m), 0).data)[3] = bad[i];
    assert_fails(oc_model_quantize(m, d, 0, &q, &err), OC_E_NOT_FINITE, err, "element 3");
  }
  float *w = oc_variable_value(oc_model_session(m), 0).data;
  for (int i = 0; i < 32; i++) w[i] = 3e38f;
  assert_fails(oc_model_quantize(m, d, 0, &q, &err), OC_E_NOT_FINITE, err, "");
  for (int i = 0; i < 32; i++) w[i] = 1e-42f; /* denormal: as good as 0 */
  assert_ok(oc_model_quantize(m, d, 0, &q, &err), err);
  oc_int8_free(q);
  oc_model_free(m);
  oc_dataset_free(d);
}

static void data_of_another_shape_is_refused(void **state) {
  (void)state;
  oc_dataset *d = random_data((oc_image_shape){4, 4, 1}, 2, NULL),
             *other = random_data((oc_image_shape){4, 5, 1}, 2, NULL),
             *color = random_data((oc_image_shape){4, 4, 3}, 2, NULL);
  oc_model *m = random_model(d, "dense CLASSES");
  oc_int8_model *q;
  oc_error err;
  assert_fails(oc_model_quantize(m, other, 0, &q, &err), OC_E_DATA, err, "4x5x1");
  assert_fails(oc_model_quantize(m, color, 0, &q, &err), OC_E_DATA, err, "4x4x3");
  assert_fails(oc_model_quantize(m, d, -1, &q, &err), OC_E_ARGUMENT, err, "at least 0");
  assert_ok(oc_model_quantize(m, d, 1 << 20, &q, &err), err);
  assert_int_equal(oc_int8_report_of(q).images, oc_dataset_count(d));
  assert_true(oc_int8_report_of(q).labeled);
  oc_int8_free(q);
  oc_model_free(m);
  oc_dataset_free(d);
  oc_dataset_free(other);
  oc_dataset_free(color);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(graphs_answer_as_the_simulator),    IN_FOLDER(every_layer_answers_as_the_simulator),
      IN_FOLDER(presets_answer_as_the_simulator),   IN_FOLDER(pixels_become_the_nearest_numbers),
      IN_FOLDER(layers_without_a_form_are_refused), IN_FOLDER(weights_that_are_not_finite_are_refused),
      IN_FOLDER(data_of_another_shape_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
