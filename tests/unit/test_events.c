/* Are the files for TensorBoard framed as its readers expect, are the counts right, and is every error
 * reported without harm? tests/oracle/test_tensorboard.py reads them with TensorBoard itself. */
#include "harness.h"
#include "base/error.h"
#include "base/file.h"
#include "data/decode/image.h"
#include "formats/crc32c.h"
#include "formats/events.h"
#include <dirent.h>
#include <float.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* ---- CRC-32C ------------------------------------------------------------------------------------------- */

/* The examples of RFC 3720, appendix B.4, and the check value of the catalog of CRC algorithms. */
static void crc32c_knows_the_published_sums(void **state) {
  (void)state;
  unsigned char bytes[32];
  assert_int_equal(oc_crc32c("123456789", 9), 0xe3069283);
  assert_int_equal(oc_crc32c("", 0), 0);
  memset(bytes, 0, sizeof bytes);
  assert_int_equal(oc_crc32c(bytes, 32), 0x8a9136aa);
  memset(bytes, 255, sizeof bytes);
  assert_int_equal(oc_crc32c(bytes, 32), 0x62a8ab43);
  for (int i = 0; i < 32; i++) bytes[i] = (unsigned char)i;
  assert_int_equal(oc_crc32c(bytes, 32), 0x46dd794e);
  for (int i = 0; i < 32; i++) bytes[i] = (unsigned char)(31 - i);
  assert_int_equal(oc_crc32c(bytes, 32), 0x113fdb5c);
}

static void the_mask_can_be_undone(void **state) {
  (void)state;
  for (size_t size = 0; size < 100; size++) {
    char bytes[100];
    memset(bytes, (int)(size * 37), size);
    const uint32_t turned = oc_crc32c_masked(bytes, size) - 0xa282ead8u;
    assert_int_equal(turned >> 17 | turned << 15, oc_crc32c(bytes, size));
  }
}

/* ---- histograms ---------------------------------------------------------------------------------------- */

static oc_histogram histogram_of(oc_dtype dtype, int64_t count, void *values) {
  const oc_tensor t = {dtype, OC_SHAPE(count), values};
  oc_histogram h;
  oc_error err;
  assert_ok(oc_histogram_of(&t, &h, &err), err);
  double sum = 0;
  for (int i = 0; i < h.buckets; i++) {
    sum += h.bucket[i];
    if (i > 0) assert_true(h.limit[i] > h.limit[i - 1]);
  }
  assert_true(sum == h.count);
  if (h.buckets) assert_true(h.limit[h.buckets - 1] == h.max && h.min <= h.limit[0]);
  return h;
}

static void histograms_count_each_value_where_it_lies(void **state) {
  (void)state;
  float values[129];
  for (int i = 0; i < 129; i++)
    values[i] = (float)i; /* width 2: two in each bucket, and the largest in the last */
  const oc_histogram h = histogram_of(OC_F32, 129, values);
  assert_true(h.min == 0 && h.max == 128 && h.count == 129 && h.sum == 8256 && h.sum_squares == 707264);
  assert_int_equal(h.buckets, 64);
  for (int i = 0; i < 64; i++) assert_true(h.bucket[i] == (i < 63 ? 2 : 3) && h.limit[i] == 2 * i + 2);
}

static void histograms_leave_out_what_is_not_finite(void **state) {
  (void)state;
  double values[] = {NAN, -1, INFINITY, 3, -INFINITY};
  const oc_histogram h = histogram_of(OC_F64, 5, values);
  assert_true(h.count == 2 && h.min == -1 && h.max == 3 && h.sum == 2 && h.sum_squares == 10);
  const oc_histogram none = histogram_of(OC_F64, 1, values);
  assert_true(none.buckets == 0 && none.count == 0 && none.min == 0 && none.max == 0);
}

static void histograms_take_any_values(void **state) {
  (void)state;
  float equal[] = {2.5f, 2.5f}, close[] = {1, nextafterf(1, 2)}, tiny[] = {0, FLT_TRUE_MIN};
  double huge[] = {-DBL_MAX, 0, DBL_MAX}, least[] = {0, DBL_TRUE_MIN};
  uint8_t bytes[] = {0, 255, 255};
  int32_t whole[] = {INT32_MIN, INT32_MAX};
  oc_histogram h = histogram_of(OC_F32, 2, equal);
  assert_true(h.buckets == 1 && h.bucket[0] == 2 && h.limit[0] == 2.5);
  (void)histogram_of(OC_F32, 2, close);
  (void)histogram_of(OC_F32, 2, tiny);
  (void)histogram_of(OC_F64, 3, huge);
  (void)histogram_of(OC_F64, 2, least);
  h = histogram_of(OC_U8, 3, bytes);
  assert_true(h.bucket[0] == 1 && h.bucket[63] == 2);
  h = histogram_of(OC_I32, 2, whole);
  assert_true(h.min == INT32_MIN && h.max == INT32_MAX);
  h = histogram_of(OC_F32, 0, NULL);
  assert_int_equal(h.buckets, 0);
}

