/* Memory that runs out anywhere: does every call report it, leave nothing over, and leave the model
 * usable? And does a training step allocate nothing at all? Run with the address sanitizer, these tests
 * find leaks too. */
#include "harness.h"
#include "labeled_images.h"
#include "base/file.h"
#include "fault/alloc.h"
#include "model/model.h"
#include "ocellus/convnn.h"
#include "ocellus/export.h"
#include "ocellus/file.h"
#include "ocellus/rule.h"
#include "ocellus/trace.h"
#include "ocellus/tta.h"

enum { IMAGES = 24, SIDE = 4, PIXELS = SIDE * SIDE, BATCH = 5 };

static oc_dataset *data;
static uint8_t pixels[IMAGES * PIXELS];

static oc_status create(oc_model **out, oc_error *err) {
  oc_model_options o = oc_model_defaults();
  o.net = "conv 3x3x2 relu | dense 4 relu | dropout 0.5 | dense 2";
  o.session = &(oc_session_options){.threads = 2};
  return oc_model_create(data, &o, out, err);
}

static int enter(void **state) {
  int32_t labels[IMAGES];
  oc_model *m;
  oc_error err;
  if (harness_enter_folder(state)) return -1;
  for (int i = 0; i < IMAGES * PIXELS; i++) pixels[i] = (uint8_t)(i * 41 % 255);
  for (int i = 0; i < IMAGES; i++) labels[i] = i % 2;
  const oc_image_shape size = {SIDE, SIDE, 1};
  assert_ok(labeled_images(pixels, labels, &(oc_dataset_options){.count = IMAGES, .size = size}, 2, NULL,
                           &data, &err),
            err);
  assert_ok(create(&m, &err), err);
  assert_ok(oc_model_save(m, "good.safetensors", &err), err);
  oc_model_free(m);
  return 0;
}

static int leave(void **state) {
  oc_dataset_free(data);
  return harness_leave_folder(state);
}

/* ---- calls that must survive --------------------------------------------------------------------------- */

/* Each gets a model that is as if just loaded. */
typedef oc_status (*call_fn)(oc_model *m, oc_error *err);

static oc_status call_create(oc_model *m, oc_error *err) {
  (void)m;
  oc_model *made;
  const oc_status status = create(&made, err);
  assert_true((made != NULL) == (status == OC_OK));
  oc_model_free(made);
  return status;
}

static oc_status call_load(oc_model *m, oc_error *err) {
  (void)m;
  oc_model *made;
  const oc_status status = oc_model_load("good.safetensors", NULL, &made, err);
  assert_true((made != NULL) == (status == OC_OK));
  oc_model_free(made);
  return status;
}

static oc_status call_save(oc_model *m, oc_error *err) {
  const oc_status status = oc_model_save(m, "saved.safetensors", err);
  assert_true(oc_file_exists("saved.safetensors") == (status == OC_OK));
  (void)unlink("saved.safetensors");
  return status;
}

static oc_status call_memory(oc_model *m, oc_error *err) {
  void *bytes = NULL;
  size_t size = 0;
  oc_model *made = NULL;
  oc_status status = oc_model_save_memory(m, &bytes, &size, err);
  assert_true((bytes != NULL) == (status == OC_OK));
  if (status == OC_OK) status = oc_model_load_memory(bytes, size, NULL, &made, err);
  assert_true((made != NULL) == (status == OC_OK));
  oc_model_free(made);
  oc_free(bytes);
  return status;
}

#if OC_HAVE_PROTOBUF_C
static oc_status call_export(oc_model *m, oc_error *err) {
  const oc_status status = oc_model_export_onnx(m, "exported.onnx", NULL, err);
  assert_true(oc_file_exists("exported.onnx") == (status == OC_OK));
  (void)unlink("exported.onnx");
  return status;
}

