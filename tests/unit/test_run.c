/* Do tensors come back from files as they were, is every damaged file refused in words or harmless, and
 * does a run compute what a prediction computes? tests/cli/test_run.sh does this with the program, and
 * tests/oracle/test_node_tests.py of the operators of ONNX. */
#include "model_fixture.h"
#include "formats/tensor_file.h"
#include "ocellus/export.h"
#include "ocellus/run.h"
#include <math.h>

static const char *const endings[] = {"t.npy",
#if OC_HAVE_PROTOBUF_C
                                      "t.pb"
#endif
};
enum { ENDINGS = (int)(sizeof endings / sizeof *endings) };

/* ---- files --------------------------------------------------------------------------------------------- */

static void save(const char *path, oc_dtype dtype, oc_shape shape, const void *data) {
  oc_error err;
  assert_ok(oc_tensor_save(&(oc_tensor_view){dtype, shape, data}, path, &err), err);
}

static void expect_loaded(const char *path, oc_dtype dtype, oc_shape shape, const void *data) {
  oc_tensor t;
  oc_error err;
  int64_t count;
  assert_ok(oc_tensor_load(path, &t, &err), err);
  assert_int_equal(t.dtype, dtype);
  assert_true(oc_shape_equal(&t.shape, &shape));
  assert_ok(oc_shape_count(&shape, 1, &count, &err), err);
  if (count) assert_memory_equal(t.data, data, (size_t)count * oc_dtype_size(dtype));
  oc_tensor_release(&t);
}

static void every_type_comes_back_as_float32_or_int64(void **state) {
  (void)state;
  const float reals[6] = {1.5f, -0.0f, 3e38f, -1e-40f, INFINITY, 6};
  const double doubles[6] = {1.5, -0.0, 2, 3, -INFINITY, 0.1};
  const float rounded[6] = {1.5f, -0.0f, 2, 3, -INFINITY, 0.1f};
  const int64_t wholes[3] = {INT64_MIN, INT64_MAX, ((int64_t)1 << 53) + 1};
  const int32_t ints[3] = {INT32_MIN, -1, INT32_MAX};
  const uint8_t bytes[3] = {0, 1, 255};
  for (int i = 0; i < ENDINGS; i++) {
    const char *path = endings[i];
    save(path, OC_F32, OC_SHAPE(2, 3), reals);
    expect_loaded(path, OC_F32, OC_SHAPE(2, 3), reals);
    save(path, OC_F64, OC_SHAPE(1, 1, 1, 1, 1, 1, 2, 3), doubles);
    expect_loaded(path, OC_F32, OC_SHAPE(1, 1, 1, 1, 1, 1, 2, 3), rounded);
    save(path, OC_I64, OC_SHAPE(3), wholes);
    expect_loaded(path, OC_I64, OC_SHAPE(3), wholes);
    save(path, OC_I32, OC_SHAPE(3, 1), ints);
    expect_loaded(path, OC_I64, OC_SHAPE(3, 1), (const int64_t[]){INT32_MIN, -1, INT32_MAX});
    save(path, OC_U8, OC_SHAPE(3), bytes);
    expect_loaded(path, OC_I64, OC_SHAPE(3), (const int64_t[]){0, 1, 255});
    save(path, OC_F32, OC_SCALAR_SHAPE, reals);
    expect_loaded(path, OC_F32, OC_SCALAR_SHAPE, reals);
    save(path, OC_F32, OC_SHAPE(2, 0, 3), NULL);
    expect_loaded(path, OC_F32, OC_SHAPE(2, 0, 3), NULL);
  }
}

/* Headers of NumPy, and what follows them. */
static oc_status parse_npy(const char *header, const void *values, size_t size, oc_tensor *out,
                           oc_error *err) {
  unsigned char bytes[256] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (unsigned char)strlen(header), 0};
  memcpy(bytes + 10, header, strlen(header));
  memcpy(bytes + 10 + strlen(header), values, size);
  return oc_tensor_parse("t.npy", bytes, 10 + strlen(header) + size, out, err);
}

static void arrays_of_numpy_in_any_order(void **state) {
  (void)state;
  const int16_t turned[6] = {0, 3, 1, 4, 2, 5};
  const uint64_t large = UINT64_MAX;
  oc_tensor t;
  oc_error err;
  assert_ok(parse_npy("{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }", turned, sizeof turned, &t,
                      &err),
            err);
  for (int64_t i = 0; i < 6; i++) assert_true(((const int64_t *)t.data)[i] == i);
  oc_tensor_release(&t);
  assert_fails(parse_npy("{'descr': '<u8', 'fortran_order': False, 'shape': (1,), }", &large, 8, &t, &err),
               OC_E_DATA, err, "larger than 2^63-1");
  assert_fails(parse_npy("{'descr': '<u8', 'fortran_order': False, 'shape': (2,), }", &large, 8, &t, &err),
               OC_E_DATA, err, "needs more than the 8 bytes");
  assert_fails(parse_npy("{'descr': '<u8', 'fortran_order': False, 'shape': (), }", &large, 4, &t, &err),
               OC_E_DATA, err, "needs more than the 4 bytes");
  assert_fails(parse_npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", &large, 8, &t, &err),
               OC_E_DATA, err, "needs less than the 8 bytes");
  assert_fails(parse_npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1, 1), }",
                         &large, 1, &t, &err),
               OC_E_DATA, err, "at most 8 axes, got 9");
}

