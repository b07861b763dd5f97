/* Are datasets what their sources say: folders, single files, splits, hashes; and is all bad data refused in
 * words? */
#include "data_files.h"
#include "labeled_images.h"
#include "base/memory.h"
#include "ocellus/data.h"
#include "ocellus/library.h"
#include <sys/stat.h>

enum { IMAGE = 2 * 3 };

static void write_part(const char *part, const char *ending, uint32_t count, uint8_t classes) {
  char path[128];
  const uint32_t dims[3] = {count, 2, 3};
  uint8_t labels[256];
  for (uint32_t i = 0; i < count; i++) labels[i] = (uint8_t)(i % classes);
  snprintf(path, sizeof path, "%s-images-idx3-ubyte%s", part, ending);
  data_write_idx(path, 3, dims, NULL);
  snprintf(path, sizeof path, "%s-labels-idx1-ubyte%s", part, ending);
  data_write_idx(path, 1, dims, labels);
}

/* Images number first.. of a file that write_part wrote. */
static void assert_images(const oc_dataset *d, int64_t first, int64_t count, int classes) {
  assert_non_null(d);
  assert_int_equal(oc_dataset_count(d), count);
  for (int64_t i = 0; i < count; i++) {
    uint8_t pixels[IMAGE];
    int32_t label;
    oc_error err;
    assert_ok(oc_dataset_read(d, i, 1, pixels, &label, &err), err);
    assert_int_equal(label, (first + i) % classes);
    for (int k = 0; k < IMAGE; k++) assert_int_equal(pixels[k], ((first + i) * IMAGE + k) % 251);
  }
}

static void a_folder_is_split(void **state) {
  (void)state;
  oc_data data;
  oc_error err;
  write_part("train", "", 60, 5);
  write_part("t10k", "", 7, 7);
  const oc_data_options how = {.valid = "last:10", .max_bytes = 1 << 20};
  assert_ok(oc_data_open(".", &how, &data, &err), err);
  assert_images(data.train, 0, 50, 5);
  assert_images(data.valid, 50, 10, 5);
  assert_images(data.test, 0, 7, 7);
  const oc_image_shape size = oc_dataset_image_shape(data.valid);
  assert_int_equal(size.height, 2);
  assert_int_equal(size.width, 3);
  assert_int_equal(size.channels, 1);
  assert_int_equal(oc_dataset_classes(data.train), 7); /* the labels of both parts count */
  assert_int_equal(oc_dataset_classes(data.test), 7);
  assert_true(oc_dataset_labeled(data.train));
  assert_string_equal(oc_dataset_class_name(data.valid, 6), "6");
  assert_string_equal(oc_dataset_class_name(data.valid, 7), "");
  assert_string_equal(oc_dataset_class_name(data.valid, -1), "");
  oc_data_close(&data);
  assert_null(data.train);
  oc_data_close(&data); /* twice is fine */
}

static void the_split_follows_valid(void **state) {
  (void)state;
  write_part("train", "", 12, 3);
  const char *const valid[] = {"last:auto", "0", "last:1", "last:11", "last:0"};
  const int64_t want[] = {2, 0, 1, 11, 0};
  oc_data_options options = oc_data_defaults();
  oc_data data;
  oc_error err;
  for (int i = 0; i < 5; i++) {
    options.valid = valid[i];
    assert_ok(oc_data_open(".", &options, &data, &err), err);
    assert_images(data.train, 0, 12 - want[i], 3);
    if (want[i])
      assert_images(data.valid, 12 - want[i], want[i], 3);
    else
      assert_null(data.valid);
    assert_null(data.test);
    oc_data_close(&data);
  }
  options.valid = "12";
  assert_fails(oc_data_open(".", &options, &data, &err), OC_E_ARGUMENT, err,
               "12 validation images leave none for training: the data has 12");
  const char *const wrong[] = {"-2",
                               "",
                               "x",
                               "last",
                               "last:",
                               "last:x",
                               "last:3:1",
                               "stratified:",
                               "stratified:3:",
                               "3:-1",
                               " 3",
                               "3 ",
                               "9223372036854775808",
                               "auto:18446744073709551616"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    options.valid = wrong[i];
    assert_fails(oc_data_open(".", &options, &data, &err), OC_E_ARGUMENT, err, "invalid validation split");
    assert_null(data.train);
  }
}

