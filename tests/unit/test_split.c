/* Splitting off the validation part: does each kind take what it says, of files and of drawn images; does a
 * number alone mean what it should; can a split be had again from what is recorded of it? */
#include "harness.h"
#include "ocellus/data.h"
#include <stdlib.h>

enum { SIDE = 2, COUNT = 120 };

static void write_idx(const char *name, int rank, int count, const unsigned char *values, size_t size) {
  static unsigned char bytes[64 + 70000 * SIDE * SIDE];
  int n = 4;
  memcpy(bytes, (const unsigned char[]){0, 0, 8, (unsigned char)rank}, 4);
  const int dims[3] = {count, SIDE, SIDE};
  for (int d = 0; d < rank; d++)
    for (int k = 3; k >= 0; k--) bytes[n++] = (unsigned char)(dims[d] >> 8 * k);
  memcpy(bytes + n, values, size);
  harness_write_file(name, (const char *)bytes, (size_t)n + size);
}

/* A folder of `count` images: image i has its number in its first two bytes. */
static void write_folder(int count, int (*label)(int)) {
  static unsigned char pixels[70000 * SIDE * SIDE], labels[70000];
  for (int i = 0; i < count; i++) {
    memset(pixels + i * SIDE * SIDE, 0, SIDE * SIDE);
    pixels[i * SIDE * SIDE] = (unsigned char)(i >> 8);
    pixels[i * SIDE * SIDE + 1] = (unsigned char)i;
    labels[i] = (unsigned char)label(i);
  }
  write_idx("train-images-idx3-ubyte", 3, count, pixels, (size_t)count * SIDE * SIDE);
  write_idx("train-labels-idx1-ubyte", 1, count, labels, (size_t)count);
}

static int sorted(int i) {
  return i / 30;
}
static int mixed(int i) {
  return i % 4;
}
/* 97 of class 0, 20 of class 1, 3 of class 2. */
static int uneven(int i) {
  return i % 40 == 7 ? 2 : i % 6 == 1 ? 1 : 0;
}

static oc_data open_as(const char *where, const char *valid) {
  oc_data data;
  oc_error err;
  oc_data_options how = oc_data_defaults();
  how.valid = valid;
  assert_ok(oc_data_open(where, &how, &data, &err), err);
  return data;
}

/* The number of each image, and its class. */
static void numbers_of(const oc_dataset *d, int *numbers, int *classes) {
  uint8_t pixels[SIDE * SIDE];
  int32_t label;
  oc_error err;
  for (int64_t i = 0; i < oc_dataset_count(d); i++) {
    assert_ok(oc_dataset_read(d, i, 1, pixels, &label, &err), err);
    numbers[i] = pixels[0] << 8 | pixels[1];
    if (classes) classes[label]++;
  }
}