/* ---- the build without protobuf-c ---------------------------------------------------------------------- */

#if !OC_HAVE_PROTOBUF_C
static void a_build_without_protobuf_says_so(void **state) {
  (void)state;
  oc_tensorboard *t;
  oc_error err;
  assert_fails(oc_tensorboard_open("logs", 0, &t, &err), OC_E_UNSUPPORTED, err, "libprotobuf-c-dev");
  assert_null(t);
  assert_false(oc_file_exists("logs"));
}
#else

/* ---- files --------------------------------------------------------------------------------------------- */

/* The files of a folder by name; the caller frees them. */
static int files_of(const char *folder, struct dirent ***list) {
  const int all = scandir(folder, list, NULL, alphasort);
  return all < 0 ? 0 : all - 2; /* without the folder and its parent */
}

static void only_file_of(const char *folder, char path[512]) {
  struct dirent **list;
  assert_int_equal(files_of(folder, &list), 1);
  assert_true(strncmp(list[2]->d_name, "events.out.tfevents.", 20) == 0);
  (void)snprintf(path, 512, "%s/%s", folder, list[2]->d_name);
  for (int i = 0; i < 3; i++) free(list[i]);
  free(list);
}

static uint64_t load(const unsigned char *from, int bytes) {
  uint64_t value = 0;
  for (int i = 0; i < bytes; i++) value |= (uint64_t)from[i] << 8 * i;
  return value;
}

/* Records of the one file in a folder, each with right sums and the last one whole; `holds` must be in one of
 * them. */
static int count_records(const char *folder, const char *holds) {
  char path[512];
  unsigned char *bytes;
  size_t size, at = 0;
  oc_error err;
  int records = 0;
  bool found = false;
  only_file_of(folder, path);
  assert_ok(oc_file_read(path, 1 << 26, &bytes, &size, &err), err);
  for (; at < size; records++) {
    assert_true(size - at >= 16);
    const uint64_t length = load(bytes + at, 8);
    assert_true(length <= size - at - 16);
    assert_int_equal(load(bytes + at + 8, 4), oc_crc32c_masked(bytes + at, 8));
    assert_int_equal(load(bytes + at + 12 + length, 4), oc_crc32c_masked(bytes + at + 12, length));
    found |= memmem(bytes + at + 12, length, holds, strlen(holds)) != NULL;
    at += length + 16;
  }
  oc_memory_free(bytes);
  assert_true(found);
  return records;
}

static void files_are_rows_of_whole_records(void **state) {
  (void)state;
  oc_tensorboard *t;
  oc_error err;
  float values[] = {1, 2, 3};
  const oc_tensor tensor = {OC_F32, OC_SHAPE(3), values};
  assert_ok(oc_tensorboard_open("deep/er/logs", 0, &t, &err), err);
  assert_int_equal(count_records("deep/er/logs", "brain.Event:2"), 2); /* immediately: version and start */
  assert_ok(oc_tensorboard_scalar(t, "loss", 1, 0.5, &err), err);
  assert_int_equal(count_records("deep/er/logs", "brain.Event:2"), 2); /* still in memory */
  assert_ok(oc_tensorboard_flush(t, &err), err);
  assert_int_equal(count_records("deep/er/logs", "loss"), 3);
  assert_ok(oc_tensorboard_histogram(t, "weights", 1, &tensor, &err), err);
  assert_ok(oc_tensorboard_text(t, "note", 1, "**caf\xc3\xa9**", &err), err);
  assert_ok(oc_tensorboard_close(t, &err), err);
  assert_int_equal(count_records("deep/er/logs", "**caf\xc3\xa9**"), 5);
}

static void many_records_and_large_ones_pass_the_buffer(void **state) {
  (void)state;
  oc_tensorboard *t;
  oc_error err;
  char *large = malloc(300000);
  assert_non_null(large);
  memset(large, 'x', 299999);
  large[299999] = 0;
  assert_ok(oc_tensorboard_open("logs", 0, &t, &err), err);
  for (int i = 0; i < 5000; i++) {
    assert_ok(oc_tensorboard_scalar(t, "loss", i, i, &err), err);
    if (i % 1000 == 500) assert_ok(oc_tensorboard_text(t, "large", i, large, &err), err);
  }
  assert_ok(oc_tensorboard_close(t, &err), err);
  assert_int_equal(count_records("logs", large), 2 + 5000 + 5);
  free(large);
}

