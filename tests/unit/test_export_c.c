/* Does exported C compile without a warning, answer as the engine does, and refuse what it cannot take? */
#include "exported_fixture.h"
#include "ocellus/file.h"
#include "ocellus/preprocess.h"
#include <math.h>

static void every_layer_answers_as_the_engine(void **state) {
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
      {"conv 3x3x8 prelu | batchnorm | relu | dense 5 bn relu | dense CLASSES", {8, 8, 1}, 3},
      {"{ conv 3x3x8 same ; conv 1x1x4 ; } concat | relu | { conv 3x3x14 same bn ; } add | relu | dense "
       "CLASSES",
       {7, 10, 2},
       4},
      {"residual { conv 3x3x6 same bn relu | conv 3x3x6 stride 2 same bn } project | relu | dense CLASSES",
       {9, 11, 3},
       3},
      {"sigmoid | maxpool 3 | meanpool 2 | flatten | dense CLASSES", {14, 13, 2}, 3},
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) check_network(&list[i], 100 + (int)i);
}

/* A graph of the caller's own: what net texts do not have. */
static oc_model *grouped_model(oc_image_shape size) {
  oc_graph *g;
  oc_model *m;
  oc_error err;
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  oc_conv2d_options one = oc_conv2d_defaults(), two = one;
  const oc_init he = oc_init_of(OC_INIT_HE_NORMAL);
  one.groups = 3, one.dilation[0] = 2, one.padding = OC_PAD_EXPLICIT;
  one.pad[0] = 3, one.pad[3] = 1;
  two.groups = 6, two.stride[1] = 2, two.flip = true, two.padding = OC_PAD_SAME;
  const oc_node x = oc_placeholder(g, "image", OC_F32, OC_SHAPE(OC_BATCH, size.height, size.width, 6));
  oc_node y = oc_conv2d(g, x, oc_variable(g, "w1", OC_SHAPE(3, 2, 2, 102), he), &one);
  y = oc_conv2d(g, oc_clip(g, y, -2, 1.5), oc_variable(g, "w2", OC_SHAPE(2, 3, 17, 12), he), &two);
  y = oc_subtract(g, oc_multiply(g, y, oc_scalar(g, 0.5)), oc_variable(g, "b", OC_SHAPE(12), he));
  y = oc_maximum(g, y, oc_scalar(g, -1));
  y = oc_matmul(g, oc_flatten(g, y), oc_variable(g, "w3", OC_SHAPE(4, 12 * 7 * 5), he), false, true);
  assert_ok(oc_model_from_graph(g, x, y, NULL, &m, &err), err);
  oc_graph_free(g);
  shake(oc_model_session(m));
  return m;
}

static void graphs_answer_as_the_engine(void **state) {
  (void)state;
  const network n = {"a graph", {8, 9, 6}, 4};
  oc_model *m = grouped_model(n.size);
  const oc_c_export_options o = {.struct_size = sizeof o, .self_test = true};
  exported e = export_and_open(m, &o, "graph");
  expect_same_answers(m, &e, &n);
  assert_int_equal(e.selftest(e.scratch), 0);
  close_library(&e);
  oc_model_free(m);
}

/* ---- images of other sizes ----------------------------------------------------------------------------- */

static void check_decode(oc_image_shape to, const oc_preprocessing *rule, const oc_image_shape *sizes,
                         int count) {
  static uint8_t pixels[MOST_BYTES], fitted[MOST_BYTES];
  static float wanted[MOST_BYTES], got[MOST_BYTES];
  static int number;
  char folder[32];
  oc_error err;
  oc_dataset *d = random_data((oc_image_shape){40, 30, to.channels}, 2, NULL), *view;
  assert_ok(oc_dataset_preprocessed(d, rule, &view, &err), err);
  oc_model *m = random_model(view, "dense CLASSES");
  const oc_preprocessing stored = oc_model_preprocessing(m);
  const oc_c_export_options o = {.struct_size = sizeof o, .max_width = 130, .max_height = 90};
  snprintf(folder, sizeof folder, "image%d", number++);
  exported e = export_and_open(m, &o, folder);
  for (int i = 0; i < count; i++) {
    oc_image image = {.size = sizes[i], .pixels = pixels};
    fill_image(pixels, sizes[i], (uint32_t)i);
    if (i % 2) memset(pixels, 240, (size_t)sizes[i].width * (size_t)sizes[i].channels);
    assert_ok(oc_preprocess(&stored, &image, fitted, &err), err);
    oc_standardizer_apply(oc_model_standardizer(m), fitted, 1, wanted);
    const int status =
        e.decode(pixels, (int)sizes[i].width, (int)sizes[i].height, (int)sizes[i].channels, got, e.scratch);
    if (status != 0 || memcmp(got, wanted, (size_t)(to.height * to.width * to.channels) * sizeof *got) != 0)
      fail_msg("an image of %dx%dx%d: status %d, or other numbers", (int)sizes[i].height, (int)sizes[i].width,
               (int)sizes[i].channels, status);
  }
  close_library(&e);
  oc_model_free(m);
  oc_dataset_free(view);
  oc_dataset_free(d);
}

