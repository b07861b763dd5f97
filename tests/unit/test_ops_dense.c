/* Matrix product, bias and the dense block: values, which axes may be batched, chunks, and the dropout mask.
 */
#include "harness.h"
#include "base/random.h"
#include "op_case.h"

static void check_close(double value, double expected, double tolerance) {
  if (!(fabs(value - expected) <= tolerance)) fail_msg("%.17g is not %.17g", value, expected);
}

/* All four transposes against the sum written out. */
static void check_transposes(bool ta, bool tb, oc_dtype type, double tolerance) {
  enum { M = 3, K = 4, COLUMNS = 5 };
  const oc_matmul_attrs t = {ta, tb};
  op_case c;
  case_begin(&c, "matmul", type, &t, 1);
  case_input_noise(&c, type, ta ? OC_SHAPE(K, M) : OC_SHAPE(M, K), 1);
  case_input_noise(&c, type, tb ? OC_SHAPE(COLUMNS, K) : OC_SHAPE(K, COLUMNS), 2);
  case_run(&c, 0);
  assert_int_equal(case_count(&c, 0), M * COLUMNS);
  for (int i = 0; i < M; i++)
    for (int j = 0; j < COLUMNS; j++) {
      double sum = 0;
      for (int p = 0; p < K; p++)
        sum += case_noise(1, ta ? p * M + i : i * K + p) * case_noise(2, tb ? j * K + p : p * COLUMNS + j);
      check_close(case_get(&c, 0, i * COLUMNS + j), sum, tolerance);
    }
  case_end(&c);
}
static void transposes(void **state) {
  (void)state;
  for (int i = 0; i < 4; i++) {
    check_transposes(i & 1, i & 2, OC_F64, 1e-14);
    check_transposes(i & 1, i & 2, OC_F32, 1e-6);
  }
}

/* Rows of a batch, and the sum over the samples of a weight's gradient, in chunks of every size. */
static void batches_and_chunks(void **state) {
  (void)state;
  for (int64_t chunk = 1; chunk <= 5; chunk++) {
    const oc_matmul_attrs rows = {false, false}, sum = {true, false};
    op_case y, dw;
    case_begin(&y, "matmul", OC_F64, &rows, 5);
    case_input_noise(&y, OC_F64, OC_SHAPE(OC_BATCH, 3), 1);
    case_input_noise(&y, OC_F64, OC_SHAPE(3, 2), 2);
    case_run(&y, chunk);
    assert_int_equal(y.info.out[0].shape.dim[0], OC_BATCH);
    case_begin(&dw, "matmul", OC_F64, &sum, 5);
    case_input_noise(&dw, OC_F64, OC_SHAPE(OC_BATCH, 3), 1);
    case_input_noise(&dw, OC_F64, OC_SHAPE(OC_BATCH, 2), 3);
    case_run(&dw, chunk);
    for (int i = 0; i < 5; i++)
      for (int j = 0; j < 2; j++) {
        double expected = 0;
        for (int p = 0; p < 3; p++) expected += case_noise(1, i * 3 + p) * case_noise(2, p * 2 + j);
        check_close(case_get(&y, 0, i * 2 + j), expected, 1e-14);
      }
    for (int i = 0; i < 3; i++)
      for (int j = 0; j < 2; j++) {
        double expected = 0;
        for (int p = 0; p < 5; p++) expected += case_noise(1, p * 3 + i) * case_noise(3, p * 2 + j);
        check_close(case_get(&dw, 0, i * 2 + j), expected, 1e-14);
      }
    case_end(&y);
    case_end(&dw);
  }
}

static void check_matmul_refused(oc_shape a, oc_shape b, bool ta, bool tb, const char *says) {
  const oc_matmul_attrs t = {ta, tb};
  op_case c;
  case_begin(&c, "matmul", OC_F32, &t, 2);
  case_input(&c, OC_F32, a, NULL);
  case_input(&c, OC_F32, b, NULL);
  assert_fails(case_infer(&c), OC_E_NET, c.err, says);
  case_end(&c);
}
static void matmul_refusals(void **state) {
  (void)state;
  const oc_shape batch = OC_SHAPE(OC_BATCH, 4), fixed = OC_SHAPE(4, 4);
  check_matmul_refused(batch, OC_SHAPE(3, 2), false, false, "a has 4 columns, but b has 3 rows");
  check_matmul_refused(batch, OC_SHAPE(4), false, false, "b of matmul has the shape (4,)");
  check_matmul_refused(OC_SHAPE(OC_BATCH, 2, 2), fixed, false, false, "must have 2 axes");
  check_matmul_refused(fixed, batch, false, false, "b is batched");
  check_matmul_refused(fixed, batch, false, true, "b (transposed) is batched");
  check_matmul_refused(batch, batch, false, false, "a is batched and b is batched");
  check_matmul_refused(batch, fixed, true, false, "a (transposed) is batched and b is not batched");
  check_matmul_refused(batch, batch, true, true, "allowed are");
}

