/* An error on the graph of a model: the call that fails adds nothing, the first error is reported until it is
 * cleared, and then the model is as it was. */
#include "harness.h"
#include "ocellus/ocellus.h"

enum { IMAGES = 3, CLASSES = 10 };

typedef struct fixture {
  oc_data data;
  oc_model *m;
  oc_graph *g;
  oc_node x, image; /* the input, and a batch of feature maps */
  uint8_t pixels[IMAGES * 28 * 28];
  float wanted[IMAGES * CLASSES];
} fixture;

static fixture make(void) {
  fixture f;
  oc_error err;
  const oc_model_options how = {.net = "conv 3x3x4 relu | batchnorm | maxpool 2 | dense CLASSES"};
  assert_ok(oc_data_open("digits:30:3", NULL, &f.data, &err), err);
  assert_ok(oc_model_create(f.data.train, &how, &f.m, &err), err);
  assert_ok(oc_dataset_read(f.data.test, 0, IMAGES, f.pixels, NULL, &err), err);
  assert_ok(oc_model_predict(f.m, f.pixels, IMAGES, f.wanted, &err), err);
  f.g = oc_model_graph(f.m);
  f.x = oc_find(f.g, "tf_x");
  f.image = oc_find(f.g, "maxpool_1/MaxPool");
  assert_true(oc_node_valid(f.image));
  return f;
}

static void release(fixture *f) {
  oc_model_free(f->m);
  oc_data_close(&f->data);
}

/* ---- errors: each is one call -------------------------------------------------------------------------- */

static void no_node(fixture *f) {
  oc_relu(f->g, OC_NO_NODE);
}
static void wrong_shape(fixture *f) {
  oc_matmul(f->g, f->image, f->image, false, false);
}
static void bad_name(fixture *f) {
  oc_named(f->g, f->x, "two words");
}
static void bad_scope(fixture *f) {
  oc_scope_push(f->g, "");
}
static void bad_shape(fixture *f) {
  oc_variable(f->g, "w", OC_SHAPE(-5), (oc_init){0});
}
static void loss_is_no_scalar(fixture *f) {
  oc_minimize(f->g, f->x, NULL);
}
/* Found when slots and gradients were already added. */
static void learning_rate_is_no_scalar(fixture *f) {
  const oc_optimizer_options how = {.learning_rate_node = f->x};
  oc_minimize(f->g, oc_find(f->g, "cross_entropy_loss"), &how);
}
/* Found when both averages were already added. */
static void bad_momentum(fixture *f) {
  const oc_batch_norm_options o = {.gamma = oc_find(f->g, "batchnorm_1/gamma"),
                                   .beta = oc_find(f->g, "batchnorm_1/beta"),
                                   .moving_mean = oc_find(f->g, "batchnorm_1/moving_mean"),
                                   .moving_variance = oc_find(f->g, "batchnorm_1/moving_variance"),
                                   .momentum = 2};
  oc_batch_norm(f->g, f->image, &o);
}
static void no_second_gradient(fixture *f) {
  const oc_node dx = oc_find(f->g, "dx_squared");
  oc_node ddx;
  oc_gradients(f->g, dx, &f->x, 1, &ddx);
  assert_false(oc_node_valid(ddx));
}

static const struct mistake {
  const char *says;
  void (*make)(fixture *f);
} mistakes[] = {{"input 0 is not a node", no_node},
                {"matmul", wrong_shape},
                {"invalid name", bad_name},
                {"invalid scope", bad_scope},
                {"(-5,)", bad_shape},
                {"must be a scalar", loss_is_no_scalar},
                {"learning rate", learning_rate_is_no_scalar},
                {"0 to 1, got 2", bad_momentum},
                {"has no gradient", no_second_gradient}};