static void images_are_resized_as_by_the_library(void **state) {
  (void)state;
  static const oc_image_shape sizes[] = {{12, 10, 1},  {12, 10, 3},  {1, 1, 1},   {1, 130, 3}, {90, 1, 1},
                                         {90, 130, 3}, {89, 129, 1}, {13, 10, 3}, {40, 30, 3}, {33, 77, 1},
                                         {5, 4, 3},    {24, 20, 1},  {7, 130, 1}, {90, 9, 3}};
  static const oc_resize_mode modes[] = {OC_RESIZE_PAD, OC_RESIZE_CROP, OC_RESIZE_STRETCH};
  for (int64_t channels = 1; channels <= 3; channels += 2)
    for (int i = 0; i < 4; i++) {
      oc_preprocessing rule = oc_preprocessing_defaults();
      rule.shape = (oc_image_shape){12, 10, channels};
      rule.resize = modes[i % 3];
      rule.background_set = i == 3;
      rule.background[0] = 10, rule.background[1] = 200, rule.background[2] = 90;
      check_decode(rule.shape, &rule, sizes, (int)(sizeof sizes / sizeof *sizes));
    }
}

static void other_images_are_refused(void **state) {
  (void)state;
  const network n = {"dense CLASSES", {6, 5, 1}, 2};
  oc_dataset *d = random_data(n.size, n.classes, NULL);
  oc_model *m = random_model(d, n.net);
  exported e = export_and_open(m, NULL, "small");
  uint8_t pixels[6 * 5 * 4] = {0};
  float p[2];
  assert_true(e.classify(pixels, 5, 6, 1, p, e.scratch) >= 0);
  assert_true(e.classify(pixels, 5, 6, 3, p, e.scratch) >= 0);
  assert_int_equal(e.classify(NULL, 5, 6, 1, p, e.scratch), -1);
  assert_int_equal(e.classify(pixels, 5, 6, 1, NULL, e.scratch), -1);
  assert_int_equal(e.classify(pixels, 5, 6, 1, p, NULL), -1);
  assert_int_equal(e.classify(pixels, 6, 5, 1, p, e.scratch), -2);
  assert_int_equal(e.classify(pixels, -5, -6, 1, p, e.scratch), -2);
  assert_int_equal(e.classify(pixels, 5, 6, 2, p, e.scratch), -3);
  assert_int_equal(e.classify(pixels, 5, 6, 4, p, e.scratch), -3);
  assert_null(e.selftest);
  close_library(&e);
  oc_model_free(m);
  oc_dataset_free(d);
}

/* ---- names --------------------------------------------------------------------------------------------- */

static void names_stay_names(void **state) {
  (void)state;
  static const char *const names[] = {"*/ int evil(void);",
                                      "\"; int evil; \"",
                                      "a\\",
                                      "?"
                                      "?/",
                                      "?"
                                      "?=%s%n",
                                      "@$ @$",
                                      "// /* */",
                                      "\xc3\xa9t\xc3\xa9 1",
                                      "#define x",
                                      "'"};
  enum { COUNT = sizeof names / sizeof *names };
  oc_dataset *d = random_data((oc_image_shape){3, 3, 1}, COUNT, names);
  oc_model *m = random_model(d, "dense CLASSES");
  exported e = export_and_open(m, NULL, "names");
  for (int i = 0; i < COUNT; i++) assert_string_equal(e.class_names[i], names[i]);
  assert_null(dlsym(e.library, "evil"));
  close_library(&e);
  oc_model_free(m);
  oc_dataset_free(d);
}

