/* Does a plan compute what the graph says, whatever is fused, whichever kernels and however many threads run
 * it? */
#include "plan_fixture.h"

static const struct {
  const char *net;
  int size, channels;
} nets[] = {
    {"conv 5x5x8 relu | maxpool 2 | conv 5x5x12 relu | maxpool 2 | dense 40 relu | dropout 0.5 | dense 10",
     28, 1},
    {"conv 3x3x6 leakyrelu same | maxpool 3 stride 2 same | conv 3x3x7 stride 2 pad 1 tanh | dense 10", 17,
     3},
    {"conv 3x3x8 nobias same | batchnorm | relu | residual { conv 3x3x8 same relu | conv 3x3x8 same } | "
     "globalmeanpool | dense 10",
     9, 2},
    {"depthwise 3x3 same sigmoid | conv 1x1x9 gelu | meanpool 2 | dense 33 softplus | dropout 0.25 | dense "
     "10",
     11, 3},
    {"dense 64 relu | dense 10 nobias", 5, 1},
    {"{ conv 3x3x8 same bn relu | conv 3x3x8 same bn ; conv 1x1x8 ; conv 3x3x8 same tanh } add | relu | "
     "{ ; meanpool 3 stride 1 same ; conv 1x1x5 } concat | conv 3x3x8 stride 2 | dense 10",
     9, 3},
    {"conv 3x3x8 same relu | conv 3x3x9 nobias same | batchnorm | relu | conv 3x3x12 nobias stride 2 | "
     "batchnorm | dense 10",
     13, 1},
};

static void test_fused_equals_plain(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
    oc_session_options o = oc_session_defaults();
    o.threads = 2;
    o.reference_only = true;
    fixture *plain = make(nets[i].net, nets[i].size, nets[i].channels, &o);
    o.reference_only = false;
    for (int isa = OC_ISA_PORTABLE; isa <= (int)oc_isa_best(); isa++)
      for (int fusion = 0; fusion < 2; fusion++) {
        char what[256];
        snprintf(what, sizeof what, "%s, %s, fusion %d", nets[i].net, oc_isa_name((oc_isa)isa), fusion);
        o.isa = (oc_isa)isa;
        o.no_fusion = !fusion;
        fixture *fast = make(nets[i].net, nets[i].size, nets[i].channels, &o);
        compare(plain, fast, 2e-4, what);
        release(fast);
      }
    release(plain);
  }
}

static void test_same_bits_for_any_thread_count(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof nets / sizeof *nets; i++)
    for (int isa = OC_ISA_PORTABLE; isa <= (int)oc_isa_best(); isa++) {
      oc_session_options o = oc_session_defaults();
      o.isa = (oc_isa)isa;
      o.threads = 1;
      fixture *one = make(nets[i].net, nets[i].size, nets[i].channels, &o);
      static const int counts[] = {2, 3, 8};
      for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
        o.threads = counts[k];
        fixture *many = make(nets[i].net, nets[i].size, nets[i].channels, &o);
        compare(one, many, 0, nets[i].net);
        release(many);
      }
      release(one);
    }
}

/* A run of fewer samples than the plan is for gives what a plan of just that size gives. */
static void test_short_batch(void **state) {
  (void)state;
  oc_session_options o = oc_session_defaults();
  fixture *f = make(nets[0].net, nets[0].size, nets[0].channels, &o);
  oc_error err = {0};
  oc_plan *small = NULL;
  const oc_plan_options po = {.batch = 5, .training = true};
  check(oc_plan_create(f->s, f->fetches, f->count, &po, &small, &err), &err);
  check(oc_plan_bind(small, f->tf_x, f->x, &err), &err);
  check(oc_plan_bind(small, f->tf_y, f->y, &err), &err);
  check(oc_plan_run(small, 5, (oc_rng_counter){3, 100}, &err), &err);
  check(oc_plan_run(f->plan, 5, (oc_rng_counter){3, 100}, &err), &err);
  fixture other = *f;
  other.plan = small;
  compare(f, &other, 1e-5, "5 samples");
  oc_plan_free(small);
  release(f);
}

/* Fetching a tensor that fusion would hide keeps it, with the value that the reference implementations
 * give. */
static void test_hidden_tensor_can_be_fetched(void **state) {
  (void)state;
  oc_error err = {0};
  oc_tensor result[2][3];
  static const char *const names[] = {"conv_1/activation:0", "conv_1/Conv2D", "fc_3/net_pre-activation:0"};
  fixture *f[2];
  for (int plain = 0; plain < 2; plain++) {
    oc_session_options o = oc_session_defaults();
    o.reference_only = plain;
    f[plain] = make(nets[0].net, nets[0].size, nets[0].channels, &o);
    const oc_feed feed = {"tf_x:0", {OC_F32, OC_SHAPE(BATCH, 28, 28, 1), f[plain]->x}};
    check(oc_run(f[plain]->s, &feed, 1, names, 3, result[plain], &err), &err);
  }
  for (int i = 0; i < 3; i++) {
    assert_true(oc_shape_equal(&result[0][i].shape, &result[1][i].shape));
    const float *x = result[0][i].data, *y = result[1][i].data;
    for (int64_t k = 0; k < count_of(result[0][i]); k++) assert_true(fabsf(x[k] - y[k]) <= 1e-4f);
  }
  release(f[0]);
  release(f[1]);
}

