/* A model of a graph that was built by calls: it is used as any other, and what is not a model is refused in
 * words. */
#include "harness.h"
#include "graph/graph.h"
#include "model/model.h"
#include <math.h>
#include <pthread.h>

enum { SIDE_OF = 9, CALLERS = 4, SHOWN = 3 };

typedef struct own {
  oc_data data;
  oc_graph *g;
  oc_node x, logits;
} own;

/* Two branches of a convolution, joined: no net text says this. */
static own make_own(void) {
  own o;
  oc_error err;
  const oc_init init = oc_init_of(OC_INIT_HE_NORMAL), zeros = oc_init_of(OC_INIT_ZEROS);
  assert_ok(oc_data_open("xo:400:40", NULL, &o.data, &err), err);
  assert_ok(oc_graph_create(NULL, &o.g, &err), err);
  oc_variable(o.g, "unused", OC_SHAPE(7), zeros);
  o.x = oc_placeholder(o.g, "image", OC_F32, OC_SHAPE(OC_BATCH, SIDE_OF, SIDE_OF, 1));
  oc_scope_push(o.g, "branch");
  const oc_node conv = oc_conv2d(o.g, o.x, oc_variable(o.g, "w", OC_SHAPE(3, 3, 1, 4), init), NULL);
  const oc_node a = oc_tanh(o.g, conv), b = oc_relu(o.g, conv);
  oc_node y = oc_concat(o.g, (const oc_node[]){a, b}, 2, -1);
  oc_scope_pop(o.g);
  y = oc_dropout(o.g, oc_flatten(o.g, y), oc_scalar(o.g, 0.75));
  const oc_node w = oc_variable(o.g, "w", OC_SHAPE(7 * 7 * 8, 2), init);
  o.logits = oc_bias_add(o.g, oc_matmul(o.g, y, w, false, false), oc_variable(o.g, "b", OC_SHAPE(2), zeros));
  assert_ok(oc_graph_status(o.g, &err), err);
  return o;
}

static void release_own(own *o) {
  oc_graph_free(o->g);
  oc_data_close(&o->data);
}

static oc_model *model_of(const own *o) {
  oc_graph_model_options how = oc_graph_model_defaults();
  oc_model *m;
  oc_error err;
  how.train_data = o->data.train;
  assert_ok(oc_model_from_graph(o->g, o->x, o->logits, &how, &m, &err), err);
  return m;
}

typedef struct caller {
  oc_model *m;
  const uint8_t *pixels;
  float answers[SHOWN * 2];
  oc_status status;
} caller;

static void *predict_often(void *context) {
  caller *c = context;
  for (int i = 0; i < 50 && c->status == OC_OK; i++)
    c->status = oc_model_predict(c->m, c->pixels, SHOWN, c->answers, NULL);
  return NULL;
}

/* The same bits from several threads concurrently. */
static void assert_thread_safe(oc_model *m, const uint8_t *pixels, const float *right) {
  caller callers[CALLERS];
  pthread_t threads[CALLERS];
  for (int i = 0; i < CALLERS; i++) {
    callers[i] = (caller){.m = m, .pixels = pixels};
    assert_int_equal(pthread_create(&threads[i], NULL, predict_often, &callers[i]), 0);
  }
  for (int i = 0; i < CALLERS; i++) {
    pthread_join(threads[i], NULL);
    assert_int_equal(callers[i].status, OC_OK);
    assert_memory_equal(callers[i].answers, right, sizeof callers[i].answers);
  }
}

static void count_line(void *context, const char *line) {
  if (*line) ++*(int *)context;
}

static void trains_and_comes_back(void **state) {
  (void)state;
  own o = make_own();
  oc_model *m = model_of(&o), *again;
  uint8_t pixels[SHOWN * SIDE_OF * SIDE_OF];
  float before[SHOWN * 2], after[SHOWN * 2], loaded[SHOWN * 2];
  oc_evaluation e;
  oc_layer_summary *layers;
  oc_error err;
  int count, lines = 0;
  assert_ok(oc_dataset_read(o.data.test, 0, SHOWN, pixels, NULL, &err), err);
  oc_graph_free(o.g); /* the model has its own */
  o.g = NULL;
  assert_string_equal(oc_model_net(m), "");
  assert_string_equal(oc_model_class_name(m, 1), "O");
  assert_int_equal(oc_variable_index(oc_model_session(m), "unused"), -1);
  assert_ok(oc_model_predict(m, pixels, SHOWN, before, &err), err);
  assert_true(before[0] != before[2]);
  oc_fit_options how = oc_fit_defaults();
  how.epochs = 5;
  how.learning_rate = 3e-3;
  how.out = "own";
  assert_ok(oc_model_fit(m, o.data.train, o.data.valid, &how, &err), err);
  assert_ok(oc_model_evaluate(m, o.data.test, &e, &err), err);
  assert_true(e.accuracy > 0.9);
  oc_evaluation_release(&e);
  assert_ok(oc_model_predict(m, pixels, SHOWN, after, &err), err);
  assert_memory_not_equal(before, after, sizeof before);
  assert_ok(oc_model_load("own/model.safetensors", NULL, &again, &err), err);
  assert_ok(oc_model_predict(again, pixels, SHOWN, loaded, &err), err);
  assert_memory_equal(after, loaded, sizeof after);
  assert_thread_safe(again, pixels, after);
  assert_ok(oc_model_layers(again, &layers, &count, &err), err);
  assert_string_equal(layers[0].name, "branch");
  assert_string_equal(layers[0].text, "conv2d tanh relu concat");
  assert_int_equal(layers[0].parameters, 36);
  oc_free(layers);
  for (int training = 0; training < 2; training++)
    assert_ok(oc_model_plan(again, training, 8, count_line, &lines, &err), err);
  assert_true(lines > 20);
  how.resume = true;
  how.epochs = 6;
  assert_ok(oc_model_fit(again, o.data.train, o.data.valid, &how, &err), err);
  oc_model_free(again);
  oc_model_free(m);
  release_own(&o);
}

