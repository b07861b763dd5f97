/* Is everything that a model is saved to something that it can be loaded from, and is what could not be
 * refused in time? */
#include "model_fixture.h"
#include "ocellus/train.h"
#include "labeled_images.h"
#include <math.h>

static void memory_holds_what_a_file_does(void **state) {
  (void)state;
  oc_dataset *d = make_data();
  oc_model *m = make_model(d), *again;
  oc_error err;
  void *bytes;
  unsigned char *file;
  size_t size, file_size;
  assert_ok(oc_model_save(m, "m.safetensors", &err), err);
  assert_ok(oc_model_save_memory(m, &bytes, &size, &err), err);
  read_file("m.safetensors", &file, &file_size);
  assert_int_equal(size, file_size);
  assert_memory_equal(bytes, file, size);
  assert_ok(oc_model_load_memory(bytes, size, NULL, &again, &err), err);
  memset(bytes, 0, size); /* the model does not need it */
  oc_free(bytes);
  assert_ok(oc_model_save(again, "again.safetensors", &err), err);
  assert_same_files("m.safetensors", "again.safetensors");
  oc_model_free(again);
  assert_fails(oc_model_load_memory(file, size - 1, NULL, &again, &err), OC_E_DATA, err, "truncated");
  assert_fails(oc_model_load_memory(NULL, 0, NULL, &again, &err), OC_E_ARGUMENT, err, "NULL");
  assert_fails(oc_model_save_memory(NULL, &bytes, &size, &err), OC_E_ARGUMENT, err, "NULL");
  oc_memory_free(file);
  oc_model_free(m);
  oc_dataset_free(d);
}

/* Variables and an optimizer that the caller adds to the model's graph are not the model's: its file stays as
 * it was. */
static void additions_to_the_graph_stay_out(void **state) {
  (void)state;
  oc_dataset *d = make_data();
  oc_model *m = make_model(d), *again;
  oc_graph *g = oc_model_graph(m);
  oc_error err;
  uint8_t pixels[BATCH_OF * PIXELS];
  int32_t labels[BATCH_OF];
  float x[BATCH_OF * PIXELS];
  assert_ok(oc_model_save(m, "before.safetensors", &err), err);
  (void)oc_variable(g, "mine", OC_SHAPE(3), oc_init_of(OC_INIT_ZEROS));
  oc_optimizer_options how = oc_optimizer_defaults();
  how.learning_rate = 1e-30; /* leaves every weight as it is, except batch norm's averages */
  (void)oc_minimize(g, oc_find(g, "cross_entropy_loss"), &how);
  assert_ok(oc_model_save(m, "grown.safetensors", &err), err);
  assert_same_files("before.safetensors", "grown.safetensors");
  assert_ok(oc_dataset_read(d, 0, BATCH_OF, pixels, labels, &err), err);
  for (int i = 0; i < BATCH_OF * PIXELS; i++) x[i] = (float)pixels[i] / 255;
  const oc_feed feeds[] = {{"tf_x", {OC_F32, OC_SHAPE(BATCH_OF, SIDE, SIDE, 1), x}},
                           {"tf_y", {OC_I32, OC_SHAPE(BATCH_OF), labels}}};
  const char *const fetches[] = {"cross_entropy_loss", "train_op"};
  assert_ok(oc_run(oc_model_session(m), feeds, 2, fetches, 2, NULL, &err), err);
  assert_true(oc_variable_count(oc_model_session(m)) > 2 * m->own.variable_count);
  assert_ok(oc_model_save(m, "trained.safetensors", &err), err);
  assert_ok(oc_model_load("trained.safetensors", NULL, &again, &err), err);
  assert_int_equal(again->own.variable_count, m->own.variable_count);
  oc_model_free(again);
  oc_model_free(m);
  oc_dataset_free(d);
}

