/* Is what we write what the format says, and what we read what was written? Bad files are in
 * test_model_file.c. */
#include "base/file.h"
#include "base/sha256.h"
#include "base/text.h"
#include "formats/sums.h"
#include <math.h>
#include <time.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
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
  t[0] = (oc_named_tensor){.name = "bytes", .tensor = {OC_U8, OC_SHAPE(3), u8}};
  t[1] = (oc_named_tensor){.name = "conv_1/_weights", .tensor = {OC_F32, OC_SHAPE(1, 2, 3), f32}};
  t[2] = (oc_named_tensor){.name = "scalar", .tensor = {OC_F64, OC_SCALAR_SHAPE, f64}};
  t[3] = (oc_named_tensor){.name = "empty \xc3\xa9", .tensor = {OC_F32, OC_SHAPE(0, 4), f32}};
  t[4] = (oc_named_tensor){.name = "integers", .tensor = {OC_I32, OC_SHAPE(2, 1), i32}};
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
  check(oc_safetensors_read(path, 1 << 20, NULL, &s, &err), &err);
  assert_int_equal(s.count, COUNT);
  for (int i = 0; i < COUNT; i++) {
    const oc_named_tensor *entry = oc_safetensors_find(&s, t[i].name);
    assert_non_null(entry);
    const oc_tensor *found = &entry->tensor, *put = &t[i].tensor;
    int64_t n = 0;
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

/* Eight axes, and elements that no other type holds. */
static void long_integers(void **state) {
  (void)state;
  int64_t whole[3] = {INT64_MIN, -1, INT64_MAX};
  const oc_named_tensor t = {.name = "long", .tensor = {OC_I64, OC_SHAPE(1, 1, 1, 1, 1, 1, 1, 3), whole}};
  oc_safetensors s;
  oc_error err;
  check(oc_safetensors_write(path, &t, 1, NULL, &err), &err);
  check(oc_safetensors_read(path, 1 << 20, NULL, &s, &err), &err);
  const oc_named_tensor *read = oc_safetensors_find(&s, "long");
  assert_non_null(read);
  assert_string_equal(oc_named_tensor_type(read), "I64");
  assert_true(oc_shape_equal(&read->tensor.shape, &t.tensor.shape));
  assert_memory_equal(read->tensor.data, whole, sizeof whole);
  oc_safetensors_release(&s);
}

static void data_is_aligned(void **state) {
  (void)state;
  oc_safetensors s;
  oc_error err;
  write_sample();
  check(oc_safetensors_read(path, 1 << 20, NULL, &s, &err), &err);
  assert_int_equal((s.data - s.bytes) % 64, 0);
  for (int i = 0; i < s.count; i++) {
    const size_t offset = (size_t)((const unsigned char *)s.tensors[i].tensor.data - s.bytes);
    assert_int_equal(offset % oc_dtype_size(s.tensors[i].tensor.dtype), 0);
  }
  oc_safetensors_release(&s);
}

/* The sum by its definition in sums.h, without our functions. */
static void sum_is_as_defined(void **state) {
  (void)state;
  static const char *const order[COUNT] = {"bytes", "conv_1/_weights", "empty \xc3\xa9", "integers",
                                           "scalar"};
  static const char *const rest[COUNT] = {"U8\0"
                                          "3",
                                          "F32\0"
                                          "1x2x3",
                                          "F32\0"
                                          "0x4",
                                          "I32\0"
                                          "2x1",
                                          "F64\0"};
  static const size_t rest_size[COUNT] = {5, 10, 8, 8, 5}, bytes[COUNT] = {3, 24, 0, 8, 8};
  const void *const data[COUNT] = {u8, f32, f32, i32, f64};
  oc_named_tensor t[COUNT];
  oc_safetensors s;
  oc_sum_parts parts;
  oc_sha256 sha;
  oc_error err;
  char defined[65], written[65], read[65];
  oc_sha256_init(&sha);
  for (int i = 0; i < COUNT; i++) {
    oc_sha256_add(&sha, order[i], strlen(order[i]) + 1);
    oc_sha256_add(&sha, rest[i], rest_size[i]);
    oc_sha256_add(&sha, data[i], bytes[i]);
  }
  oc_sha256_hex(&sha, defined);
  make_tensors(t);
  check(oc_tensors_sha256(t, COUNT, written, &err), &err);
  assert_string_equal(written, defined);
  write_sample();
  check(oc_safetensors_read(path, 1 << 20, NULL, &s, &err), &err);
  check(oc_sum_file(&s, true, &parts, &err), &err);
  oc_sum_sha256(&parts, s.bytes, read);
  assert_string_equal(read, defined);
  oc_sum_parts_release(&parts);
  oc_safetensors_release(&s);
}

/* The keys that determine an answer or say what the file is are covered, in order of key; others are not. */
static void metadata_sum_is_as_defined(void **state) {
  (void)state;
  static const char text[] = "classes\0[]\0format_version\0"
                             "3\0net\0dense 2";
  oc_metadata m = {0};
  oc_sha256 sha;
  oc_error err;
  char defined[65], made[65];
  oc_sha256_init(&sha);
  oc_sha256_add(&sha, text, sizeof text);
  oc_sha256_hex(&sha, defined);
  assert_true(oc_metadata_set(&m, "net", "dense 2") && oc_metadata_set(&m, "of another program", "x"));
  assert_true(oc_metadata_set(&m, "classes", "[]") && oc_metadata_set(&m, "sha256", "0"));
  assert_true(oc_metadata_set(&m, "format_version", "3"));
  check(oc_metadata_sha256(&m, made, &err), &err);
  assert_string_equal(made, defined);
  oc_metadata_release(&m);
}

/* The same content in any order of tensors and keys is the same file, on disk and in memory. */
static void bytes_depend_on_content_only(void **state) {
  (void)state;
  oc_named_tensor t[COUNT], turned[COUNT];
  unsigned char *disk, *memory;
  size_t size, memory_size;
  oc_metadata m = {0};
  oc_error err;
  make_tensors(t);
  for (int i = 0; i < COUNT; i++) turned[i] = t[COUNT - 1 - i];
  write_sample();
  check(oc_file_read(path, 1 << 20, &disk, &size, &err), &err);
  assert_true(oc_metadata_set(&m, "net", "dense 2 \"quoted\"\nnext") &&
              oc_metadata_set(&m, "format", "ocellus"));
  check(oc_safetensors_write_memory(turned, COUNT, &m, &memory, &memory_size, &err), &err);
  assert_int_equal(size, memory_size);
  assert_memory_equal(disk, memory, size);
  oc_memory_free(disk);
  oc_memory_free(memory);
  oc_metadata_release(&m);
}

/* Zero, the smallest and largest of each kind, infinity and NaN of the 16-bit types: as IEEE 754 and bfloat16
 * define them. */
static void narrow_types_are_widened(void **state) {
  (void)state;
  static const uint16_t half[] = {0x0000, 0x8000, 0x3c00, 0xc000, 0x0001, 0x83ff,
                                  0x0400, 0x7bff, 0x7c00, 0xfc00, 0x3555};
  static const float of_half[] = {0,        -0.f,  1,        -2,        0x1p-24f,   -1023 * 0x1p-24f,
                                  0x1p-14f, 65504, INFINITY, -INFINITY, 0x1.554p-2f};
  static const uint16_t brain[] = {0x0000, 0x3f80, 0xc000, 0x7f7f, 0x0001, 0xff80};
  static const float of_brain[] = {0, 1, -2, 0x1.fep127f, 0x1p-133f, -INFINITY};
  float out[16];
  double wide[16];
  const oc_named_tensor a = {.tensor = {OC_F32, OC_SHAPE(11), (void *)(uintptr_t)half},
                             .narrow = OC_NARROW_F16};
  const oc_named_tensor b = {.tensor = {OC_F32, OC_SHAPE(6), (void *)(uintptr_t)brain},
                             .narrow = OC_NARROW_BF16};
  oc_named_tensor_convert(&a, 11, OC_F32, out);
  assert_memory_equal(out, of_half, sizeof of_half);
  oc_named_tensor_convert(&a, 11, OC_F64, wide);
  for (int i = 0; i < 11; i++) assert_true(wide[i] == (double)of_half[i]);
  oc_named_tensor_convert(&b, 6, OC_F32, out);
  assert_memory_equal(out, of_brain, sizeof of_brain);
  const uint16_t nan = 0x7e01;
  const oc_named_tensor c = {.tensor = {OC_F32, OC_SHAPE(1), (void *)(uintptr_t)&nan},
                             .narrow = OC_NARROW_F16};
  oc_named_tensor_convert(&c, 1, OC_F32, out);
  assert_true(isnan(out[0]));
  assert_int_equal(oc_named_tensor_bytes(&a), 22);
}

/* A header with very many entries takes time in proportion to its bytes. */
static void many_entries_take_linear_time(void **state) {
  (void)state;
  enum { ENTRIES = 100000 };
  oc_text text = {0};
  oc_safetensors s;
  oc_metadata copy = {0};
  oc_error err;
  oc_text_add_bytes(&text, "12345678{\"__metadata__\":{", 25);
  for (int i = 0; i < ENTRIES; i++) oc_text_add(&text, "%s\"k%06d\":\"v\"", i ? "," : "", i);
  oc_text_add(&text, "}}");
  for (int i = 0; i < 8; i++) text.data[i] = (char)((text.size - 8) >> 8 * i);
  const clock_t start = clock();
  check(oc_safetensors_parse("memory", (unsigned char *)text.data, text.size, &s, &err), &err);
  assert_int_equal(s.metadata.count, ENTRIES);
  assert_true(oc_metadata_copy(&copy, &s.metadata));
  /* A tenth of a second of this process; with a search for each, a quarter of a minute. */
  assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 5);
  assert_string_equal(oc_metadata_get(&copy, "k099999"), "v");
  oc_metadata_release(&copy);
  oc_safetensors_release(&s);
  oc_text_release(&text);
}

