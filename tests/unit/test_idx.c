/* Does the IDX reader give back exactly what a file declares, plain and gzip, at every rank, and refuse all
 * else? */
#include "data_files.h"
#include "base/memory.h"
#include "data/source/idx.h"

static void every_rank_comes_back(void **state) {
  (void)state;
  const uint32_t dims[4] = {2, 3, 4, 5};
  const char *const names[2] = {"f", "f.gz"};
  for (int gzip = 0; gzip < 1 + OC_HAVE_ZLIB; gzip++)
    for (int rank = 1; rank <= 4; rank++) {
      oc_idx idx;
      oc_error err;
      data_write_idx(names[gzip], rank, dims, NULL);
      assert_ok(
          oc_idx_read(names[gzip], OC_IDX_PIXELS, &(oc_data_options){.max_bytes = (size_t)(120)}, &idx, &err),
          err);
      assert_int_equal(idx.rank, rank);
      int64_t count = 1;
      for (int i = 0; i < rank; i++) {
        assert_int_equal(idx.dim[i], dims[i]);
        count *= dims[i];
      }
      assert_int_equal(idx.count, count);
      for (int64_t i = 0; i < count; i++) assert_int_equal(idx.pixels[i], i);
      oc_idx_release(&idx);
      assert_null(idx.pixels);
    }
}

/* Larger than the reader's buffer, with bytes that do not compress, so that both ends of many refills are
 * seen. */
static void large_files_come_back(void **state) {
  (void)state;
  const uint32_t dims[3] = {300, 31, 37};
  const size_t count = 300 * 31 * 37;
  uint8_t *values = malloc(count);
  assert_non_null(values);
  uint32_t x = 1;
  for (size_t i = 0; i < count; i++) {
    x = x * 1664525u + 1013904223u;
    values[i] = (uint8_t)(x >> 24);
  }
  const char *const names[2] = {"f", "f.gz"};
  for (int gzip = 0; gzip < 1 + OC_HAVE_ZLIB; gzip++) {
    oc_idx idx;
    oc_error err;
    data_write_idx(names[gzip], 3, dims, values);
    assert_ok(
        oc_idx_read(names[gzip], OC_IDX_PIXELS, &(oc_data_options){.max_bytes = (size_t)(count)}, &idx, &err),
        err);
    assert_memory_equal(idx.pixels, values, count);
    oc_idx_release(&idx);
  }
  free(values);
}

#if OC_HAVE_ZLIB
/* 4 times the bytes of the gzip and 200 MB are believed; a bomb is refused before any memory is taken. */
static void gzip_declares_no_more_than_is_usual(void **state) {
  (void)state;
  enum { NOISE = 230000, CLAIM = 202000000 };
  unsigned char *bytes = malloc(8 + NOISE);
  assert_non_null(bytes);
  const unsigned char head[8] = {0, 0, 8, 1, CLAIM >> 24, CLAIM >> 16 & 255, CLAIM >> 8 & 255, CLAIM & 255};
  uint32_t x = 1;
  memcpy(bytes, head, sizeof head);
  for (size_t i = 0; i < NOISE; i++) {
    x = x * 1664525u + 1013904223u;
    bytes[8 + i] = (unsigned char)(x >> 24);
  }
  data_write_gzip("f.gz", bytes, 8 + NOISE);
  oc_idx idx;
  oc_error err;
  assert_fails(
      oc_idx_read("f.gz", OC_IDX_PIXELS, &(oc_data_options){.max_bytes = (size_t)(SIZE_MAX)}, &idx, &err),
      OC_E_DATA, err, "202000000 bytes, too many for");
  assert_null(idx.pixels);
  free(bytes);
}
#endif

static void the_limit_is_exact(void **state) {
  (void)state;
  const uint32_t dims[3] = {2, 3, 4};
  oc_idx idx;
  oc_error err;
  data_write_idx("f", 3, dims, NULL);
  assert_ok(oc_idx_read("f", OC_IDX_PIXELS, &(oc_data_options){.max_bytes = (size_t)(24)}, &idx, &err), err);
  oc_idx_release(&idx);
  assert_fails(oc_idx_read("f", OC_IDX_PIXELS, &(oc_data_options){.max_bytes = (size_t)(23)}, &idx, &err),
               OC_E_DATA, err, "24 bytes, more than the limit of 23");
  assert_null(idx.pixels);
}

/* Every prefix of a good file is a bad one. */
static void no_prefix_is_accepted(void **state) {
  (void)state;
  unsigned char bytes[64];
  const uint32_t dims[3] = {2, 3, 4};
  const size_t size = data_idx_bytes(bytes, 3, dims, NULL);
  oc_idx idx;
  oc_error err;
  for (size_t n = 0; n < size; n++) {
    harness_write_file("f", bytes, n);
    assert_fails(oc_idx_read("f", OC_IDX_PIXELS, &(oc_data_options){.max_bytes = (size_t)(1000)}, &idx, &err),
                 OC_E_DATA, err, n ? "truncated" : "empty");
  }
}

static void what_is_no_file_is_refused(void **state) {
  (void)state;
  oc_idx idx;
  oc_error err;
  assert_fails(
      oc_idx_read("missing", OC_IDX_PIXELS, &(oc_data_options){.max_bytes = (size_t)(1000)}, &idx, &err),
      OC_E_NO_INPUT, err, "missing: ");
  assert_fails(oc_idx_read(".", OC_IDX_PIXELS, &(oc_data_options){.max_bytes = (size_t)(1000)}, &idx, &err),
               OC_E_NO_INPUT, err, "expected a file, got a folder");
  assert_fails(
      oc_idx_read("/dev/zero", OC_IDX_PIXELS, &(oc_data_options){.max_bytes = (size_t)(1000)}, &idx, &err),
      OC_E_NO_INPUT, err, "got a device");
}

#if !OC_HAVE_ZLIB
static void gzip_needs_zlib(void **state) {
  (void)state;
  oc_idx idx;
  oc_error err;
  harness_write_file("f.gz", "\x1f\x8b\x08", 3);
  assert_fails(
      oc_idx_read("f.gz", OC_IDX_PIXELS, &(oc_data_options){.max_bytes = (size_t)(1000)}, &idx, &err),
      OC_E_UNSUPPORTED, err, "no zlib");
}
#endif

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(every_rank_comes_back, harness_enter_folder, harness_leave_folder),
    cmocka_unit_test_setup_teardown(large_files_come_back, harness_enter_folder, harness_leave_folder),
#if OC_HAVE_ZLIB
    cmocka_unit_test_setup_teardown(gzip_declares_no_more_than_is_usual, harness_enter_folder,
                                    harness_leave_folder),
#endif
    cmocka_unit_test_setup_teardown(the_limit_is_exact, harness_enter_folder, harness_leave_folder),
    cmocka_unit_test_setup_teardown(no_prefix_is_accepted, harness_enter_folder, harness_leave_folder),
    cmocka_unit_test_setup_teardown(what_is_no_file_is_refused, harness_enter_folder, harness_leave_folder),
#if !OC_HAVE_ZLIB
    cmocka_unit_test_setup_teardown(gzip_needs_zlib, harness_enter_folder, harness_leave_folder),
#endif
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