/* What could not be loaded is refused when the model is made, not when its training is to be saved. */
static void class_names_are_checked_at_creation(void **state) {
  (void)state;
  static const char *const bad[] = {"\xff", "a\nb", "\x1b[2J", "\xed\xa0\x80", "\xc0\x80", "caf\xc3", "\x7f"};
  static const char *const good[] = {"", "caf\xc3\xa9", "\xf0\x9f\x98\x80", "a b", "\"\\"};
  uint8_t pixels[2] = {0, 255};
  int32_t labels[2] = {0, 1};
  oc_model_options options = oc_model_defaults();
  oc_dataset *d;
  oc_model *m, *again;
  oc_error err;
  options.net = "dense 2";
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    const char *const names[] = {"first", bad[i]};
    const oc_status status =
        labeled_images(pixels, labels, &(oc_dataset_options){.count = 2, .size = (oc_image_shape){1, 1, 1}},
                       2, names, &d, &err);
    if (status != OC_OK) continue; /* earlier still */
    assert_fails(oc_model_create(d, &options, &m, &err), OC_E_DATA, err, "class 1");
    oc_dataset_free(d);
  }
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    const char *const names[] = {"first", good[i]};
    assert_ok(labeled_images(pixels, labels,
                             &(oc_dataset_options){.count = 2, .size = (oc_image_shape){1, 1, 1}}, 2, names,
                             &d, &err),
              err);
    assert_ok(oc_model_create(d, &options, &m, &err), err);
    assert_ok(oc_model_save(m, "m.safetensors", &err), err);
    assert_ok(oc_model_load("m.safetensors", NULL, &again, &err), err);
    assert_string_equal(oc_model_class_name(again, 1), good[i]);
    oc_model_free(again);
    oc_model_free(m);
    oc_dataset_free(d);
  }
}

static void values_that_are_not_finite_are_not_saved(void **state) {
  (void)state;
  static const float bad[] = {NAN, INFINITY, -INFINITY};
  oc_dataset *d = make_data();
  oc_model *m = make_model(d);
  oc_session *s = oc_model_session(m);
  oc_error err;
  assert_ok(oc_model_save(m, "old.safetensors", &err), err);
  assert_ok(oc_model_save(m, "m.safetensors", &err), err);
  for (int i = 0; i < oc_variable_count(s); i++)
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
      float *w = oc_variable_value(s, i).data;
      const float before = w[0];
      w[0] = bad[k];
      assert_fails(oc_model_save(m, "m.safetensors", &err), OC_E_NOT_FINITE, err, oc_variable_name(s, i));
      w[0] = before;
      assert_same_files("old.safetensors", "m.safetensors");
    }
  assert_ok(oc_model_save(m, "m.safetensors", &err), err);
  oc_model_free(m);
  oc_dataset_free(d);
}

/* The pointer that oc_model_metadata gives lives through a training run, which gives the key another
 * value. */
static void metadata_lives(void **state) {
  (void)state;
  oc_dataset *d = make_data();
  oc_model *m = make_model(d);
  oc_fit_options o = oc_fit_defaults();
  oc_error err;
  o.epochs = 1;
  assert_ok(oc_model_fit(m, d, NULL, &o, &err), err);
  const char *const epochs = oc_model_metadata(m, "trained_epochs");
  assert_string_equal(epochs, "1");
  o.epochs = 2;
  assert_ok(oc_model_fit(m, d, NULL, &o, &err), err);
  assert_string_equal(epochs, "1");
  assert_string_equal(oc_model_metadata(m, "trained_epochs"), "2");
  oc_model_free(m);
  oc_dataset_free(d);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)
  const struct CMUnitTest tests[] = {
      IN_FOLDER(memory_holds_what_a_file_does),
      IN_FOLDER(additions_to_the_graph_stay_out),
      IN_FOLDER(class_names_are_checked_at_creation),
      IN_FOLDER(values_that_are_not_finite_are_not_saved),
      cmocka_unit_test(metadata_lives),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
