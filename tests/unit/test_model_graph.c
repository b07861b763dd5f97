/* A model is what its graph is: its copies have the same operations, and its readers need no net
 * text. */
#include "graph/graph.h"
#include "model_fixture.h"

static void assert_same_operation(const oc_graph *a, const oc_graph *b, int32_t op) {
  const oc_op_info *x = oc_graph_info(a, op), *y = oc_graph_info(b, op);
  assert_string_equal(x->name, y->name);
  assert_string_equal(x->op->name, y->op->name);
  assert_true(x->stream == y->stream);
  assert_int_equal(x->n_in, y->n_in);
  assert_int_equal(x->n_out, y->n_out);
  for (int i = 0; i < x->n_in; i++) {
    assert_int_equal(oc_graph_input(a, op, i).number, oc_graph_input(b, op, i).number);
    assert_int_equal(oc_graph_input(a, op, i).out, oc_graph_input(b, op, i).out);
  }
  for (int i = 0; i < x->n_out; i++) assert_true(oc_shape_equal(&x->out[i].shape, &y->out[i].shape));
}

static void assert_same_graph(const oc_graph *a, const oc_graph *b, const oc_graph_mark *own) {
  assert_int_equal(b->count, own->count);
  assert_int_equal(b->variable_count, own->variable_count);
  assert_int_equal(b->update_count, own->update_count);
  for (int32_t op = 0; op < own->count; op++) assert_same_operation(a, b, op);
  for (int i = 0; i < own->variable_count; i++)
    assert_true(oc_graph_variable_init(a, i)->not_trainable == oc_graph_variable_init(b, i)->not_trainable);
  for (int i = 0; i < own->update_count; i++)
    assert_int_equal(oc_graph_update_at(a, i).number, oc_graph_update_at(b, i).number);
}

static void a_copy_is_the_graph(void **state) {
  (void)state;
  oc_dataset *d = make_data();
  oc_model *m = make_model(d);
  oc_graph *copy;
  oc_error err;
  assert_true(m->own.update_count > 0); /* moving averages */
  for (int type = OC_F32; type <= OC_F64; type++) {
    assert_ok(oc_model_copy_graph(m, &m->own, (oc_dtype)type, &copy, &err), err);
    assert_same_graph(m->graph, copy, &m->own);
    const oc_op_info *logits = oc_graph_info(copy, oc_node_index(m->nodes.outputs[0].node));
    assert_int_equal(logits->out[0].dtype, type);
    oc_graph_free(copy);
  }
  oc_model_free(m);
  oc_dataset_free(d);
}

/* What a user adds to a model's graph, an error too, is not the model's: training and files are as
 * before. */
static void additions_are_left_out(void **state) {
  (void)state;
  oc_dataset *d = make_data();
  oc_model *m = make_model(d);
  oc_graph *copy;
  oc_error err;
  oc_graph *g = oc_model_graph(m);
  const oc_node w = oc_variable(g, "mine", OC_SHAPE(2), oc_init_of(OC_INIT_ZEROS));
  oc_named(g, oc_relu(g, w), "seen");
  oc_named(g, oc_relu(g, OC_NO_NODE), "wrong");
  assert_int_equal(oc_graph_status(g, &err), OC_E_ARGUMENT);
  assert_ok(oc_model_copy_graph(m, &m->own, OC_F32, &copy, &err), err);
  assert_same_graph(m->graph, copy, &m->own);
  assert_int_equal(oc_graph_lookup(copy, "mine"), -1);
  oc_graph_free(copy);
  oc_fit_options how = oc_fit_defaults();
  how.epochs = 1;
  assert_ok(oc_model_fit(m, d, NULL, &how, &err), err);
  oc_model_free(m);
  oc_dataset_free(d);
}

/* ---- files --------------------------------------------------------------------------------------------- */

static void train(oc_model *m, const oc_dataset *d, void **bytes, size_t *size) {
  oc_fit_options how = oc_fit_defaults();
  oc_error err;
  how.epochs = 2;
  how.batch = BATCH_OF;
  assert_ok(oc_model_fit(m, d, NULL, &how, &err), err);
  assert_ok(oc_model_save_memory(m, bytes, size, &err), err);
}