/* A file without its rule and names gets them, or stays without. */
static oc_status call_rule(oc_model *m, oc_error *err) {
  (void)m;
  oc_model *made;
  const double mean = 0.5;
  TRY(oc_model_load("bare.onnx", NULL, &made, err));
  oc_status status = oc_model_set_rule(made, &(oc_rule_options){.mean = &mean, .numbers = 1}, err);
  assert_true(oc_model_has_rule(made) == (status == OC_OK));
  if (status == OC_OK) status = oc_model_load_class_names(made, "classes.txt", err);
  assert_true((strcmp(oc_model_class_name(made, 0), "name") == 0) == (status == OC_OK));
  oc_model_free(made);
  return status;
}

static oc_status call_import(oc_model *m, oc_error *err) {
  (void)m;
  oc_model *made;
  const oc_status status = oc_model_load("good.onnx", NULL, &made, err);
  assert_true((made != NULL) == (status == OC_OK));
  oc_model_free(made);
  return status;
}
#endif

static oc_status call_session_memory(oc_model *m, oc_error *err) {
  void *bytes = NULL;
  size_t size = 0;
  oc_status status = oc_session_save_memory(oc_model_session(m), &bytes, &size, err);
  if (status == OC_OK) status = oc_session_load_memory(oc_model_session(m), bytes, size, err);
  oc_free(bytes);
  return status;
}

static oc_status call_predict(oc_model *m, oc_error *err) {
  float probabilities[IMAGES * 2];
  const oc_status status = oc_model_predict(m, pixels, 1, probabilities, err);
  return status == OC_OK ? oc_model_predict(m, pixels, IMAGES, probabilities, err) : status;
}

static oc_status call_evaluate(oc_model *m, oc_error *err) {
  oc_evaluation e;
  const oc_status status = oc_model_evaluate(m, data, &e, err);
  assert_true((e.predictions != NULL) == (status == OC_OK));
  oc_evaluation_release(&e);
  return status;
}

static oc_status call_layers(oc_model *m, oc_error *err) {
  oc_layer_summary *layers;
  int count;
  const oc_status status = oc_model_layers(m, &layers, &count, err);
  assert_true((layers != NULL) == (status == OC_OK));
  oc_free(layers);
  return status;
}

static void ignore_line(void *context, const char *line) {
  (void)context;
  (void)line;
}

static oc_status call_plan(oc_model *m, oc_error *err) {
  return oc_model_plan(m, true, BATCH, ignore_line, NULL, err);
}

static oc_status call_trace(oc_model *m, oc_error *err) {
  oc_trace *t;
  const oc_status status = oc_trace_create(m, pixels, "conv_1/activation[1,1,1]", &t, err);
  assert_true((t != NULL) == (status == OC_OK));
  oc_trace_free(t);
  return status;
}

static oc_status call_trace_gradient(oc_model *m, oc_error *err) {
  oc_trace_gradient *t;
  const oc_status status = oc_trace_gradient_create(m, pixels, "conv_1/_weights[1,1,0,1]", -1, &t, err);
  assert_true((t != NULL) == (status == OC_OK));
  oc_trace_gradient_free(t);
  return status;
}

static oc_status call_session_file(oc_model *m, oc_error *err) {
  const oc_status status = oc_session_save(oc_model_session(m), "variables.safetensors", err);
  return status == OC_OK ? oc_session_load(oc_model_session(m), "variables.safetensors", err) : status;
}

static oc_status call_tta(oc_model *m, oc_error *err) {
  float p[2 * IMAGES];
  oc_evaluation e;
  TRY(oc_tta_predict(m, pixels, IMAGES, OC_TTA_FLIP, p, err));
  TRY(oc_tta_evaluate(m, data, OC_TTA_FLIP | OC_TTA_SHIFT, &e, err));
  oc_evaluation_release(&e);
  return OC_OK;
}

static oc_status call_convnn(oc_model *m, oc_error *err) {
  (void)m;
  oc_convnn *c;
  int32_t labels[IMAGES];
  oc_status status = oc_convnn_create(NULL, &c, err);
  assert_true((c != NULL) == (status == OC_OK));
  if (status == OC_OK) status = oc_convnn_load(c, "good.safetensors", err);
  if (status == OC_OK) status = oc_convnn_predict(c, pixels, IMAGES, labels, err);
  oc_convnn_free(c);
  return status;
}

