/* A training step in a session: what it adds to the graph, what a step changes, and which options are
 * refused. */
#include "harness.h"
#include "train/optimizer.h"
#include "ocellus/ocellus.h"
#include <math.h>

/* loss = mean over the samples of sum(x w) + sum(b): dw = mean of x, db = 1. */
typedef struct problem {
  oc_graph *g;
  oc_node x, w, b, loss;
  oc_session *s;
} problem;

static problem problem_make(void) {
  problem p = {0};
  oc_error err;
  assert_ok(oc_graph_create(&(oc_graph_options){.real = OC_F64}, &p.g, &err), err);
  p.x = oc_placeholder(p.g, "x", OC_F64, OC_SHAPE(OC_BATCH, 2));
  oc_scope_push(p.g, "layer");
  p.w = oc_variable(p.g, "w", OC_SHAPE(2, 1), oc_init_of(OC_INIT_ONES));
  p.b = oc_variable(p.g, "b", OC_SHAPE(1), oc_init_of(OC_INIT_ONES));
  oc_scope_pop(p.g);
  const oc_node y = oc_bias_add(p.g, oc_matmul(p.g, p.x, p.w, false, false), p.b);
  p.loss = oc_named(p.g, oc_reduce_mean(p.g, y, 0), "loss");
  return p;
}

static void problem_start(problem *p, const oc_optimizer_options *how) {
  oc_error err;
  const oc_node train_op = oc_minimize(p->g, p->loss, how);
  assert_ok(oc_graph_status(p->g, &err), err);
  assert_string_equal(oc_node_name(p->g, train_op), "train_op");
  oc_session_options options = oc_session_defaults();
  options.threads = 1;
  assert_ok(oc_session_create(p->g, &options, &p->s, &err), err);
}

/* One step with x = (3, 4) for two samples, so that the norm of all gradients is sqrt(9 + 16 + 1). */
static void problem_step(problem *p) {
  double x[] = {2, 5, 4, 3};
  oc_error err;
  const oc_feed feed = {"x", {OC_F64, OC_SHAPE(2, 2), x}};
  const char *fetch[] = {"train_op"};
  assert_ok(oc_run(p->s, &feed, 1, fetch, 1, NULL, &err), err);
}

static const double *value(const problem *p, const char *name) {
  const int index = oc_variable_index(p->s, name);
  if (index < 0) fail_msg("there is no variable %s", name);
  return oc_variable_view(p->s, index).data;
}

static void problem_free(problem *p) {
  oc_session_free(p->s);
  oc_graph_free(p->g);
}

static void near(double got, double wanted) {
  if (!(fabs(got - wanted) < 1e-12)) fail_msg("%.17g, not %.17g", got, wanted);
}

static oc_optimizer_options plain(const char *name, double rate) {
  oc_optimizer_options how = oc_optimizer_defaults();
  how.name = name;
  how.learning_rate = rate;
  return how;
}

/* ---- one optimizer after the other --------------------------------------------------------------------- */

static void sgd(void **state) {
  (void)state;
  problem p = problem_make();
  const oc_optimizer_options how = plain("sgd", 0.1);
  problem_start(&p, &how);
  for (int i = 1; i <= 3; i++) {
    problem_step(&p);
    near(value(&p, "layer/w")[0], 1 - i * 0.1 * 3);
    near(value(&p, "layer/w")[1], 1 - i * 0.1 * 4);
    near(value(&p, "layer/b")[0], 1 - i * 0.1);
    near(value(&p, "train/step")[0], i);
  }
  assert_int_equal(oc_variable_count(p.s), 3); /* no slots */
  problem_free(&p);
}

static void check_momentum(const char *name, double first, double second) {
  problem p = problem_make();
  const oc_optimizer_options how = plain(name, 0.1);
  problem_start(&p, &how);
  problem_step(&p);
  near(value(&p, "layer/b")[0], 1 - 0.1 * first);
  problem_step(&p);
  near(value(&p, "layer/b")[0], 1 - 0.1 * (first + second));
  near(value(&p, "layer/w/Momentum")[1], 4 * 1.9);
  assert_false(oc_variable_trainable(p.s, oc_variable_index(p.s, "layer/w/Momentum")));
  problem_free(&p);
}
static void momentum(void **state) {
  (void)state;
  check_momentum("momentum", 1, 1.9);
  check_momentum("nesterov", 1 + 0.9, 1 + 0.9 * 1.9);
}

