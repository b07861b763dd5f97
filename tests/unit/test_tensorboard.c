/* A training that writes for TensorBoard: does it end with the same bits as one that does not, cost nothing
 * when it is off, write what it should when, and treat a folder or disk that fails as documented? */
#include "harness.h"
#include "labeled_images.h"
#include "run_hash.h"
#include "base/file.h"
#include "base/random.h"
#include "plan/plan.h"
#include "train/fit.h"
#include "train/tensorboard.h"
#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#if OC_HAVE_PROTOBUF_C
enum { SIDE = 8, PIXELS = SIDE * SIDE * 3, CLASSES = 3, TRAIN = 90, VALID = 30, BATCH = 16, STEPS = 6 };

/* ---- fixtures ------------------------------------------------------------------------------------------ */

/* Class c: a bright bar across rows 2c .. 2c+1, in noise; `channels` 1 or 3. */
static oc_dataset *make_data(int count, int channels, uint64_t seed) {
  static uint8_t pixels[TRAIN * PIXELS];
  int32_t labels[TRAIN];
  oc_dataset *d;
  oc_error err;
  const int row = SIDE * channels, image = SIDE * row;
  for (int i = 0; i < count; i++) {
    oc_random r = oc_random_at(seed, OC_STREAM_XO, 0, (uint64_t)i);
    labels[i] = (int32_t)oc_random_below(&r, CLASSES);
    for (int p = 0; p < image; p++)
      pixels[i * image + p] = (uint8_t)(oc_random_below(&r, 120) + (p / row / 2 == labels[i] ? 60 : 0));
  }
  const oc_image_shape size = {SIDE, SIDE, channels};
  assert_ok(labeled_images(pixels, labels, &(oc_dataset_options){.count = count, .size = size}, CLASSES, NULL,
                           &d, &err),
            err);
  return d;
}

typedef struct setting {
  const char *net, *optimizer;
  int threads, channels;
  double l2, clip_norm;
} setting;
static const setting plain = {
    "conv 3x3x4 relu | maxpool 2 | dense 12 relu | dropout 0.3 | dense CLASSES", "adam", 2, 1, 0, 0};

typedef struct fixture {
  oc_dataset *train, *valid;
  oc_model *m;
  oc_fit_options o;
} fixture;

/* Asks for TensorBoard's files in `folder`. */
static void look_on(fixture *f, const char *folder) {
  static oc_callback_setting boards[64];
  static int next;
  oc_callback_setting *board = &boards[next++ % 64];
  *board = (oc_callback_setting){"tensorboard", folder};
  f->o.callbacks = board;
  f->o.callback_count = 1;
}

static fixture make(const setting *s, const char *out, const char *tensorboard) {
  fixture f = {.train = make_data(TRAIN, s->channels, 1), .valid = make_data(VALID, s->channels, 2)};
  oc_model_options options = oc_model_defaults();
  oc_error err;
  options.net = s->net;
  options.session = &(oc_session_options){.threads = s->threads};
  assert_ok(oc_model_create(f.train, &options, &f.m, &err), err);
  f.o = oc_fit_defaults();
  f.o.epochs = 2;
  f.o.batch = BATCH;
  f.o.learning_rate = 3e-3;
  f.o.optimizer = s->optimizer;
  f.o.l2 = s->l2;
  f.o.clip_norm = s->clip_norm;
  f.o.out = out;
  if (tensorboard) look_on(&f, tensorboard);
  return f;
}

static void release(fixture *f) {
  oc_model_free(f->m);
  oc_dataset_free(f->train);
  oc_dataset_free(f->valid);
}

/* Files in a folder; `last` gets the path of the last by name. */
static int files_of(const char *folder, char last[512]) {
  struct dirent **list;
  const int all = scandir(folder, &list, NULL, alphasort);
  if (all < 0) return 0;
  (void)snprintf(last, 512, "%s/%s", folder, list[all - 1]->d_name);
  for (int i = 0; i < all; i++) free(list[i]);
  free(list);
  return all - 2;
}

/* How often a tag stands in the last file of a folder. */
static int count_in_file(const char *folder, const char *tag) {
  char path[512];
  unsigned char *bytes;
  size_t size;
  oc_error err;
  int count = 0;
  assert_true(files_of(folder, path) > 0);
  assert_ok(oc_file_read(path, 1 << 26, &bytes, &size, &err), err);
  for (const unsigned char *p = bytes; (p = memmem(p, size - (size_t)(p - bytes), tag, strlen(tag))); p++)
    count++;
  oc_memory_free(bytes);
  return count;
}

