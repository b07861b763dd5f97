/* Do updates that are computed together with their gradient, or with the parts of their sum, give the bits of
 * separate steps; and do all readers see weights that are stored transposed for that as they are? */
#include "plan_fixture.h"

/* The last product that is a gradient of the first layer's weights: the one that the optimizer takes. */
static oc_node gradient_of_weights(const oc_graph *g, int64_t rows, int64_t cols) {
  oc_node found = OC_NO_NODE;
  const oc_shape shape = OC_SHAPE(rows, cols);
  for (int i = 0; i < oc_graph_op_count(g); i++) {
    const oc_node node = oc_node_at(g, i);
    const oc_shape has = oc_node_shape(g, node);
    if (strcmp(oc_node_op(g, node), "matmul") == 0 && oc_shape_equal(&has, &shape)) found = node;
  }
  return found;
}

/* A layer of 225x200 without a gradient by its input, one of 200x520 with one, in two sums, and a small
 * one. */
static const char *const dense_net = "dense 200 relu | dropout 0.5 | dense 520 relu | dropout 0.5 | dense 10";
static const struct {
  const char *name;
  int64_t rows, cols;
} dense_weights[] = {{"fc_1/_weights", 225, 200}, {"fc_2/_weights", 200, 520}, {"fc_3/_weights", 520, 10}};
enum { LAYERS = 3, DENSE_WEIGHTS = 225 * 200 + 200 * 520 + 520 * 10, STEPS = 3 };

static float *weights_of(fixture *f, int layer) {
  return oc_variable_value(f->s, oc_variable_index(f->s, dense_weights[layer].name)).data;
}
static void copy_weights(fixture *f, float *to) {
  for (int i = 0; i < LAYERS; i++) {
    const int64_t count = dense_weights[i].rows * dense_weights[i].cols;
    memcpy(to, weights_of(f, i), (size_t)count * sizeof *to);
    to += count;
  }
}

/* Returns a plan of training; with the gradients of weights fetched, too, nothing is fused with their
 * updates. */
static oc_plan *trainer(fixture *f, oc_node minimize, bool fetch_gradients) {
  oc_error err = {0};
  oc_plan *plan;
  oc_node fetches[2 + LAYERS] = {f->fetches[0], minimize};
  for (int i = 0; i < LAYERS; i++) {
    fetches[2 + i] = gradient_of_weights(f->g, dense_weights[i].rows, dense_weights[i].cols);
    assert_true(oc_node_valid(fetches[2 + i]));
  }
  const oc_plan_options o = {.batch = BATCH, .training = true};
  check(oc_plan_create(f->s, fetches, fetch_gradients ? 2 + LAYERS : 2, &o, &plan, &err), &err);
  assert_true(has_step(plan, "matmul_adam") == !fetch_gradients);
  assert_true(has_kernel(plan, "dense_block_transposed") == !fetch_gradients);
  check(oc_plan_bind(plan, f->tf_x, f->x, &err), &err);
  check(oc_plan_bind(plan, f->tf_y, f->y, &err), &err);
  return plan;
}
/* Every third of them has few samples. */
static void train_step(oc_plan *plan, int step) {
  oc_error err = {0};
  const oc_rng_counter at = {0, (uint64_t)(step * BATCH)};
  check(oc_plan_run(plan, step % 3 == 1 ? 3 : BATCH, at, &err), &err);
}

/* Three steps with Adam; weights of the layers afterwards. */
static void three_steps(const oc_session_options *options, bool fetch_gradients, float *weights) {
  fixture *f = make(dense_net, 15, 1, options);
  oc_plan *plan = trainer(f, oc_minimize(f->g, f->fetches[0], NULL), fetch_gradients);
  for (int i = 0; i < STEPS; i++) train_step(plan, i);
  copy_weights(f, weights);
  oc_plan_free(plan);
  release(f);
}

/* An update that was fused with its gradient, of weights stored transposed, changes only time: same
 * bits, for any number of threads. */
static void test_fused_update_has_the_same_bits(void **state) {
  static float apart[DENSE_WEIGHTS], fused[DENSE_WEIGHTS];
  (void)state;
  for (int threads = 1; threads <= 3; threads += 2)
    for (int isa = OC_ISA_PORTABLE; isa <= (int)oc_isa_best(); isa++) {
      oc_session_options options = oc_session_defaults();
      options.threads = threads;
      options.isa = (oc_isa)isa;
      three_steps(&options, true, apart);
      three_steps(&options, false, fused);
      assert_memory_equal(apart, fused, sizeof fused);
    }
}

/* Weights of a convolution after three steps whose updates follow the parts of sums, or not: then the sum is
 * fetched. */
