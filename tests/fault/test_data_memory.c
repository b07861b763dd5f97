/* Does opening data come back with an error and nothing leaked, whichever allocation fails? (Leaks are seen
 * by the sanitizer build of this test.) */
#include "data_files.h"
#include "fault/alloc.h"
#include "base/error.h"
#include "data/dataset.h"
#include <sys/stat.h>

typedef oc_status (*open_fn)(oc_data *data, oc_error *err);

static oc_status open_folder(oc_data *data, oc_error *err) {
  return oc_data_open(".", NULL, data, err);
}
static oc_status open_images(oc_data *data, oc_error *err) {
  return oc_data_open("t10k-images-idx3-ubyte", NULL, data, err);
}
static oc_status open_pgm(oc_data *data, oc_error *err) {
  return oc_data_open("p.pgm", NULL, data, err);
}
#if OC_HAVE_PNG
static oc_status open_png(oc_data *data, oc_error *err) {
  return oc_data_open("p.png", NULL, data, err);
}
#endif
static oc_status open_digits(oc_data *data, oc_error *err) {
  return oc_data_open("digits:20:5", NULL, data, err);
}

static oc_status open_preprocessed(oc_data *data, oc_error *err) {
  const oc_preprocessing rule = {.shape = {9, 7, 3}, .resize = OC_RESIZE_PAD};
  const oc_data_options o = {.preprocessing = &rule, .valid = "stratified:3"};
  static uint8_t pixels[20 * 9 * 7 * 3];
  TRY(oc_data_open("digits:20:5", &o, data, err));
  oc_status status = oc_dataset_read(data->valid, 0, 3, pixels, NULL, err);
  if (status == OC_OK) status = oc_dataset_identify(data->valid, err);
  if (status != OC_OK) oc_data_close(data);
  return status;
}

static const uint8_t own_pixels[8] = {1, 2, 3, 4, 5, 6, 7, 8};
static const int32_t own_labels[2] = {1, 0};
static const float own_numbers[4] = {0, 1, 0.5F, 0.25F};
static const oc_target own_targets[] = {{"label", OC_TARGET_CLASS, 2, NULL, own_labels},
                                        {"tags", OC_TARGET_CLASSES, 2, NULL, own_numbers},
                                        {"place", OC_TARGET_VECTOR, 2, NULL, own_numbers}};
static const oc_dataset_options own_images = {
    .count = 2, .size = {2, 2, 1}, .targets = own_targets, .target_count = 3, .identity = "own"};

static oc_status open_own(oc_data *data, oc_error *err) {
  *data = (oc_data){0};
  TRY(oc_dataset_from_memory(own_pixels, &own_images, &data->test, err));
  const oc_status status = oc_dataset_identify(data->test, err);
  if (status != OC_OK) oc_data_close(data);
  return status;
}

static oc_status give(void *context, const int64_t *indices, int64_t count, uint8_t *pixels,
                      void *const *targets, oc_error *err) {
  (void)context, (void)indices, (void)count, (void)pixels, (void)targets, (void)err;
  return OC_OK;
}
static oc_status open_called(oc_data *data, oc_error *err) {
  *data = (oc_data){0};
  return oc_dataset_from_callback(give, NULL, &own_images, &data->test, err);
}

/* A label and three planes of 32x32, twice. */
static oc_status open_cifar(oc_data *data, oc_error *err) {
  return oc_data_open("cifar", NULL, data, err);
}

static oc_status open_arrays(oc_data *data, oc_error *err) {
  return oc_data_open("arrays", NULL, data, err);
}

static void write_array(const char *name, const char *shape, const void *values, size_t size) {
  char bytes[512] = "\x93NUMPY\1\0v\0";
  const int used = snprintf(bytes + 10, sizeof bytes - 10,
                            "{'descr': '|u1', 'fortran_order': True, 'shape': %s, }", shape);
  memset(bytes + 10 + used, ' ', 118 - (size_t)used);
  memcpy(bytes + 128, values, size);
  harness_write_file(name, bytes, 128 + size);
}

static void write_folders(void) {
  static const unsigned char batch[2 * 3073] = {3};
  static const char lines[] = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n";
  assert_int_equal(mkdir("cifar", 0777) | mkdir("arrays", 0777), 0);
  harness_write_file("cifar/data_batch_1.bin", batch, sizeof batch);
  harness_write_file("cifar/test_batch.bin", batch, sizeof batch);
  harness_write_file("cifar/batches.meta.txt", lines, sizeof lines - 1);
  write_array("arrays/x_train.npy", "(2, 3, 5)", "abcdefghijklmnopqrstuvwxyz0123", 30);
  write_array("arrays/y_train.npy", "(2, 2)", "\0\1\1\0", 4);
}

static oc_status open_and_fit(oc_data *data, oc_error *err) {
  oc_standardizer standardizer = {0};
  oc_status status = oc_data_open("digits:20:5", NULL, data, err);
  if (status == OC_OK) status = oc_standardizer_fit(data->train, &standardizer, err);
  oc_standardizer_release(&standardizer);
  if (status != OC_OK) oc_data_close(data);
  return status;
}