/* ---- the same bits ------------------------------------------------------------------------------------- */

static void run_to_hash(const setting *s, const char *out, const char *tensorboard, char hex[65]) {
  oc_error err;
  fixture f = make(s, out, tensorboard);
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  hash_of_run(out, hex);
  release(&f);
}

static void looking_on_changes_no_bit(void **state) {
  (void)state;
  const setting settings[] = {
      plain,
      {"conv 3x3x4 relu | batchnorm | conv 3x3x4 | dense CLASSES", "momentum", 1, 3, 1e-3, 0.5},
      {"depthwise 3x3 same relu | residual { conv 3x3x3 same tanh } | meanpool 2 | dense CLASSES", "sgd", 2,
       3, 0, 1},
      {"{ conv 3x3x3 same bn relu ; } concat | { flatten | dense 4 ; dense 4 } add | dense CLASSES", "adam",
       1, 3, 1e-3, 0},
      {"dense 20 sigmoid | dense CLASSES", "adamw", 3, 1, 0, 0}};
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
    char without[65], with[65], a[16], b[16], logs[16];
    (void)snprintf(a, sizeof a, "a%zu", i);
    (void)snprintf(b, sizeof b, "b%zu", i);
    (void)snprintf(logs, sizeof logs, "logs%zu", i);
    run_to_hash(&settings[i], a, NULL, without);
    run_to_hash(&settings[i], b, logs, with);
    assert_string_equal(without, with);
    assert_int_equal(count_in_file(logs, "loss/step"), 2 * STEPS);
  }
}

/* Without a folder nothing is fetched, kept or allocated for it, and the plan is no larger. */
static void nothing_is_there_when_it_is_off(void **state) {
  (void)state;
  const char *const folders[] = {NULL, "logs"};
  size_t memory[2];
  for (int on = 0; on < 2; on++) {
    fixture x = make(&plain, NULL, folders[on]);
    oc_fit f = {.model = x.m, .train = x.train, .valid = x.valid, .o = x.o};
    oc_error err;
    assert_ok(oc_fit_read_options(&f, &err), err);
    assert_ok(oc_fit_setup(&f, &err), err);
    assert_int_equal(f.plan->fetch_count, on ? OC_FIT_GRADIENTS + 6 : OC_FIT_GRADIENTS);
    assert_int_equal(f.callbacks.gradient_count, on ? 6 : 0);
    assert_true(on == (f.callbacks.count && f.callbacks.gradients && f.callbacks.confusion &&
                       f.callbacks.predictions));
    assert_true(on == (f.callbacks.count || f.callbacks.gradients || f.callbacks.confusion ||
                       f.callbacks.predictions));
    memory[on] = oc_plan_memory(f.plan);
    oc_fit_release(&f);
    release(&x);
  }
  assert_true(memory[0] <= memory[1]);
  assert_false(oc_file_exists("logs"));
}

/* Several callbacks each see the whole run; unknown ones and wrong lists are refused. */
static void callbacks_are_a_list(void **state) {
  (void)state;
  const oc_callback_setting two[] = {{"tensorboard", "one"}, {"tensorboard", "two"}};
  oc_error err;
  fixture f = make(&plain, NULL, NULL);
  f.o.callbacks = two;
  f.o.callback_count = 2;
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  assert_int_equal(count_in_file("one", "loss/step"), 2 * STEPS);
  assert_int_equal(count_in_file("two", "loss/step"), 2 * STEPS);
  f.o.callbacks = (oc_callback_setting[]){{"tensorbord", "logs"}};
  f.o.callback_count = 1;
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_ARGUMENT, err,
               "callbacks: unknown callback 'tensorbord'");
  f.o.callbacks = (oc_callback_setting[]){{"tensorboard", NULL}};
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_ARGUMENT, err,
               "tensorboard: expected DIR");
  f.o.callbacks = NULL;
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_ARGUMENT, err, "expected an array");
  f.o.callbacks = two;
  f.o.callback_count = 9;
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_ARGUMENT, err, "of at most 8, got 9");
  release(&f);
}

/* ---- what is written ----------------------------------------------------------------------------------- */

