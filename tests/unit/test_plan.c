/* Does a plan compute what the graph says, whatever is fused, whichever kernels and however many threads run
 * it? */
#include "base/memory.h"
#include "ocellus/net.h"
#include "ocellus/session.h"
#include "ocellus/train.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { BATCH = 21, CLASSES = 10, MAX_VARIABLES = 64, SEEN = 8 /* images of a prediction */ };

/* A network with its loss and the gradients of all variables, on fixed pseudo-random images. */
typedef struct fixture {
  oc_graph *g;
  oc_session *s;
  oc_plan *plan;
  oc_node tf_x, tf_y, logits, fetches[MAX_VARIABLES + 1];
  int count;
  float x[BATCH * 28 * 28 * 3];
  int32_t y[BATCH];
} fixture;

static void check(oc_status status, const oc_error *err) {
  if (status != OC_OK) fail_msg("%s: %s (%s)", err->where, err->message, err->hint);
}

static void fill(fixture *f) {
  uint32_t state = 7;
  for (size_t i = 0; i < sizeof f->x / sizeof *f->x; i++) {
    state = state * 1664525u + 1013904223u;
    f->x[i] = (float)(state >> 8) / 8388608.0f - 1;
  }
  for (int i = 0; i < BATCH; i++) f->y[i] = (i * 7) % CLASSES;
}

static void make_graph(fixture *f, const char *net, int64_t size, int64_t channels) {
  oc_error err = {0};
  check(oc_graph_create(NULL, &f->g, &err), &err);
  f->tf_x = oc_placeholder(f->g, "tf_x", OC_F32, OC_SHAPE(OC_BATCH, size, size, channels));
  f->tf_y = oc_placeholder(f->g, "tf_y", OC_I32, OC_SHAPE(OC_BATCH));
  check(oc_net_build(f->g, f->tf_x, net, CLASSES, NULL, &f->logits, &err), &err);
  const oc_node loss =
      oc_reduce_mean(f->g, oc_softmax_cross_entropy(f->g, f->logits, oc_one_hot(f->g, f->tf_y, CLASSES)), 0);
  oc_node xs[MAX_VARIABLES];
  int n = 0;
  for (int i = 0; i < oc_graph_op_count(f->g); i++) {
    const oc_node node = oc_node_at(f->g, i);
    if (strcmp(oc_node_op(f->g, node), "variable") == 0 && !strstr(oc_node_name(f->g, node), "moving"))
      xs[n++] = node;
  }
  f->fetches[0] = loss;
  oc_gradients(f->g, loss, xs, n, f->fetches + 1);
  f->count = n + 1;
  check(oc_graph_status(f->g, &err), &err);
}

static fixture *make(const char *net, int64_t size, int64_t channels, const oc_session_options *options) {
  fixture *f = oc_memory_alloc(sizeof *f);
  assert_non_null(f);
  oc_error err = {0};
  fill(f);
  make_graph(f, net, size, channels);
  check(oc_session_create(f->g, options, &f->s, &err), &err);
  const oc_plan_options o = {.batch = BATCH, .training = true};
  check(oc_plan_create(f->s, f->fetches, f->count, &o, &f->plan, &err), &err);
  check(oc_plan_bind(f->plan, f->tf_x, f->x, &err), &err);
  check(oc_plan_bind(f->plan, f->tf_y, f->y, &err), &err);
  check(oc_plan_run(f->plan, BATCH, (oc_rng_counter){3, 100}, &err), &err);
  return f;
}

static void release(fixture *f) {
  oc_plan_free(f->plan);
  oc_session_free(f->s);
  oc_graph_free(f->g);
  oc_memory_free(f);
}

static int64_t count_of(oc_tensor t) {
  int64_t n = 0;
  assert_int_equal(oc_shape_count(&t.shape, 1, &n, NULL), OC_OK);
  return n;
}

