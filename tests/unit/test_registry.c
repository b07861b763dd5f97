/* Do rows of the caller's (ocellus/registry.h) work like the built-in ones: run, gradients, models, files,
 * resume? */
#include "harness.h"
#include "registry_rows.h"
#include <math.h>
#include <pthread.h>

/* ---- working ------------------------------------------------------------------------------------------- */

/* In both real types, for any number of threads, chunk by chunk, and after the caller has given up the
 * registry. */
static void an_operation_runs(void **state) {
  (void)state;
  for (int wide = 0; wide < 2; wide++)
    for (int threads = 1; threads <= 4; threads += 3) {
      oc_registry *r = make_registry();
      oc_graph *g = make_graph(r, wide ? OC_F64 : OC_F32);
      oc_registry_free(r);
      const oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 7));
      const factor_attributes a = {.factor = 3};
      const oc_node y = oc_named(g, oc_graph_custom_op(g, "t.square", &x, 1, &a), "y");
      oc_error err;
      oc_session *s;
      assert_ok(oc_graph_status(g, &err), err);
      assert_string_equal(oc_node_op(g, y), "t.square");
      assert_ok(oc_session_create(g, &(oc_session_options){.threads = threads}, &s, &err), err);
      enum { N = 300 * 7 };
      static float single[N];
      static double both[N];
      for (int i = 0; i < N; i++) both[i] = single[i] = (float)(i % 100) / 8;
      const oc_feed feed = {"x",
                            {wide ? OC_F64 : OC_F32, OC_SHAPE(300, 7), wide ? (void *)both : (void *)single}};
      oc_tensor result;
      const char *const fetches[] = {"y"};
      assert_ok(oc_run(s, &feed, 1, fetches, 1, &result, &err), err);
      for (int i = 0; i < N; i++) {
        const double got = wide ? ((double *)result.data)[i] : (double)((float *)result.data)[i];
        assert_true(got == 3 * both[i] * both[i]);
      }
      oc_session_free(s);
      oc_graph_free(g);
    }
}

/* Against central differences, in float64. */
static void its_gradient_is_right(void **state) {
  (void)state;
  oc_registry *r = make_registry();
  oc_graph *g = make_graph(r, OC_F64);
  const oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 5));
  const factor_attributes a = {.factor = 0.7};
  const oc_node loss =
      oc_named(g, oc_reduce_sum(g, oc_tanh(g, oc_graph_custom_op(g, "t.square", &x, 1, &a)), 0), "loss");
  oc_node dx;
  oc_gradients(g, loss, &x, 1, &dx);
  oc_named(g, dx, "dx");
  oc_error err;
  oc_session *s;
  assert_ok(oc_session_create(g, &(oc_session_options){.threads = 1}, &s, &err), err);
  double values[15], gradient[15];
  oc_tensor result;
  for (int i = 0; i < 15; i++) values[i] = sin(i);
  const oc_feed feed = {"x", {OC_F64, OC_SHAPE(3, 5), values}};
  assert_ok(oc_run(s, &feed, 1, (const char *const[]){"dx"}, 1, &result, &err), err);
  memcpy(gradient, result.data, sizeof gradient);
  for (int i = 0; i < 15; i++) {
    double side[2];
    for (int k = 0; k < 2; k++) {
      const double kept = values[i], step = 1e-6;
      values[i] += k ? -step : step;
      assert_ok(oc_run(s, &feed, 1, (const char *const[]){"loss"}, 1, &result, &err), err);
      side[k] = *(double *)result.data;
      values[i] = kept;
    }
    assert_true(fabs((side[0] - side[1]) / 2e-6 - gradient[i]) < 1e-8);
  }
  oc_session_free(s);
  oc_graph_free(g);
  oc_registry_free(r);
}

static const char net[] =
    "conv 3x3x4 t.square | maxpool 2 | t.square 0.25 | t.wide 8 relu nobias he_normal | t.wide "
    "CLASSES";

static const char canonical[] =
    "conv 3x3x4 t.square | maxpool 2 | t.square 0.25 | t.wide 8 relu nobias he_normal | t.wide 2";

static oc_model *make_model(oc_registry *r, const oc_data *data, int threads) {
  oc_model *m;
  oc_error err;
  const oc_session_options session = {.threads = threads, .registry = r};
  const oc_model_options how = {.net = net, .session = &session};
  assert_ok(oc_model_create(data->train, &how, &m, &err), err);
  return m;
}

static oc_data open_letters(oc_registry *r) {
  oc_data data;
  oc_error err;
  assert_ok(oc_data_open("t.letters:now", &(oc_data_options){.valid = "12", .registry = r}, &data, &err),
            err);
  return data;
}

/* Net text, data, optimizer, plan, trace, summary, TensorBoard, file: by name, the same bits for 1 and 3
 * threads. */
