/* Is what the functions of a caller's descriptor (ocellus/registry.h) do wrong refused in words, and
 * nothing of it kept? */
#include "harness.h"
#include "registry_rows.h"
#include <stdatomic.h>

static oc_status no_output(oc_op_info *info, oc_error *err) {
  (void)info, (void)err;
  return OC_OK;
}
static oc_status late_output(oc_op_info *info, oc_error *err) {
  (void)err;
  oc_op_set_output(info, 1, OC_F32, OC_SHAPE(2));
  return OC_OK;
}
static oc_status fifth_output(oc_op_info *info, oc_error *err) {
  (void)err;
  for (int i = 0; i < 5; i++) oc_op_set_output(info, i, OC_F32, OC_SHAPE(2));
  return OC_OK;
}
static oc_status odd_type(oc_op_info *info, oc_error *err) {
  (void)err;
  oc_op_set_output(info, 0, (oc_dtype)77, OC_SHAPE(2));
  return OC_OK;
}
static oc_status odd_shape(oc_op_info *info, oc_error *err) {
  (void)err;
  oc_op_set_output(info, 0, OC_F32, OC_SHAPE(2, -3));
  return OC_OK;
}
static oc_status odd_rank(oc_op_info *info, oc_error *err) {
  (void)err;
  oc_op_set_output(info, 0, OC_F32, (oc_shape){.rank = 99});
  return OC_OK;
}
static oc_status batch_after(oc_op_info *info, oc_error *err) {
  (void)err;
  oc_op_set_output(info, 0, OC_F32, OC_SHAPE(2, OC_BATCH));
  return OC_OK;
}
static oc_status whole_sum(oc_op_info *info, oc_error *err) {
  (void)err;
  oc_op_set_output(info, 0, OC_I32, OC_SHAPE(2));
  return OC_OK;
}
static oc_status endless(oc_op_info *info, oc_error *err) {
  (void)err;
  oc_op_set_output(info, 0, OC_F32, OC_SHAPE(OC_BATCH, INT64_MAX, INT64_MAX));
  return OC_OK;
}
static oc_status silent(oc_op_info *info, oc_error *err) {
  (void)info, (void)err;
  return OC_E_NET;
}
static oc_status talking(oc_op_info *info, oc_error *err) {
  (void)info;
  memset(err->message, 'm', sizeof err->message); /* without an end */
  memset(err->hint, 'h', sizeof err->hint);
  return OC_E_UNSUPPORTED;
}

static void wrong_shape_rules_are_refused(void **state) {
  (void)state;
  const struct {
    oc_status (*infer)(oc_op_info *, oc_error *);
    oc_status code;
    const char *words;
  } rows[] = {{no_output, OC_E_NET, "has set no outputs"},
              {late_output, OC_E_NET, "or not in order"},
              {fifth_output, OC_E_NET, "or not in order"},
              {odd_type, OC_E_NET, "gives output 0 the type ?"},
              {odd_shape, OC_E_NET, "and the shape (2, -3)"},
              {odd_rank, OC_E_NET, "gives output 0"},
              {batch_after, OC_E_NET, "gives output 0"},
              {whole_sum, OC_E_NET, "is a sum over the samples and must be real, got int32"},
              {endless, OC_E_NET, ""},
              {silent, OC_E_NET, "operation n failed: bad network"},
              {talking, OC_E_UNSUPPORTED, "mmmm"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    oc_registry *r;
    oc_error err;
    const oc_custom_op op = {
        .name = "n", .infer = rows[i].infer, .run_f32 = square_f32, .run_f64 = square_f64};
    assert_ok(oc_registry_create(&r, &err), err);
    assert_ok(oc_registry_add_op(r, &op, &err), err);
    oc_graph *g = make_graph(r, OC_F32);
    const oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 2));
    assert_false(oc_node_valid(oc_graph_custom_op(g, "n", &x, 1, NULL)));
    assert_fails(oc_graph_status(g, &err), rows[i].code, err, rows[i].words);
    if (rows[i].infer == talking) assert_int_equal(strlen(err.hint), sizeof err.hint - 1);
    oc_graph_clear_error(g);
    assert_int_equal(oc_graph_op_count(g), 1);
    assert_false(oc_node_valid(oc_graph_custom_op(g, "n", NULL, 0, NULL)));
    assert_fails(oc_graph_status(g, &err), OC_E_NET, err, "needs at least one input");
    oc_graph_clear_error(g);
    assert_false(oc_node_valid(oc_graph_custom_op(g, "relu", &x, 1, NULL)));
    assert_fails(oc_graph_status(g, &err), OC_E_ARGUMENT, err, "unknown operation 'relu'");
    oc_graph_free(g);
    oc_registry_free(r);
  }
}