/* ---- the files ----------------------------------------------------------------------------------------- */

static char *read_text(const char *path) {
  void *bytes;
  size_t size;
  oc_error err;
  assert_ok(oc_file_load(path, 1 << 24, &bytes, &size, &err), err);
  char *text = calloc(1, size + 1);
  memcpy(text, bytes, size);
  oc_free(bytes);
  return text;
}

static void expect_same_text(const char *a, const char *b) {
  char *x = read_text(a), *y = read_text(b);
  assert_string_equal(x, y);
  free(x);
  free(y);
}

static void the_same_model_gives_the_same_bytes(void **state) {
  (void)state;
  const oc_c_export_options o = {
      .struct_size = sizeof o, .self_test = true, .max_width = 50, .max_height = 50};
  oc_dataset *d = random_data((oc_image_shape){9, 9, 3}, 3, NULL);
  oc_model *m = random_model(d, "conv 3x3x8 bn relu | maxpool 2 | dense CLASSES"), *again;
  oc_error err;
  assert_ok(oc_model_save(m, "model.safetensors", &err), err);
  const oc_session_options portable = {.threads = 2, .isa = OC_ISA_PORTABLE};
  assert_ok(oc_model_load("model.safetensors", &portable, &again, &err), err);
  assert_ok(oc_model_export_c(m, "one", &o, NULL, &err), err);
  assert_ok(oc_model_export_c(again, "two/below", &o, NULL, &err), err);
  expect_same_text("one/model.c", "two/below/model.c");
  expect_same_text("one/model.h", "two/below/model.h");
  oc_model_free(m);
  oc_model_free(again);
  oc_dataset_free(d);
}

static void a_folder_is_replaced_only_on_request(void **state) {
  (void)state;
  oc_c_export_options o = oc_c_export_defaults();
  oc_dataset *d = random_data((oc_image_shape){4, 4, 1}, 2, NULL);
  oc_model *m = random_model(d, "dense CLASSES"), *other = random_model(d, "dense 3 relu | dense CLASSES");
  oc_error err;
  assert_ok(oc_model_export_c(m, "kept", &o, NULL, &err), err);
  char *before = read_text("kept/model.c");
  assert_fails(oc_model_export_c(other, "kept", &o, NULL, &err), OC_E_CANT_CREATE, err, "already exists");
  char *after = read_text("kept/model.c");
  assert_string_equal(before, after);
  o.replace = true;
  harness_write_file("kept/mine.c", "x", 1);
  assert_ok(oc_model_export_c(other, "kept", &o, NULL, &err), err);
  free(after);
  after = read_text("kept/model.c");
  assert_string_not_equal(before, after);
  assert_int_equal(access("kept/mine.c", F_OK), 0);
  free(before);
  free(after);
  oc_model_free(m);
  oc_model_free(other);
  oc_dataset_free(d);
}

static void files_of_two_exports_do_not_compile(void **state) {
  (void)state;
  oc_dataset *d = random_data((oc_image_shape){4, 4, 1}, 2, NULL);
  oc_model *m = random_model(d, "dense CLASSES"), *other = random_model(d, "dense 3 relu | dense CLASSES");
  oc_error err;
  assert_ok(oc_model_export_c(m, "first", NULL, NULL, &err), err);
  assert_ok(oc_model_export_c(other, "second", NULL, NULL, &err), err);
  assert_int_equal(rename("second/model.h", "first/model.h"), 0);
  assert_int_not_equal(system("gcc " STRICT " -c first/model.c 2> messages.txt"), 0);
  char *text = read_text("messages.txt");
  assert_non_null(strstr(text, "are of two exports"));
  free(text);
  oc_model_free(m);
  oc_model_free(other);
  oc_dataset_free(d);
}

/* ---- the self-test ------------------------------------------------------------------------------------- */

/* Replaces what follows the first `after` in a file, character by character. */
static void overwrite(const char *path, const char *after, const char *with) {
  char *text = read_text(path), *at = strstr(text, after);
  assert_non_null(at);
  memcpy(at + strlen(after), with, strlen(with));
  harness_write_file(path, text, strlen(text));
  free(text);
}