static void stratified_takes_each_class_its_share(void **state) {
  (void)state;
  int seen[COUNT] = {0}, train[COUNT], valid[COUNT], again[COUNT], classes[4] = {0};
  write_folder(COUNT, sorted);
  oc_data data = open_as(".", "stratified:20:7");
  assert_string_equal(oc_dataset_split(data.train), "stratified:20:7");
  assert_string_equal(oc_dataset_split(data.valid), "stratified:20:7");
  assert_int_equal(oc_dataset_count(data.train), 100);
  assert_int_equal(oc_dataset_count(data.valid), 20);
  numbers_of(data.train, train, NULL);
  numbers_of(data.valid, valid, classes);
  for (int i = 0; i < 100; i++) seen[train[i]]++;
  for (int i = 0; i < 20; i++) seen[valid[i]]++;
  for (int i = 0; i < COUNT; i++) assert_int_equal(seen[i], 1);
  for (int i = 1; i < 100; i++) assert_true(train[i] > train[i - 1]);
  for (int i = 1; i < 20; i++) assert_true(valid[i] > valid[i - 1]);
  for (int c = 0; c < 4; c++) assert_int_equal(classes[c], 5);
  /* Many in one call, and across the parts of a batch, as one at a time. */
  uint8_t pixels[20 * SIDE * SIDE];
  int32_t labels[20];
  oc_error err;
  assert_ok(oc_dataset_read(data.valid, 0, 20, pixels, labels, &err), err);
  for (int i = 0; i < 20; i++) {
    assert_int_equal(pixels[i * SIDE * SIDE] << 8 | pixels[i * SIDE * SIDE + 1], valid[i]);
    assert_int_equal(labels[i], sorted(valid[i]));
  }
  char hash[65];
  (void)snprintf(hash, sizeof hash, "%s", oc_dataset_hash(data.valid));
  oc_data_close(&data);
  data = open_as(".", "stratified:20:7"); /* the same again, with the same hash */
  numbers_of(data.valid, again, NULL);
  assert_memory_equal(valid, again, 20 * sizeof *valid);
  assert_string_equal(oc_dataset_hash(data.valid), hash);
  oc_data_close(&data);
  data = open_as(".", "stratified:20:8"); /* another seed, others */
  numbers_of(data.valid, again, NULL);
  assert_memory_not_equal(valid, again, 20 * sizeof *valid);
  assert_string_not_equal(oc_dataset_hash(data.valid), hash);
  oc_data_close(&data);
}

/* Hamilton's method, by hand: of 20 of 120, class 0 (97 images) 16.17, class 1 (20) 3.33, class 2 (3) 0.5. */
static void uneven_classes_add_up(void **state) {
  (void)state;
  int numbers[COUNT], classes[3], of_all[3] = {0};
  write_folder(COUNT, uneven);
  for (int i = 0; i < COUNT; i++) of_all[uneven(i)]++;
  for (int want = 0; want < COUNT; want++) {
    char text[32];
    (void)snprintf(text, sizeof text, "stratified:%d", want);
    oc_data data = open_as(".", text);
    assert_int_equal(oc_dataset_count(data.train), COUNT - want);
    assert_int_equal(data.valid ? oc_dataset_count(data.valid) : 0, want);
    memset(classes, 0, sizeof classes);
    if (data.valid) numbers_of(data.valid, numbers, classes);
    for (int c = 0; c < 3; c++) {
      const double share = (double)want * of_all[c] / COUNT;
      assert_true(classes[c] > share - 1 && classes[c] < share + 1);
    }
    oc_data_close(&data);
  }
}

static void a_number_alone(void **state) {
  (void)state;
  const struct {
    const char *where, *valid, *split;
  } rows[] = {{".", NULL, "stratified:20:123"},
              {".", "30", "stratified:30:123"},
              {".", "30:5", "stratified:30:5"},
              {".", "auto:9", "stratified:20:9"},
              {".", "last:30", "last:30"},
              {".", "last:auto", "last:20"},
              {".", "0", "0"},
              {".", "0:4", "0"},
              {".", "stratified:auto", "stratified:20:123"},
              {"digits:60:0", "9", "last:9"},
              {"digits:60:0", NULL, "last:10"},
              {"digits:60:0", "9:1", "last:9"},
              {"xo:60:0", "stratified:9:1", "stratified:9:1"}};
  write_folder(COUNT, mixed);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    oc_data data = open_as(rows[i].where, rows[i].valid), again;
    assert_string_equal(oc_dataset_split(data.train), rows[i].split);
    again = open_as(rows[i].where, rows[i].split); /* what is recorded leads back to it */
    assert_string_equal(oc_dataset_hash(data.train), oc_dataset_hash(again.train));
    oc_data_close(&data);
    oc_data_close(&again);
  }
}

