/* Variables changed by the caller's own operations: an optimizer written by hand gives the bits of the
 * built-in one, reads come before changes, and oc_minimize trains only the variables it is given. */
#include "fit_fixture.h"
#include "ocellus/graph.h"
#include "ocellus/session.h"
#include "ocellus/train.h"
#include <string.h>

enum { IN = 20, UNITS = 30, SAMPLES = 24, STEPS_BY_HAND = 5, VARIABLES = 4 };

typedef struct net_run {
  oc_graph *g;
  oc_session *s;
  oc_node loss, variables[VARIABLES];
  float x[SAMPLES * IN];
  int32_t y[SAMPLES];
} net_run;

static void begin(net_run *r) {
  oc_error err;
  assert_ok(oc_graph_create(NULL, &r->g, &err), err);
  oc_graph *g = r->g;
  const oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, IN));
  const oc_node y = oc_placeholder(g, "y", OC_I32, OC_SHAPE(OC_BATCH));
  const oc_init glorot = oc_init_of(OC_INIT_GLOROT_UNIFORM), ones = oc_init_of(OC_INIT_ONES);
  r->variables[0] = oc_variable(g, "w", OC_SHAPE(IN, UNITS), glorot);
  r->variables[1] = oc_variable(g, "b", OC_SHAPE(UNITS), ones);
  r->variables[2] = oc_variable(g, "v", OC_SHAPE(UNITS, CLASSES), glorot);
  r->variables[3] = oc_variable(g, "c", OC_SHAPE(CLASSES), ones);
  const oc_node *w = r->variables;
  const oc_node h = oc_relu(g, oc_bias_add(g, oc_matmul(g, x, w[0], false, false), w[1]));
  const oc_node logits = oc_bias_add(g, oc_matmul(g, h, w[2], false, false), w[3]);
  const oc_node losses = oc_softmax_cross_entropy(g, logits, oc_one_hot(g, y, CLASSES));
  r->loss = oc_named(g, oc_reduce_mean(g, losses, 0), "loss");
  for (int i = 0; i < SAMPLES * IN; i++) r->x[i] = (float)(i * 29 % 101) / 50 - 1;
  for (int i = 0; i < SAMPLES; i++) r->y[i] = i % CLASSES;
}

static void train(net_run *r, int steps) {
  oc_error err;
  const oc_session_options o = {.seed = 1, .threads = 2};
  assert_ok(oc_session_create(r->g, &o, &r->s, &err), err);
  const oc_feed feeds[] = {{"x", {OC_F32, OC_SHAPE(SAMPLES, IN), r->x}},
                           {"y", {OC_I32, OC_SHAPE(SAMPLES), r->y}}};
  const char *const fetches[] = {"loss", "train_op"};
  for (int i = 0; i < steps; i++) assert_ok(oc_run(r->s, feeds, 2, fetches, 2, NULL, &err), err);
}

static void end(net_run *r) {
  oc_session_free(r->s);
  oc_graph_free(r->g);
}

static oc_tensor_view value_of(const net_run *r, int i) {
  return oc_variable_view(r->s, oc_variable_index(r->s, oc_node_name(r->g, r->variables[i])));
}

static void assert_same(const net_run *a, const net_run *b, int i, bool same) {
  const oc_tensor_view p = value_of(a, i), q = value_of(b, i);
  int64_t count;
  assert_int_equal(oc_shape_count(&p.shape, 1, &count, NULL), OC_OK);
  assert_int_equal(memcmp(p.data, q.data, (size_t)count * sizeof(float)) == 0, same);
}

static void add_sgd(net_run *r) {
  const oc_optimizer_options o = {.name = "sgd", .learning_rate = 0.1};
  (void)oc_minimize(r->g, r->loss, &o);
}

/* w - rate * dw, or w + (-rate) * dw in place. */
static void add_sgd_by_hand(net_run *r, bool in_place) {
  oc_node gradients[VARIABLES], updates[VARIABLES];
  oc_gradients(r->g, r->loss, r->variables, VARIABLES, gradients);
  const oc_node rate = oc_scalar(r->g, in_place ? -0.1 : 0.1);
  for (int i = 0; i < VARIABLES; i++) {
    const oc_node w = r->variables[i], move = oc_multiply(r->g, gradients[i], rate);
    updates[i] = in_place ? oc_assign_add(r->g, w, move) : oc_assign(r->g, w, oc_subtract(r->g, w, move));
  }
  (void)oc_named(r->g, oc_group(r->g, updates, VARIABLES), "train_op");
}

static void sgd_by_hand_has_the_same_bits(void **state) {
  (void)state;
  for (int in_place = 0; in_place < 2; in_place++) {
    net_run a = {0}, b = {0};
    begin(&a);
    begin(&b);
    add_sgd(&a);
    add_sgd_by_hand(&b, in_place);
    train(&a, STEPS_BY_HAND);
    train(&b, STEPS_BY_HAND);
    for (int i = 0; i < VARIABLES; i++) assert_same(&a, &b, i, true);
    end(&a);
    end(&b);
  }
}