static void records_do_not_wait_long_for_company(void **state) {
  (void)state;
  oc_tensorboard *t;
  oc_error err;
  assert_ok(oc_tensorboard_open("logs", 0, &t, &err), err);
  (void)usleep(2050000);
  assert_ok(oc_tensorboard_scalar(t, "late", 1, 1, &err), err);
  assert_int_equal(count_records("logs", "late"), 3);
  assert_ok(oc_tensorboard_close(t, &err), err);
}

static void each_opening_makes_a_new_file(void **state) {
  (void)state;
  oc_tensorboard *t[3];
  struct dirent **list;
  oc_error err;
  for (int i = 0; i < 3; i++) assert_ok(oc_tensorboard_open("logs", 0, &t[i], &err), err);
  for (int i = 0; i < 3; i++) assert_ok(oc_tensorboard_close(t[i], &err), err);
  assert_int_equal(files_of("logs", &list), 3);
  for (int i = 0; i < 5; i++) free(list[i]);
  free(list);
}

static void a_folder_that_cannot_be_written_is_named(void **state) {
  (void)state;
  oc_tensorboard *t;
  oc_error err;
  harness_write_file("file", "x", 1);
  assert_fails(oc_tensorboard_open("file/logs", 0, &t, &err), OC_E_CANT_CREATE, err, "file");
  assert_null(t);
  assert_fails(oc_tensorboard_open("file", 0, &t, &err), OC_E_CANT_CREATE, err,
               "expected a folder, got a file");
  assert_fails(oc_tensorboard_open("/proc/logs", 0, &t, &err), OC_E_CANT_CREATE, err, "/proc/logs");
  assert_fails(oc_tensorboard_open("/proc", 0, &t, &err), OC_E_CANT_CREATE, err,
               "/proc: cannot create a file");
  assert_fails(oc_tensorboard_open("", 0, &t, &err), OC_E_ARGUMENT, err, "must not be empty");
  assert_fails(oc_tensorboard_open(NULL, 0, &t, &err), OC_E_ARGUMENT, err, "must not be empty");
  if (geteuid() != 0) { /* root may write anywhere */
    assert_int_equal(mkdir("locked", 0500), 0);
    assert_fails(oc_tensorboard_open("locked", 0, &t, &err), OC_E_CANT_CREATE, err, "Permission denied");
  }
}