static void bias(void **state) {
  (void)state;
  op_case y, db;
  case_begin(&y, "bias_add", OC_F64, NULL, 2);
  case_input(&y, OC_F64, OC_SHAPE(OC_BATCH, 2, 2), (double[]){1, 2, 3, 4, 5, 6, 7, 8});
  case_input(&y, OC_F64, OC_SHAPE(2), (double[]){10, 20});
  case_run(&y, 1);
  const double expected[] = {11, 22, 13, 24, 15, 26, 17, 28};
  for (int i = 0; i < 8; i++) assert_true(case_get(&y, 0, i) == expected[i]);
  case_end(&y);
  for (int64_t chunk = 1; chunk <= 2; chunk++) {
    case_begin(&db, "bias_grad", OC_F64, NULL, 2);
    case_input(&db, OC_F64, OC_SHAPE(OC_BATCH, 2, 2), (double[]){1, 2, 3, 4, 5, 6, 7, 8});
    case_run(&db, chunk);
    assert_true(case_get(&db, 0, 0) == 16 && case_get(&db, 0, 1) == 20);
    case_end(&db);
  }
  case_begin(&y, "bias_add", OC_F64, NULL, 2);
  case_input(&y, OC_F64, OC_SHAPE(OC_BATCH, 3), NULL);
  case_input(&y, OC_F64, OC_SHAPE(2), NULL);
  assert_fails(case_infer(&y), OC_E_NET, y.err, "b of bias_add has the shape (2,), but must have (3,)");
  case_end(&y);
}

static void begin_dense(op_case *c, const oc_dense_block_attrs *a, int64_t batch, double keep) {
  case_begin(c, "dense_block", OC_F32, a, batch);
  case_input_noise(c, OC_F32, OC_SHAPE(OC_BATCH, 6), 1);
  case_input_noise(c, OC_F32, OC_SHAPE(6, 9), 2);
  case_input_noise(c, OC_F32, OC_SHAPE(9), 3);
  if (a->dropout) case_input(c, OC_F32, OC_SCALAR_SHAPE, &keep);
}

/* The dense block is matmul, bias_add, the activation and the dropout operation, to the bit. */
static void check_dense_block(oc_act act, const char *act_name, const void *act_attrs, bool dropout) {
  const oc_dense_block_attrs a = {act, 0.25, dropout, 1000, false};
  const oc_matmul_attrs plain = {false, false};
  op_case block, step[4];
  begin_dense(&block, &a, 5, 0.5);
  block.state.epoch = 3;
  block.state.sample = 64;
  case_run(&block, 2);
  const char *const names[] = {"matmul", "bias_add", act_name, dropout ? "dropout" : NULL};
  const void *const attrs[] = {&plain, NULL, act_attrs, NULL};
  const double keep = 0.5;
  int last = -1;
  for (int i = 0; i < 4 && names[i]; i++) {
    case_begin(&step[i], names[i], OC_F32, attrs[i], 5);
    step[i].state = block.state;
    if (i == 0) {
      case_input_noise(&step[i], OC_F32, OC_SHAPE(OC_BATCH, 6), 1);
      case_input_noise(&step[i], OC_F32, OC_SHAPE(6, 9), 2);
    } else {
      case_input(&step[i], OC_F32, OC_SHAPE(OC_BATCH, 9), NULL);
      memcpy(step[i].in[0], step[i - 1].out[0], 5 * 9 * sizeof(float));
    }
    if (i == 1) case_input_noise(&step[i], OC_F32, OC_SHAPE(9), 3);
    if (i == 3) case_input(&step[i], OC_F32, OC_SCALAR_SHAPE, &keep);
    case_run(&step[i], 3);
    last = i;
  }
  assert_memory_equal(block.out[0], step[last].out[0], 5 * 9 * sizeof(float));
  for (int i = 0; i <= last; i++) case_end(&step[i]);
  case_end(&block);
}
static void dense_block_is_its_parts(void **state) {
  (void)state;
  const oc_leaky_relu_attrs leaky = {0.25};
  check_dense_block(OC_ACT_NONE, NULL, NULL, false);
  check_dense_block(OC_ACT_RELU, "relu", NULL, false);
  check_dense_block(OC_ACT_LEAKY_RELU, "leaky_relu", &leaky, false);
  check_dense_block(OC_ACT_SIGMOID, "sigmoid", NULL, false);
  check_dense_block(OC_ACT_TANH, "tanh", NULL, false);
  check_dense_block(OC_ACT_RELU, "relu", NULL, true);
}

