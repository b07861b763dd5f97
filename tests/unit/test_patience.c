/* Does training end when no epoch is better any more, and resume with more patience? */
#include "fit_journal.h"

/* Of one class each: no epoch is better than the first. */
static fixture make_stuck(const char *out) {
  setting s = plain;
  s.net = "dense CLASSES";
  s.learning_rate = 1e-12;
  fixture f = make(&s, out);
  f.o.epochs = 9;
  f.o.patience = 2;
  return f;
}

static long long number_of_run(const char *key) {
  json_t *run = json_load_file("run/run.json", 0, NULL);
  const long long number = json_integer_value(json_object_get(run, key));
  json_decref(run);
  return number;
}

static void training_ends_early(void **state) {
  (void)state;
  fixture f = make_stuck("run");
  journal l = {0};
  oc_error err;
  f.o.on_event = on_event;
  f.o.context = &l;
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  assert_int_equal(l.kinds[OC_EVENT_EPOCH], 3);
  assert_int_equal(l.kinds[OC_EVENT_END], 1);
  assert_int_equal(l.last[OC_EVENT_END].best_epoch, 1);
  assert_string_equal(oc_model_metadata(f.m, "trained_epochs"), "1");
  assert_int_equal(number_of_run("epochs_done"), 3);
  assert_int_equal(number_of_run("epochs"), 9);
  assert_int_equal(number_of_run("patience"), 2);
  f.o.resume = true; /* nothing is left to do */
  l = (journal){0};
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  assert_int_equal(l.kinds[OC_EVENT_EPOCH], 0);
  f.o.patience = 4; /* two more */
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  assert_int_equal(l.kinds[OC_EVENT_EPOCH], 2);
  release(&f);
}

/* An epoch that is better begins the count again. */
static void better_epochs_keep_it_going(void **state) {
  (void)state;
  fixture f = make(&plain, NULL);
  journal l = {0};
  oc_error err;
  f.o.epochs = 6;
  f.o.patience = 5;
  f.o.on_event = on_event;
  f.o.context = &l;
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  assert_true(l.last[OC_EVENT_END].best_epoch > 1);
  assert_int_equal(l.kinds[OC_EVENT_EPOCH], 6);
  release(&f);
}

static void it_needs_a_validation_set(void **state) {
  (void)state;
  fixture f = make(&plain, NULL);
  oc_error err;
  f.o.patience = 1;
  assert_fails(oc_model_fit(f.m, f.train, NULL, &f.o, &err), OC_E_ARGUMENT, err,
               "patience: no validation set by which an epoch could be better");
  f.o.patience = -1;
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_ARGUMENT, err,
               "patience: must be at least 0, got -1");
  release(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(training_ends_early),
      cmocka_unit_test(better_epochs_keep_it_going),
      cmocka_unit_test(it_needs_a_validation_set),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
