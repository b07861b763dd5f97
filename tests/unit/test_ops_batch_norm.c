/* Batch normalization: statistics by hand, sums of chunks, the moving averages, and which statistics a plan
 * uses. */
#include "harness.h"
#include "graph_eval.h"

static void check_close(double value, double expected) {
  if (!(fabs(value - expected) <= 1e-13)) fail_msg("%.17g is not %.17g", value, expected);
}

/* Channel 0: 1 3 5 7, mean 4, variance 5. Channel 1: 10 10 10 30, mean 15, variance 75. In any chunks. */
static const double two_channels[] = {1, 10, 3, 10, 5, 10, 7, 30};

static void statistics_of_a_batch(void **state) {
  (void)state;
  for (int64_t chunk = 1; chunk <= 4; chunk++) {
    op_case mean, variance;
    case_begin(&mean, "batch_mean", OC_F64, NULL, 4);
    case_input(&mean, OC_F64, OC_SHAPE(OC_BATCH, 2), two_channels);
    case_run(&mean, chunk);
    check_close(case_get(&mean, 0, 0), 4);
    check_close(case_get(&mean, 0, 1), 15);
    case_begin(&variance, "batch_variance", OC_F64, NULL, 4);
    case_input(&variance, OC_F64, OC_SHAPE(OC_BATCH, 2), two_channels);
    case_input(&variance, OC_F64, OC_SHAPE(2), (double[]){4, 15});
    case_run(&variance, chunk);
    check_close(case_get(&variance, 0, 0), 5);
    check_close(case_get(&variance, 0, 1), 75);
    case_end(&mean);
    case_end(&variance);
  }
}

/* A variance by distances from the mean keeps its digits where one by squares would lose them all. */
static void variance_far_from_zero(void **state) {
  (void)state;
  op_case c;
  case_begin(&c, "batch_variance", OC_F32, NULL, 4);
  case_input(&c, OC_F32, OC_SHAPE(OC_BATCH, 1), (double[]){1000001, 1000003, 1000005, 1000007});
  case_input(&c, OC_F32, OC_SHAPE(1), (double[]){1000004});
  case_run(&c, 0);
  check_close(case_get(&c, 0, 0), 5);
  case_end(&c);
}

static void normalizes(void **state) {
  (void)state;
  const oc_batch_norm_attrs a = {4};
  op_case c;
  case_begin(&c, "batch_norm", OC_F64, &a, 4);
  case_input(&c, OC_F64, OC_SHAPE(OC_BATCH, 2), two_channels);
  case_input(&c, OC_F64, OC_SHAPE(2), (double[]){3, 1});   /* gamma */
  case_input(&c, OC_F64, OC_SHAPE(2), (double[]){100, 0}); /* beta */
  case_input(&c, OC_F64, OC_SHAPE(2), (double[]){4, 15});  /* mean */
  case_input(&c, OC_F64, OC_SHAPE(2), (double[]){5, 96});  /* variance + 4: 9 and 100 */
  case_input(&c, OC_F64, OC_SHAPE(2), (double[]){-7, -7}); /* the moving ones are not read here */
  case_input(&c, OC_F64, OC_SHAPE(2), (double[]){-7, -7});
  case_run(&c, 2);
  const double expected[] = {97, -0.5, 99, -0.5, 101, -0.5, 103, 1.5};
  for (int i = 0; i < 8; i++) check_close(case_get(&c, 0, i), expected[i]);
  case_end(&c);
}

static void moving_average_moves(void **state) {
  (void)state;
  const oc_moving_attrs a = {0.75};
  op_case c;
  case_begin(&c, "update_moving", OC_F64, &a, 1);
  case_input(&c, OC_F64, OC_SHAPE(2), (double[]){8, 0});
  case_input(&c, OC_F64, OC_SHAPE(2), (double[]){4, -4});
  case_run(&c, 0);
  assert_int_equal(c.info.n_out, 0);
  assert_int_equal(c.info.op->updates, 1);
  check_close(case_load(OC_F64, c.in[0], 0), 7);
  check_close(case_load(OC_F64, c.in[0], 1), -1);
  case_end(&c);
}

/* The builder: batch statistics while training, moving averages otherwise, an update for each of the two. */
static void training_and_inference(void **state) {
  (void)state;
  oc_graph *g;
  oc_error err;
  assert_ok(oc_graph_create(&(oc_graph_options){.real = OC_F64}, &g, &err), err);
  const oc_init zeros = oc_init_of(OC_INIT_ZEROS);
  const oc_node x = oc_placeholder(g, "x", OC_F64, OC_SHAPE(OC_BATCH, 1)),
                gamma = oc_variable(g, "g", OC_SHAPE(1), zeros),
                beta = oc_variable(g, "b", OC_SHAPE(1), zeros),
                mean = oc_variable(g, "m", OC_SHAPE(1), zeros),
                variance = oc_variable(g, "v", OC_SHAPE(1), zeros);
  const oc_node y = oc_batch_norm(g, x,
                                  &(oc_batch_norm_options){.gamma = gamma,
                                                           .beta = beta,
                                                           .moving_mean = mean,
                                                           .moving_variance = variance,
                                                           .epsilon = 4,
                                                           .momentum = 0.9});
  assert_ok(oc_graph_status(g, &err), err);
  for (int training = 0; training < 2; training++) {
    graph_eval e;
    eval_begin(&e, g, 4, training);
    memcpy(eval_source(&e, x), (double[]){1, 3, 5, 7}, 4 * sizeof(double));
    *eval_source(&e, gamma) = 1;
    *eval_source(&e, beta) = 0;
    *eval_source(&e, mean) = 1;
    *eval_source(&e, variance) = 0;
    eval_run(&e, &y, 1);
    for (int i = 0; i < 4; i++) check_close(eval_get(&e, y, i), training ? (2 * i - 3) / 3.0 : i);
    eval_end(&e);
  }
  assert_int_equal(oc_graph_update_count(g), 2);
  const oc_node update = oc_graph_update_at(g, 1);
  assert_int_equal(oc_graph_input(g, oc_node_index(update), 0).number, variance.number);
  oc_graph_free(g);
}