static void what_is_no_tensor_is_not_written(void **state) {
  (void)state;
  const float one = 1;
  oc_error err;
  const oc_tensor_view good = {OC_F32, OC_SHAPE(1), &one}, none = {OC_F32, OC_SHAPE(1), NULL},
                       type = {(oc_dtype)9, OC_SHAPE(1), &one}, size = {OC_F32, OC_SHAPE(-2), &one};
  assert_fails(oc_tensor_save(&good, "t.txt", &err), OC_E_ARGUMENT, err, "unknown kind of file");
  assert_fails(oc_tensor_save(&none, "t.npy", &err), OC_E_ARGUMENT, err, "NULL");
  assert_fails(oc_tensor_save(&type, "t.npy", &err), OC_E_ARGUMENT, err, "unknown element type 9");
  assert_int_equal(oc_tensor_save(&size, "t.npy", &err), OC_E_ARGUMENT);
  assert_int_equal(oc_tensor_save(&good, "absent/t.npy", &err), OC_E_CANT_CREATE);
  assert_false(oc_file_exists("t.npy"));
}

/* ---- damage -------------------------------------------------------------------------------------------- */

static bool parses(const unsigned char *bytes, size_t size) {
  oc_tensor t;
  oc_error err = {0};
  unsigned char *exact = malloc(size ? size : 1); /* so that a sanitizer sees a read past its end */
  assert_non_null(exact);
  memcpy(exact, bytes, size);
  const oc_status status = oc_tensor_parse("t", exact, size, &t, &err);
  free(exact);
  if (status != OC_OK && !(t.data == NULL && err.message[0] && err.code == status && status != OC_E_INTERNAL))
    fail_msg("%s: %s: %s", oc_status_name(status), err.where, err.message);
  oc_tensor_release(&t);
  return status == OC_OK;
}

static void damaged_files_are_refused_or_harmless(void **state) {
  (void)state;
  const float values[6] = {1, 2, 3, 4, 5, 6};
  for (int i = 0; i < ENDINGS; i++) {
    unsigned char *bytes;
    size_t size;
    save(endings[i], OC_F32, OC_SHAPE(2, 3), values);
    read_file(endings[i], &bytes, &size);
    for (size_t end = 0; end < size; end++) assert_false(parses(bytes, end));
    for (size_t at = 0; at < size; at++)
      for (int bit = 0; bit < 8; bit++) {
        bytes[at] ^= (unsigned char)(1 << bit);
        (void)parses(bytes, size);
        bytes[at] ^= (unsigned char)(1 << bit);
      }
    oc_memory_free(bytes);
  }
}

/* ---- runs ---------------------------------------------------------------------------------------------- */

#if OC_HAVE_PROTOBUF_C
/* The same image in both orders of axes: one channel, so they are the same numbers. */
static void a_run_computes_what_a_prediction_computes(void **state) {
  (void)state;
  oc_dataset *d = make_data();
  oc_model *m = make_model(d);
  oc_error err;
  uint8_t pixels[PIXELS];
  float image[PIXELS], expected[CLASSES];
  oc_run_results results;
  for (int i = 0; i < PIXELS; i++) image[i] = (float)(pixels[i] = (uint8_t)(i * 7));
  assert_ok(oc_model_predict(m, pixels, 1, expected, &err), err);
  assert_ok(oc_model_export_onnx(m, "m.onnx", NULL, &err), err);
  const oc_image_shape s = oc_model_image_shape(m);
  const oc_feed feed = {"image", {OC_F32, OC_SHAPE(1, s.channels, s.height, s.width), image}};
  const oc_run_request request = {.feeds = &feed, .feed_count = 1};
  assert_int_equal(s.channels, 1);
  assert_ok(oc_run_file("m.onnx", &request, &results, &err), err);
  assert_int_equal(results.count, 1);
  assert_string_equal(results.values[0].name, "probabilities");
  for (int i = 0; i < CLASSES; i++)
    assert_true(fabsf(((const float *)results.values[0].value.data)[i] - expected[i]) < 1e-6f);
  oc_run_results_release(&results);
  assert_int_equal(results.count, 0);
  oc_model_free(m);
  oc_dataset_free(d);
}
#endif

static void a_wrong_request_is_refused(void **state) {
  (void)state;
  oc_run_results results;
  oc_error err;
  const oc_run_request negative = {.feed_count = -1}, none = {.fetch_count = 1}, empty = {0};
  assert_int_equal(oc_run_file("absent", &negative, &results, &err), OC_E_ARGUMENT);
  assert_int_equal(oc_run_file("absent", &none, &results, &err), OC_E_ARGUMENT);
  assert_int_equal(oc_run_file("absent", &empty, &results, &err), OC_E_NO_INPUT);
  assert_int_equal(results.count, 0);
  assert_null(results.values);
  oc_run_results_release(NULL);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)
  const struct CMUnitTest tests[] = {
    IN_FOLDER(every_type_comes_back_as_float32_or_int64),
    IN_FOLDER(arrays_of_numpy_in_any_order),
    IN_FOLDER(what_is_no_tensor_is_not_written),
    IN_FOLDER(damaged_files_are_refused_or_harmless),
#if OC_HAVE_PROTOBUF_C
    IN_FOLDER(a_run_computes_what_a_prediction_computes),
#endif
    IN_FOLDER(a_wrong_request_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