static int selftest_of(const char *folder, const char *library, const oc_c_export_figures *f) {
  compile(folder, library);
  exported e = open_library(library, f);
  const int status = e.selftest(e.scratch);
  close_library(&e);
  return status;
}

static void the_self_test_notices_changes(void **state) {
  (void)state;
  const oc_c_export_options o = {.struct_size = sizeof o, .self_test = true};
  oc_c_export_figures f;
  oc_dataset *d = random_data((oc_image_shape){6, 6, 1}, 3, NULL);
  oc_model *m = random_model(d, "conv 3x3x4 relu | dense CLASSES");
  oc_error err;
  assert_ok(oc_model_export_c(m, "damaged", &o, &f, &err), err);
  assert_int_equal(selftest_of("damaged", "./sound.so", &f), 0);
  overwrite("damaged/model.c", "step_1_weights[36] = {\n  ", "7");
  assert_int_equal(selftest_of("damaged", "./weight.so", &f), -5);
  assert_ok(oc_model_export_c(m, "wrong", &o, &f, &err), err);
  overwrite("wrong/model.c", "y[k] = v <= 0.0f ? 0.0f : ", "2");
  assert_int_equal(selftest_of("wrong", "./result.so", &f), -6);
  oc_model_free(m);
  oc_dataset_free(d);
}

/* ---- refusals ------------------------------------------------------------------------------------------ */

static void options_are_checked(void **state) {
  (void)state;
  static const char *const prefixes[] = {
      "", "1a", "_a", "a-b", "a/b", "a b", "a2345678901234567890123456789012345678901"};
  oc_dataset *d = random_data((oc_image_shape){4, 4, 1}, 2, NULL);
  oc_model *m = random_model(d, "dense CLASSES");
  oc_error err;
  for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
    const oc_c_export_options o = {.struct_size = sizeof o, .prefix = prefixes[i]};
    assert_fails(oc_model_export_c(m, "out", &o, NULL, &err), OC_E_ARGUMENT, err, "prefix");
  }
  const oc_c_export_options half = {.struct_size = sizeof half, .max_width = 10};
  assert_fails(oc_model_export_c(m, "out", &half, NULL, &err), OC_E_ARGUMENT, err, "max_height");
  const oc_c_export_options large = {.struct_size = sizeof large, .max_width = 10, .max_height = 16385};
  assert_fails(oc_model_export_c(m, "out", &large, NULL, &err), OC_E_ARGUMENT, err, "1 to 16384");
  ((float *)oc_variable_value(oc_model_session(m), 0).data)[3] = NAN;
  assert_fails(oc_model_export_c(m, "out", NULL, NULL, &err), OC_E_NOT_FINITE, err, "element 3");
  assert_int_not_equal(access("out", F_OK), 0);
  oc_model_free(m);
  oc_dataset_free(d);
}

/* x -> a graph of the caller's own, with an operation that has no C. */
static void unknown_operations_are_named(void **state) {
  (void)state;
  oc_graph *g;
  oc_model *m;
  oc_error err;
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  const oc_node x = oc_placeholder(g, "image", OC_F32, OC_SHAPE(OC_BATCH, 4, 4, 3));
  const oc_node y = oc_reduce_max(g, x, 1u << 1 | 1u << 2);
  assert_ok(oc_model_from_graph(g, x, y, NULL, &m, &err), err);
  assert_fails(oc_model_export_c(m, "out", NULL, NULL, &err), OC_E_UNSUPPORTED, err,
               "no C for the operation 'reduce_max'");
  oc_model_free(m);
  oc_graph_free(g);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(every_layer_answers_as_the_engine),
      IN_FOLDER(graphs_answer_as_the_engine),
      IN_FOLDER(images_are_resized_as_by_the_library),
      IN_FOLDER(other_images_are_refused),
      IN_FOLDER(names_stay_names),
      IN_FOLDER(the_same_model_gives_the_same_bytes),
      IN_FOLDER(a_folder_is_replaced_only_on_request),
      IN_FOLDER(files_of_two_exports_do_not_compile),
      IN_FOLDER(the_self_test_notices_changes),
      IN_FOLDER(options_are_checked),
      IN_FOLDER(unknown_operations_are_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