static void check(fixture *f, const struct mistake *m) {
  oc_error err;
  float got[IMAGES * CLASSES];
  const int operations = oc_graph_op_count(f->g), variables = oc_variable_count(oc_model_session(f->m));
  oc_scope_push(f->g, "mine");
  m->make(f);
  if (oc_graph_status(f->g, &err) == OC_OK) fail_msg("'%s' was let through", m->says);
  if (!strstr(err.message, m->says) && !strstr(err.where, m->says))
    fail_msg("wanted '%s', got %s: %s", m->says, err.where, err.message);
  assert_int_equal(oc_graph_op_count(f->g), operations);
  oc_graph_clear_error(f->g);
  assert_ok(oc_graph_status(f->g, &err), err);
  assert_string_equal(oc_node_name(f->g, oc_find(f->g, "tf_x:0")), "tf_x");
  assert_ok(oc_model_fit(f->m, f->data.train, NULL, &(oc_fit_options){.epochs = 1}, &err), err);
  assert_ok(oc_model_predict(f->m, f->pixels, IMAGES, got, &err), err);
  assert_int_equal(oc_variable_count(oc_model_session(f->m)), variables);
}

static void mistakes_do_not_stay(void **state) {
  (void)state;
  oc_error err;
  for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
    fixture f = make();
    oc_node dx; /* a sum of squared gradients, which cannot be derived again */
    oc_gradients(f.g, oc_find(f.g, "cross_entropy_loss"), &f.x, 1, &dx);
    oc_named(f.g, oc_reduce_sum(f.g, oc_multiply(f.g, dx, dx), 0), "dx_squared");
    assert_ok(oc_graph_status(f.g, &err), err);
    check(&f, &mistakes[i]);
    release(&f);
  }
}

/* With an error that was not cleared, the model reports it, and its weights are as before. */
static void told_until_cleared(void **state) {
  (void)state;
  fixture f = make();
  float got[IMAGES * CLASSES];
  oc_error err;
  oc_relu(f.g, OC_NO_NODE);
  oc_matmul(f.g, f.x, f.image, false, false); /* does nothing any more */
  assert_fails(oc_run(oc_model_session(f.m), NULL, 0, (const char *[]){"train_op"}, 1, NULL, &err),
               OC_E_ARGUMENT, err, "relu: input 0 is not a node");
  oc_graph_clear_error(f.g);
  oc_graph_clear_error(f.g); /* nothing to clear is fine */
  assert_ok(oc_model_predict(f.m, f.pixels, IMAGES, got, &err), err);
  assert_memory_equal(got, f.wanted, sizeof got);
  release(&f);
}

/* No scope is open afterwards; names that the failed call had taken are free again. */
static void scopes_and_names(void **state) {
  (void)state;
  oc_graph *g;
  oc_error err;
  oc_node out;
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  const oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 6, 6, 1));
  oc_scope_push(g, "outer");
  /* A net reports its own errors: the graph has none, and the caller's scope stays open. */
  assert_fails(oc_net_build(g, x, "conv 3x3x2 | conv 9x9x2 | dense 3", 3, NULL, &out, &err), OC_E_NET, err,
               "larger");
  assert_fails(oc_net_build(g, x, "dense 4", 3, NULL, &out, &err), OC_E_NET, err, "3");
  assert_ok(oc_graph_status(g, &err), err);
  assert_int_equal(oc_graph_op_count(g), 1);
  assert_ok(oc_net_build(g, x, "conv 3x3x2 | dense 3", 3, NULL, &out, &err), err);
  assert_true(oc_node_valid(oc_find(g, "outer/conv_1/_weights")));
  assert_false(oc_node_valid(oc_find(g, "outer/conv_1_1/_weights")));
  oc_relu(g, OC_NO_NODE);
  oc_graph_clear_error(g);
  assert_string_equal(oc_node_name(g, oc_named(g, oc_scalar(g, 1), "one")), "one");
  oc_graph_free(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mistakes_do_not_stay),
      cmocka_unit_test(told_until_cleared),
      cmocka_unit_test(scopes_and_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