static void drawn_images_are_stratified(void **state) {
  (void)state;
  uint8_t whole[81], part[81];
  int32_t label, classes[2] = {0};
  oc_error err;
  oc_data all = open_as("xo:60:0", "0"), data = open_as("xo:60:0", "stratified:20:3");
  int found = 0;
  for (int64_t i = 0; i < 20; i++) {
    assert_ok(oc_dataset_read(data.valid, i, 1, part, &label, &err), err);
    classes[label]++;
    for (int64_t k = 0; k < 60; k++) {
      int32_t same;
      assert_ok(oc_dataset_read(all.train, k, 1, whole, &same, &err), err);
      if (memcmp(whole, part, sizeof whole) == 0 && same == label) {
        found++;
        break;
      }
    }
  }
  assert_int_equal(found, 20);
  assert_int_equal(classes[0], 10);
  assert_string_not_equal(oc_dataset_hash(all.train), oc_dataset_hash(data.train));
  oc_data_close(&all);
  oc_data_close(&data);
}

/* Fills numbers[0..2] with the numbers of the images of the three sets; each image is in one of them, and
 * each set is in the order of the file. */
static void three_sets(const oc_data *data, int numbers[3][COUNT], int classes[3][4]) {
  const oc_dataset *const sets[] = {data->train, data->valid, data->test};
  int seen[COUNT] = {0};
  memset(classes, 0, 3 * sizeof *classes);
  for (int s = 0; s < 3; s++) {
    const int64_t count = oc_dataset_count(sets[s]);
    if (sets[s]) numbers_of(sets[s], numbers[s], classes[s]);
    for (int64_t i = 0; i < count; i++) seen[numbers[s][i]]++;
    for (int64_t i = 1; i < count; i++) assert_true(numbers[s][i] > numbers[s][i - 1]);
  }
  for (int i = 0; i < COUNT; i++) assert_int_equal(seen[i], 1);
}

/* Every kind of test set with every kind of validation set: sizes, shares, the text that gives the same. */
static void a_test_set_is_split_off_first(void **state) {
  (void)state;
  static const struct {
    const char *text, *split;
    int train, valid, test;
  } rows[] = {
      {"auto,test:auto", "stratified:12:123,test:stratified:12:123", 96, 12, 12},
      {"auto:9,test:auto:7", "stratified:12:9,test:stratified:12:7", 96, 12, 12},
      {"auto,test:0", "stratified:20:123", 100, 20, 0},
      {"0,test:auto", "0,test:stratified:12:123", 108, 0, 12},
      {"last:20,test:last:40", "last:20,test:last:40", 60, 20, 40},
      {"last:8,test:stratified:40:1", "last:8,test:stratified:40:1", 72, 8, 40},
      {"stratified:8,test:last:40", "stratified:8:123,test:last:40", 72, 8, 40},
      {"40,test:40", "stratified:40:123,test:stratified:40:123", 40, 40, 40},
      {"1,test:118", "stratified:1:123,test:stratified:118:123", 1, 1, 118},
  };
  write_folder(COUNT, mixed);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int numbers[3][COUNT], again[3][COUNT], classes[3][4];
    oc_data data = open_as(".", rows[i].text);
    assert_string_equal(oc_dataset_split(data.train), rows[i].split);
    assert_int_equal(oc_dataset_count(data.train), rows[i].train);
    assert_int_equal(oc_dataset_count(data.valid), rows[i].valid);
    assert_int_equal(oc_dataset_count(data.test), rows[i].test);
    three_sets(&data, numbers, classes);
    for (int c = 0; c < 4 && rows[i].test % 4 == 0; c++) assert_int_equal(classes[2][c], rows[i].test / 4);
    oc_data_close(&data);
    data = open_as(".", rows[i].split);
    assert_string_equal(oc_dataset_split(data.train), rows[i].split);
    three_sets(&data, again, classes);
    assert_memory_equal(numbers[0], again[0], (size_t)rows[i].train * sizeof(int));
    assert_memory_equal(numbers[2], again[2], (size_t)rows[i].test * sizeof(int));
    oc_data_close(&data);
  }
}

/* A validation set alone is the one that versions before drew; the draw for a test set is another one, with
 * the same seed too. */