static void sum_gradient(oc_graph *g, oc_node node, const oc_op_info *info, const oc_node *dy, oc_node *dx) {
  (void)node, (void)info;
  dx[0] = oc_reduce_sum(g, dy[0], 0);
}
static void foreign_gradient(oc_graph *g, oc_node node, const oc_op_info *info, const oc_node *dy,
                             oc_node *dx) {
  (void)g, (void)node, (void)info, (void)dy;
  dx[0] = (oc_node){99999, 0};
}
static void scoped_gradient(oc_graph *g, oc_node node, const oc_op_info *info, const oc_node *dy,
                            oc_node *dx) {
  (void)node, (void)info;
  oc_scope_push(g, "open");
  dx[0] = dy[0];
}
static void failing_gradient(oc_graph *g, oc_node node, const oc_op_info *info, const oc_node *dy,
                             oc_node *dx) {
  (void)node, (void)dy, (void)dx;
  oc_graph_fail(g, OC_OK, oc_op_node_name(info), "", "not %s", "today");
}

static void wrong_gradients_are_refused(void **state) {
  (void)state;
  const struct {
    void (*gradient)(oc_graph *, oc_node, const oc_op_info *, const oc_node *, oc_node *);
    oc_status code;
    const char *words;
  } rows[] = {{sum_gradient, OC_E_NET, "for input 0 is float32 (), but the input is float32 (?, 2)"},
              {foreign_gradient, OC_E_NET, "for input 0 is not a node"},
              {scoped_gradient, OC_E_NET, "leaves another scope than it found"},
              {failing_gradient, OC_E_ARGUMENT, "N: not today"},
              {NULL, OC_E_UNSUPPORTED, "operation n has no gradient"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    oc_registry *r;
    oc_error err;
    oc_custom_op op = {
        .name = "n", .node_name = "N", .infer = like_input, .run_f32 = square_f32, .run_f64 = square_f64};
    op.gradient = rows[i].gradient;
    assert_ok(oc_registry_create(&r, &err), err);
    assert_ok(oc_registry_add_op(r, &op, &err), err);
    oc_graph *g = make_graph(r, OC_F32);
    const oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 2));
    const oc_node loss = oc_reduce_sum(g, oc_graph_custom_op(g, "n", &x, 1, NULL), 0);
    const int count = oc_graph_op_count(g);
    oc_node dx;
    oc_gradients(g, loss, &x, 1, &dx);
    assert_fails(oc_graph_status(g, &err), rows[i].code, err, rows[i].words);
    oc_graph_clear_error(g);
    assert_int_equal(oc_graph_op_count(g), count);
    oc_graph_free(g);
    oc_registry_free(r);
  }
}

/* Fails for a batch that begins with a negative number, on several threads concurrently; reports it the first
 * time. */
static oc_status moody_f32(const oc_call *call, oc_error *err) {
  const float *x = oc_call_input(call, 0);
  float *y = oc_call_output(call, 0);
  atomic_fetch_add((atomic_int *)oc_op_context(oc_call_info(call)), 1);
  for (int64_t i = 0; i < oc_call_output_elements(call, 0); i++) {
    if (x[i] < 0) {
      snprintf(err->message, sizeof err->message, "x must be at least 0, got %g", (double)x[i]);
      return OC_E_DATA;
    }
    y[i] = x[i];
  }
  return OC_OK;
}
static oc_status moody_f64(const oc_call *call, oc_error *err) {
  (void)call, (void)err;
  return OC_E_INTERNAL;
}
static void moody_gradient(oc_graph *g, oc_node node, const oc_op_info *info, const oc_node *dy,
                           oc_node *dx) {
  (void)g, (void)node, (void)info;
  dx[0] = dy[0];
}

static void a_run_that_fails_ends_the_plan(void **state) {
  (void)state;
  atomic_int calls = 0;
  oc_registry *r;
  oc_error err;
  const oc_custom_op op = {.name = "moody",
                           .context = &calls,
                           .infer = like_input,
                           .run_f32 = moody_f32,
                           .run_f64 = moody_f64,
                           .gradient = moody_gradient};
  assert_ok(oc_registry_create(&r, &err), err);
  assert_ok(oc_registry_add_op(r, &op, &err), err);
  oc_graph *g = make_graph(r, OC_F32);
  oc_registry_free(r);
  const oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 3));
  const oc_node w = oc_variable(g, "w", OC_SHAPE(3, 2), oc_init_of(OC_INIT_ONES));
  const oc_node y = oc_matmul(g, oc_graph_custom_op(g, "moody", &x, 1, NULL), w, false, false);
  const oc_node loss = oc_reduce_mean(g, y, 0);
  const oc_node step = oc_minimize(g, loss, &(oc_optimizer_options){.name = "sgd", .learning_rate = 1});
  oc_session *s;
  oc_plan *plan;
  assert_ok(oc_session_create(g, &(oc_session_options){.threads = 3}, &s, &err), err);
  const oc_node fetches[] = {loss, step};
  assert_ok(oc_plan_create(s, fetches, 2, &(oc_plan_options){.batch = 96, .training = true}, &plan, &err),
            err);
  float values[96 * 3], weights[6], before[6];
  for (int i = 0; i < 96 * 3; i++) values[i] = 1;
  assert_ok(oc_plan_bind(plan, x, values, &err), err);
  assert_ok(oc_plan_run(plan, 96, (oc_rng_counter){0}, &err), err);
  assert_int_equal(oc_plan_result(plan, 0).shape.rank, 0);
  assert_ok(oc_variable_get(s, 0, before, sizeof before, &err), err);
  values[100] = -2;
  assert_fails(oc_plan_run(plan, 96, (oc_rng_counter){0}, &err), OC_E_DATA, err,
               "moody: x must be at least 0, got -2");
  assert_null(oc_plan_result(plan, 0).data);
  assert_ok(oc_variable_get(s, 0, weights, sizeof weights, &err), err);
  assert_memory_equal(weights, before, sizeof before); /* the loss came first */
  values[100] = 1;
  assert_ok(oc_plan_run(plan, 96, (oc_rng_counter){0}, &err), err);
  assert_non_null(oc_plan_result(plan, 0).data);
  assert_ok(oc_variable_get(s, 0, weights, sizeof weights, &err), err);
  for (int i = 0; i < 6; i++) assert_true(weights[i] < before[i]);
  assert_true(atomic_load(&calls) >= 3);
  oc_plan_free(plan);
  oc_session_free(s);
  oc_graph_free(g);
}

