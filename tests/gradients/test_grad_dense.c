/* Gradients of the matrix product (all transposes, batched or not) and of batch normalization (training and
 * not) against finite differences in double. */
#include "harness.h"
#include "graph_eval.h"

static void check_matmul(oc_shape a_shape, oc_shape b_shape, bool ta, bool tb) {
  oc_graph *g;
  oc_error err;
  assert_ok(oc_graph_create(&(oc_graph_options){.real = OC_F64}, &g, &err), err);
  const oc_node a = oc_placeholder(g, "a", OC_F64, a_shape), b = oc_placeholder(g, "b", OC_F64, b_shape);
  const oc_node loss = eval_loss_of(g, oc_matmul(g, a, b, ta, tb));
  assert_ok(oc_graph_status(g, &err), err);
  const double error = eval_gradient_error(g, loss, (oc_node[]){a, b}, 2, (eval_way){5, true, 0.5});
  if (!(error < 1e-12)) fail_msg("transpose %d %d: apart by %g", ta, tb, error);
  oc_graph_free(g);
}

static void matmul_transposes(void **state) {
  (void)state;
  for (int i = 0; i < 4; i++) {
    const bool ta = i & 1, tb = i & 2;
    check_matmul(ta ? OC_SHAPE(4, 3) : OC_SHAPE(3, 4), tb ? OC_SHAPE(2, 4) : OC_SHAPE(4, 2), ta, tb);
  }
}
static void matmul_batched(void **state) {
  (void)state;
  check_matmul(OC_SHAPE(OC_BATCH, 4), OC_SHAPE(4, 2), false, false);
  check_matmul(OC_SHAPE(OC_BATCH, 4), OC_SHAPE(2, 4), false, true);
  check_matmul(OC_SHAPE(OC_BATCH, 4), OC_SHAPE(OC_BATCH, 2), true, false);
}

/* By x, gamma and beta; mean and variance move with x while training, and stand still otherwise. */
static void check_batch_norm(oc_shape shape, bool training) {
  enum { CHANNELS = 3, BATCH = 5 };
  oc_graph *g;
  oc_error err;
  assert_ok(oc_graph_create(&(oc_graph_options){.real = OC_F64}, &g, &err), err);
  const oc_init zeros = oc_init_of(OC_INIT_ZEROS);
  const oc_node x = oc_placeholder(g, "x", OC_F64, shape);
  const oc_node gamma = oc_variable(g, "gamma", OC_SHAPE(CHANNELS), zeros);
  const oc_node beta = oc_variable(g, "beta", OC_SHAPE(CHANNELS), zeros);
  const oc_node mean = oc_variable(g, "moving_mean", OC_SHAPE(CHANNELS), zeros);
  const oc_node variance = oc_variable(g, "moving_variance", OC_SHAPE(CHANNELS), zeros);
  /* The moving variance is noise from -1 on, so epsilon must be above 1. */
  const oc_node y = oc_batch_norm(g, x,
                                  &(oc_batch_norm_options){.gamma = gamma,
                                                           .beta = beta,
                                                           .moving_mean = mean,
                                                           .moving_variance = variance,
                                                           .epsilon = 2.5,
                                                           .momentum = 0.9});
  const oc_node loss = eval_loss_of(g, y);
  assert_ok(oc_graph_status(g, &err), err);
  assert_int_equal(oc_graph_update_count(g), 2);
  const double error =
      eval_gradient_error(g, loss, (oc_node[]){x, gamma, beta}, 3, (eval_way){BATCH, training, 1e-5});
  if (!(error < 1e-8)) fail_msg("training %d: apart by %g", training, error);
  oc_graph_free(g);
}
static void batch_norm(void **state) {
  (void)state;
  for (int training = 0; training < 2; training++) {
    check_batch_norm(OC_SHAPE(OC_BATCH, 2, 2, 3), training);
    check_batch_norm(OC_SHAPE(OC_BATCH, 3), training);
    check_batch_norm(OC_SHAPE(4, 2, 3), training);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(matmul_transposes),
      cmocka_unit_test(matmul_batched),
      cmocka_unit_test(batch_norm),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
