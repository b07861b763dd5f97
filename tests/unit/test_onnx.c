/* Does a model come back from an ONNX file as it was, and is every damaged file refused in words, or
 * harmless? tests/oracle/test_onnx.py holds the files against ONNX Runtime. */
#include "model_fixture.h"
#include "export/export.h"

#if OC_HAVE_PROTOBUF_C

typedef struct fixture {
  oc_dataset *d;
  oc_model *m;
  unsigned char *bytes;
  size_t size;
} fixture;

static fixture open_fixture(void) {
  fixture f;
  oc_error err;
  f.d = make_data();
  f.m = make_model(f.d);
  assert_ok(oc_model_export_onnx(f.m, "model.onnx", NULL, &err), err);
  read_file("model.onnx", &f.bytes, &f.size);
  return f;
}

static void close_fixture(fixture *f) {
  oc_memory_free(f->bytes);
  oc_model_free(f->m);
  oc_dataset_free(f->d);
}

/* ---- there and back ------------------------------------------------------------------------------------ */

static void a_model_comes_back_with_the_same_bits(void **state) {
  (void)state;
  fixture f = open_fixture();
  uint8_t pixels[PIXELS];
  float a[CLASSES], b[CLASSES];
  oc_model *again;
  oc_error err;
  for (int i = 0; i < PIXELS; i++) pixels[i] = (uint8_t)(i * 7);
  assert_ok(oc_model_load("model.onnx", NULL, &again, &err), err);
  assert_ok(oc_model_predict(f.m, pixels, 1, a, &err), err);
  assert_ok(oc_model_predict(again, pixels, 1, b, &err), err);
  for (int i = 0; i < CLASSES; i++) assert_true(a[i] - b[i] < 1e-6f && b[i] - a[i] < 1e-6f);
  for (int i = 0; i < CLASSES; i++)
    assert_string_equal(oc_model_class_name(again, i), oc_model_class_name(f.m, i));
  const int count = oc_variable_count(f.m->session);
  assert_int_equal(oc_variable_count(again->session), count);
  for (int i = 0; i < count; i++) {
    oc_variable_info v;
    assert_true(oc_variable_entry(f.m->session, i, &v));
    const int index = oc_variable_index(again->session, v.name);
    assert_true(index >= 0);
    assert_memory_equal(oc_variable_view(again->session, index).data, oc_variable_view(f.m->session, i).data,
                        v.bytes);
  }
  assert_true(oc_model_stddev(again) == (double)(float)oc_model_stddev(f.m));
  oc_model_free(again);
  close_fixture(&f);
}

static void what_comes_back_is_trained_and_saved(void **state) {
  (void)state;
  fixture f = open_fixture();
  oc_model *again, *saved;
  oc_error err;
  oc_fit_options o = oc_fit_defaults();
  o.epochs = 1;
  assert_ok(oc_model_load_memory(f.bytes, f.size, NULL, &again, &err), err);
  assert_ok(oc_model_fit(again, f.d, f.d, &o, &err), err);
  assert_ok(oc_model_save(again, "again.safetensors", &err), err);
  assert_ok(oc_model_load("again.safetensors", NULL, &saved, &err), err);
  oc_model_free(saved);
  oc_model_free(again);
  close_fixture(&f);
}

static void every_opset_is_written_and_others_are_refused(void **state) {
  (void)state;
  fixture f = open_fixture();
  oc_error err;
  for (int opset = OC_ONNX_MIN_OPSET; opset <= OC_ONNX_MAX_OPSET; opset++) {
    const oc_onnx_export_options o = {.opset = opset};
    assert_ok(oc_model_export_onnx(f.m, "other.onnx", &o, &err), err);
  }
  const oc_onnx_export_options low = {.opset = OC_ONNX_MIN_OPSET - 1},
                               high = {.opset = OC_ONNX_MAX_OPSET + 1};
  assert_fails(oc_model_export_onnx(f.m, "no.onnx", &low, &err), OC_E_ARGUMENT, err, "must be 13 to 21");
  assert_fails(oc_model_export_onnx(f.m, "no.onnx", &high, &err), OC_E_ARGUMENT, err, "must be 13 to 21");
  assert_false(oc_file_exists("no.onnx"));
  close_fixture(&f);
}

/* ---- damage -------------------------------------------------------------------------------------------- */

/* Any model is fine here, but it must be a whole one. */
static bool loads(const unsigned char *bytes, size_t size) {
  const oc_session_options one = {.threads = 1};
  oc_model *m;
  oc_error err = {0};
  const oc_status status = oc_model_load_memory(bytes, size, &one, &m, &err);
  if (status != OC_OK && !(m == NULL && err.message[0] && err.code == status && status != OC_E_INTERNAL))
    fail_msg("%s: %s: %s", oc_status_name(status), err.where, err.message);
  oc_model_free(m);
  return status == OC_OK;
}

static void a_file_that_ends_anywhere_is_refused_or_whole(void **state) {
  (void)state;
  fixture f = open_fixture();
  int whole = 0;
  for (size_t size = 0; size < f.size; size++) {
    unsigned char *part = malloc(size ? size : 1);
    assert_non_null(part);
    memcpy(part, f.bytes, size);
    whole += loads(part, size);
    free(part);
  }
  assert_true(whole < 20); /* between the fields after the graph */
  close_fixture(&f);
}

static void any_changed_bit_is_refused_or_harmless(void **state) {
  (void)state;
  fixture f = open_fixture();
  int refused = 0;
  for (size_t i = 0; i < f.size; i++)
    for (int bit = 0; bit < 8; bit += i < 1500 ? 1 : 5) {
      f.bytes[i] ^= (unsigned char)(1 << bit);
      refused += !loads(f.bytes, f.size);
      f.bytes[i] ^= (unsigned char)(1 << bit);
    }
  assert_true(refused > 500);
  close_fixture(&f);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)
  const struct CMUnitTest tests[] = {
      IN_FOLDER(a_model_comes_back_with_the_same_bits),
      IN_FOLDER(what_comes_back_is_trained_and_saved),
      IN_FOLDER(every_opset_is_written_and_others_are_refused),
      IN_FOLDER(a_file_that_ends_anywhere_is_refused_or_whole),
      IN_FOLDER(any_changed_bit_is_refused_or_harmless),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void both_ways_are_refused_in_words(void **state) {
  (void)state;
  oc_dataset *d = make_data();
  oc_model *m = make_model(d), *again;
  oc_error err;
  assert_fails(oc_model_export_onnx(m, "no.onnx", NULL, &err), OC_E_UNSUPPORTED, err, "no protobuf-c");
  assert_false(oc_file_exists("no.onnx"));
  assert_fails(oc_model_load_memory("\x08\x08\x3a\x00", 4, NULL, &again, &err), OC_E_UNSUPPORTED, err,
               "no protobuf-c");
  oc_model_free(m);
  oc_dataset_free(d);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(
      both_ways_are_refused_in_words, harness_enter_folder, harness_leave_folder)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