/* Keras's, which its documentation gives. */
static void defaults(void **state) {
  (void)state;
  const oc_batch_norm_options o = oc_batch_norm_defaults();
  assert_true(o.epsilon == 1e-3 && o.momentum == 0.99);
  assert_int_equal(o.struct_size, sizeof o);
}

static void check_refused(double epsilon, double momentum, int64_t channels, bool variable, oc_status code,
                          const char *says) {
  oc_graph *g;
  oc_error err;
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  const oc_init zeros = oc_init_of(OC_INIT_ZEROS);
  const oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 2, 2, 3));
  const oc_node c = oc_variable(g, "c", OC_SHAPE(channels), zeros);
  const oc_node moving =
      variable ? oc_variable(g, "m", OC_SHAPE(3), zeros) : oc_placeholder(g, "m", OC_F32, OC_SHAPE(3));
  oc_batch_norm(g, x,
                &(oc_batch_norm_options){.gamma = c,
                                         .beta = c,
                                         .moving_mean = moving,
                                         .moving_variance = moving,
                                         .epsilon = epsilon,
                                         .momentum = momentum});
  assert_fails(oc_graph_status(g, &err), code, err, says);
  oc_graph_free(g);
}
static void refusals(void **state) {
  (void)state;
  check_refused(-1, 0.9, 3, true, OC_E_NET, "epsilon must be greater than 0, got -1");
  check_refused(NAN, 0.9, 3, true, OC_E_NET, "greater than 0, got nan");
  check_refused(0.1, 1.5, 3, true, OC_E_NET, "momentum must be 0 to 1, got 1.5");
  check_refused(0.1, -0.1, 3, true, OC_E_NET, "0 to 1, got -0.1");
  check_refused(0.1, NAN, 3, true, OC_E_NET, "0 to 1, got nan");
  check_refused(0.1, 0.9, 2, true, OC_E_NET, "gamma of batch_norm has the shape (2,), but must have (3,)");
  check_refused(0.1, 0.9, 3, false, OC_E_ARGUMENT, "moving_mean of oc_batch_norm is not a variable");
}

/* Numbers times folded weights plus the folded bias are what batch_norm makes of their product with w. */
static void folded_weights_normalize(void **state) {
  (void)state;
  enum { ROWS = 4, IN = 2, CHANNELS = 3 };
  static const double x[ROWS][IN] = {{1, 2}, {-3, 0.5}, {0, 0}, {7, -11}},
                      w[IN][CHANNELS] = {{0.5, -2, 3}, {4, 0.25, -1}}, gamma[] = {2, -1, 0},
                      beta[] = {0.5, 1, -3}, mean[] = {1, -4, 2}, variance[] = {4, 0, 9};
  const oc_batch_norm_attrs a = {.epsilon = 0.01};
  op_case folded, norm;
  double z[ROWS * CHANNELS] = {0};
  for (int i = 0; i < ROWS * CHANNELS; i++)
    for (int k = 0; k < IN; k++) z[i] += x[i / CHANNELS][k] * w[k][i % CHANNELS];
  case_begin(&folded, "fold_batch_norm", OC_F64, &a, 1);
  case_begin(&norm, "batch_norm", OC_F64, &a, ROWS);
  case_input(&folded, OC_F64, OC_SHAPE(1, 1, IN, CHANNELS), w[0]);
  case_input(&norm, OC_F64, OC_SHAPE(OC_BATCH, CHANNELS), z);
  op_case *const both[] = {&folded, &norm};
  const double *const vectors[] = {gamma, beta, mean, variance, gamma, beta, mean, variance, mean, variance};
  for (int i = 0; i < 10; i++) case_input(both[i / 4 > 0], OC_F64, OC_SHAPE(CHANNELS), vectors[i]);
  case_run(&folded, 0);
  case_run(&norm, 2);
  for (int i = 0; i < ROWS * CHANNELS; i++) {
    double y = case_get(&folded, 1, i % CHANNELS);
    for (int k = 0; k < IN; k++) y += x[i / CHANNELS][k] * case_get(&folded, 0, k * CHANNELS + i % CHANNELS);
    check_close(y, case_get(&norm, 0, i));
  }
  case_end(&folded);
  case_end(&norm);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(statistics_of_a_batch),
      cmocka_unit_test(variance_far_from_zero),
      cmocka_unit_test(normalizes),
      cmocka_unit_test(moving_average_moves),
      cmocka_unit_test(training_and_inference),
      cmocka_unit_test(defaults),
      cmocka_unit_test(refusals),
      cmocka_unit_test(folded_weights_normalize),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