static void compare(const fixture *want, const fixture *have, double tolerance, const char *what) {
  for (int i = 0; i < want->count; i++) {
    const oc_tensor a = oc_plan_result(want->plan, i), b = oc_plan_result(have->plan, i);
    const float *x = a.data, *y = b.data;
    double largest = 1e-6, error = 0;
    assert_true(oc_shape_equal(&a.shape, &b.shape));
    for (int64_t k = 0; k < count_of(a); k++) {
      assert_true(isfinite(x[k]) && isfinite(y[k]));
      largest = fmax(largest, fabs((double)x[k]));
      error = fmax(error, fabs((double)x[k] - (double)y[k]));
    }
    if (error > tolerance * largest)
      fail_msg("%s: %s differs by %g of %g", what, oc_node_name(want->g, want->fetches[i]), error, largest);
  }
}

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

/* Fetching a tensor that fusion would hide keeps it, with the value that the reference implementations give. */
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

/* Predictions of one plan before and after its session's variables changed: by hand, by a training step. */
static void predict(oc_plan *plan, int64_t samples, float *out) {
  oc_error err = {0};
  check(oc_plan_run(plan, samples, (oc_rng_counter){0, 0}, &err), &err);
  const oc_tensor y = oc_plan_result(plan, 0);
  memcpy(out, y.data, (size_t)(samples * CLASSES) * sizeof *out);
}

static oc_plan *predictor(fixture *f) {
  oc_error err = {0};
  oc_plan *plan;
  const oc_plan_options o = {.batch = SEEN};
  check(oc_plan_create(f->s, &f->logits, 1, &o, &plan, &err), &err);
  check(oc_plan_bind(plan, f->tf_x, f->x, &err), &err);
  return plan;
}

static void expect_as_fresh(fixture *f, oc_plan *old, bool changed) {
  float before[SEEN * CLASSES], now[SEEN * CLASSES], fresh[SEEN * CLASSES];
  const oc_tensor last = oc_plan_result(old, 0);
  memcpy(before, last.data, sizeof before);
  oc_plan *plan = predictor(f);
  predict(old, SEEN, now);
  predict(plan, SEEN, fresh);
  oc_plan_free(plan);
  assert_memory_equal(now, fresh, sizeof now);
  assert_int_equal(memcmp(before, now, sizeof now) != 0, changed);
}

static bool has_kernel(const oc_plan *plan, const char *name) {
  oc_step_time t;
  for (int i = 0; oc_plan_step_time(plan, i, &t); i++)
    if (strstr(t.kernel, name)) return true;
  return false;
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

static bool has_step(const oc_plan *plan, const char *operation) {
  oc_step_time t;
  for (int i = 0; oc_plan_step_time(plan, i, &t); i++)
    if (strcmp(t.operation, operation) == 0) return true;
  return false;
}

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

/* A layer of 225x200 without a gradient by its input, one of 200x520 with one, in two sums, and a small one. */
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

/* A training plan; with the gradients of weights fetched, too, nothing is fused with their updates. */
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

/* An update that was fused with its gradient, of weights stored transposed, changes nothing but time: same bits, for any number of
 * threads. */
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

/* Weights of a convolution after three steps whose updates follow the parts of sums, or not: then the sum is fetched. */
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

/* Between training steps that store weights transposed, others see them, change them, and train them as they are. */
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

/* A convolution without a bias: the number of steps that make both its gradients, with a kernel named for one of the two or not. */
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fused_equals_plain),
      cmocka_unit_test(test_same_bits_for_any_thread_count),
      cmocka_unit_test(test_short_batch),
      cmocka_unit_test(test_hidden_tensor_can_be_fetched),
      cmocka_unit_test(test_clear_errors),
      cmocka_unit_test(prepacked_weights_follow_the_variables),
      cmocka_unit_test(test_fused_update_has_the_same_bits),
      cmocka_unit_test(test_update_behind_its_sum_has_the_same_bits),
      cmocka_unit_test(test_named_kernel_keeps_weights_as_they_are),
      cmocka_unit_test(test_transposed_weights_are_seen_by_all),
      cmocka_unit_test(test_gradients_of_a_convolution_are_joined),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