/* With a constant gradient every step of Adam is lr times its sign, up to epsilon. */
static void adam(void **state) {
  (void)state;
  problem p = problem_make();
  oc_optimizer_options how = plain("adam", 0.1);
  how.settings = &(oc_setting){"epsilon", 1e-100};
  how.setting_count = 1;
  problem_start(&p, &how);
  for (int i = 1; i <= 5; i++) {
    problem_step(&p);
    near(value(&p, "layer/w")[0], 1 - 0.1 * i);
    near(value(&p, "layer/w/Adam")[0], 3 * (1 - pow(0.9, i)));
    near(value(&p, "layer/w/Adam_1")[0], 9 * (1 - pow(0.999, i)));
  }
  near(value(&p, "train/step")[0], 5);
  problem_free(&p);
}

/* AdamW: 0.01 by default, on the matrix and not on the bias. */
static void adamw(void **state) {
  (void)state;
  problem p = problem_make();
  oc_optimizer_options how = plain("adamw", 0.1);
  how.settings = &(oc_setting){"epsilon", 1e-100};
  how.setting_count = 1;
  problem_start(&p, &how);
  problem_step(&p);
  near(value(&p, "layer/w")[0], 1 - 0.1 - 0.1 * 0.01);
  near(value(&p, "layer/b")[0], 1 - 0.1);
  problem_free(&p);
}

static void clipping(void **state) {
  (void)state;
  for (int i = 0; i < 2; i++) {
    problem p = problem_make();
    oc_optimizer_options how = plain("sgd", 0.1);
    how.clip_norm = i ? 100 : 0.5;
    problem_start(&p, &how);
    problem_step(&p);
    near(value(&p, "layer/w")[1], 1 - 0.1 * 4 * (i ? 1 : 0.5 / sqrt(26)));
    problem_free(&p);
  }
}

static void fed_learning_rate(void **state) {
  (void)state;
  problem p = problem_make();
  oc_optimizer_options how = plain("sgd", NAN); /* not looked at */
  how.learning_rate_node = oc_placeholder(p.g, "rate", OC_F64, OC_SCALAR_SHAPE);
  problem_start(&p, &how);
  double x[] = {3, 4}, rate = 0.25;
  oc_error err;
  const oc_feed feeds[] = {{"x", {OC_F64, OC_SHAPE(1, 2), x}}, {"rate", {OC_F64, OC_SCALAR_SHAPE, &rate}}};
  const char *fetch[] = {"train_op"};
  assert_ok(oc_run(p.s, feeds, 2, fetch, 1, NULL, &err), err);
  near(value(&p, "layer/w")[0], 1 - 0.25 * 3);
  problem_free(&p);
}

/* ---- the graph ----------------------------------------------------------------------------------------- */

/* More variables than one group holds, one of them not to be trained; moving averages come along. */
static void many_variables(void **state) {
  (void)state;
  oc_graph *g;
  oc_error err;
  oc_session *s;
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 2, 2, 1)), logits;
  char text[2000] = "batchnorm 0.001 0.5";
  for (int i = 0; i < 60; i++) snprintf(text + strlen(text), sizeof text - strlen(text), " | conv 1x1x1");
  snprintf(text + strlen(text), sizeof text - strlen(text), " | dense 2");
  assert_ok(oc_net_build(g, x, text, 2, NULL, &logits, &err), err);
  oc_init frozen = oc_init_of(OC_INIT_ONES);
  frozen.not_trainable = true;
  const oc_node kept = oc_variable(g, "kept", OC_SCALAR_SHAPE, frozen);
  const oc_optimizer_options how = plain("sgd", 0.5);
  oc_minimize(g, oc_multiply(g, oc_reduce_sum(g, logits, 0), kept), &how);
  assert_ok(oc_graph_status(g, &err), err);
  assert_ok(oc_session_create(g, NULL, &s, &err), err);
  float pixels[] = {1, 2, 3, 4};
  const oc_feed feed = {"x", {OC_F32, OC_SHAPE(1, 2, 2, 1), pixels}};
  const char *fetch[] = {"train_op"};
  assert_ok(oc_run(s, &feed, 1, fetch, 1, NULL, &err), err);
  const int last = oc_variable_index(s, "fc_61/_biases"),
            mean = oc_variable_index(s, "batchnorm_1/moving_mean");
  assert_true(((const float *)oc_variable_view(s, last).data)[1] == -0.5f);
  assert_true(((const float *)oc_variable_view(s, mean).data)[0] == 1.25f); /* 0.5 * 0 + 0.5 * 2.5 */
  assert_true(((const float *)oc_variable_view(s, oc_variable_index(s, "kept")).data)[0] == 1);
  oc_session_free(s);
  oc_graph_free(g);
}

