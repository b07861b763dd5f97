/* Memory that runs out while a training run writes for TensorBoard: is it reported, wherever it happens,
 * and is nothing left over (with the address sanitizer: no leak either)? And does a step with a callback
 * allocate nothing? */
#include "harness.h"
#include "labeled_images.h"
#include "fault/alloc.h"
#include "ocellus/model.h"
#include "ocellus/tensorboard.h"

#if OC_HAVE_PROTOBUF_C
enum { IMAGES = 24, SIDE = 4, PIXELS = SIDE * SIDE, BATCH = 5 };

static oc_dataset *make_data(void) {
  uint8_t pixels[IMAGES * PIXELS];
  int32_t labels[IMAGES];
  oc_dataset *d;
  oc_error err;
  for (int i = 0; i < IMAGES * PIXELS; i++) pixels[i] = (uint8_t)(i * 41 % 255);
  for (int i = 0; i < IMAGES; i++) labels[i] = i % 2;
  const oc_image_shape size = {SIDE, SIDE, 1};
  assert_ok(
      labeled_images(pixels, labels, &(oc_dataset_options){.count = IMAGES, .size = size}, 2, NULL, &d, &err),
      err);
  return d;
}

static oc_model *make_model(const oc_dataset *data) {
  oc_model *m;
  oc_error err;
  oc_model_options o = oc_model_defaults();
  o.net = "conv 3x3x2 relu | dense 4 relu | dropout 0.5 | dense 2";
  o.session = &(oc_session_options){.threads = 2};
  assert_ok(oc_model_create(data, &o, &m, &err), err);
  return m;
}

static oc_fit_options fit_options(void) {
  oc_fit_options o = oc_fit_defaults();
  o.epochs = 2;
  o.batch = BATCH;
  static const oc_callback_setting callbacks[] = {{"tensorboard", "logs"}};
  o.callbacks = callbacks;
  o.callback_count = 1;
  return o;
}

/* True if the training run made fewer than n allocations. */
static bool try_once(const oc_dataset *data, long n) {
  oc_model *m = make_model(data);
  oc_error err = {0};
  const oc_fit_options o = fit_options();
  fault_fail_at(n);
  const oc_status status = oc_model_fit(m, data, data, &o, &err);
  const long asked = fault_count();
  fault_fail_at(0);
  if (asked < n)
    assert_ok(status, err);
  else if (status != OC_OK && (status != OC_E_MEMORY || err.code != OC_E_MEMORY || !err.message[0]))
    fail_msg("allocation %ld: %s: %s: %s", n, oc_status_name(status), err.where, err.message);
  oc_model_free(m);
  return asked < n;
}

static void a_training_says_when_memory_runs_out(void **state) {
  (void)state;
  oc_dataset *data = make_data();
  long n = 1;
  while (!try_once(data, n)) n++;
  assert_true(n > 100);
  oc_dataset_free(data);
}

static bool count_in_step(void *context, const oc_event *e) {
  long *between = context;
  if (e->kind == OC_EVENT_STEP && e->step > 1) *between += fault_count();
  fault_fail_at(0); /* counts again */
  return true;
}

static void a_watched_step_takes_no_memory(void **state) {
  (void)state;
  long between = 0;
  oc_error err;
  oc_dataset *data = make_data();
  oc_model *m = make_model(data);
  oc_fit_options o = fit_options();
  o.on_event = count_in_step;
  o.context = &between;
  assert_ok(oc_model_fit(m, data, data, &o, &err), err);
  assert_int_equal(between, 0);
  oc_model_free(m);
  oc_dataset_free(data);
}
#endif

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)

static void opening_says_when_memory_runs_out(void **state) {
  (void)state;
  oc_tensorboard *t;
  oc_error err;
  fault_fail_at(1);
  assert_fails(oc_tensorboard_open("logs", 0, &t, &err), OC_E_MEMORY, err, "");
  fault_fail_at(0);
  assert_null(t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    IN_FOLDER(opening_says_when_memory_runs_out),
#if OC_HAVE_PROTOBUF_C
    IN_FOLDER(a_training_says_when_memory_runs_out),
    IN_FOLDER(a_watched_step_takes_no_memory),
#endif
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