static void test_clear_errors(void **state) {
  (void)state;
  oc_session_options o = oc_session_defaults();
  fixture *f = make(nets[4].net, nets[4].size, nets[4].channels, &o);
  oc_error err = {0};
  assert_int_equal(oc_plan_run(f->plan, BATCH + 1, (oc_rng_counter){0, 0}, &err), OC_E_ARGUMENT);
  assert_non_null(strstr(err.message, "got 22"));
  const char *nothing[] = {"conv_9/activation"};
  assert_int_equal(oc_run(f->s, NULL, 0, nothing, 1, NULL, &err), OC_E_ARGUMENT);
  assert_string_equal(err.where, "conv_9/activation");
  const char *logits[] = {"fc_2/MatMul"};
  assert_int_equal(oc_run(f->s, NULL, 0, logits, 1, NULL, &err), OC_E_ARGUMENT);
  assert_string_equal(err.where, "tf_x");
  const oc_feed wrong = {"tf_x", {OC_F32, OC_SHAPE(2, 5, 4, 1), f->x}};
  assert_int_equal(oc_run(f->s, &wrong, 1, logits, 1, NULL, &err), OC_E_ARGUMENT);
  assert_non_null(strstr(err.message, "(2, 5, 4, 1)"));
  release(f);
}

static void change(fixture *f, const char *variable) {
  ((float *)oc_variable_value(f->s, oc_variable_index(f->s, variable)).data)[17] += 1;
}

static void prepacked_weights_follow_the_variables(void **state) {
  (void)state;
  const char *net = "conv 5x5x8 relu | conv 5x5x12 relu | maxpool 2 | dense 256 relu | dense 10";
  fixture *f = make(net, 20, 1, NULL);
  oc_error err = {0};
  float y[SEEN * CLASSES];
  oc_plan *plan = predictor(f), *train;
  predict(plan, SEEN, y);
  assert_true(has_kernel(plan, "conv_block_winograd"));
  assert_true(has_kernel(plan, "dense_block_panels"));
  expect_as_fresh(f, plan, false);
  change(f, "conv_2/_weights");
  expect_as_fresh(f, plan, true);
  change(f, "fc_3/_weights");
  expect_as_fresh(f, plan, true);
  const oc_node fetches[] = {f->fetches[0], oc_minimize(f->g, f->fetches[0], NULL)};
  const oc_plan_options o = {.batch = BATCH, .training = true};
  check(oc_plan_create(f->s, fetches, 2, &o, &train, &err), &err);
  check(oc_plan_bind(train, f->tf_x, f->x, &err), &err);
  check(oc_plan_bind(train, f->tf_y, f->y, &err), &err);
  assert_false(has_kernel(train, "dense_block_panels"));
  check(oc_plan_run(train, BATCH, (oc_rng_counter){0, 0}, &err), &err);
  expect_as_fresh(f, plan, true);
  expect_as_fresh(f, plan, false);
  oc_plan_free(train);
  oc_plan_free(plan);
  release(f);
}

/* A convolution without a bias: the number of steps that make both its gradients, with a kernel named for one
 * of the two or not. */
static int joined_gradients(const char *kernels) {
  oc_session_options options = oc_session_defaults();
  options.kernels = kernels;
  fixture *f = make("conv 3x3x8 same relu | conv 3x3x9 nobias same | dense 10", 13, 1, &options);
  oc_step_time t;
  int joined = 0;
  for (int i = 0; oc_plan_step_time(f->plan, i, &t); i++) joined += strcmp(t.operation, "conv2d_grad") == 0;
  assert_true(has_step(f->plan, "conv2d_grad_x") == !joined);
  if (kernels) assert_true(has_kernel(f->plan, "conv2d_grad_x_gemm"));
  release(f);
  return joined;
}

static void test_gradients_of_a_convolution_are_joined(void **state) {
  (void)state;
  fixture *f = make("conv 3x3x8 same relu | conv 3x3x9 nobias same | dense 10", 13, 1, NULL);
  char kernels[160] = "";
  for (int i = 0; i < oc_graph_op_count(f->g); i++) {
    const oc_node node = oc_node_at(f->g, i);
    if (!kernels[0] && strcmp(oc_node_op(f->g, node), "conv2d_grad_x") == 0)
      snprintf(kernels, sizeof kernels, "%s=f32_conv2d_grad_x_gemm_%s", oc_node_name(f->g, node),
               oc_isa_name(oc_isa_best()));
  }
  release(f);
  assert_int_equal(joined_gradients(NULL), 1);
  assert_int_equal(joined_gradients(kernels), 0);
}

/* Pooling windows that overlap or are padded stay a step of their own, after a block of the rest of the
 * layer. */
static void test_only_plain_pooling_is_fused(void **state) {
  (void)state;
  static const char *const pools[] = {"maxpool 2", "maxpool 3x2", "maxpool 3 stride 2", "maxpool 2 stride 3",
                                      "maxpool 2 same"};
  for (int i = 0; i < 5; i++) {
    char net[96];
    snprintf(net, sizeof net, "conv 3x3x8 relu | %s | dense 10", pools[i]);
    fixture *f = make(net, 15, 1, NULL);
    assert_true(has_step(f->plan, "conv_block") && has_step(f->plan, "conv_block_grad"));
    assert_int_equal(has_step(f->plan, "max_pool"), i > 1);
    assert_int_equal(has_step(f->plan, "max_pool_grad"), i > 1);
    release(f);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fused_equals_plain),
      cmocka_unit_test(test_same_bits_for_any_thread_count),
      cmocka_unit_test(test_short_batch),
      cmocka_unit_test(test_hidden_tensor_can_be_fetched),
      cmocka_unit_test(test_clear_errors),
      cmocka_unit_test(prepacked_weights_follow_the_variables),
      cmocka_unit_test(test_gradients_of_a_convolution_are_joined),
      cmocka_unit_test(test_only_plain_pooling_is_fused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