static void check_refused(const oc_optimizer_options *how, const char *part) {
  problem p = problem_make();
  oc_error err;
  assert_false(oc_node_valid(oc_minimize(p.g, p.loss, how)));
  assert_fails(oc_graph_status(p.g, &err), OC_E_ARGUMENT, err, part);
  problem_free(&p);
}

static void refusals(void **state) {
  (void)state;
  const struct {
    const char *optimizer;
    double rate, clip_norm;
    const char *part;
  } rows[] = {{"adm", 0.1, 0, "Use one of sgd, "},
              {"adam", -1, 0, "learning rate: must be above 0 and finite, got -1"},
              {"adam", NAN, 0, "learning rate: must be above 0 and finite, got nan"},
              {"adam", INFINITY, 0, "learning rate: must be above 0 and finite, got inf"},
              {"adam", 0.1, -1, "clip norm: must be at least 0 and finite, got -1"},
              {"adam", 0.1, NAN, "clip norm: must be at least 0 and finite, got nan"},
              {"adam", 0.1, INFINITY, "clip norm: must be at least 0 and finite, got inf"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    oc_optimizer_options how = plain(rows[i].optimizer, rows[i].rate);
    how.clip_norm = rows[i].clip_norm;
    check_refused(&how, rows[i].part);
  }
}

static void settings_are_checked(void **state) {
  (void)state;
  const struct {
    const char *optimizer;
    oc_setting setting;
    const char *part;
  } rows[] = {{"adam", {"beta1", 1}, "beta1: must be at least 0 and below 1, got 1"},
              {"adamw", {"beta2", -0.1}, "beta2: must be at least 0 and below 1, got -0.1"},
              {"adam", {"epsilon", 0}, "epsilon: must be above 0 and finite, got 0"},
              {"sgd", {"weight_decay", -1}, "weight_decay: must be at least 0 and finite, got -1"},
              {"sgd", {"weight_decay", INFINITY}, "weight_decay: must be at least 0 and finite, got inf"},
              {"momentum", {"momentum", 1}, "momentum: must be at least 0 and below 1, got 1"},
              {"nesterov", {"momentum", NAN}, "momentum: must be at least 0 and below 1, got nan"},
              {"adam", {"momentum", 0.9}, "momentum: the optimizer adam has no momentum"},
              {"adam", {"momentum", 0.9}, "Use the optimizer momentum or nesterov."},
              {"sgd", {"end_factor", 0}, "end_factor: the optimizer sgd has no end_factor"},
              {"sgd", {NULL, 0}, "settings: setting 0 has no name"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    oc_optimizer_options how = plain(rows[i].optimizer, 0.1);
    how.settings = &rows[i].setting;
    how.setting_count = 1;
    check_refused(&how, rows[i].part);
  }
  oc_optimizer_options how = plain("sgd", 0.1);
  how.setting_count = 1;
  check_refused(&how, "settings: expected an array");
}

/* Of two settings with one name the later counts; what an optimizer takes, it uses. */
static void settings_count(void **state) {
  (void)state;
  problem p = problem_make();
  oc_optimizer_options how = plain("momentum", 0.1);
  how.settings = (oc_setting[]){{"momentum", 0.9}, {"weight_decay", 0.5}, {"momentum", 0}};
  how.setting_count = 3;
  problem_start(&p, &how);
  problem_step(&p);
  problem_step(&p);
  near(value(&p, "layer/b")[0], 1 - 0.1 - 0.1);
  near(value(&p, "layer/w")[0], 0.95 * (0.95 - 0.3) - 0.3);
  problem_free(&p);
}

static void no_variables(void **state) {
  (void)state;
  oc_graph *g;
  oc_error err;
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  oc_minimize(g, oc_scalar(g, 1), NULL);
  assert_fails(oc_graph_status(g, &err), OC_E_ARGUMENT, err, "no trainable variables");
  oc_graph_free(g);
}

static void names(void **state) {
  (void)state;
  assert_string_equal(oc_optimizer_name(0), "sgd");
  assert_null(oc_optimizer_name(-1));
  assert_null(oc_optimizer_hyperparameter_at("adam", -1));
  assert_null(oc_optimizer_hyperparameter_at("adm", 0));
  assert_null(oc_optimizer_summary(NULL));
  assert_string_equal(oc_optimizer_hyperparameter_at("adam", 0)->name, "beta1");
}

/* The longest name of a variable that can be minimized, with its scopes, is as long as the message says. */
static void the_limit_of_names_is_what_is_said(void **state) {
  (void)state;
  enum { SCOPE = 90, LONGEST = 100 };
  char name[LONGEST + 1] = "", scope[SCOPE + 1] = "", said[64];
  bool refused = false;
  memset(scope, 's', SCOPE);
  for (int length = 1; length <= LONGEST && !refused; length++) {
    oc_graph *g;
    oc_error err;
    name[length - 1] = 'w';
    assert_ok(oc_graph_create(NULL, &g, &err), err);
    for (int i = 0; i < 2; i++) oc_scope_push(g, scope);
    const oc_node w = oc_variable(g, name, OC_SHAPE(2), oc_init_of(OC_INIT_ONES));
    for (int i = 0; i < 2; i++) oc_scope_pop(g);
    (void)oc_minimize(g, oc_reduce_sum(g, w, 0), NULL);
    refused = oc_graph_status(g, &err) != OC_OK;
    (void)snprintf(said, sizeof said, "too long for a scope: the limit is %d characters",
                   2 * (SCOPE + 1) + length - 1);
    if (refused) assert_fails(oc_graph_status(g, &err), OC_E_ARGUMENT, err, said);
    oc_graph_free(g);
  }
  assert_true(refused);
}

static double given_decay; /* what keep_decay was called with */
static oc_node keep_decay(oc_graph *g, oc_minimizer *m, oc_node variable, oc_node gradient, double decay) {
  given_decay = decay;
  return oc_assign(g, variable,
                   oc_subtract(g, variable, oc_multiply(g, gradient, oc_minimizer_learning_rate(m))));
}

/* An optimizer whose weights do not decay gets 0 of every variable, a matrix too. */
static void no_decay_without_a_hyperparameter(void **state) {
  (void)state;
  static const oc_custom_optimizer still = {.name = "t.still", .apply = keep_decay};
  oc_registry *r;
  oc_graph *g;
  oc_error err;
  assert_ok(oc_registry_create(&r, &err), err);
  assert_ok(oc_registry_add_optimizer(r, &still, &err), err);
  assert_ok(oc_graph_create(&(oc_graph_options){.registry = r}, &g, &err), err);
  const oc_node w = oc_variable(g, "w", OC_SHAPE(2, 3), oc_init_of(OC_INIT_ONES));
  oc_optimizer_options how = oc_optimizer_defaults();
  how.name = "t.still";
  given_decay = -1;
  (void)oc_minimize(g, oc_reduce_sum(g, w, 0), &how);
  assert_ok(oc_graph_status(g, &err), err);
  assert_true(given_decay == 0);
  oc_graph_free(g);
  oc_registry_free(r);
}

static void slots_need_a_variable(void **state) {
  (void)state;
  problem p = problem_make();
  oc_minimizer m = {.g = p.g};
  oc_error err;
  assert_false(oc_node_valid(oc_minimizer_slot(NULL, p.w, "slot")));
  assert_ok(oc_graph_status(p.g, &err), err);
  assert_true(oc_node_valid(oc_minimizer_slot(&m, p.w, "slot")));
  assert_false(oc_node_valid(oc_minimizer_slot(&m, OC_NO_NODE, "slot")));
  assert_fails(oc_graph_status(p.g, &err), OC_E_ARGUMENT, err, "oc_minimizer_slot");
  problem_free(&p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sgd),
      cmocka_unit_test(momentum),
      cmocka_unit_test(adam),
      cmocka_unit_test(adamw),
      cmocka_unit_test(clipping),
      cmocka_unit_test(fed_learning_rate),
      cmocka_unit_test(refusals),
      cmocka_unit_test(settings_are_checked),
      cmocka_unit_test(settings_count),
      cmocka_unit_test(many_variables),
      cmocka_unit_test(no_variables),
      cmocka_unit_test(names),
      cmocka_unit_test(the_limit_of_names_is_what_is_said),
      cmocka_unit_test(no_decay_without_a_hyperparameter),
      cmocka_unit_test(slots_need_a_variable),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