static void everything_is_written_when_it_should_be(void **state) {
  (void)state;
  static const struct {
    const char *tag;
    int times;
  } wanted[] = {{"loss/step", 2 * STEPS},
                {"gradient_norm", 2 * STEPS},
                {"learning_rate", 2 * STEPS + 1 /* in the options */},
                {"images_per_second/step", 2 * STEPS},
                {"loss/epoch", 2},
                {"loss/validation", 2},
                {"accuracy/validation", 2},
                {"images_per_second/epoch", 2},
                {"conv_1/_weights/gradient", 2},
                {"fc_3/_biases/gradient", 2},
                {"first_layer/kernels", 3},
                {"validation/mistakes", 2},
                {"validation/confusion", 2},
                {"| optimizer | adam |", 1},
                {"| conv_1 | conv 3x3x4 relu |", 1}};
  oc_error err;
  fixture f = make(&plain, NULL, "logs");
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
    if (count_in_file("logs", wanted[i].tag) != wanted[i].times)
      fail_msg("%s stands %d times, not %d", wanted[i].tag, count_in_file("logs", wanted[i].tag),
               wanted[i].times);
  release(&f);
}

static void without_validation_there_are_no_scores(void **state) {
  (void)state;
  oc_error err;
  fixture f = make(&plain, NULL, "logs");
  assert_ok(oc_model_fit(f.m, f.train, NULL, &f.o, &err), err);
  assert_int_equal(count_in_file("logs", "loss/epoch"), 2);
  assert_int_equal(count_in_file("logs", "validation"), 0);
  release(&f);
}

static void kernels_are_shown_only_of_the_first_layer(void **state) {
  (void)state;
  const setting dense = {"dense CLASSES", "sgd", 1, 3, 0, 0},
                pooled = {"maxpool 2 | dense CLASSES", "sgd", 1, 3, 0, 0};
  oc_error err;
  fixture f = make(&dense, NULL, "a"), g = make(&pooled, NULL, "b");
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  assert_ok(oc_model_fit(g.m, g.train, g.valid, &g.o, &err), err);
  assert_int_equal(count_in_file("a", "first_layer/kernels"), 3);
  assert_int_equal(count_in_file("b", "first_layer/kernels"), 0);
  release(&f);
  release(&g);
}

/* ---- images ------------------------------------------------------------------------------------------ */

static bool is_color(const oc_canvas *c, int64_t y, int64_t x, int red, int green, int blue) {
  const uint8_t *p = c->pixels + (y * c->width + x) * 3;
  return p[0] == red && p[1] == green && p[2] == blue;
}

static void the_canvas_keeps_to_itself(void **state) {
  (void)state;
  oc_canvas c;
  oc_error err;
  assert_ok(oc_canvas_create(12, 20, &c, &err), err);
  oc_canvas_fill(&c, -5, -5, 7, 7, (oc_color){1, 2, 3});
  assert_true(is_color(&c, 0, 0, 1, 2, 3) && is_color(&c, 1, 1, 1, 2, 3) &&
              is_color(&c, 2, 2, 255, 255, 255));
  oc_canvas_fill(&c, 11, 19, 100, 100, (oc_color){4, 5, 6});
  assert_true(is_color(&c, 11, 19, 4, 5, 6) && is_color(&c, 10, 19, 255, 255, 255));
  oc_canvas_write(&c, 1, 4, "T\xff more than fits", 40, (oc_color){0, 0, 0});
  assert_true(is_color(&c, 1, 4, 0, 0, 0) && is_color(&c, 9, 6, 0, 0, 0) &&
              is_color(&c, 9, 4, 255, 255, 255));
  assert_true(is_color(&c, 1, 12, 0, 0, 0) && is_color(&c, 10, 17, 0, 0, 0)); /* unknown: a box */
  oc_canvas_release(&c);
}

/* ---- stopping, resuming, failing ----------------------------------------------------------------------- */

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
    IN_FOLDER(looking_on_changes_no_bit),
    IN_FOLDER(nothing_is_there_when_it_is_off),
    IN_FOLDER(callbacks_are_a_list),
    IN_FOLDER(everything_is_written_when_it_should_be),
    IN_FOLDER(without_validation_there_are_no_scores),
    IN_FOLDER(kernels_are_shown_only_of_the_first_layer),
    cmocka_unit_test(the_canvas_keeps_to_itself),
    IN_FOLDER(a_resumed_run_writes_a_file_of_its_own),
    IN_FOLDER(a_folder_that_cannot_be_written_shows_before_the_run),
    IN_FOLDER(a_run_that_does_not_start_leaves_no_file),
    IN_FOLDER(a_full_disk_ends_the_run_after_the_epoch_was_saved),
#endif
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