/* What the reader would refuse for its size is not written; commas inside of strings do not count. */
static void what_is_too_much_to_read_is_not_written(void **state) {
  (void)state;
  enum { MANY = OC_SAFETENSORS_MAX_TENSORS + 1, COMMAS = OC_SAFETENSORS_MAX_COMMAS + 1, NAME = 12 };
  oc_named_tensor one = {.name = "t", .tensor = {OC_U8, OC_SHAPE(3), u8}};
  oc_named_tensor *many = oc_memory_array(MANY, sizeof *many);
  char *text = malloc(OC_SAFETENSORS_MAX_HEADER + 1), *names = malloc((size_t)MANY * NAME);
  oc_metadata m = {0};
  oc_safetensors s;
  oc_error err;
  (void)unlink(path);
  assert_true(many && text && names);
  for (int i = 0; i < MANY; i++) {
    (void)snprintf(names + (size_t)i * NAME, NAME, "%d", i);
    many[i] = (oc_named_tensor){.name = names + (size_t)i * NAME, .tensor = {OC_U8, OC_SHAPE(0), u8}};
  }
  assert_int_equal(oc_safetensors_write(path, many, MANY, NULL, &err), OC_E_UNSUPPORTED);
  assert_false(oc_file_exists(path));
  assert_true(oc_metadata_set(&m, "kind", "many"));
  check(oc_safetensors_write(path, many, MANY - 1, &m, &err), &err);
  check(oc_safetensors_read(path, 1 << 24, NULL, &s, &err), &err);
  assert_int_equal(s.count, MANY - 1);
  oc_safetensors_release(&s);
  memset(text, 'x', OC_SAFETENSORS_MAX_HEADER);
  text[OC_SAFETENSORS_MAX_HEADER] = 0;
  assert_true(oc_metadata_set(&m, "long", text));
  (void)unlink(path);
  assert_int_equal(oc_safetensors_write(path, &one, 1, &m, &err), OC_E_UNSUPPORTED);
  assert_false(oc_file_exists(path));
  memset(text, ',', COMMAS);
  text[1] = '"';
  text[COMMAS] = 0;
  assert_true(oc_metadata_set(&m, "long", text));
  check(oc_safetensors_write(path, &one, 1, &m, &err), &err);
  check(oc_safetensors_read(path, 1 << 24, NULL, &s, &err), &err);
  assert_string_equal(oc_metadata_get(&s.metadata, "long"), text);
  oc_safetensors_release(&s);
  oc_metadata_release(&m);
  oc_memory_free(many);
  free(names);
  free(text);
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
  assert_int_not_equal(oc_safetensors_read(path, 100, NULL, &s, &err), OC_OK);
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
  oc_memory_free(bytes);
}

static void names_must_be_text(void **state) {
  (void)state;
  oc_named_tensor t = {.name = "bad \xff", .tensor = {OC_U8, OC_SHAPE(3), u8}};
  oc_metadata m = {0};
  oc_error err;
  (void)unlink(path);
  assert_int_equal(oc_safetensors_write(path, &t, 1, NULL, &err), OC_E_ARGUMENT);
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
      cmocka_unit_test(long_integers),
      cmocka_unit_test(data_is_aligned),
      cmocka_unit_test(sum_is_as_defined),
      cmocka_unit_test(metadata_sum_is_as_defined),
      cmocka_unit_test(bytes_depend_on_content_only),
      cmocka_unit_test(narrow_types_are_widened),
      cmocka_unit_test(many_entries_take_linear_time),
      cmocka_unit_test(what_is_too_much_to_read_is_not_written),
      cmocka_unit_test(frame_is_as_specified),
      cmocka_unit_test(limits_hold),
      cmocka_unit_test(names_must_be_text),
  };
  return cmocka_run_group_tests(tests, make_path, remove_path);
}