static void draws_differ(void **state) {
  (void)state;
  int alone[COUNT], test[COUNT];
  write_folder(COUNT, mixed);
  oc_data data = open_as(".", "stratified:20:5");
  numbers_of(data.valid, alone, NULL);
  oc_data_close(&data);
  data = open_as(".", "0,test:stratified:20:5");
  numbers_of(data.test, test, NULL);
  assert_memory_not_equal(alone, test, 20 * sizeof *test);
  oc_data_close(&data);
}

static void test_sets_that_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *text, *where, *part;
  } rows[] = {
      {"auto,test:", "test", "invalid test split ''"},
      {"auto,test:x", "test", "invalid test split 'x'"},
      {"auto,test:5,test:5", "test", "invalid test split '5'"},
      {"auto,test:-1", "test", "invalid test split '-1'"},
      {"auto,test:99999999999999999999", "test", "invalid test split"},
      {"x,test:5", "valid", "invalid validation split 'x'"},
      {"auto,tests:5", "valid", "invalid validation split 'auto,tests:5'"},
      {"auto,test:120", "test", "120 test images leave none for training: the data has 120"},
      {"auto,test:9223372036854775807", "test", "leave none for training"},
      {"100,test:20", "valid", "100 validation images leave none for training: the data has 100"},
      {"9223372036854775807,test:20", "valid", "leave none for training"},
  };
  write_folder(COUNT, mixed);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    oc_data data;
    oc_error err;
    const oc_data_options how = {.valid = rows[i].text};
    assert_fails(oc_data_open(".", &how, &data, &err), OC_E_ARGUMENT, err, rows[i].part);
    assert_string_equal(err.where, rows[i].where);
    assert_true(!data.train && !data.valid && !data.test);
  }
}

/* Data with a test set of its own keeps it, and what is recorded is what was recorded before. */
static void its_own_test_set_stays(void **state) {
  (void)state;
  oc_data data = open_as("digits:60:20", "auto,test:auto");
  assert_string_equal(oc_dataset_split(data.train), "last:10");
  assert_int_equal(oc_dataset_count(data.test), 20);
  oc_data_close(&data);
  data = open_as("digits:60:0", "auto,test:auto");
  assert_string_equal(oc_dataset_split(data.train), "last:6,test:last:6");
  assert_int_equal(oc_dataset_count(data.train), 48);
  oc_data_close(&data);
  data = open_as("digits:9:0", "auto,test:auto"); /* too few for a tenth */
  assert_string_equal(oc_dataset_split(data.train), "last:1");
  assert_null(data.test);
  oc_data_close(&data);
}

/* 60,000 images with other labels than MNIST's are split like any others; with MNIST's (where they can be
 * had), at the end. */
static void mnist_is_known_by_its_labels(void **state) {
  (void)state;
  write_folder(60000, mixed);
  oc_data data = open_as(".", NULL);
  assert_string_equal(oc_dataset_split(data.train), "stratified:10000:123");
  oc_data_close(&data);
  const char *folder = getenv("OCELLUS_MNIST");
  if (!folder) return;
  data = open_as(folder, NULL);
  assert_string_equal(oc_dataset_split(data.train), "last:10000");
  oc_data_close(&data);
  data = open_as(folder, "500");
  assert_string_equal(oc_dataset_split(data.train), "last:500");
  oc_data_close(&data);
  data = open_as(folder, "stratified:500");
  assert_string_equal(oc_dataset_split(data.train), "stratified:500:123");
  oc_data_close(&data);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)
  const struct CMUnitTest tests[] = {
      IN_FOLDER(stratified_takes_each_class_its_share),
      IN_FOLDER(uneven_classes_add_up),
      IN_FOLDER(a_number_alone),
      IN_FOLDER(drawn_images_are_stratified),
      IN_FOLDER(mnist_is_known_by_its_labels),
      IN_FOLDER(a_test_set_is_split_off_first),
      IN_FOLDER(draws_differ),
      IN_FOLDER(test_sets_that_are_refused),
      IN_FOLDER(its_own_test_set_stays),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