/* Dropout draws as before, moving averages continue, and the graph is the same text again. */
static void a_loaded_model_trains_to_the_same_bits(void **state) {
  (void)state;
  oc_dataset *d = make_data();
  oc_model *m = make_model(d), *again;
  oc_session_options two = oc_session_defaults();
  void *saved, *a, *b;
  size_t size, a_size, b_size;
  oc_error err;
  two.threads = 2;
  assert_ok(oc_model_save_memory(m, &saved, &size, &err), err);
  assert_ok(oc_model_load_memory(saved, size, &two, &again, &err), err);
  assert_true(again->own.count == m->own.count);
  train(m, d, &a, &a_size);
  train(again, d, &b, &b_size);
  assert_int_equal(a_size, b_size);
  assert_memory_equal(a, b, a_size);
  oc_free(saved);
  oc_free(a);
  oc_free(b);
  oc_model_free(m);
  oc_model_free(again);
  oc_dataset_free(d);
}

/* ---- layers -------------------------------------------------------------------------------------------- */

static void layers_without_a_text(void **state) {
  (void)state;
  static const char *const words[] = {"conv2d bias_add relu",
                                      "batch_mean batch_variance batch_norm",
                                      "max_pool",
                                      "reshape matmul bias_add relu",
                                      "dropout",
                                      "matmul bias_add"};
  oc_dataset *d = make_data();
  oc_model *m = make_model(d);
  oc_layer_summary *with, *without;
  oc_error err;
  int count, others;
  assert_ok(oc_model_layers(m, &with, &count, &err), err);
  char *text = m->net;
  m->net = NULL;
  assert_ok(oc_model_layers(m, &without, &others, &err), err);
  m->net = text;
  assert_int_equal(count, sizeof words / sizeof *words);
  assert_int_equal(others, count);
  for (int i = 0; i < count; i++) {
    assert_string_equal(with[i].name, without[i].name);
    assert_string_equal(without[i].text, words[i]);
    assert_true(oc_shape_equal(&with[i].output, &without[i].output));
    assert_int_equal(with[i].parameters, without[i].parameters);
    assert_int_equal(with[i].multiply_adds, without[i].multiply_adds);
    assert_int_equal(with[i].activation_bytes, without[i].activation_bytes);
  }
  oc_free(with);
  oc_free(without);
  oc_model_free(m);
  oc_dataset_free(d);
}

/* ---- exact names --------------------------------------------------------------------------------------- */

static void exact_names_are_free_and_whole(void **state) {
  (void)state;
  static const char *const wrong[] = {"a/b", "", "a b", "\xc3\xa4"};
  oc_graph *g;
  oc_error err;
  char longest[OC_NAME_BYTES + 1];
  memset(longest, 'n', sizeof longest);
  longest[OC_NAME_BYTES] = 0;
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  g->exact = true;
  const oc_init zeros = oc_init_of(OC_INIT_ZEROS);
  assert_string_equal(oc_node_name(g, oc_variable(g, "a/b", OC_SHAPE(1), zeros)), "a/b");
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_false(oc_node_valid(oc_variable(g, wrong[i], OC_SHAPE(1), zeros)));
    assert_int_equal(oc_graph_status(g, &err), OC_E_ARGUMENT);
    oc_graph_forget_error(g);
  }
  assert_false(oc_node_valid(oc_variable(g, longest, OC_SHAPE(1), zeros)));
  oc_graph_forget_error(g);
  longest[OC_NAME_BYTES - 1] = 0;
  assert_true(oc_node_valid(oc_variable(g, longest, OC_SHAPE(1), zeros)));
  oc_graph_free(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_copy_is_the_graph), cmocka_unit_test(additions_are_left_out),
      cmocka_unit_test(a_loaded_model_trains_to_the_same_bits), cmocka_unit_test(layers_without_a_text),
      cmocka_unit_test(exact_names_are_free_and_whole)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
