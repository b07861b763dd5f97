/* Does a training run that writes for TensorBoard end with the same bits as one that does not, cost
 * nothing when it is off, and write what it should when? test_tensorboard_failures.c has folders and disks
 * that fail. */
#include "harness.h"
#if OC_HAVE_PROTOBUF_C
#include "tensorboard_fixture.h"
#include "plan/plan.h"
#include "train/fit.h"
#include "train/tensorboard.h"
#include <math.h>

/* ---- the same bits ------------------------------------------------------------------------------------- */

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

/* Without a folder nothing is fetched, kept or allocated for it, and the plan is not larger. */
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

static void averaged_weights_have_curves(void **state) {
  (void)state;
  oc_error err;
  fixture f = make(&plain, NULL, "logs");
  f.o.settings = &(oc_setting){"ema", 0.9};
  f.o.setting_count = 1;
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  assert_int_equal(count_in_file("logs", "loss/validation_averaged"), 2);
  assert_int_equal(count_in_file("logs", "accuracy/validation_averaged"), 2);
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

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(looking_on_changes_no_bit),
      IN_FOLDER(nothing_is_there_when_it_is_off),
      IN_FOLDER(callbacks_are_a_list),
      IN_FOLDER(everything_is_written_when_it_should_be),
      IN_FOLDER(averaged_weights_have_curves),
      IN_FOLDER(without_validation_there_are_no_scores),
      IN_FOLDER(kernels_are_shown_only_of_the_first_layer),
      cmocka_unit_test(the_canvas_keeps_to_itself),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void) {
  puts("skipped: nothing to write with; see test_tensorboard_failures.c");
  return 0;
}
#endif
