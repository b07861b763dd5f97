/* Does a schedule lower the learning rate as it says, and does a resumed run continue with the same bits? */
#include "fit_fixture.h"
#include "train/fit.h"
#include "../oracle/figures/fit_rates.h"
#include <math.h>

/* How far the first weights move in 20 steps of nearly the same gradient. */
static double distance(const char *schedule, double end_factor) {
  const setting still = {"dense CLASSES", "sgd", 1, 1e-4, 0};
  fixture f = make(&still, NULL);
  oc_error err;
  double sum = 0;
  const oc_tensor w = oc_variable_value(oc_model_session(f.m), 0);
  float before[PIXELS * CLASSES];
  memcpy(before, w.data, sizeof before);
  f.o.batch = TRAIN;
  f.o.epochs = 20;
  f.o.schedule = schedule;
  f.o.settings = &(oc_setting){"end_factor", end_factor};
  f.o.setting_count = end_factor > 0;
  assert_ok(oc_model_fit(f.m, f.train, NULL, &f.o, &err), err);
  for (int i = 0; i < PIXELS * CLASSES; i++)
    sum += fabs((double)((const float *)w.data)[i] - (double)before[i]);
  release(&f);
  return sum;
}

/* The factors of the 20 steps add up to 10.5 for both, so weights move about half as far. */
static void schedules_lower_the_rate(void **state) {
  (void)state;
  const double whole = distance("constant", 0);
  const double linear = distance("linear", 0), cosine = distance("cosine", 0);
  if (fabs(linear / whole - 0.525) > 5e-3 || fabs(cosine / whole - 0.525) > 5e-3)
    fail_msg("%g, linear %g, cosine %g", whole, linear, cosine);
  assert_string_equal(oc_lr_schedule_name(0), "constant");
  assert_null(oc_lr_schedule_name(-1));
  assert_null(oc_lr_schedule_hyperparameter_at("linear", -1));
  assert_null(oc_lr_schedule_hyperparameter_at("sawtooth", 0));
}

/* With an end factor of 0.5 the shares go from 1 to 0.5: 15.25 of 20. */
static void an_end_factor_is_what_is_left(void **state) {
  (void)state;
  const double whole = distance("constant", 0);
  const double linear = distance("linear", 0.5), cosine = distance("cosine", 0.5);
  if (fabs(linear / whole - 0.7625) > 5e-3 || fabs(cosine / whole - 0.7625) > 5e-3)
    fail_msg("%g, linear %g, cosine %g", whole, linear, cosine);
  assert_true(distance("linear", 1) == whole);
}

static bool stop_at_step_13(void *context, const oc_event *e) {
  (void)context;
  return !(e->kind == OC_EVENT_STEP && e->epoch == 2 && e->step == 3);
}

static void a_scheduled_run_resumes_with_the_same_bits(void **state) {
  (void)state;
  fixture whole = make(&plain, NULL), parts = make(&plain, "run");
  char a[65], b[65];
  oc_error err;
  whole.o.schedule = parts.o.schedule = "cosine";
  whole.o.settings = parts.o.settings = &(oc_setting){"warmup", 1.25}; /* until step 12 */
  whole.o.setting_count = parts.o.setting_count = 1;
  assert_ok(oc_model_fit(whole.m, whole.train, whole.valid, &whole.o, &err), err);
  parts.o.on_event = stop_at_step_13;
  assert_int_equal(oc_model_fit(parts.m, parts.train, parts.valid, &parts.o, &err), OC_E_INTERRUPTED);
  parts.o.on_event = NULL;
  parts.o.resume = true;
  parts.o.epochs = 4; /* the rate of every step depends on how many there are */
  assert_fails(oc_model_fit(parts.m, parts.train, parts.valid, &parts.o, &err), OC_E_ARGUMENT, err,
               "planned for the run's 3 epochs");
  parts.o.epochs = 3;
  assert_ok(oc_model_fit(parts.m, parts.train, parts.valid, &parts.o, &err), err);
  hash_of_model(whole.m, a);
  hash_of_model(parts.m, b);
  assert_string_equal(a, b);
  parts.o.settings = NULL;
  parts.o.setting_count = 0;
  assert_fails(oc_model_fit(parts.m, parts.train, parts.valid, &parts.o, &err), OC_E_ARGUMENT, err,
               "warmup is 0.0, but the run in run/last.safetensors had 1.25");
  parts.o.schedule = "sawtooth";
  assert_fails(oc_model_fit(parts.m, parts.train, parts.valid, &parts.o, &err), OC_E_ARGUMENT, err,
               "sawtooth");
  release(&whole);
  release(&parts);
}

/* ---- as PyTorch ---------------------------------------------------------------------------------------- */

/* A run of 3 epochs of 10 steps. */
static oc_fit run_of(const char *schedule, double warmup, const double *values, int count) {
  oc_fit f = {.count = TRAIN, .batch = BATCH, .o = oc_fit_defaults()};
  oc_error err;
  f.o.epochs = f.first_epochs = 3;
  f.o.learning_rate = 1;
  f.recipe[OC_RECIPE_WARMUP] = warmup;
  assert_ok(oc_lr_schedule_find(schedule, &f.schedule, &err), err);
  memcpy(f.schedule_values, values, (size_t)count * sizeof *values);
  return f;
}