/* Fails allocation 1, 2, 3 .. until the call succeeds without reaching the one that would fail. */
static void survives_each_failure(const char *name, open_fn open) {
  long n = 0;
  for (;;) {
    oc_data data = {0};
    oc_error err = {0};
    fault_fail_at(++n);
    const oc_status status = open(&data, &err);
    const long used = fault_count();
    fault_fail_at(0);
    if (status == OC_OK && used < n) {
      oc_data_close(&data);
      break;
    }
    if (status != OC_E_MEMORY || err.code != OC_E_MEMORY || !err.message[0])
      fail_msg("%s, allocation %ld: %s '%s'", name, n, oc_status_name(status), err.message);
    if (data.train || data.valid || data.test) fail_msg("%s, allocation %ld: something is left", name, n);
  }
  assert_true(n > 2);
}

static void write_files(void) {
  const uint32_t images[3] = {3, 2, 2}, labels[1] = {3};
  const uint8_t classes[3] = {0, 1, 2};
  data_write_idx("t10k-images-idx3-ubyte", 3, images, NULL);
  data_write_idx("t10k-labels-idx1-ubyte", 1, labels, classes);
  const char *train = OC_HAVE_ZLIB ? "train-images-idx3-ubyte.gz" : "train-images-idx3-ubyte";
  data_write_idx(train, 3, images, NULL);
  data_write_idx("train-labels-idx1-ubyte", 1, labels, classes);
  harness_write_file("p.pgm", "P5 2 1 255 ab", 13);
}

static void no_failure_is_lost(void **state) {
  (void)state;
  write_files();
  survives_each_failure("folder", open_folder);
  survives_each_failure("images", open_images);
  survives_each_failure("pgm", open_pgm);
  survives_each_failure("digits", open_digits);
  survives_each_failure("preprocessed", open_preprocessed);
  survives_each_failure("own", open_own);
  survives_each_failure("called", open_called);
  survives_each_failure("standard", open_and_fit);
}

static void arrays_fail_in_words(void **state) {
  (void)state;
  write_folders();
  survives_each_failure("cifar", open_cifar);
  survives_each_failure("arrays", open_arrays);
}

static void copy_as(const char *name, const char *copy) {
  char from[256], path[1024];
  unsigned char bytes[4096];
  snprintf(from, sizeof from, "tests/bad/data/%s", name);
  data_repository_path(from, path);
  FILE *f = fopen(path, "rb");
  assert_non_null(f);
  const size_t size = fread(bytes, 1, sizeof bytes, f);
  fclose(f);
  harness_write_file(copy, bytes, size);
}

static oc_status open_bmp(oc_data *data, oc_error *err) {
  return oc_data_open("p.bmp", NULL, data, err);
}

static void bmp_fails_in_words(void **state) {
  (void)state;
  static const char *const names[] = {"good.bmp", "good-alpha.bmp", "good-runs.bmp"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    copy_as(names[i], "p.bmp");
    survives_each_failure(names[i], open_bmp);
  }
}

/* Formats of libraries that are opened at run time: our own memory; theirs is malloc's. */
static oc_status open_opened(oc_data *data, oc_error *err) {
  const oc_status status = oc_data_open("p.x", NULL, data, err);
  if (status == OC_E_UNSUPPORTED) skip();
  return status;
}

static void opened_formats_fail_in_words(void **state) {
  (void)state;
  static const char *const names[] = {"good.webp", "good-alpha.webp",      "good-exif.webp",
                                      "good.gif",  "good-transparent.gif", "good-frame-inside.gif",
                                      "good.tif",  "good-orientation.tif", "good-palette.tif",
                                      "good.heic", "good-turned.avif",     "good-alpha.heic"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    copy_as(names[i], "p.x");
    survives_each_failure(names[i], open_opened);
  }
}

#if OC_HAVE_PNG
static void png_fails_in_words(void **state) {
  (void)state;
  copy_as("good.png", "p.png");
  survives_each_failure("png", open_png);
  copy_as("good-exif-little.png", "p.png"); /* turned into a second image */
  survives_each_failure("turned png", open_png);
}
#endif

#if OC_HAVE_JPEG
static oc_status open_jpeg(oc_data *data, oc_error *err) {
  return oc_data_open("p.jpg", NULL, data, err);
}

/* One pass and several, which keep all coefficients. */
static void jpeg_fails_in_words(void **state) {
  (void)state;
  static const char *const names[] = {"good-exif-big.jpg", "good-progressive.jpg", "good-scans.jpg"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    copy_as(names[i], "p.jpg");
    survives_each_failure(names[i], open_jpeg);
  }
}
#endif

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(no_failure_is_lost, harness_enter_folder, harness_leave_folder),
    cmocka_unit_test_setup_teardown(arrays_fail_in_words, harness_enter_folder, harness_leave_folder),
    cmocka_unit_test_setup_teardown(bmp_fails_in_words, harness_enter_folder, harness_leave_folder),
    cmocka_unit_test_setup_teardown(opened_formats_fail_in_words, harness_enter_folder, harness_leave_folder),
#if OC_HAVE_PNG
    cmocka_unit_test_setup_teardown(png_fails_in_words, harness_enter_folder, harness_leave_folder),
#endif
#if OC_HAVE_JPEG
    cmocka_unit_test_setup_teardown(jpeg_fails_in_words, harness_enter_folder, harness_leave_folder),
#endif
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
