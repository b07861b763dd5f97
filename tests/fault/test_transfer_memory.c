/* Memory that runs out while the layers of a model are taken for other classes, frozen and trained on, and
 * while a few images of each class are drawn: an error each time, nothing left over, and a base that is as
 * good as before. */
#include "fit_fixture.h"
#include "fault/alloc.h"
#include "base/file.h"

static fixture base;

static int enter(void **state) {
  if (harness_enter_folder(state)) return -1;
  base = make(&(setting){net, "adam", 1, 3e-3, 0}, NULL);
  return 0;
}

static int leave(void **state) {
  release(&base);
  return harness_leave_folder(state);
}

typedef oc_status (*call_fn)(oc_error *err);

static oc_status call_draw(oc_error *err) {
  oc_dataset *few;
  const oc_status status = oc_dataset_per_class(base.train, 4, 1, &few, err);
  assert_true((few != NULL) == (status == OC_OK));
  oc_dataset_free(few);
  return status;
}

static oc_status call_transfer(oc_error *err) {
  oc_model *m;
  const oc_status status =
      oc_model_transfer(base.m, base.train, &(oc_session_options){.threads = 1}, &m, err);
  assert_true((m != NULL) == (status == OC_OK));
  oc_model_free(m);
  return status;
}

static oc_status fit(int freeze, size_t bytes, oc_error *err) {
  oc_fit_options o = base.o;
  o.epochs = 1;
  o.batch = 64;
  o.freeze = freeze;
  o.feature_bytes = bytes;
  return oc_model_fit(base.m, base.train, base.valid, &o, err);
}

static oc_status call_fit(oc_error *err) {
  return fit(OC_FREEZE_ALL, 0, err);
}

static oc_status call_fit_computing(oc_error *err) {
  return fit(2, 1, err);
}

static void survives_each_failure(call_fn call) {
  for (long n = 1;; n++) {
    oc_error err = {0};
    fault_fail_at(n);
    const oc_status status = call(&err);
    const long used = fault_count();
    fault_fail_at(0);
    if (status == OC_OK && used < n) break;
    if (status != OC_OK && (status != OC_E_MEMORY || err.code != OC_E_MEMORY || !err.message[0]))
      fail_msg("allocation %ld: %s: %s: %s", n, oc_status_name(status), err.where, err.message);
  }
  oc_evaluation e;
  oc_error err;
  assert_ok(oc_model_evaluate(base.m, base.valid, &e, &err), err);
  oc_evaluation_release(&e);
}

static void drawing(void **state) {
  (void)state;
  survives_each_failure(call_draw);
}
static void transferring(void **state) {
  (void)state;
  survives_each_failure(call_transfer);
}
static void training_on_features(void **state) {
  (void)state;
  survives_each_failure(call_fit);
}
static void computing_features(void **state) {
  (void)state;
  survives_each_failure(call_fit_computing);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(drawing, enter, leave),
                                     cmocka_unit_test_setup_teardown(transferring, enter, leave),
                                     cmocka_unit_test_setup_teardown(training_on_features, enter, leave),
                                     cmocka_unit_test_setup_teardown(computing_features, enter, leave)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