/* The lecture's split of 60,000, the default of smaller sets, and what must not become empty. */
static void the_default_split(void **state) {
  (void)state;
  const struct {
    const char *where;
    int64_t train, valid;
  } rows[] = {{"digits:60000:0", 50000, 10000},
              {"digits:90000:0", 80000, 10000},
              {"digits:600:0", 500, 100},
              {"digits:7:0", 6, 1},
              {"digits:2:0", 1, 1},
              {"digits:1:0", 1, 0}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    oc_data data;
    oc_error err;
    assert_ok(oc_data_open(rows[i].where, NULL, &data, &err), err);
    assert_int_equal(oc_dataset_count(data.train), rows[i].train);
    assert_int_equal(data.valid ? oc_dataset_count(data.valid) : 0, rows[i].valid);
    assert_null(data.test);
    oc_data_close(&data);
  }
}

static void plain_files_win_over_gzip(void **state) {
  (void)state;
  if (!OC_HAVE_ZLIB) skip();
  oc_data data;
  oc_error err;
  write_part("t10k", ".gz", 3, 2);
  assert_ok(oc_data_open(".", NULL, &data, &err), err);
  assert_int_equal(oc_dataset_count(data.test), 3);
  oc_data_close(&data);
  write_part("t10k", "", 5, 2);
  assert_ok(oc_data_open(".", NULL, &data, &err), err);
  assert_int_equal(oc_dataset_count(data.test), 5);
  oc_data_close(&data);
}

static void one_file_finds_its_labels(void **state) {
  (void)state;
  oc_dataset *d;
  oc_error err;
  const uint32_t dims[4] = {4, 2, 3, 1};
  write_part("t10k", "", 4, 3);
  assert_ok(oc_dataset_open_file("t10k-images-idx3-ubyte", NULL, &d, &err), err);
  assert_int_equal(oc_dataset_classes(d), 3);
  assert_images(d, 0, 4, 3);
  oc_dataset_free(d);
  data_write_idx("lone-images-idx3-ubyte", 3, dims, NULL);
  const oc_data_options zeroed = {0};
  assert_ok(oc_dataset_open_file("lone-images-idx3-ubyte", &zeroed, &d, &err), err);
  int32_t labels[4] = {0};
  assert_ok(oc_dataset_read(d, 0, 4, NULL, labels, &err), err);
  for (int i = 0; i < 4; i++) assert_int_equal(labels[i], -1);
  assert_false(oc_dataset_labeled(d));
  assert_int_equal(oc_dataset_classes(d), 0);
  oc_dataset_free(d);
  const uint8_t values[4] = {0, 1, 0, 1};
  assert_int_equal(mkdir("images", 0777), 0); /* the folder's name must not be taken for the file's */
  data_write_idx("images/a.images.idx4-ubyte", 4, dims, NULL);
  data_write_idx("images/a.labels.idx1-ubyte", 1, dims, values);
  assert_ok(oc_dataset_open_file("images/a.images.idx4-ubyte", NULL, &d, &err), err);
  assert_int_equal(oc_dataset_classes(d), 2);
  oc_dataset_free(d);
}

static void an_image_is_a_dataset_of_one(void **state) {
  (void)state;
  oc_data data;
  oc_error err;
  uint8_t pixels[6];
  harness_write_file("p", "P6 1 2 255 abcdef", 17);
  assert_ok(oc_data_open("p", NULL, &data, &err), err);
  assert_null(data.train);
  assert_int_equal(oc_dataset_count(data.test), 1);
  assert_int_equal(oc_dataset_image_shape(data.test).height, 2);
  assert_int_equal(oc_dataset_image_shape(data.test).channels, 3);
  assert_false(oc_dataset_labeled(data.test));
  assert_ok(oc_dataset_read(data.test, 0, 1, pixels, NULL, &err), err);
  assert_memory_equal(pixels, "abcdef", 6);
  oc_data_close(&data);
}

