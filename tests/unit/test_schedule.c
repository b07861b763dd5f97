/* Does a schedule lower the learning rate as it says, and does a resumed run go on with the same bits? */
#include "fit_fixture.h"
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

/* The shares 1, .. of 20 steps add up to 10.5 for both, so weights move about half as far. */
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
  parts.o.schedule = "sawtooth";
  assert_fails(oc_model_fit(parts.m, parts.train, parts.valid, &parts.o, &err), OC_E_ARGUMENT, err,
               "sawtooth");
  release(&whole);
  release(&parts);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(schedules_lower_the_rate),
      cmocka_unit_test(an_end_factor_is_what_is_left),
      cmocka_unit_test_setup_teardown(a_scheduled_run_resumes_with_the_same_bits, harness_enter_folder,
                                      harness_leave_folder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
