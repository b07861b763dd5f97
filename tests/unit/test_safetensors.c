/* Is what we write what the format says, and what we read what was written? Bad files are in
 * test_model_file.c. */
#include "base/file.h"
#include "formats/safetensors.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static char path[64];

static int make_path(void **state) {
  (void)state;
  (void)snprintf(path, sizeof path, "/tmp/oc-safetensors-%d", (int)getpid());
  return 0;
}

static int remove_path(void **state) {
  (void)state;
  (void)unlink(path);
  return 0;
}

static void check(oc_status status, const oc_error *err) {
  if (status != OC_OK) fail_msg("%s: %s (%s)", err->where, err->message, err->hint);
}

/* A tensor of each type, sizes that leave the next one unaligned, an empty one and a scalar. */
static float f32[6] = {0, -1.5f, 3e38f, 1e-40f, 4, 5};
static double f64[1] = {1.0 / 3};
static uint8_t u8[3] = {1, 2, 255};
static int32_t i32[2] = {-7, INT32_MAX};
#define COUNT 5
static void make_tensors(oc_named_tensor t[COUNT]) {
  t[0] = (oc_named_tensor){"bytes", {OC_U8, OC_SHAPE(3), u8}};
  t[1] = (oc_named_tensor){"conv_1/_weights", {OC_F32, OC_SHAPE(1, 2, 3), f32}};
  t[2] = (oc_named_tensor){"scalar", {OC_F64, OC_SCALAR_SHAPE, f64}};
  t[3] = (oc_named_tensor){"empty \xc3\xa9", {OC_F32, OC_SHAPE(0, 4), f32}};
  t[4] = (oc_named_tensor){"integers", {OC_I32, OC_SHAPE(2, 1), i32}};
}

static void write_sample(void) {
  oc_named_tensor t[COUNT];
  oc_metadata m = {0};
  oc_error err;
  make_tensors(t);
  assert_true(oc_metadata_set(&m, "net", "dense 2 \"quoted\"\nnext"));
  assert_true(oc_metadata_set(&m, "gone", "soon"));
  assert_true(oc_metadata_set(&m, "format", "ocellus"));
  assert_true(oc_metadata_set(&m, "gone", NULL));
  check(oc_safetensors_write(path, t, COUNT, &m, &err), &err);
  oc_metadata_release(&m);
}

static void what_is_written_is_read(void **state) {
  (void)state;
  oc_named_tensor t[COUNT];
  oc_safetensors s;
  oc_error err;
  make_tensors(t);
  write_sample();
  check(oc_safetensors_read(path, 1 << 20, false, &s, &err), &err);
  assert_int_equal(s.count, COUNT);
  for (int i = 0; i < COUNT; i++) {
    const oc_tensor *found = oc_safetensors_find(&s, t[i].name), *put = &t[i].tensor;
    int64_t n = 0;
    assert_non_null(found);
    assert_int_equal(found->dtype, put->dtype);
    assert_true(oc_shape_equal(&found->shape, &put->shape));
    check(oc_shape_count(&put->shape, 1, &n, &err), &err);
    assert_memory_equal(found->data, put->data, (size_t)n * oc_dtype_size(put->dtype));
  }
  assert_null(oc_safetensors_find(&s, "conv_1"));
  assert_string_equal(oc_metadata_get(&s.metadata, "net"), "dense 2 \"quoted\"\nnext");
  assert_string_equal(oc_metadata_get(&s.metadata, "format"), "ocellus");
  assert_null(oc_metadata_get(&s.metadata, "gone"));
  oc_safetensors_release(&s);
}

static void data_is_aligned(void **state) {
  (void)state;
  oc_safetensors s;
  oc_error err;
  write_sample();
  check(oc_safetensors_read(path, 1 << 20, false, &s, &err), &err);
  assert_int_equal((s.data - s.bytes) % 64, 0);
  for (int i = 0; i < s.count; i++) {
    const size_t offset = (size_t)((unsigned char *)s.tensors[i].tensor.data - s.bytes);
    assert_int_equal(offset % oc_dtype_size(s.tensors[i].tensor.dtype), 0);
  }
  oc_safetensors_release(&s);
}

static void hash_is_of_the_data_as_written(void **state) {
  (void)state;
  oc_named_tensor t[COUNT];
  oc_safetensors s;
  oc_error err;
  char before[65], after[65];
  make_tensors(t);
  write_sample();
  check(oc_safetensors_hash(t, COUNT, before, &err), &err);
  check(oc_safetensors_read(path, 1 << 20, false, &s, &err), &err);
  oc_safetensors_hash_read(&s, after);
  assert_string_equal(before, after);
  oc_safetensors_release(&s);
}

/* An own view of the frame, without our reader. */
static void frame_is_as_specified(void **state) {
  (void)state;
  unsigned char *bytes;
  size_t size;
  oc_error err;
  write_sample();
  check(oc_file_read(path, 1 << 20, &bytes, &size, &err), &err);
  const uint64_t n = (uint64_t)bytes[0] | (uint64_t)bytes[1] << 8;
  for (int i = 2; i < 8; i++) assert_int_equal(bytes[i], 0);
  assert_int_equal(bytes[8], '{');
  assert_int_equal(size, 8 + n + 8 + 6 * 4 + 2 * 4 + 3);
  assert_non_null(
      strstr((char *)bytes + 8, "\"scalar\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[0,8]}"));
  assert_non_null(strstr((char *)bytes + 8, "\"shape\":[1,2,3],\"data_offsets\":[8,32]}"));
  oc_memory_free(bytes);
}

static void limits_hold(void **state) {
  (void)state;
  oc_safetensors s;
  oc_error err;
  write_sample();
  assert_int_not_equal(oc_safetensors_read(path, 100, true, &s, &err), OC_OK);
  assert_null(s.bytes);
  /* A header that would take more memory than it has bytes by far: a list of a million numbers and more. */
  const size_t values = 1000002, size = 8 + 5 + 2 * values + 1;
  unsigned char *bytes = oc_memory_alloc(size);
  assert_non_null(bytes);
  memset(bytes + 8, '1', size - 8);
  memcpy(bytes + 8, "{\"a\":[", 6);
  for (size_t i = 0; i < values; i++) bytes[8 + 7 + 2 * i - (i == values - 1)] = ',';
  for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)((size - 8) >> (8 * i));
  assert_int_equal(oc_safetensors_parse("memory", bytes, size, &s, &err), OC_E_DATA);
  assert_non_null(strstr(err.message, "commas"));
}

static void names_must_be_text(void **state) {
  (void)state;
  oc_named_tensor t = {"bad \xff", {OC_U8, OC_SHAPE(3), u8}};
  oc_metadata m = {0};
  oc_error err;
  (void)unlink(path);
  assert_int_not_equal(oc_safetensors_write(path, &t, 1, NULL, &err), OC_OK);
  assert_false(oc_file_exists(path));
  t.name = "good";
  assert_true(oc_metadata_set(&m, "class", "\xff"));
  assert_int_equal(oc_safetensors_write(path, &t, 1, &m, &err), OC_E_ARGUMENT);
  assert_false(oc_file_exists(path));
  oc_metadata_release(&m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_written_is_read),
      cmocka_unit_test(data_is_aligned),
      cmocka_unit_test(hash_is_of_the_data_as_written),
      cmocka_unit_test(frame_is_as_specified),
      cmocka_unit_test(limits_hold),
      cmocka_unit_test(names_must_be_text),
  };
  return cmocka_run_group_tests(tests, make_path, remove_path);
}