static void a_model_goes_all_the_way(void **state) {
  (void)state;
  void *files[2];
  size_t sizes[2];
  for (int i = 0; i < 2; i++) {
    oc_registry *r = make_registry();
    oc_error err;
    oc_data data = open_letters(r);
    assert_string_equal(opened, "t.letters:now");
    assert_int_equal(oc_dataset_count(data.train), 48);
    assert_int_equal(oc_dataset_count(data.valid), 12);
    oc_model *m = make_model(r, &data, i ? 3 : 1);
    oc_registry_free(r);
    const oc_setting settings[] = {{"gain", 0.5}, {"weight_decay", 0.1}};
    const oc_callback_setting board = {"tensorboard", "logs"};
    const oc_fit_options fit = {.epochs = 2,
                                .learning_rate = 0.05,
                                .clip_norm = 1,
                                .optimizer = "t.plain",
                                .settings = settings,
                                .setting_count = 2,
                                .out = i ? "run-b" : "run-a",
                                .callbacks = &board,
                                .callback_count = OC_HAVE_PROTOBUF_C};
    assert_ok(oc_model_fit(m, data.train, data.valid, &fit, &err), err);
    assert_string_equal(oc_model_net(m), canonical);
    oc_layer_summary *layers;
    int count;
    assert_ok(oc_model_layers(m, &layers, &count, &err), err);
    assert_int_equal(count, 5);
    assert_string_equal(layers[2].name, "square_1");
    assert_string_equal(layers[2].text, "t.square 0.25");
    assert_string_equal(layers[3].name, "fc_2");
    oc_free(layers);
    assert_ok(oc_model_save_memory(m, &files[i], &sizes[i], &err), err);
    uint8_t pixels[81];
    oc_trace *trace;
    assert_ok(oc_dataset_read(data.test, 0, 1, pixels, NULL, &err), err);
    assert_ok(oc_trace_create(m, pixels, "square_1/Square[0,0,0]", &trace, &err), err);
    oc_trace_free(trace);
    oc_model_free(m);
    oc_data_close(&data);
  }
  assert_int_equal(sizes[0], sizes[1]);
  assert_memory_equal(files[0], files[1], sizes[0]);
  oc_free(files[0]);
  oc_free(files[1]);
  assert_true(biases > 0);
}

/* A program that has the operation reads its file, gets the same answers, and continues training. Others
 * refuse it in words. */
static void its_file_needs_the_registry(void **state) {
  (void)state;
  oc_registry *r = make_registry();
  oc_error err;
  oc_data data = open_letters(r);
  oc_model *m = make_model(r, &data, 1), *again = NULL;
  const oc_fit_options fit = {.epochs = 1, .optimizer = "t.plain", .out = "run"};
  assert_ok(oc_model_fit(m, data.train, data.valid, &fit, &err), err);
  assert_fails(oc_model_load("run/model.safetensors", NULL, &again, &err), OC_E_DATA, err,
               "unknown operation 't.square': Load it with a registry that has this operation");
  assert_null(again);
  const oc_session_options session = {.threads = 1, .registry = r};
  assert_ok(oc_model_load("run/model.safetensors", &session, &again, &err), err);
  uint8_t pixels[5 * 81];
  float a[10], b[10];
  assert_ok(oc_dataset_read(data.test, 0, 5, pixels, NULL, &err), err);
  assert_ok(oc_model_predict(m, pixels, 5, a, &err), err);
  assert_ok(oc_model_predict(again, pixels, 5, b, &err), err);
  assert_memory_equal(a, b, sizeof a);
  const oc_fit_options more = {.epochs = 2, .optimizer = "t.plain", .out = "run", .resume = true};
  assert_ok(oc_model_fit(again, data.train, data.valid, &more, &err), err);
  const oc_setting other = {"gain", 2};
  oc_fit_options changed = more;
  changed.settings = &other;
  changed.setting_count = 1;
  changed.epochs = 3;
  assert_fails(oc_model_fit(again, data.train, data.valid, &changed, &err), OC_E_ARGUMENT, err,
               "gain is 2.0, but the run in run/last.safetensors had 1.0");
  oc_model_free(again);
  oc_model_free(m);
  oc_data_close(&data);
  oc_registry_free(r);
}

/* A model of a graph has the graph's registry, and a trainable part of it goes through float64 for a
 * trace. */
static void a_graph_becomes_a_model(void **state) {
  (void)state;
  oc_registry *r = make_registry();
  oc_graph *g = make_graph(r, OC_F32);
  oc_registry_free(r);
  oc_error err;
  oc_model *m;
  oc_trace_gradient *trace;
  uint8_t pixels[4] = {1, 2, 3, 4};
  const factor_attributes a = {.factor = 2};
  const oc_node x = oc_placeholder(g, "image", OC_F32, OC_SHAPE(OC_BATCH, 2, 2, 1));
  const oc_node w = oc_variable(g, "weights", OC_SHAPE(4, 3), oc_init_of(OC_INIT_GLOROT_UNIFORM));
  const oc_node squared = oc_graph_custom_op(g, "t.square", &x, 1, &a);
  const oc_node logits = oc_matmul(g, oc_flatten(g, squared), w, false, false);
  assert_ok(oc_model_from_graph(g, x, logits, NULL, &m, &err), err);
  oc_graph_free(g);
  assert_ok(oc_trace_gradient_create(m, pixels, "weights[1,2]", 0, &trace, &err), err);
  oc_trace_gradient_free(trace);
  oc_model_free(m);
}

