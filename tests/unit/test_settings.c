/* Hyperparameters by name: ranges in words, records of earlier versions, and that no two lists mean different
 * things by one name. */
#include "harness.h"
#include "train/fit.h"
#include "train/settings.h"
#include <math.h>

static void ranges_are_told_and_kept(void **state) {
  (void)state;
  const struct {
    oc_hyperparameter h;
    const char *words;
    double in[2], out[3];
  } rows[] = {
      {{.name = "a", .high = 1, .below = true}, "at least 0 and below 1", {0, 0.999}, {1, -1e-9, NAN}},
      {{.name = "b", .above = true, .high = INFINITY},
       "above 0 and finite",
       {1e-300, 1e300},
       {0, INFINITY, NAN}},
      {{.name = "c", .low = 1, .high = 5}, "at least 1 and at most 5", {1, 5}, {0.5, 5.5, -INFINITY}}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char text[64];
    assert_string_equal(oc_hyperparameter_range(&rows[i].h, text, sizeof text), rows[i].words);
    for (int k = 0; k < 2; k++) assert_true(oc_hyperparameter_allows(&rows[i].h, rows[i].in[k]));
    for (int k = 0; k < 3; k++) assert_false(oc_hyperparameter_allows(&rows[i].h, rows[i].out[k]));
  }
}

/* `now` names the optimizer and, if it is not the constant one, the schedule. */
static oc_status compare(const char *old, const char *now, oc_error *err) {
  json_t *a = json_loads(old, 0, NULL), *b = json_loads(now, 0, NULL);
  char path[] = "run";
  oc_fit f = {.result_config = b, .last_path = path};
  assert_non_null(a);
  assert_non_null(b);
  const char *schedule = json_string_value(json_object_get(b, "schedule"));
  assert_ok(oc_optimizer_find(NULL, json_string_value(json_object_get(b, "optimizer")), &f.optimizer, err),
            *err);
  assert_ok(oc_lr_schedule_find(schedule ? schedule : "constant", &f.schedule, err), *err);
  const oc_status status = oc_fit_compare(&f, a, err);
  json_decref(a);
  json_decref(b);
  return status;
}

/* Version 0.1.0 wrote a momentum for every optimizer, null for a weight decay that was not given, and nothing
 * else. */
static void old_records_had_defaults(void **state) {
  (void)state;
  const char *old =
      "{\"optimizer\": \"adamw\", \"schedule\": \"linear\", \"momentum\": 0.9, \"weight_decay\": null}";
  const char *now = "{\"optimizer\": \"adamw\", \"schedule\": \"linear\", \"beta1\": 0.9, \"beta2\": 0.999, "
                    "\"epsilon\": 1e-8, \"weight_decay\": 0.01, \"end_factor\": 0.0}";
  oc_error err;
  assert_ok(compare(old, now, &err), err);
  assert_fails(compare(old, "{\"optimizer\": \"adamw\", \"weight_decay\": 0.0}", &err), OC_E_ARGUMENT, err,
               "weight_decay is 0.0, but the run in run had null");
  assert_fails(compare(old, "{\"optimizer\": \"adamw\", \"beta1\": 0.5}", &err), OC_E_ARGUMENT, err,
               "beta1 is 0.5, but the run in run had nothing");
  assert_fails(
      compare(old, "{\"optimizer\": \"adamw\", \"schedule\": \"linear\", \"end_factor\": 0.5}", &err),
      OC_E_ARGUMENT, err, "end_factor");
  assert_fails(compare("{\"optimizer\": \"momentum\", \"momentum\": 0.5}",
                       "{\"optimizer\": \"momentum\", \"momentum\": 0.9}", &err),
               OC_E_ARGUMENT, err, "momentum is 0.9, but the run in run had 0.5");
}

/* Before the background of the data, moved images uncovered black: a run is resumed only where they still
 * do. */
static void old_runs_uncovered_black(void **state) {
  (void)state;
  const char *old = "{\"optimizer\": \"adam\", \"augment\": \"shift 2\"}",
             *white = "{\"optimizer\": \"adam\", \"augment\": \"shift 2\", \"uncovered\": \"#ffffff\"}";
  oc_error err;
  assert_ok(
      compare(old, "{\"optimizer\": \"adam\", \"augment\": \"shift 2\", \"uncovered\": \"#000000\"}", &err),
      err);
  assert_fails(compare(old, white, &err), OC_E_ARGUMENT, err, "uncovered is \"#ffffff\"");
  assert_non_null(strstr(err.hint, "the version that made the run"));
  assert_fails(compare(old,
                       "{\"optimizer\": \"adam\", \"augment\": \"shift 2\", \"uncovered\": \"each image\"}",
                       &err),
               OC_E_ARGUMENT, err, "each image");
  assert_ok(compare(white, white, &err), err);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ranges_are_told_and_kept),
      cmocka_unit_test(old_records_had_defaults),
      cmocka_unit_test(old_runs_uncovered_black),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
