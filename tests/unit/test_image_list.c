/* Does resuming with other images name the first that changed, is new or is missing, and say how many? Does a
 * damaged list of the images do no harm? */
#include "data_files.h"
#include "base/file.h"
#include "base/memory.h"
#include "ocellus/ocellus.h"
#include <unistd.h>

static oc_error err;

static oc_status train(bool resume) {
  oc_data data;
  oc_model *m;
  const oc_data_options options = {.valid = "4"};
  const oc_model_options how = {.net = "dense CLASSES"};
  const oc_fit_options fit = {.epochs = resume ? 2 : 1, .out = "run", .resume = resume};
  assert_ok(oc_data_open("d", &options, &data, &err), err);
  assert_ok(oc_model_create(data.train, &how, &m, &err), err);
  memset(&err, 0, sizeof err);
  const oc_status status = oc_model_fit(m, data.train, data.valid, &fit, &err);
  oc_model_free(m);
  oc_data_close(&data);
  return status;
}

static void write_all(void) {
  for (int i = 0; i < 12; i++) {
    char path[64];
    snprintf(path, sizeof path, "d/%c/image-%d.pgm", i % 2 ? 'a' : 'b', i);
    data_write_image(path, 4, 4, (uint8_t)(20 * i));
  }
}

static void names_the_image(void **state) {
  (void)state;
  write_all();
  assert_ok(train(false), err);
  data_write_image("d/b/image-4.pgm", 4, 4, 1);
  assert_fails(train(true), OC_E_ARGUMENT, err, "of the run in run/last.safetensors: b/image-4.pgm changed");
  assert_null(strstr(err.message, "in all"));
  data_write_image("d/a/image-9.pgm", 4, 4, 2);
  assert_fails(train(true), OC_E_ARGUMENT, err, ": a/image-9.pgm changed, and so for 2 in all");
  write_all();
  data_write_image("d/a/new.pgm", 4, 4, 2);
  assert_fails(train(true), OC_E_ARGUMENT, err, ": a/new.pgm is new");
  assert_int_equal(rename("d/a/new.pgm", "new.pgm") | rename("d/b/image-0.pgm", "0.pgm"), 0);
  assert_fails(train(true), OC_E_ARGUMENT, err, ": b/image-0.pgm is missing");
  assert_int_equal(rename("0.pgm", "d/b/image-0.pgm"), 0);
  assert_ok(train(true), err);
}

/* Any byte of the list may be wrong, and its end may be missing. */
static void damaged_list(void **state) {
  (void)state;
  unsigned char *bytes;
  size_t size;
  write_all();
  assert_ok(train(false), err);
  data_write_image("d/b/image-4.pgm", 4, 4, 1);
  assert_ok(oc_file_read("run/images.list", 1 << 20, &bytes, &size, &err), err);
  assert_true(size < 12 * 20 + 16);
  for (size_t i = 0; i < size; i += 3) {
    bytes[i] ^= 0xff;
    harness_write_file("run/images.list", bytes, size);
    assert_fails(train(true), OC_E_ARGUMENT, err, "differ from those of the run");
    bytes[i] ^= 0xff;
    harness_write_file("run/images.list", bytes, i);
    assert_fails(train(true), OC_E_ARGUMENT, err, "differ from those of the run");
  }
  assert_int_equal(unlink("run/images.list"), 0);
  assert_fails(train(true), OC_E_ARGUMENT, err, "differ from those of the run in run/last.safetensors");
  oc_memory_free(bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(names_the_image, harness_enter_folder, harness_leave_folder),
      cmocka_unit_test_setup_teardown(damaged_list, harness_enter_folder, harness_leave_folder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
