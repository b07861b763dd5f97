/* The lecture's class: does it train, save, load and predict as one; what does it say when used out of order?
 * And files of a session's variables: do they come back with the same bits, into the right graph only? */
#include "harness.h"
#include "ocellus/ocellus.h"
#include <math.h>

enum { SIDE = 28, COUNT = 20 };
static uint8_t pixels[COUNT * SIDE * SIDE];

static void before_build(void **state) {
  (void)state;
  oc_error err;
  oc_convnn *c;
  int32_t labels[1];
  assert_ok(oc_convnn_create(NULL, &c, &err), err);
  assert_null(oc_convnn_model(c));
  assert_fails(oc_convnn_save(c, "x", &err), OC_E_ARGUMENT, err, "oc_convnn_build");
  assert_fails(oc_convnn_predict(c, pixels, 1, labels, &err), OC_E_ARGUMENT, err, "no network yet");
  assert_fails(oc_convnn_train(c, NULL, NULL, false, &err), OC_E_ARGUMENT, err, "train must not be NULL");
  oc_convnn_free(c);
  oc_convnn_free(NULL);
}

static void whole_road(void **state) {
  (void)state;
  oc_error err;
  oc_data data;
  oc_convnn *c, *loaded;
  int32_t a[COUNT], b[COUNT];
  float p[COUNT * 10];
  oc_convnn_options how = oc_convnn_defaults();
  how.net = "tiny";
  how.epochs = 1;
  assert_ok(oc_data_open("digits:120:20", NULL, &data, &err), err);
  assert_ok(oc_convnn_create(&how, &c, &err), err);
  assert_ok(oc_convnn_build(c, data.train, &err), err);
  assert_ok(oc_convnn_train(c, data.train, data.valid, false, &err), err);
  assert_ok(oc_convnn_save(c, "c.safetensors", &err), err);
  assert_ok(oc_convnn_create(&how, &loaded, &err), err);
  assert_ok(oc_convnn_load(loaded, "c.safetensors", &err), err);
  assert_ok(oc_dataset_read(data.test, 0, COUNT, pixels, NULL, &err), err);
  assert_ok(oc_convnn_predict(c, pixels, COUNT, a, &err), err);
  assert_ok(oc_convnn_predict(loaded, pixels, COUNT, b, &err), err);
  assert_memory_equal(a, b, sizeof a);
  assert_ok(oc_convnn_predict_proba(loaded, pixels, COUNT, p, &err), err);
  for (int i = 0; i < COUNT; i++)
    for (int k = 0; k < 10; k++) assert_true(p[i * 10 + k] <= p[i * 10 + a[i]]);
  /* A load that fails leaves what was there. */
  harness_write_file("bad.safetensors", "no model", 8);
  assert_fails(oc_convnn_load(loaded, "bad.safetensors", &err), OC_E_DATA, err, "bad.safetensors");
  assert_ok(oc_convnn_predict(loaded, pixels, COUNT, b, &err), err);
  assert_memory_equal(a, b, sizeof a);
  assert_fails(oc_convnn_predict(loaded, pixels, -1, b, &err), OC_E_ARGUMENT, err, "-1");
  oc_convnn_free(c), oc_convnn_free(loaded), oc_data_close(&data);
}

static void bad_options(void **state) {
  (void)state;
  oc_error err;
  oc_data data;
  oc_convnn *c;
  oc_convnn_options how = oc_convnn_defaults();
  how.net = "tiny";
  how.learning_rate = NAN;
  assert_ok(oc_data_open("digits:120:20", NULL, &data, &err), err);
  assert_ok(oc_convnn_create(&how, &c, &err), err);
  assert_ok(oc_convnn_build(c, data.train, &err), err);
  assert_fails(oc_convnn_train(c, data.train, NULL, false, &err), OC_E_ARGUMENT, err, "learning_rate");
  oc_convnn_free(c), oc_data_close(&data);
}

/* ---- variables of a session ---------------------------------------------------------------------------- */

typedef struct net {
  oc_graph *g;
  oc_session *s;
} net;

static net net_of(const char *name, int64_t size, uint64_t seed) {
  net n;
  oc_error err;
  oc_session_options how = oc_session_defaults();
  how.seed = seed;
  assert_ok(oc_graph_create(NULL, &n.g, &err), err);
  oc_variable(n.g, name, OC_SHAPE(size, 3), oc_init_of(OC_INIT_HE_NORMAL));
  assert_ok(oc_session_create(n.g, &how, &n.s, &err), err);
  return n;
}

static void net_free(net *n) {
  oc_session_free(n->s);
  oc_graph_free(n->g);
}

static void variables_come_back(void **state) {
  (void)state;
  oc_error err;
  net a = net_of("w", 4, 1), b = net_of("w", 4, 2), larger = net_of("w", 5, 1), other = net_of("v", 4, 1);
  assert_ok(oc_session_save(a.s, "v.safetensors", &err), err);
  const oc_tensor from = oc_variable_value(a.s, 0), to = oc_variable_value(b.s, 0);
  assert_memory_not_equal(from.data, to.data, 12 * sizeof(float));
  assert_ok(oc_session_load(b.s, "v.safetensors", &err), err);
  assert_memory_equal(from.data, to.data, 12 * sizeof(float));
  assert_fails(oc_session_load(larger.s, "v.safetensors", &err), OC_E_DATA, err, "(5, 3)");
  assert_fails(oc_session_load(other.s, "v.safetensors", &err), OC_E_DATA, err, "'v' is missing");
  harness_write_file("cut.safetensors", "\x10\0\0\0\0\0\0\0{", 9);
  assert_fails(oc_session_load(a.s, "cut.safetensors", &err), OC_E_DATA, err, "cut.safetensors");
  assert_fails(oc_session_load(a.s, "none.safetensors", &err), OC_E_NO_INPUT, err, "none.safetensors");
  assert_fails(oc_session_save(a.s, "no/folder/v.safetensors", &err), OC_E_CANT_CREATE, err, "no/folder");
  net_free(&a), net_free(&b), net_free(&larger), net_free(&other);
}

static void described(void **state) {
  (void)state;
  oc_error err;
  oc_graph *g;
  char text[512], little[8];
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  oc_scope_push(g, "conv_1");
  const oc_node w = oc_variable(g, "_weights", OC_SHAPE(5, 5, 1, 32), oc_init_of(OC_INIT_ZEROS));
  oc_scope_pop(g);
  const oc_node x = oc_placeholder(g, "tf_x", OC_U8, OC_SHAPE(OC_BATCH, 7));
  assert_string_equal(oc_node_describe(g, w, text, sizeof text),
                      "variable conv_1/_weights:0 (5, 5, 1, 32) float32");
  assert_string_equal(oc_node_describe(g, x, text, sizeof text), "tensor   tf_x:0 (?, 7) uint8");
  assert_string_equal(oc_node_describe(g, x, little, sizeof little), "tensor ");
  assert_string_equal(oc_node_describe(g, OC_NO_NODE, text, sizeof text), "no node");
  const oc_node step = oc_minimize(g, oc_l2_penalty(g, w), NULL);
  assert_string_equal(oc_node_describe(g, step, text, sizeof text), "operation train_op");
  oc_graph_free(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(before_build),        cmocka_unit_test(whole_road), cmocka_unit_test(bad_options),
      cmocka_unit_test(variables_come_back), cmocka_unit_test(described),
  };
  return cmocka_run_group_tests(tests, harness_enter_folder, harness_leave_folder);
}
