/* Do folders of images and their examination come back with an error and nothing leaked, whichever
 * allocation fails? (Leaks are seen by the sanitizer build of this test.) Where an image could not be kept
 * for later, or a scan not saved, all is well. */
#include "harness.h"
#include "base/error.h"
#include "base/file.h"
#include "data/dataset.h"
#include "fault/alloc.h"
#include "ocellus/choose.h"
#include "ocellus/doctor.h"

static oc_status open_and_read(oc_error *err) {
  const oc_data_options o = {
      .valid = "stratified:2,test:stratified:1", .workers = 1, .cache_folder = "cache", .skip = "list"};
  oc_data data;
  uint8_t pixels[16 * 16 * 16];
  TRY(oc_data_open("d", &o, &data, err));
  oc_status status = oc_dataset_read(data.train, 0, oc_dataset_count(data.train), pixels, NULL, err);
  if (status == OC_OK) status = oc_dataset_identify(data.train, err);
  oc_data_close(&data);
  return status;
}

static oc_status choose(oc_error *err) {
  const oc_data_options o = {.valid = "last:1,test:2", .workers = 1};
  oc_choose_options about = {.net = "conv 3x3x2 bn relu | dense CLASSES"};
  oc_choice list[OC_CHOICES_MAX];
  int count;
  oc_data data;
  TRY(oc_data_open("d", &o, &data, err));
  oc_status status = oc_choose_describe(data.train, &about, err);
  if (status == OC_OK) status = oc_choose(&about, list, &count, err);
  oc_data_close(&data);
  return status;
}

/* Images in files, and others of which there are views. On failure all is as it was. */
static oc_status reshape_data(const char *where, oc_error *err) {
  oc_preprocessing rule = oc_preprocessing_defaults();
  const oc_data_options first = {.valid = "last:1", .workers = 1}, then = {.preprocessing = &rule};
  oc_data data;
  rule.shape = (oc_image_shape){3, 5, 3};
  TRY(oc_data_open(where, &first, &data, err));
  const int64_t before = oc_dataset_image_shape(data.train).width;
  const oc_status status = oc_data_reshape(&data, &then, err);
  assert_int_equal(oc_dataset_image_shape(data.train).width, status == OC_OK ? 5 : before);
  assert_int_equal(oc_dataset_image_shape(data.valid).width, status == OC_OK ? 5 : before);
  oc_data_close(&data);
  return status;
}

static oc_status reshape_files(oc_error *err) {
  return reshape_data("d", err);
}

static oc_status reshape_drawn(oc_error *err) {
  return reshape_data("xo:8:2", err);
}

#if OC_HAVE_ZLIB
static oc_status open_zip(oc_error *err) {
  const oc_data_options o = {.valid = "0", .workers = 1};
  oc_data data;
  TRY(oc_data_open("d.zip", &o, &data, err));
  const oc_status status = oc_dataset_identify(data.train, err);
  oc_data_close(&data);
  return status;
}

static oc_status open_compressed(oc_error *err) {
  const oc_data_options o = {.valid = "0", .workers = 1, .cache_folder = "cache"};
  oc_data data;
  if (system("rm -rf cache/untar") != 0) fail_msg("rm");
  TRY(oc_data_open("k.tar.gz", &o, &data, err));
  oc_data_close(&data);
  return OC_OK;
}
#endif

/* A list whose paths are names without folder and ending. */
static oc_status open_list(oc_error *err) {
  const oc_data_options o = {.valid = "0", .workers = 1, .skip = "list"};
  oc_data data;
  TRY(oc_data_open("k/train.csv", &o, &data, err));
  oc_data_close(&data);
  return OC_OK;
}

/* The same next to its images. */
static oc_status open_beside(oc_error *err) {
  const oc_data_options o = {.valid = "0", .workers = 1};
  oc_data data;
  TRY(oc_data_open("k", &o, &data, err));
  oc_data_close(&data);
  return OC_OK;
}

static oc_status examine(oc_error *err) {
  const oc_data_options data = {.workers = 1};
  const oc_doctor_options o = {.data = &data};
  oc_doctor *report;
  const oc_status status = oc_doctor_examine("d", &o, &report, err);
  if (status != OC_OK && report) fail_msg("a report is left after an error");
  oc_doctor_free(report);
  return status;
}

static void survives_each_failure(const char *name, oc_status (*call)(oc_error *err)) {
  long used = 0, failures = 0;
  for (long n = 1;; n++) {
    oc_error err = {0};
    fault_fail_at(n);
    const oc_status status = call(&err);
    used = fault_count();
    fault_fail_at(0);
    if (status == OC_OK && used < n) break;
    failures += status != OC_OK;
    if (status != OC_OK && (status != OC_E_MEMORY || err.code != OC_E_MEMORY || !err.message[0]))
      fail_msg("%s, allocation %ld: %s '%s'", name, n, oc_status_name(status), err.message);
  }
  if (failures < 6) fail_msg("%s: only %ld of %ld allocations matter", name, failures, used);
}

static void no_failure_is_lost(void **state) {
  (void)state;
  assert_ok(oc_folder_create("d/a", NULL), (oc_error){0});
  assert_ok(oc_folder_create("d/b", NULL), (oc_error){0});
  for (int i = 0; i < 8; i++) {
    char path[32], bytes[32];
    snprintf(path, sizeof path, "d/%c/%d.pgm", i % 2 ? 'a' : 'b', i);
    const int n = snprintf(bytes, sizeof bytes, "P5 2 %d 255 %.*s", 2 + i % 2, 4 + 2 * (i % 2), "abcdef");
    bytes[n - 1] = (char)('0' + i / 4); /* some are equal */
    harness_write_file(path, bytes, (size_t)n);
  }
  harness_write_file("list", "a/7.pgm\n", 8);
  survives_each_failure("open", open_and_read);
  survives_each_failure("choose", choose);
  survives_each_failure("examine", examine);
  survives_each_failure("reshape", reshape_files);
  survives_each_failure("reshape views", reshape_drawn);
  assert_ok(oc_folder_create("k/train", NULL), (oc_error){0});
  harness_write_file("k/train/1.pgm", "P5 1 1 255 a", 12);
  harness_write_file("k/train/2.pgm", "P5 1 1 255 b", 12);
  harness_write_file("k/train.csv", "id,label\n1,a\n2,b\n1,a\n", 21);
  survives_each_failure("list", open_list);
  survives_each_failure("beside", open_beside);
#if OC_HAVE_ZLIB
  assert_int_equal(system("tar czf k.tar.gz k"), 0);
  survives_each_failure("compressed", open_compressed);
  assert_int_equal(system("python3 -m zipfile -c d.zip d"), 0);
  survives_each_failure("zip", open_zip);
#endif
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(no_failure_is_lost, harness_enter_folder, harness_leave_folder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
