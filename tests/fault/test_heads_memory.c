/* Memory that runs out while a model with two outputs is made, loaded, trained with other heads, scored,
 * used for predictions and saved: an error each time, nothing left over, and a model that is as good as
 * before. */
#include "heads_fixture.h"
#include "fault/alloc.h"

static oc_dataset *data;
static oc_graph *graph;
static oc_node input, last;
static samples given;

static int enter(void **state) {
  oc_error err;
  if (harness_enter_folder(state)) return -1;
  oc_model *m = make_model(&trainings[BOTH]);
  data = data_of(&given, &trainings[BOTH]);
  assert_ok(oc_model_save(m, "both.safetensors", &err), err);
  oc_model_free(m);
  assert_ok(oc_graph_create(NULL, &graph, &err), err);
  input = oc_placeholder(graph, "image", OC_F32, OC_SHAPE(OC_BATCH, SIDE, SIDE, 1));
  const oc_node w = oc_variable(graph, "w", OC_SHAPE(PIXELS, 5), oc_init_of(OC_INIT_HE_NORMAL));
  last = oc_matmul(graph, oc_flatten(graph, input), w, false, false);
  assert_ok(oc_graph_status(graph, &err), err);
  return 0;
}

static int leave(void **state) {
  oc_dataset_free(data);
  oc_graph_free(graph);
  return harness_leave_folder(state);
}

typedef oc_status (*call_fn)(oc_error *err);
static long noted; /* allocations of a call that does more after them; -1: none does */

static oc_status call_make(oc_error *err) {
  const oc_output outputs[] = {{last, {.name = "digit", .kind = OC_TARGET_CLASS}},
                               {last, {.name = "tags", .kind = OC_TARGET_CLASSES}}};
  oc_model *m;
  const oc_status status = oc_model_from_outputs(graph, input, outputs, 2, NULL, &m, err);
  assert_true((m != NULL) == (status == OC_OK));
  oc_model_free(m);
  return status;
}

static oc_status call_load(oc_error *err) {
  oc_model *m;
  const oc_status status = oc_model_load("both.safetensors", NULL, &m, err);
  assert_true((m != NULL) == (status == OC_OK));
  oc_model_free(m);
  return status;
}

/* Training with other heads than the model has. */
static oc_status use(oc_model *m, oc_error *err) {
  float digit[N * MOST], place[N * MOST], *const answers[] = {digit, place};
  oc_evaluation e;
  oc_fit_options o = options_of(&trainings[BOTH]);
  o.epochs = 1;
  o.heads = &(oc_head){.output = "place", .weight = 2};
  o.head_count = 1;
  o.out = "run";
  o.replace = true;
  TRY(oc_model_fit(m, data, data, &o, err));
  TRY(oc_model_evaluate(m, data, &e, err));
  assert_int_equal(e.head_count, 1);
  oc_evaluation_release(&e);
  TRY(oc_model_predict_outputs(m, given.pixels, N, answers, err));
  return oc_model_save(m, "saved.safetensors", err);
}

/* Whatever failed, the model can predict and be scored afterwards. */
static oc_status call_use(oc_error *err) {
  oc_model *m;
  oc_error later;
  oc_evaluation e;
  float digit[MOST], place[MOST], *const answers[] = {digit, place};
  TRY(oc_model_load("both.safetensors", &(oc_session_options){.threads = 1}, &m, err));
  const oc_status status = use(m, err);
  noted = fault_count();
  fault_fail_at(0);
  assert_ok(oc_model_predict_outputs(m, given.pixels, 1, answers, &later), later);
  assert_ok(oc_model_evaluate(m, data, &e, &later), later);
  oc_evaluation_release(&e);
  oc_model_free(m);
  return status;
}

static long used_by(call_fn call, long n, oc_status *status, oc_error *err) {
  noted = -1;
  fault_fail_at(n);
  *status = call(err);
  const long used = noted < 0 ? fault_count() : noted;
  fault_fail_at(0);
  return used;
}

static void survives_each_failure(call_fn call) {
  for (long n = 1;; n++) {
    oc_error err = {0};
    oc_status status;
    const long used = used_by(call, n, &status, &err);
    if (status == OC_OK && used < n) return;
    if (status != OC_OK && (status != OC_E_MEMORY || err.code != OC_E_MEMORY || !err.message[0]))
      fail_msg("allocation %ld: %s: %s: %s", n, oc_status_name(status), err.where, err.message);
  }
}

static void making(void **state) {
  (void)state;
  survives_each_failure(call_make);
}
static void loading(void **state) {
  (void)state;
  survives_each_failure(call_load);
}
static void using(void **state) {
  (void)state;
  survives_each_failure(call_use);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(making, enter, leave),
                                     cmocka_unit_test_setup_teardown(loading, enter, leave),
                                     cmocka_unit_test_setup_teardown(using, enter, leave)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