static oc_fit_options fit_options(void) {
  oc_fit_options o = oc_fit_defaults();
  o.epochs = 1;
  o.batch = BATCH;
  o.out = "run";
  o.replace = true;
  return o;
}

static oc_status call_fit(oc_model *m, oc_error *err) {
  const oc_fit_options o = fit_options();
  return oc_model_fit(m, data, data, &o, err);
}

static oc_status call_fit_without_files(oc_model *m, oc_error *err) {
  oc_fit_options o = fit_options();
  o.out = NULL;
  return oc_model_fit(m, data, data, &o, err);
}

/* With everything that a recipe takes memory for. */
static oc_status call_fit_by_recipe(oc_model *m, oc_error *err) {
  oc_fit_options o = fit_options();
  o.settings = (const oc_setting[]){{"label_smoothing", 0.1}, {"ema", 0.5}};
  o.setting_count = 2;
  o.class_weights = o.sampling = "balanced";
  o.augment = "shift 1, mixup, cutmix";
  return oc_model_fit(m, data, data, &o, err);
}

static oc_status call_resume(oc_model *m, oc_error *err) {
  oc_fit_options o = fit_options();
  o.resume = true;
  return oc_model_fit(m, data, data, &o, err);
}

/* ---- the n-th allocation fails ------------------------------------------------------------------------- */

/* Calls with the n-th allocation failing (or all from it on); true if the call made fewer than n. */
static bool try_once(call_fn call, long n, bool all_after) {
  oc_model *m;
  oc_error err = {0};
  float probabilities[2];
  const oc_session_options session = {.seed = 123, .threads = 2};
  fault_fail_at(0);
  assert_ok(oc_model_load("good.safetensors", &session, &m, &err), err);
  (all_after ? fault_fail_from : fault_fail_at)(n);
  const oc_status status = call(m, &err);
  const long asked = fault_count();
  fault_fail_at(0);
  if (asked < n)
    assert_ok(status, err);
  else if (status != OC_OK && (status != OC_E_MEMORY || err.code != OC_E_MEMORY || !err.message[0]))
    fail_msg("allocation %ld: %s: %s: %s", n, oc_status_name(status), err.where, err.message);
  assert_ok(oc_model_predict(m, pixels, 1, probabilities, &err), err);
  oc_model_free(m);
  return asked < n;
}

static void survive_one_failure(call_fn call) {
  long n = 1;
  while (!try_once(call, n, false)) n++;
  assert_true(n > 3);
}

static void survive(call_fn call) {
  long n = 1;
  survive_one_failure(call);
  while (!try_once(call, n, true)) n++;
}