/* Weights of a session, names and standardization that the caller gives. */
static void takes_what_it_is_given(void **state) {
  (void)state;
  own o = make_own();
  static const char *const names[] = {"cross", "ring"};
  float mean[SIDE_OF * SIDE_OF], p[2], other[2];
  uint8_t pixels[SIDE_OF * SIDE_OF] = {0};
  oc_session *s;
  oc_model *m, *plain;
  oc_error err;
  for (int i = 0; i < SIDE_OF * SIDE_OF; i++) mean[i] = (float)i;
  assert_ok(oc_session_create(o.g, NULL, &s, &err), err);
  const oc_graph_model_options how = {.class_names = names, .mean = mean, .deviation = 2, .weights = s};
  assert_ok(oc_model_from_graph(o.g, o.x, o.logits, &how, &m, &err), err);
  assert_ok(oc_model_from_graph(o.g, o.x, o.logits, &(oc_graph_model_options){.weights = s}, &plain, &err),
            err);
  assert_string_equal(oc_model_class_name(m, 0), "cross");
  assert_string_equal(oc_model_class_name(plain, 1), "1");
  for (int i = 0; i < oc_variable_count(oc_model_session(m)); i++) {
    const oc_tensor_view a = oc_variable_view(oc_model_session(m), i);
    const oc_tensor_view b =
        oc_variable_view(s, oc_variable_index(s, oc_variable_name(oc_model_session(m), i)));
    int64_t count;
    assert_ok(oc_shape_count(&a.shape, 1, &count, &err), err);
    assert_memory_equal(a.data, b.data, (size_t)count * sizeof(float));
  }
  assert_ok(oc_model_predict(m, pixels, 1, p, &err), err);
  assert_ok(oc_model_predict(plain, pixels, 1, other, &err), err);
  assert_true(p[0] != other[0] && other[0] == 0.5f); /* zeros in, biases of zero */
  oc_model_free(m);
  oc_model_free(plain);
  oc_session_free(s);
  release_own(&o);
}

static void refuse(const own *o, oc_node input, oc_node logits, const oc_graph_model_options *how,
                   oc_status code, const char *words) {
  oc_model *m;
  oc_error err;
  assert_fails(oc_model_from_graph(o->g, input, logits, how, &m, &err), code, err, words);
  assert_null(m);
}

static void what_is_no_model_is_refused(void **state) {
  (void)state;
  own o = make_own();
  static const char *const names[] = {"a\nb", "c"};
  const float bad[SIDE_OF * SIDE_OF] = {INFINITY};
  oc_data digits;
  oc_error err;
  oc_node dx;
  assert_ok(oc_data_open("digits:20:10", NULL, &digits, &err), err);
  refuse(&o, o.x, o.logits, &(oc_graph_model_options){.struct_size = 3}, OC_E_ARGUMENT, "struct_size");
  refuse(&o, OC_NO_NODE, o.logits, NULL, OC_E_ARGUMENT, "float32 placeholder");
  refuse(&o, o.logits, o.logits, NULL, OC_E_ARGUMENT, "float32 placeholder");
  refuse(&o, o.x, o.x, NULL, OC_E_ARGUMENT, "2 to 65536 classes");
  refuse(&o, o.x, OC_NO_NODE, NULL, OC_E_ARGUMENT, "2 to 65536 classes");
  refuse(&o, o.x, o.logits, &(oc_graph_model_options){.train_data = digits.train}, OC_E_ARGUMENT,
         "its images are 28x28x1");
  refuse(&o, o.x, o.logits, &(oc_graph_model_options){.class_names = names}, OC_E_ARGUMENT, "class 0");
  refuse(&o, o.x, o.logits, &(oc_graph_model_options){.mean = bad}, OC_E_ARGUMENT, "must be finite");
  refuse(&o, o.x, o.logits, &(oc_graph_model_options){.deviation = -1}, OC_E_ARGUMENT, "greater than 0");
  const oc_node more = oc_placeholder(o.g, "more", OC_F32, OC_SHAPE(OC_BATCH, 2));
  refuse(&o, o.x, oc_add(o.g, o.logits, more), NULL, OC_E_ARGUMENT, "a placeholder that is not the input");
  const oc_node w = oc_find(o.g, "b");
  oc_gradients(o.g, oc_reduce_sum(o.g, oc_relu(o.g, w), 0), &w, 1, &dx);
  refuse(&o, o.x, oc_bias_add(o.g, o.logits, dx), NULL, OC_E_UNSUPPORTED, "cannot be in a model file");
  oc_relu(o.g, OC_NO_NODE);
  refuse(&o, o.x, o.logits, NULL, OC_E_ARGUMENT, "not a node");
  oc_data_close(&digits);
  release_own(&o);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)
  const struct CMUnitTest tests[] = {IN_FOLDER(trains_and_comes_back),
                                     cmocka_unit_test(takes_what_it_is_given),
                                     cmocka_unit_test(what_is_no_model_is_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
