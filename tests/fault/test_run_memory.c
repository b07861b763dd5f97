/* Memory that runs out while tensors are read and written, or a graph is run with them: is it reported,
 * wherever it happens, and every file left as it was (and all memory freed, under the address sanitizer)? */
#include "model_fixture.h"
#include "fault/alloc.h"
#include "ocellus/export.h"
#include "ocellus/run.h"

typedef oc_status (*call_fn)(oc_error *err);

static oc_status write_and_read(const char *path, oc_error *err) {
  const float values[6] = {1, 2, 3, 4, 5, 6};
  oc_tensor t;
  TRY(oc_tensor_save(&(oc_tensor_view){OC_F32, OC_SHAPE(2, 3), values}, path, err));
  const oc_status status = oc_tensor_load(path, &t, err);
  oc_tensor_release(&t);
  return status;
}

static oc_status run_it(const char *path, const oc_feed *feed, oc_error *err) {
  const oc_session_options one = {.threads = 1};
  const oc_run_request request = {.feeds = feed, .feed_count = 1, .session = &one};
  oc_run_results results;
  const oc_status status = oc_run_file(path, &request, &results, err);
  if (status != OC_OK) assert_true(!results.values && !results.count);
  oc_run_results_release(&results);
  return status;
}

static oc_status use_npy(oc_error *err) {
  return write_and_read("t.npy", err);
}

static oc_status run_model(oc_error *err) {
  static const double image[PIXELS]; /* becomes float32 first */
  const oc_feed feed = {"tf_x", {OC_F64, OC_SHAPE(1, SIDE, SIDE, 1), image}};
  return run_it("m.safetensors", &feed, err);
}

#if OC_HAVE_PROTOBUF_C
static oc_status use_message(oc_error *err) {
  return write_and_read("t.pb", err);
}

static oc_status run_onnx(oc_error *err) {
  static const float image[PIXELS];
  const oc_feed feed = {"image", {OC_F32, OC_SHAPE(1, 1, SIDE, SIDE), image}};
  return run_it("m.onnx", &feed, err);
}
#endif

/* Fails each allocation of the call, one after the other, until the last call has all of them. */
static void fail_each(call_fn call, long least) {
  oc_error err;
  long n = 1, count;
  do {
    memset(&err, 0, sizeof err);
    fault_fail_at(n);
    const oc_status status = call(&err);
    count = fault_count();
    fault_fail_at(0);
    if (status == OC_OK) continue; /* it was not needed: a hash is computed by this thread then */
    if (status != OC_E_MEMORY || count < n || err.code != OC_E_MEMORY || !err.message[0])
      fail_msg("allocation %ld: %s: %s: %s", n, oc_status_name(status), err.where, err.message);
  } while (count >= n++);
  assert_true(n > least);
}

static void files_of_tensors(void **state) {
  (void)state;
  fail_each(use_npy, 4);
#if OC_HAVE_PROTOBUF_C
  fail_each(use_message, 6);
#endif
}

static void runs(void **state) {
  (void)state;
  oc_dataset *d = make_data();
  oc_model *m = make_model(d);
  oc_error err;
  assert_ok(oc_model_save(m, "m.safetensors", &err), err);
#if OC_HAVE_PROTOBUF_C
  assert_ok(oc_model_export_onnx(m, "m.onnx", NULL, &err), err);
#endif
  oc_model_free(m);
  oc_dataset_free(d);
  fail_each(run_model, 40);
#if OC_HAVE_PROTOBUF_C
  fail_each(run_onnx, 40);
#endif
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)

int main(void) {
  const struct CMUnitTest tests[] = {IN_FOLDER(files_of_tensors), IN_FOLDER(runs)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