static void reading_outside_is_refused(void **state) {
  (void)state;
  oc_data data;
  oc_error err;
  uint8_t pixels[IMAGE];
  write_part("t10k", "", 3, 2);
  assert_ok(oc_data_open(".", NULL, &data, &err), err);
  assert_fails(oc_dataset_read(data.test, 3, 1, pixels, NULL, &err), OC_E_ARGUMENT, err,
               "1 images from index 3 are out of range: the dataset has 3");
  assert_fails(oc_dataset_read(data.test, -1, 1, pixels, NULL, &err), OC_E_ARGUMENT, err, "");
  assert_fails(oc_dataset_read(data.test, 1, INT64_MAX, NULL, NULL, &err), OC_E_ARGUMENT, err, "");
  assert_ok(oc_dataset_read(data.test, 3, 0, pixels, NULL, &err), err);
  oc_data_close(&data);
}

static void the_limit_counts_both_parts(void **state) {
  (void)state;
  oc_data_options options = oc_data_defaults();
  oc_data data;
  oc_error err;
  write_part("train", "", 10, 2);
  write_part("t10k", "", 10, 2);
  options.max_bytes = 2 * 10 * IMAGE;
  assert_ok(oc_data_open(".", &options, &data, &err), err);
  oc_data_close(&data);
  options.max_bytes--;
  assert_fails(oc_data_open(".", &options, &data, &err), OC_E_DATA, err, "t10k-images-idx3-ubyte: ");
}

static void names_that_lead_nowhere(void **state) {
  (void)state;
  oc_data data;
  oc_error err;
  assert_fails(oc_data_open("", NULL, &data, &err), OC_E_ARGUMENT, err, "empty");
  assert_fails(oc_data_open("no/such", NULL, &data, &err), OC_E_NO_INPUT, err, "no/such: no such file");
  assert_fails(oc_data_open(".", NULL, &data, &err), OC_E_NO_INPUT, err, "holds no images");
  const char *const bad[] = {
      "digits:",    "digits:0",        "digits:-1", "digits:1:2:3", "digits:1x",
      "digits:: 5", "digits:1:x",      "xo:1 :2",   "digits:+5",    "digits:99999999999999999999",
      "digits:5:",  "xo:2000000000000"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    assert_fails(oc_data_open(bad[i], NULL, &data, &err), OC_E_ARGUMENT, err, "expected NAME:TRAIN:TEST");
  assert_fails(oc_data_open("digitsx", NULL, &data, &err), OC_E_NO_INPUT, err, "digitsx");
}

static void every_source_is_listed(void **state) {
  (void)state;
  const char *syntax, *summary, *want[] = {"digits[:TRAIN[:TEST]]", "xo[:TRAIN[:TEST]]", "FOLDER", "FILE"};
  int count = 0;
  while (oc_data_source(count, &syntax, &summary)) count++;
  for (size_t k = 0; k < sizeof want / sizeof *want; k++) {
    bool found = false;
    for (int i = 0; i < count; i++)
      found = found || (oc_data_source(i, &syntax, &summary) && strcmp(syntax, want[k]) == 0);
    if (!found) fail_msg("no source %s", want[k]);
  }
  assert_false(oc_data_source(count + 1, &syntax, &summary));
  assert_false(oc_data_source(-1, &syntax, &summary));
}

static bool has_library(const char *name) {
  oc_library l;
  for (int i = 0; oc_library_at(i, &l); i++)
    if (strcmp(l.name, name) == 0) return l.state == OC_LIBRARY_LINKED || l.state == OC_LIBRARY_OPENED;
  fail_msg("no library %s", name);
  return false;
}

/* True for a file of a format whose library is missing here. */
static bool is_left_out(const char *name) {
  static const char *const needs[][2] = {
      {".gz", "zlib"},           {"test-only", "zlib"}, {"labels-corrupt", "zlib"}, {".png", "libpng"},
      {".jpg", "libjpeg-turbo"}, {".webp", "libwebp"},  {".gif", "giflib"},         {".tif", "libtiff"},
      {".heic", "libheif"},      {".avif", "libheif"}};
  for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++)
    if (strstr(name, needs[i][0])) return !has_library(needs[i][1]);
  return false;
}