static void creating(void **state) {
  (void)state;
  survive(call_create);
}
static void loading(void **state) {
  (void)state;
  survive(call_load);
}
static void saving(void **state) {
  (void)state;
  survive(call_save);
}
static void predicting(void **state) {
  (void)state;
  survive(call_predict);
}
static void evaluating(void **state) {
  (void)state;
  survive(call_evaluate);
}
static void listing_layers(void **state) {
  (void)state;
  survive(call_layers);
}
static void printing_a_plan(void **state) {
  (void)state;
  survive(call_plan);
}
static void tracing(void **state) {
  (void)state;
  survive(call_trace);
}
static void tracing_a_gradient(void **state) {
  (void)state;
  survive(call_trace_gradient);
}
static void variables_in_a_file(void **state) {
  (void)state;
  survive(call_session_file);
}
static void a_model_in_memory(void **state) {
  (void)state;
  survive(call_memory);
}
#if OC_HAVE_PROTOBUF_C
static void a_file_of_onnx(void **state) {
  (void)state;
  oc_model *m;
  oc_error err;
  fault_fail_at(0);
  assert_ok(oc_model_load("good.safetensors", NULL, &m, &err), err);
  assert_ok(oc_model_export_onnx(m, "good.onnx", NULL, &err), err);
  oc_model_free(m);
  survive(call_import);
  survive_one_failure(call_export);
}
#endif
#if OC_HAVE_PROTOBUF_C
static void a_file_of_another_program(void **state) {
  (void)state;
  oc_model *m;
  oc_error err;
  unsigned char *bytes;
  size_t size;
  FILE *names = fopen("classes.txt", "w");
  fault_fail_at(0);
  assert_ok(oc_model_load("good.safetensors", NULL, &m, &err), err);
  for (int i = 0; names && i < oc_model_classes(m); i++) fputs("name\n", names);
  assert_true(names && fclose(names) == 0);
  assert_ok(oc_model_export_onnx(m, "bare.onnx", NULL, &err), err);
  assert_ok(oc_file_read("bare.onnx", 1 << 20, &bytes, &size, &err), err);
  for (size_t i = 0; i + 13 < size; i++) /* its key gets another name */
    if (memcmp(bytes + i, "preprocessing", 13) == 0) bytes[i] = 'q';
  assert_ok(oc_file_save("bare.onnx", bytes, size, &err), err);
  oc_memory_free(bytes);
  oc_model_free(m);
  survive(call_rule);
}
#endif
static void variables_in_memory(void **state) {
  (void)state;
  survive(call_session_memory);
}
static void averaging_views(void **state) {
  (void)state;
  survive_one_failure(call_tta);
}
static void the_lectures_class(void **state) {
  (void)state;
  survive(call_convnn);
}
static void training(void **state) {
  (void)state;
  survive(call_fit_without_files);
}
static void training_with_files(void **state) {
  (void)state;
  survive_one_failure(call_fit);
}
static void training_by_recipe(void **state) {
  (void)state;
  survive_one_failure(call_fit_by_recipe);
}
static void resuming(void **state) {
  (void)state;
  oc_model *m;
  oc_error err;
  fault_fail_at(0);
  assert_ok(oc_model_load("good.safetensors", NULL, &m, &err), err);
  oc_fit_options o = fit_options();
  assert_ok(oc_model_fit(m, data, data, &o, &err), err);
  oc_model_free(m);
  survive_one_failure(call_resume);
}

/* ---- a step takes no memory ---------------------------------------------------------------------------- */

static long counts[64];
static int steps;

static bool count_steps(void *context, const oc_event *e) {
  (void)context;
  if (e->kind == OC_EVENT_STEP) counts[steps++] = fault_count();
  return true;
}

static void a_step_asks_for_no_memory(void **state) {
  (void)state;
  oc_model *m;
  oc_error err;
  oc_fit_options o = fit_options();
  assert_ok(create(&m, &err), err);
  o.on_event = count_steps;
  steps = 0;
  fault_fail_at(0);
  assert_ok(oc_model_fit(m, data, NULL, &o, &err), err);
  assert_int_equal(steps, (IMAGES + BATCH - 1) / BATCH);
  assert_true(counts[0] > 0);
  for (int i = 1; i < steps; i++) assert_int_equal(counts[i], counts[0]);
  oc_model_free(m);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter, leave)
  const struct CMUnitTest tests[] = {
    IN_FOLDER(creating),
    IN_FOLDER(loading),
    IN_FOLDER(saving),
    IN_FOLDER(predicting),
    IN_FOLDER(evaluating),
    IN_FOLDER(listing_layers),
    IN_FOLDER(printing_a_plan),
    IN_FOLDER(tracing),
    IN_FOLDER(tracing_a_gradient),
    IN_FOLDER(variables_in_a_file),
    IN_FOLDER(a_model_in_memory),
#if OC_HAVE_PROTOBUF_C
    IN_FOLDER(a_file_of_onnx),
    IN_FOLDER(a_file_of_another_program),
#endif
    IN_FOLDER(variables_in_memory),
    IN_FOLDER(averaging_views),
    IN_FOLDER(the_lectures_class),
    IN_FOLDER(training),
    IN_FOLDER(training_with_files),
    IN_FOLDER(training_by_recipe),
    IN_FOLDER(resuming),
    IN_FOLDER(a_step_asks_for_no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