/* An optimizer of another registry than the model's. */
static void a_fit_has_its_own(void **state) {
  (void)state;
  oc_registry *r;
  oc_error err;
  oc_data data;
  oc_model *m;
  assert_ok(oc_data_open("xo:60:20", NULL, &data, &err), err);
  assert_ok(oc_model_create(data.train, &(oc_model_options){.net = "dense CLASSES"}, &m, &err), err);
  oc_fit_options fit = {.epochs = 1, .optimizer = "t.plain"};
  assert_fails(oc_model_fit(m, data.train, NULL, &fit, &err), OC_E_ARGUMENT, err,
               "unknown optimizer 't.plain'");
  assert_ok(oc_registry_create(&r, &err), err);
  assert_ok(oc_registry_add_optimizer(r, &plain, &err), err);
  fit.registry = r;
  assert_ok(oc_model_fit(m, data.train, NULL, &fit, &err), err);
  oc_node loss = oc_find(oc_model_graph(m), "cross_entropy_loss");
  oc_minimize(oc_model_graph(m), loss, &(oc_optimizer_options){.name = "t.plain", .registry = r});
  assert_ok(oc_graph_status(oc_model_graph(m), &err), err);
  fit.settings = &(oc_setting){"gian", 1};
  fit.setting_count = 1;
  assert_fails(oc_model_fit(m, data.train, NULL, &fit, &err), OC_E_ARGUMENT, err,
               "the optimizer t.plain and the schedule constant have no gian");
  fit.settings = &(oc_setting){"gain", 11};
  assert_fails(oc_model_fit(m, data.train, NULL, &fit, &err), OC_E_ARGUMENT, err,
               "must be at least 0 and at most 10, got 11");
  oc_model_free(m);
  oc_data_close(&data);
  oc_registry_free(r);
}

/* As sgd does it, to the last bits that differ by the order of two operations. */
static void an_optimizer_is_like_ours(void **state) {
  (void)state;
  oc_registry *r = make_registry();
  oc_data data = open_letters(r);
  float answers[2][40];
  uint8_t pixels[20 * 81];
  oc_error err;
  assert_ok(oc_dataset_read(data.test, 0, 20, pixels, NULL, &err), err);
  for (int i = 0; i < 2; i++) {
    oc_model *m = make_model(r, &data, 1);
    const oc_fit_options fit = {.epochs = 2, .learning_rate = 0.01, .optimizer = i ? "t.plain" : "sgd"};
    assert_ok(oc_model_fit(m, data.train, data.valid, &fit, &err), err);
    assert_ok(oc_model_predict(m, pixels, 20, answers[i], &err), err);
    oc_model_free(m);
  }
  for (int i = 0; i < 40; i++) assert_true(fabsf(answers[0][i] - answers[1][i]) < 1e-5f);
  oc_data_close(&data);
  oc_registry_free(r);
}

/* A closed registry, several graphs and callers concurrently. */
static void *use_it(void *registry) {
  for (int i = 0; i < 20; i++) {
    oc_graph *g = make_graph(registry, OC_F32);
    oc_error err;
    char *text;
    const oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 2));
    assert_true(oc_node_valid(oc_graph_custom_op(g, "t.square", &x, 1, NULL)));
    const oc_net_options how = {.registry = registry};
    assert_ok(oc_net_canonicalize("t.square 0.5 | t.wide CLASSES", 4, &how, &text, &err), err);
    assert_string_equal(text, "t.square | t.wide 4");
    oc_free(text);
    oc_graph_free(g);
  }
  return NULL;
}

static void many_callers_share_it(void **state) {
  (void)state;
  pthread_t threads[4];
  oc_registry *r = make_registry();
  oc_graph_free(make_graph(r, OC_F32));
  for (int i = 0; i < 4; i++) assert_int_equal(pthread_create(&threads[i], NULL, use_it, r), 0);
  for (int i = 0; i < 4; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
  oc_registry_free(r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_operation_runs),
      cmocka_unit_test(its_gradient_is_right),
      cmocka_unit_test_setup_teardown(a_model_goes_all_the_way, harness_enter_folder, harness_leave_folder),
      cmocka_unit_test_setup_teardown(its_file_needs_the_registry, harness_enter_folder,
                                      harness_leave_folder),
      cmocka_unit_test(a_graph_becomes_a_model),
      cmocka_unit_test(a_fit_has_its_own),
      cmocka_unit_test(an_optimizer_is_like_ours),
      cmocka_unit_test(many_callers_share_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