static void only_named_variables_are_trained(void **state) {
  (void)state;
  net_run a = {0}, b = {0}, c = {0};
  begin(&a);
  begin(&b);
  begin(&c);
  add_sgd(&a);
  add_sgd(&b);
  const oc_node some[] = {c.variables[3], c.variables[0]};
  const oc_optimizer_options o = {
      .name = "sgd", .learning_rate = 0.1, .variables = some, .variable_count = 2};
  assert_true(oc_node_valid(oc_minimize(c.g, c.loss, &o)));
  train(&a, 0);
  train(&b, 1);
  train(&c, 1);
  assert_same(&b, &c, 0, true); /* in the first step it makes no difference who else is trained */
  assert_same(&b, &c, 3, true);
  assert_same(&a, &c, 1, true); /* as they began */
  assert_same(&a, &c, 2, true);
  assert_same(&a, &b, 1, false);
  end(&a);
  end(&b);
  end(&c);
}

static void bad_lists_are_refused(void **state) {
  (void)state;
  net_run r = {0};
  begin(&r);
  const oc_node twice[] = {r.variables[0], r.variables[1], r.variables[0]}, other[] = {r.loss},
                none[] = {{0, 0}};
  const struct {
    const oc_node *list;
    int count;
    const char *part;
  } rows[] = {{twice, 3, "variables[2] is variables[0] again"},
              {other, 1, "variables[0] is not a variable"},
              {none, 1, "variables[0] is not a variable"},
              {NULL, 2, "2 variables in a list that is NULL"},
              {twice, 5, "5 variables in the list; the graph has 4"},
              {twice, -1, "-1 variables"},
              {twice, 0, "no trainable variables"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    oc_error err;
    const oc_optimizer_options o = {.variables = rows[i].list, .variable_count = rows[i].count};
    const int before = oc_graph_op_count(r.g);
    assert_false(oc_node_valid(oc_minimize(r.g, r.loss, &o)));
    assert_fails(oc_graph_status(r.g, &err), OC_E_ARGUMENT, err, rows[i].part);
    oc_graph_clear_error(r.g);
    assert_int_equal(oc_graph_op_count(r.g), before);
  }
  end(&r);
}

/* y = v + 1 is read before v becomes 2 v; the two changes of u come in the order they were added. */
static void reads_come_before_changes(void **state) {
  (void)state;
  oc_graph *g;
  oc_session *s;
  oc_error err;
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  oc_init three = oc_init_of(OC_INIT_CONSTANT);
  three.value = 3;
  const oc_node v = oc_variable(g, "v", OC_SHAPE(5000), three),
                u = oc_variable(g, "u", OC_SHAPE(5000), three);
  const oc_node changes[] = {oc_assign(g, v, oc_multiply(g, v, oc_scalar(g, 2))), oc_assign(g, u, v),
                             oc_assign_add(g, u, v)};
  (void)oc_named(g, oc_group(g, changes, 3), "change");
  (void)oc_named(g, oc_add(g, v, oc_scalar(g, 1)), "y");
  assert_ok(oc_session_create(g, NULL, &s, &err), err);
  const char *const fetches[] = {"change", "y"};
  oc_tensor out[2];
  assert_ok(oc_run(s, NULL, 0, fetches, 2, out, &err), err);
  const float *y = out[1].data, *now = oc_variable_view(s, 0).data, *other = oc_variable_view(s, 1).data;
  for (int i = 0; i < 5000; i++) assert_true(y[i] == 4 && now[i] == 6 && other[i] == 12);
  oc_session_free(s);
  oc_graph_free(g);
}

static void bad_changes_are_refused(void **state) {
  (void)state;
  net_run r = {0};
  oc_error err;
  begin(&r);
  assert_false(oc_node_valid(oc_assign(r.g, r.loss, r.loss)));
  assert_fails(oc_graph_status(r.g, &err), OC_E_ARGUMENT, err, "loss is not a variable");
  oc_graph_clear_error(r.g);
  assert_false(oc_node_valid(oc_assign(r.g, r.variables[0], r.variables[1])));
  assert_fails(oc_graph_status(r.g, &err), OC_E_NET, err,
               "the value of assign has the shape (30,), but must");
  oc_graph_clear_error(r.g);
  assert_false(oc_node_valid(oc_assign_add(r.g, OC_NO_NODE, r.loss)));
  assert_int_equal(oc_graph_status(r.g, &err), OC_E_ARGUMENT);
  end(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sgd_by_hand_has_the_same_bits), cmocka_unit_test(only_named_variables_are_trained),
      cmocka_unit_test(bad_lists_are_refused),         cmocka_unit_test(reads_come_before_changes),
      cmocka_unit_test(bad_changes_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