static oc_node no_build(oc_graph *g, const oc_layer *l, oc_node x) {
  (void)g, (void)l, (void)x;
  return OC_NO_NODE;
}
static oc_node open_build(oc_graph *g, const oc_layer *l, oc_node x) {
  (void)l;
  oc_scope_push(g, "open");
  return x;
}
static oc_node refusing_build(oc_graph *g, const oc_layer *l, oc_node x) {
  (void)l, (void)x;
  return oc_graph_fail(g, OC_E_NET, "n", "Use another.", "images must be square");
}
static oc_node no_apply(oc_graph *g, oc_minimizer *m, oc_node variable, oc_node gradient, double decay) {
  (void)g, (void)m, (void)variable, (void)gradient, (void)decay;
  return OC_NO_NODE;
}
static oc_status empty_open(void *context, const char *where, const oc_data_options *options, oc_data *out,
                            oc_error *err) {
  (void)context, (void)where, (void)options, (void)out, (void)err;
  return OC_OK;
}
static oc_status refusing_open(void *context, const char *where, const oc_data_options *options, oc_data *out,
                               oc_error *err) {
  (void)context, (void)where, (void)options;
  (void)oc_data_open("xo:10:5", NULL, out, err); /* given up by the library */
  return OC_E_NO_INPUT;
}
static bool accepts_colon(void *context, const char *where) {
  (void)context;
  return where[0] == ':';
}

static void wrong_layers_optimizers_and_sources(void **state) {
  (void)state;
  const struct {
    oc_node (*build)(oc_graph *, const oc_layer *, oc_node);
    const char *words;
  } layers[] = {{no_build, "layer n has returned no node"},
                {open_build, "layer n leaves another scope than it found"},
                {refusing_build, "images must be square"}};
  oc_error err;
  oc_data data;
  for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
    oc_registry *r;
    oc_model *m;
    const oc_custom_layer layer = {.name = "n", .build = layers[i].build};
    const oc_custom_optimizer optimizer = {.name = "n", .apply = no_apply};
    const oc_custom_source without_images = {.name = "n", .open = empty_open},
                           refusing = {.name = "m", .accepts = accepts_colon, .open = refusing_open};
    assert_ok(oc_registry_create(&r, &err), err);
    assert_ok(oc_registry_add_layer(r, &layer, &err), err);
    assert_ok(oc_registry_add_optimizer(r, &optimizer, &err), err);
    assert_ok(oc_registry_add_source(r, &without_images, &err), err);
    assert_ok(oc_registry_add_source(r, &refusing, &err), err);
    const oc_data_options parts = {.registry = r};
    assert_fails(oc_data_open("n:5", &parts, &data, &err), OC_E_DATA, err,
                 "n:5: data source n gave no images");
    assert_fails(oc_data_open(":x", &parts, &data, &err), OC_E_NO_INPUT, err, ":x: data source m failed");
    assert_null(data.train);
    assert_ok(oc_data_open("xo:20:5", &parts, &data, &err), err);
    const oc_session_options session = {.threads = 1, .registry = r};
    oc_model_options how = {.net = "n | dense CLASSES", .session = &session};
    assert_fails(oc_model_create(data.train, &how, &m, &err), OC_E_NET, err, layers[i].words);
    how.net = "nn | dense CLASSES";
    assert_fails(oc_model_create(data.train, &how, &m, &err), OC_E_NET, err, "Did you mean n?");
    how.net = "dense CLASSES";
    assert_ok(oc_model_create(data.train, &how, &m, &err), err);
    assert_fails(oc_model_fit(m, data.train, NULL, &(oc_fit_options){.optimizer = "n"}, &err), OC_E_NET, err,
                 "optimizer n has returned no node");
    oc_model_free(m);
    oc_data_close(&data);
    oc_registry_free(r);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(wrong_shape_rules_are_refused),
      cmocka_unit_test(wrong_gradients_are_refused),
      cmocka_unit_test(a_run_that_fails_ends_the_plan),
      cmocka_unit_test(wrong_layers_optimizers_and_sources),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