/* tests/bad/data/expected.txt: each name is opened as data; the good ones must open, the others fail as said.
 */
static void bad_data_is_refused(void **state) {
  (void)state;
  char path[1024], line[512];
  data_repository_path("tests/bad/data/expected.txt", path);
  FILE *table = fopen(path, "r");
  assert_non_null(table);
  int rows = 0;
  for (; fgets(line, sizeof line, table); rows++) {
    char *name = strtok(line, "\t"), *status = strtok(NULL, "\t\n"), *part = strtok(NULL, "\t\n"), below[300];
    snprintf(below, sizeof below, "tests/bad/data/%s", name);
    data_repository_path(below, path);
    if (is_left_out(name)) continue;
    oc_data data;
    oc_error err = {0};
    const oc_status got = oc_data_open(path, NULL, &data, &err);
    if (strcmp(oc_status_name(got), status) != 0 || (part && !strstr(err.message, part)))
      fail_msg("%s: wanted %s '%s', got %s '%s'", name, status, part ? part : "", oc_status_name(got),
               err.message);
    if (got != OC_OK) assert_true(strstr(err.where, "tests/bad/data/") != NULL);
    if (got != OC_OK) assert_true(!data.train && !data.valid && !data.test);
    oc_data_close(&data);
  }
  fclose(table);
  assert_true(rows > 80);
}

/* The folder with MNIST, if this machine has one. */
static const char *find_mnist(char path[1024]) {
  struct stat st;
  const char *given = getenv("OCELLUS_MNIST");
  if (given && *given) return given;
  data_repository_path("../shared/data/mnist", path);
  return stat(path, &st) == 0 ? path : NULL;
}

/* Facts about MNIST: its counts, its first labels, the well-known mean and standard deviation
 * (33.3184, 78.5675). */
static void the_real_mnist(void **state) {
  (void)state;
  char path[1024];
  const char *where = OC_HAVE_ZLIB ? find_mnist(path) : NULL;
  if (!where) {
    print_message(
        "SKIPPED: no MNIST in ../shared/data/mnist (set OCELLUS_MNIST to its folder), or no zlib\n");
    skip();
  }
  oc_data_options options = oc_data_defaults();
  options.valid = "0";
  oc_data data;
  oc_error err;
  int32_t labels[10];
  const int32_t first_train[10] = {5, 0, 4, 1, 9, 2, 1, 3, 1, 4},
                first_test[10] = {7, 2, 1, 0, 4, 1, 4, 9, 5, 9};
  assert_ok(oc_data_open(where, &options, &data, &err), err);
  assert_int_equal(oc_dataset_count(data.train), 60000);
  assert_int_equal(oc_dataset_count(data.test), 10000);
  assert_int_equal(oc_dataset_classes(data.train), 10);
  assert_ok(oc_dataset_read(data.train, 0, 10, NULL, labels, &err), err);
  assert_memory_equal(labels, first_train, sizeof labels);
  assert_ok(oc_dataset_read(data.test, 0, 10, NULL, labels, &err), err);
  assert_memory_equal(labels, first_test, sizeof labels);
  oc_standardizer standardizer;
  assert_ok(oc_standardizer_fit(data.train, &standardizer, &err), err);
  double mean = 0;
  for (int i = 0; i < 784; i++) mean += standardizer.mean[i] / 784.0;
  assert_float_equal(mean, 33.318421, 1e-5);
  assert_float_equal(standardizer.deviation, 78.567490, 1e-5);
  oc_standardizer_release(&standardizer);
  oc_data_close(&data);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)
int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(a_folder_is_split),          IN_FOLDER(the_split_follows_valid),
      cmocka_unit_test(the_default_split),   IN_FOLDER(plain_files_win_over_gzip),
      IN_FOLDER(one_file_finds_its_labels),  IN_FOLDER(an_image_is_a_dataset_of_one),
      IN_FOLDER(reading_outside_is_refused), IN_FOLDER(the_limit_counts_both_parts),
      IN_FOLDER(names_that_lead_nowhere),    cmocka_unit_test(every_source_is_listed),
      cmocka_unit_test(bad_data_is_refused), cmocka_unit_test(the_real_mnist),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
