/* Memory that runs out while a model is exported to C, quantized or measured: is it reported, wherever it
 * happens, and every file removed (and all memory freed, under the address sanitizer)? */
#include "exported_fixture.h"
#include "fault/alloc.h"
#include "ocellus/int8.h"

static oc_model *make_model(void) {
  oc_dataset *d = random_data((oc_image_shape){9, 8, 3}, 3, NULL);
  oc_model *m = random_model(
      d, "{ conv 3x3x4 bn same relu ; conv 1x1x2 } concat | maxpool 2 | se 2 | dense 5 | dense 3");
  oc_dataset_free(d);
  return m;
}

typedef oc_status (*call_fn)(oc_model *m, oc_error *err);

static oc_status export_all(oc_model *m, oc_error *err) {
  const oc_c_export_options o = {
      .struct_size = sizeof o, .self_test = true, .max_width = 40, .max_height = 30};
  return oc_model_export_c(m, "out", &o, NULL, err);
}

static oc_status measure_all(oc_model *m, oc_error *err) {
  oc_c_measure measured;
  const oc_status status = oc_model_measure_c(m, &measured, err);
  if (status != OC_OK) assert_null(measured.steps);
  oc_c_measure_release(&measured);
  return status;
}

static oc_status measure_int8(oc_model *m, oc_error *err) {
  oc_c_measure measured;
  const oc_status status = oc_model_measure_int8(m, &measured, err);
  if (status != OC_OK) assert_null(measured.steps);
  oc_c_measure_release(&measured);
  return status;
}

static oc_status quantize_all(oc_model *m, oc_error *err) {
  const oc_c_export_options o = {
      .struct_size = sizeof o, .self_test = true, .max_width = 40, .max_height = 30};
  static const uint8_t pixels[3 * 9 * 8 * 3] = {1, 2, 3, 250};
  const oc_dataset_options how = {.struct_size = sizeof how, .count = 3, .size = {9, 8, 3}};
  oc_int8_model *q = NULL;
  oc_dataset *d;
  float probabilities[9];
  oc_status status = oc_dataset_from_memory(pixels, &how, &d, err);
  if (status == OC_OK) status = oc_model_quantize(m, d, 0, &q, err);
  if (status == OC_OK) status = oc_int8_predict(q, pixels, 3, probabilities, err);
  if (status == OC_OK) status = oc_int8_save(q, "saved", err);
  if (status == OC_OK) status = oc_int8_export_c(q, "out", &o, NULL, err);
  oc_int8_free(q);
  oc_dataset_free(d);
  return status;
}

/* Fails each allocation of the call, one after the other. */
static void fail_each(call_fn call, long least) {
  oc_model *m = make_model();
  oc_error err;
  long n = 1, count;
  do {
    memset(&err, 0, sizeof err);
    fault_fail_at(n);
    const oc_status status = call(m, &err);
    count = fault_count();
    fault_fail_at(0);
    if (count < n)
      assert_ok(status, err);
    else if (status != OC_E_MEMORY || err.code != OC_E_MEMORY || !err.message[0])
      fail_msg("allocation %ld: %s: %s: %s", n, oc_status_name(status), err.where, err.message);
    else
      assert_int_not_equal(access("out", F_OK), 0);
  } while (count >= n++);
  assert_true(n > least);
  oc_model_free(m);
}

static void an_export_says_when_memory_runs_out(void **state) {
  (void)state;
  fail_each(export_all, 40);
}

static void measuring_says_when_memory_runs_out(void **state) {
  (void)state;
  fail_each(measure_all, 10);
  fail_each(measure_int8, 10);
}

static void quantizing_says_when_memory_runs_out(void **state) {
  (void)state;
  fail_each(quantize_all, 100);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(an_export_says_when_memory_runs_out),
      IN_FOLDER(measuring_says_when_memory_runs_out),
      IN_FOLDER(quantizing_says_when_memory_runs_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