/* The same layer, with the same weights stored the other way round. */
static void transposed_weights_give_the_same(void **state) {
  (void)state;
  const oc_dense_block_attrs plain = {OC_ACT_RELU, 0, true, 1000, false};
  const oc_dense_block_attrs transposed = {OC_ACT_RELU, 0, true, 1000, true};
  const double keep = 0.5;
  op_case c, t;
  begin_dense(&c, &plain, 5, keep);
  case_begin(&t, "dense_block", OC_F32, &transposed, 5);
  case_input_noise(&t, OC_F32, OC_SHAPE(OC_BATCH, 6), 1);
  case_input(&t, OC_F32, OC_SHAPE(9, 6), NULL);
  case_input_noise(&t, OC_F32, OC_SHAPE(9), 3);
  case_input(&t, OC_F32, OC_SCALAR_SHAPE, &keep);
  for (int i = 0; i < 6; i++)
    for (int j = 0; j < 9; j++) ((float *)t.in[1])[j * 6 + i] = ((const float *)c.in[1])[i * 9 + j];
  case_run(&c, 2);
  case_run(&t, 2);
  assert_memory_equal(c.out[0], t.out[0], 5 * 9 * sizeof(float));
  case_end(&c);
  case_end(&t);
}

/* The mask is the one that ops.h promises, whatever the chunks. */
static void dropout_mask_follows_the_rule(void **state) {
  (void)state;
  const oc_dense_block_attrs with = {OC_ACT_RELU, 0, true, 1234, false},
                             without = {OC_ACT_RELU, 0, false, 1234, false};
  op_case c, all;
  begin_dense(&c, &with, 5, 0.75);
  begin_dense(&all, &without, 5, 0);
  c.state.epoch = 2;
  c.state.sample = 4294967294u; /* the third sample's position needs a 33rd bit */
  case_run(&c, 2);
  case_run(&all, 0);
  const oc_random_key key = oc_random_key_of(123, 1234);
  for (int n = 0; n < 5; n++)
    for (int e = 0; e < 9; e++) {
      uint32_t word[4];
      const uint64_t at = c.state.sample + (uint64_t)n;
      oc_random_block(key, (uint32_t)e / 4, (uint32_t)at, (uint32_t)(at >> 32), 2, word);
      const bool kept = oc_dropout_keeps(word[e % 4], 0.75);
      const double y = case_get(&all, 0, n * 9 + e);
      assert_true(case_get(&c, 0, n * 9 + e) == (kept ? (float)((float)y / 0.75f) : 0));
    }
  case_end(&c);
  case_end(&all);
}

static void check_dense_refused(oc_dense_block_attrs a, oc_shape x, oc_shape w, const char *says,
                                oc_status code) {
  op_case c;
  case_begin(&c, "dense_block", OC_F32, &a, 2);
  case_input(&c, OC_F32, x, NULL);
  case_input(&c, OC_F32, w, NULL);
  case_input(&c, OC_F32, OC_SHAPE(9), NULL);
  if (a.dropout) case_input(&c, OC_F32, OC_SCALAR_SHAPE, NULL);
  assert_fails(case_infer(&c), code, c.err, says);
  case_end(&c);
}
static void dense_block_refusals(void **state) {
  (void)state;
  const oc_shape x = OC_SHAPE(OC_BATCH, 6), w = OC_SHAPE(6, 9);
  check_dense_refused((oc_dense_block_attrs){OC_ACT_GELU, 0, false, 0, false}, x, w, "unsupported fusion",
                      OC_E_INTERNAL);
  check_dense_refused((oc_dense_block_attrs){OC_ACT_TANH, 0, true, 0, false}, x, w, "unsupported fusion",
                      OC_E_INTERNAL);
  check_dense_refused((oc_dense_block_attrs){OC_ACT_RELU, 0, false, 0, true}, x, w, "must have (6, 6)",
                      OC_E_NET);
  check_dense_refused((oc_dense_block_attrs){OC_ACT_RELU, 0, false, 0, false}, x, OC_SHAPE(5, 9),
                      "must have (6, 9)", OC_E_NET);
}

static void relu_dropout_grad(void **state) {
  (void)state;
  op_case c;
  case_begin(&c, "relu_dropout_grad", OC_F64, NULL, 1);
  case_input(&c, OC_F64, OC_SHAPE(OC_BATCH, 4), (double[]){0, 2, 0.5, NAN});
  case_input(&c, OC_F64, OC_SHAPE(OC_BATCH, 4), (double[]){7, 3, -1, 5});
  case_input(&c, OC_F64, OC_SCALAR_SHAPE, (double[]){0.5});
  case_run(&c, 0);
  const double expected[] = {0, 6, -2, 0};
  for (int i = 0; i < 4; i++) assert_true(case_get(&c, 0, i) == expected[i]);
  case_end(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(transposes),
      cmocka_unit_test(batches_and_chunks),
      cmocka_unit_test(matmul_refusals),
      cmocka_unit_test(bias),
      cmocka_unit_test(dense_block_is_its_parts),
      cmocka_unit_test(transposed_weights_give_the_same),
      cmocka_unit_test(dropout_mask_follows_the_rule),
      cmocka_unit_test(dense_block_refusals),
      cmocka_unit_test(relu_dropout_grad),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
