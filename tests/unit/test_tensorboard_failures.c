/* Does a training run that writes for TensorBoard treat a stop, a folder or disk that fails, and a build
 * without protobuf as documented? */
#include "harness.h"
#if OC_HAVE_PROTOBUF_C
#include "tensorboard_fixture.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static bool stop_in_second_epoch(void *context, const oc_event *e) {
  (void)context;
  return !(e->kind == OC_EVENT_STEP && e->epoch == 2 && e->step == 3);
}

static void a_resumed_run_writes_a_file_of_its_own(void **state) {
  (void)state;
  char whole[65], resumed[65], last[512];
  oc_error err;
  run_to_hash(&plain, "whole", "logs1", whole);
  fixture f = make(&plain, "run", "logs2");
  f.o.on_event = stop_in_second_epoch;
  assert_int_equal(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_INTERRUPTED);
  assert_int_equal(count_in_file("logs2", "loss/step"),
                   STEPS + 3); /* flushed, though an epoch was cut short */
  f.o.on_event = NULL;
  f.o.resume = true;
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  hash_of_run("run", resumed);
  assert_string_equal(whole, resumed);
  assert_int_equal(files_of("logs2", last), 2);
  assert_int_equal(count_in_file("logs2", "loss/step"), STEPS - 3);
  assert_int_equal(count_in_file("logs2", "first_layer/kernels"), 1); /* not of the start again */
  /* Nothing is left to do: no file is added. */
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  assert_int_equal(files_of("logs2", last), 2);
  release(&f);
}

static void a_folder_that_cannot_be_written_shows_before_the_run(void **state) {
  (void)state;
  oc_error err;
  harness_write_file("file", "x", 1);
  fixture f = make(&plain, "run", "file/logs");
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_CANT_CREATE, err,
               "another folder for TensorBoard");
  assert_string_equal(err.where, "file");
  look_on(&f, "/proc");
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_CANT_CREATE, err,
               "/proc: cannot create a file");
  look_on(&f, "");
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_ARGUMENT, err, "must not be empty");
  assert_false(oc_file_exists("run"));
  release(&f);
}

static void a_run_that_does_not_start_leaves_no_file(void **state) {
  (void)state;
  char last[512];
  oc_error err;
  harness_write_file("file", "x", 1);
  fixture f = make(&plain, "file/run", "logs");
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_CANT_CREATE, err, "file");
  assert_int_equal(files_of("logs", last), 0);
  release(&f);
}

static void limit_files(rlim_t bytes) {
  struct rlimit limit;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
  limit.rlim_cur = bytes;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* In epoch 2 TensorBoard's file, which is the largest, may not grow any more. */
static bool fill_the_disk(void *context, const oc_event *e) {
  char path[512];
  struct stat st;
  int *epochs = context;
  *epochs += e->kind == OC_EVENT_EPOCH;
  if (e->kind != OC_EVENT_STEP || e->epoch != 2) return true;
  assert_int_equal(files_of("logs", path), 1);
  assert_int_equal(stat(path, &st), 0);
  limit_files((rlim_t)st.st_size + 100);
  return true;
}

static void a_full_disk_ends_the_run_after_the_epoch_was_saved(void **state) {
  (void)state;
  char whole[65], resumed[65];
  oc_error err = {0};
  int epochs = 0;
  (void)signal(SIGXFSZ, SIG_IGN);
  setting s = plain;
  s.threads = 1;
  fixture w = make(&s, "whole", NULL), f = make(&s, "run", "logs");
  w.o.epochs = f.o.epochs = 3;
  assert_ok(oc_model_fit(w.m, w.train, w.valid, &w.o, &err), err);
  hash_of_run("whole", whole);
  f.o.on_event = fill_the_disk;
  f.o.context = &epochs;
  const oc_status status = oc_model_fit(f.m, f.train, f.valid, &f.o, &err);
  limit_files(RLIM_INFINITY);
  assert_int_equal(status, OC_E_CANT_CREATE);
  assert_non_null(strstr(err.where, "logs/events.out.tfevents."));
  assert_non_null(strstr(err.message, "training stops after epoch 2 of 3, which is saved"));
  assert_int_equal(epochs, 2); /* both were reported */
  assert_int_equal(count_in_file("logs", "loss/epoch"), 1);
  f.o.on_event = NULL;
  f.o.resume = true;
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  hash_of_run("run", resumed);
  assert_string_equal(whole, resumed);
  release(&f);
  release(&w);
}

#else
#include "labeled_images.h"
#include "base/file.h"
#include "ocellus/model.h"

static void a_build_without_protobuf_says_so(void **state) {
  (void)state;
  const uint8_t pixels[2 * 4] = {0, 1, 2, 3, 4, 5, 6, 7};
  const int32_t labels[2] = {0, 1};
  oc_dataset *d;
  oc_model *m;
  oc_error err;
  oc_model_options options = oc_model_defaults();
  oc_fit_options fit = oc_fit_defaults();
  options.net = "dense CLASSES";
  fit.callbacks = (oc_callback_setting[]){{"tensorboard", "logs"}};
  fit.callback_count = 1;
  fit.out = "run";
  assert_ok(labeled_images(pixels, labels,
                           &(oc_dataset_options){.count = 2, .size = (oc_image_shape){2, 2, 1}}, 2, NULL, &d,
                           &err),
            err);
  assert_ok(oc_model_create(d, &options, &m, &err), err);
  assert_fails(oc_model_fit(m, d, NULL, &fit, &err), OC_E_UNSUPPORTED, err, "protobuf-c");
  assert_false(oc_file_exists("run") || oc_file_exists("logs"));
  oc_model_free(m);
  oc_dataset_free(d);
}
#endif

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)

int main(void) {
  const struct CMUnitTest tests[] = {
#if !OC_HAVE_PROTOBUF_C
    IN_FOLDER(a_build_without_protobuf_says_so),
#else
    IN_FOLDER(a_resumed_run_writes_a_file_of_its_own),
    IN_FOLDER(a_folder_that_cannot_be_written_shows_before_the_run),
    IN_FOLDER(a_run_that_does_not_start_leaves_no_file),
    IN_FOLDER(a_full_disk_ends_the_run_after_the_epoch_was_saved),
#endif
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