static void compare_rates(const char *what, oc_fit *f, const float *wanted) {
  assert_true(oc_fit_scheduled(f));
  assert_int_equal(oc_fit_steps(f), STEPS);
  for (int i = 0; i < 3 * STEPS; i++) {
    f->at.epoch = i / STEPS;
    f->at.sample = i % STEPS * BATCH;
    const double rate = oc_fit_rate(f);
    if (!(fabs(rate - (double)wanted[i]) <= 1e-6))
      fail_msg("%s, step %d: got %.9g, PyTorch has %.9g", what, i, rate, (double)wanted[i]);
  }
}

static void rates_are_those_of_pytorch(void **state) {
  (void)state;
  const double none[1] = {0}, usual[] = {0.3, 25, 1e4}, late[] = {0.75, 4, 50};
  oc_fit f = run_of("constant", 0.75, none, 1);
  compare_rates("constant after a warm-up", &f, warmup_constant);
  f = run_of("cosine", 0.75, none, 1);
  compare_rates("cosine after a warm-up", &f, warmup_cosine);
  f = run_of("onecycle", 0, usual, 3);
  compare_rates("onecycle", &f, onecycle);
  f = run_of("onecycle", 0, late, 3);
  compare_rates("onecycle, late", &f, onecycle_late);
}

/* As those of OneCycleLR, whose div_factors may be 1. */
static void defaults_are_those_of_pytorch(void **state) {
  (void)state;
  static const struct {
    const char *name;
    double fallback, low;
  } wanted[] = {{"pct_start", 0.3, 0}, {"div_factor", 25, 1}, {"final_div_factor", 1e4, 1}};
  for (int i = 0; i < 3; i++) {
    const oc_hyperparameter *h = oc_lr_schedule_hyperparameter_at("onecycle", i);
    assert_string_equal(h->name, wanted[i].name);
    assert_true(h->fallback == wanted[i].fallback && h->low == wanted[i].low);
  }
  assert_null(oc_lr_schedule_hyperparameter_at("onecycle", 3));
}

static double keep_position(const oc_lr_position *at, const double *values) {
  *(oc_lr_position *)(uintptr_t)values = *at;
  return 1;
}

/* The steps after the warm-up are a run of their own: 23 of 30, from 0 on. */
static void a_schedule_gets_its_position(void **state) {
  (void)state;
  const oc_lr_schedule keeper = {.name = "keeper", .factor = keep_position};
  const double none[1] = {0};
  oc_fit f = run_of("constant", 0.75, none, 1);
  f.schedule = &keeper;
  for (int i = 0; i <= 3 * STEPS; i++) { /* 3 * STEPS: at the end */
    f.at.epoch = i / STEPS;
    f.at.sample = i % STEPS * BATCH;
    (void)oc_fit_rate(&f);
    const oc_lr_position *at = (const oc_lr_position *)f.schedule_values;
    const double after = i < 7 ? 0 : i - 7;
    assert_true(at->steps == 23 && at->step == fmin(after, 22));
    assert_float_equal(at->done, after / 23, 1e-12);
    assert_float_equal(at->epoch, after / 10, 1e-12);
    assert_float_equal(at->epochs, 2.3, 1e-12);
  }
}

/* With one step, or a cycle whose increase has none, there is a learning rate all the same. */
static void short_runs_have_a_rate(void **state) {
  (void)state;
  const double usual[] = {0.01, 25, 1e4};
  oc_fit f = run_of("onecycle", 0, usual, 3);
  assert_true(oc_fit_rate(&f) == 1);
  f.o.epochs = 1;
  f.count = f.batch = 1;
  assert_true(oc_fit_rate(&f) == 1);
  f.recipe[OC_RECIPE_WARMUP] = 0.999; /* of one step */
  assert_true(oc_fit_rate(&f) == 1);
}

static void a_warmup_is_checked(void **state) {
  (void)state;
  oc_error err;
  fixture f = make(&plain, NULL);
  f.o.settings = &(oc_setting){"warmup", 3};
  f.o.setting_count = 1;
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_ARGUMENT, err,
               "warmup: must be less than the number of epochs, got 3");
  f.o.settings = &(oc_setting){"warmup", -1};
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_ARGUMENT, err,
               "warmup: must be at least 0 and finite, got -1");
  assert_string_equal(oc_fit_hyperparameter_at(OC_RECIPE_WARMUP)->name, "warmup");
  assert_null(oc_fit_hyperparameter_at(OC_RECIPE_COUNT));
  assert_null(oc_fit_hyperparameter_at(-1));
  release(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rates_are_those_of_pytorch),
      cmocka_unit_test(defaults_are_those_of_pytorch),
      cmocka_unit_test(a_schedule_gets_its_position),
      cmocka_unit_test(short_runs_have_a_rate),
      cmocka_unit_test(a_warmup_is_checked),
      cmocka_unit_test(schedules_lower_the_rate),
      cmocka_unit_test(an_end_factor_is_what_is_left),
      cmocka_unit_test_setup_teardown(a_scheduled_run_resumes_with_the_same_bits, harness_enter_folder,
                                      harness_leave_folder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