static void limit_files(rlim_t bytes) {
  struct rlimit limit;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
  limit.rlim_cur = bytes;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_leaves_whole_records(void **state) {
  (void)state;
  oc_tensorboard *t;
  oc_error err = {0};
  (void)signal(SIGXFSZ, SIG_IGN);
  assert_ok(oc_tensorboard_open("logs", 0, &t, &err), err);
  assert_ok(oc_tensorboard_scalar(t, "kept", 1, 1, &err), err);
  assert_ok(oc_tensorboard_flush(t, &err), err);
  limit_files(200);
  for (int i = 0; i < 100; i++) assert_ok(oc_tensorboard_scalar(t, "lost", 2, 1, &err), err);
  const oc_status status = oc_tensorboard_flush(t, &err);
  limit_files(RLIM_INFINITY);
  assert_int_equal(status, OC_E_CANT_CREATE);
  assert_non_null(strstr(err.where, "logs/events.out.tfevents."));
  assert_int_equal(count_records("logs", "kept"), 3);
  /* The failure stays, though there would be room now. */
  assert_fails(oc_tensorboard_scalar(t, "more", 3, 1, &err), OC_E_CANT_CREATE, err, "cannot write");
  assert_fails(oc_tensorboard_close(t, &err), OC_E_CANT_CREATE, err, "cannot write");
  assert_int_equal(count_records("logs", "kept"), 3);
}

static void a_full_disk_at_the_start_leaves_no_file(void **state) {
  (void)state;
  oc_tensorboard *t;
  oc_error err = {0};
  struct dirent **list;
  (void)signal(SIGXFSZ, SIG_IGN);
  limit_files(10);
  const oc_status status = oc_tensorboard_open("logs", 0, &t, &err);
  limit_files(RLIM_INFINITY);
  assert_int_equal(status, OC_E_CANT_CREATE);
  assert_null(t);
  assert_int_equal(files_of("logs", &list), 0);
  for (int i = 0; i < 2; i++) free(list[i]);
  free(list);
}

/* ---- errors -------------------------------------------------------------------------------------------- */

static void mistakes_are_refused_and_write_nothing(void **state) {
  (void)state;
  oc_tensorboard *t;
  oc_error err;
  oc_graph *g;
  const oc_tensor broken = {OC_F32, {.rank = 1, .dim = {-5}}, &err};
  const uint8_t pixel[3] = {1, 2, 3};
  assert_ok(oc_tensorboard_open("logs", 0, &t, &err), err);
  assert_fails(oc_tensorboard_scalar(t, "", 0, 1, &err), OC_E_ARGUMENT, err, "printable ASCII");
  assert_fails(oc_tensorboard_scalar(t, NULL, 0, 1, &err), OC_E_ARGUMENT, err, "tag must not be NULL");
  assert_fails(oc_tensorboard_scalar(t, "caf\xe9", 0, 1, &err), OC_E_ARGUMENT, err, "printable ASCII");
  assert_fails(oc_tensorboard_scalar(t, "a\nb", 0, 1, &err), OC_E_ARGUMENT, err, "printable ASCII");
  assert_fails(oc_tensorboard_scalar(NULL, "a", 0, 1, &err), OC_E_ARGUMENT, err, "t must not be NULL");
  assert_fails(oc_tensorboard_text(t, "a", 0, NULL, &err), OC_E_ARGUMENT, err, "must not be NULL");
  assert_fails(oc_tensorboard_histogram(t, "a", 0, &broken, &err), OC_E_ARGUMENT, err, "");
  const oc_image_shape sizes[] = {{0, 1, 1}, {1, 0, 1}, {1, 1, 2}, {1, 1, 4}, {-1, 1, 1}, {1 << 15, 1, 1}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    assert_fails(oc_tensorboard_image(t, "a", 0, sizes[i], pixel, &err), OC_E_ARGUMENT, err,
                 "unsupported image shape");
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  (void)oc_relu(g, OC_NO_NODE); /* the graph has failed now */
  (void)oc_placeholder(g, "bad name", OC_F32, OC_SHAPE(1));
  assert_fails(oc_tensorboard_graph(t, g, &err), OC_E_ARGUMENT, err, "");
  oc_graph_free(g);
  assert_fails(oc_tensorboard_flush(NULL, &err), OC_E_ARGUMENT, err, "");
  assert_ok(oc_tensorboard_close(t, &err), err);
  assert_ok(oc_tensorboard_close(NULL, &err), err);
  assert_int_equal(count_records("logs", "brain.Event:2"), 2);
}

/* ---- images ------------------------------------------------------------------------------------------ */

static void images_survive_png(void **state) {
  (void)state;
  uint8_t pixels[7 * 5 * 3], *png;
  size_t bytes;
  oc_image back;
  oc_error err;
  for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)(i * 89);
  for (int channels = 1; channels <= 3; channels += 2) {
    assert_ok(oc_png_encode((oc_image_shape){7, 5, channels}, pixels, &png, &bytes, &err), err);
    assert_ok(oc_image_decode("made", png, bytes, NULL, &back, &err), err);
    assert_true(back.size.height == 7 && back.size.width == 5 && back.size.channels == channels);
    assert_memory_equal(back.pixels, pixels, (size_t)(35 * channels));
    oc_memory_free(png);
    oc_image_release(&back);
  }
}
#endif

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(crc32c_knows_the_published_sums),
    cmocka_unit_test(the_mask_can_be_undone),
    cmocka_unit_test(histograms_count_each_value_where_it_lies),
    cmocka_unit_test(histograms_leave_out_what_is_not_finite),
    cmocka_unit_test(histograms_take_any_values),
#if !OC_HAVE_PROTOBUF_C
    IN_FOLDER(a_build_without_protobuf_says_so),
#else
    IN_FOLDER(files_are_rows_of_whole_records),
    IN_FOLDER(many_records_and_large_ones_pass_the_buffer),
    IN_FOLDER(records_do_not_wait_long_for_company),
    IN_FOLDER(each_opening_makes_a_new_file),
    IN_FOLDER(a_folder_that_cannot_be_written_is_named),
    IN_FOLDER(a_full_disk_leaves_whole_records),
    IN_FOLDER(a_full_disk_at_the_start_leaves_no_file),
    IN_FOLDER(mistakes_are_refused_and_write_nothing),
    cmocka_unit_test(images_survive_png),
#endif
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