static void conv_steps(const oc_session_options *options, bool fetch_gradient, float *weights, size_t bytes) {
  fixture *f = make("conv 5x5x24 relu | conv 5x5x12 relu | maxpool 2 | dense 10", 20, 1, options);
  oc_error err = {0};
  oc_node fetches[3] = {f->fetches[0], oc_minimize(f->g, f->fetches[0], NULL), OC_NO_NODE};
  for (int i = 0; i < oc_graph_op_count(f->g); i++) {
    const oc_shape shape = oc_node_shape(f->g, oc_node_at(f->g, i)), wanted = OC_SHAPE(5, 5, 24, 12);
    if (strcmp(oc_node_op(f->g, oc_node_at(f->g, i)), "conv2d_grad_w") == 0 &&
        oc_shape_equal(&shape, &wanted))
      fetches[2] = oc_node_at(f->g, i);
  }
  assert_true(oc_node_valid(fetches[2]));
  oc_plan *plan;
  const oc_plan_options o = {.batch = BATCH, .training = true};
  check(oc_plan_create(f->s, fetches, fetch_gradient ? 3 : 2, &o, &plan, &err), &err);
  check(oc_plan_bind(plan, f->tf_x, f->x, &err), &err);
  check(oc_plan_bind(plan, f->tf_y, f->y, &err), &err);
  for (int i = 0; i < STEPS; i++) train_step(plan, i);
  memcpy(weights, oc_variable_value(f->s, oc_variable_index(f->s, "conv_2/_weights")).data, bytes);
  oc_plan_free(plan);
  release(f);
}

static void test_update_behind_its_sum_has_the_same_bits(void **state) {
  static float apart[5 * 5 * 24 * 12], behind[5 * 5 * 24 * 12]; /* two parts, one of them short */
  (void)state;
  for (int threads = 1; threads <= 3; threads += 2) {
    oc_session_options options = oc_session_defaults();
    options.threads = threads;
    conv_steps(&options, true, apart, sizeof apart);
    conv_steps(&options, false, behind, sizeof behind);
    assert_memory_equal(apart, behind, sizeof behind);
  }
}

/* Who names a kernel that reads weights as they are gets it. */
static void test_named_kernel_keeps_weights_as_they_are(void **state) {
  (void)state;
  char kernels[128];
  oc_session_options options = oc_session_defaults();
  snprintf(kernels, sizeof kernels, "fc_2/MatMul=f32_dense_block_columns_%s", oc_isa_name(oc_isa_best()));
  options.kernels = kernels;
  fixture *f = make(dense_net, 15, 1, &options);
  oc_plan *plan = trainer(f, oc_minimize(f->g, f->fetches[0], NULL), false);
  assert_true(has_kernel(plan, "dense_block_columns")); /* and the first layer has the other: see trainer */
  oc_plan_free(plan);
  release(f);
}

/* Between training steps that store weights transposed, others see them, change them, and train them as they
 * are. */
static void test_transposed_weights_are_seen_by_all(void **state) {
  static float expected[DENSE_WEIGHTS], got[DENSE_WEIGHTS];
  (void)state;
  fixture *plain = make(dense_net, 15, 1, NULL), *f = make(dense_net, 15, 1, NULL);
  const oc_node minimize = oc_minimize(f->g, f->fetches[0], NULL);
  oc_plan *apart = trainer(plain, oc_minimize(plain->g, plain->fetches[0], NULL), true);
  oc_plan *fused = trainer(f, minimize, false), *predict_plan = predictor(f);
  float seen[SEEN * CLASSES];
  predict(predict_plan, SEEN, seen);
  for (int step = 0; step < STEPS; step++) {
    train_step(apart, step);
    train_step(fused, step);
    expect_as_fresh(f, predict_plan, true);
    weights_of(plain, 1)[17] += 1;
    weights_of(f, 1)[17] += 1;
  }
  copy_weights(plain, expected);
  copy_weights(f, got);
  assert_memory_equal(expected, got, sizeof got);
  oc_plan *other = trainer(f, minimize, true); /* slots, too, as they are now */
  train_step(apart, STEPS);
  train_step(other, STEPS);
  train_step(apart, STEPS + 1);
  train_step(fused, STEPS + 1);
  copy_weights(plain, expected);
  copy_weights(f, got);
  assert_memory_equal(expected, got, sizeof got);
  oc_plan *const plans[] = {apart, fused, predict_plan, other};
  for (int i = 0; i < 4; i++) oc_plan_free(plans[i]);
  release(plain);
  release(f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fused_update_has_the_same_bits),
      cmocka_unit_test(test_update_behind_its_sum_has_the_same_bits),
      cmocka_unit_test(test_named_kernel_keeps_weights_as_they_are),
      cmocka_unit_test(test_transposed_weights_are_seen_by_all),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
