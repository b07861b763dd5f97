/* add, multiply, reductions, broadcast, one_hot, argmax, equal, cast: values, chunks, parts, refusals. */
#include "harness.h"
#include "op_case.h"

/* ---- add and multiply ---------------------------------------------------------------------------------- */

static void check_pair(oc_dtype type, oc_shape a, oc_shape b, int64_t chunk) {
  for (int product = 0; product < 2; product++) {
    op_case c;
    case_begin(&c, product ? "multiply" : "add", type, NULL, 5);
    case_input_noise(&c, type, a, 1);
    case_input_noise(&c, type, b, 2);
    case_run(&c, chunk);
    assert_true(oc_shape_equal(&c.info.out[0].shape, &a));
    const int64_t period = oc_value_count(&c.info.in[1], 5);
    for (int64_t i = 0; i < case_count(&c, 0); i++) {
      const double x = case_load(type, c.in[0], i), y = case_load(type, c.in[1], i % period);
      const double wanted = product ? x * y : x + y;
      assert_true(case_get(&c, 0, i) == (type == OC_F32 ? (double)(float)wanted : wanted));
    }
    case_end(&c);
  }
}

/* 30,000 elements without a batch are two parts, and no part begins where the second tensor does. */
static void add_and_multiply(void **state) {
  (void)state;
  const oc_shape a = OC_SHAPE(OC_BATCH, 4, 3);
  for (int64_t chunk = 1; chunk <= 5; chunk++) {
    check_pair(OC_F64, a, a, chunk);
    check_pair(OC_F64, a, OC_SHAPE(4, 3), chunk);
    check_pair(OC_F32, a, OC_SHAPE(3), chunk);
    check_pair(OC_F32, a, OC_SCALAR_SHAPE, chunk);
  }
  check_pair(OC_F64, OC_SHAPE(1000, 30), OC_SHAPE(1000, 30), 0);
  check_pair(OC_F64, OC_SHAPE(1000, 30), OC_SHAPE(30), 0);
  check_pair(OC_F64, OC_SHAPE(1000, 30), OC_SCALAR_SHAPE, 0);
  check_pair(OC_F64, OC_SHAPE(0, 30), OC_SHAPE(0, 30), 0);
}

static void pair_refusals(void **state) {
  (void)state;
  const oc_shape rows[][2] = {
      {OC_SHAPE(3), OC_SHAPE(OC_BATCH, 3)},    {OC_SHAPE(OC_BATCH, 3), OC_SHAPE(4)},
      {OC_SHAPE(OC_BATCH, 3), OC_SHAPE(5, 3)}, {OC_SCALAR_SHAPE, OC_SHAPE(3)},
      {OC_SHAPE(4, 3), OC_SHAPE(4)},           {OC_SHAPE(OC_BATCH, 3), OC_SHAPE(OC_BATCH)}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    op_case c;
    case_begin(&c, "add", OC_F32, NULL, 2);
    case_input(&c, OC_F32, rows[i][0], NULL);
    case_input(&c, OC_F32, rows[i][1], NULL);
    assert_fails(case_infer(&c), OC_E_NET, c.err, "must be like the first");
    case_end(&c);
  }
}

/* ---- reductions ---------------------------------------------------------------------------------------- */

enum { N = 5, A = 2, B = 3, C = 4, ALL = N * A * B * C };

/* Where element i of (n,2,3,4) goes when `axes` vanish, counted by hand. */
static int64_t place(int64_t i, unsigned axes) {
  const int64_t size[4] = {N, A, B, C};
  int64_t index[4], at = 0;
  for (int axis = 3; axis >= 0; axis--) {
    index[axis] = i % size[axis];
    i /= size[axis];
  }
  for (int axis = 0; axis < 4; axis++)
    if (!(axes >> axis & 1)) at = at * size[axis] + index[axis];
  return at;
}

static int64_t vanished(unsigned axes) {
  const int64_t size[4] = {N, A, B, C};
  int64_t count = 1;
  for (int axis = 0; axis < 4; axis++)
    if (axes >> axis & 1) count *= size[axis];
  return count;
}

static void check_reduce(unsigned axes, bool mean, bool batched, int64_t chunk) {
  const oc_reduce_attrs attrs = {axes, false};
  double wanted[ALL] = {0};
  op_case c;
  case_begin(&c, mean ? "reduce_mean" : "reduce_sum", OC_F64, &attrs, N);
  case_input_noise(&c, OC_F64, OC_SHAPE(batched ? OC_BATCH : N, A, B, C), 1);
  case_run(&c, chunk);
  for (int64_t i = 0; i < ALL; i++) wanted[place(i, axes)] += case_noise(1, i);
  assert_int_equal(case_count(&c, 0), ALL / vanished(axes));
  assert_int_equal(oc_tensor_desc_batched(&c.info.out[0]), batched && !(axes & 1));
  for (int64_t i = 0; i < case_count(&c, 0); i++)
    assert_true(fabs(case_get(&c, 0, i) - wanted[i] / (mean ? (double)vanished(axes) : 1)) < 1e-13);
  case_end(&c);
}

static void check_broadcast(unsigned axes, bool mean, bool batched, int64_t chunk) {
  const oc_reduce_attrs attrs = {axes, mean};
  const oc_shape large = OC_SHAPE(batched ? OC_BATCH : N, A, B, C);
  oc_shape small = {0};
  for (int i = 0; i < 4; i++)
    if (!(axes >> i & 1)) small.dim[small.rank++] = large.dim[i];
  op_case c;
  case_begin(&c, "broadcast", OC_F64, &attrs, N);
  case_input_noise(&c, OC_F64, small, 1);
  case_input(&c, OC_F64, large, NULL);
  case_run(&c, chunk);
  assert_int_equal(case_count(&c, 0), ALL);
  for (int64_t i = 0; i < ALL; i++) {
    const double wanted = case_noise(1, place(i, axes)) / (mean ? (double)vanished(axes) : 1);
    assert_true(fabs(case_get(&c, 0, i) - wanted) < 1e-15);
  }
  case_end(&c);
}

/* Every set of axes, batched or not, in chunks of every size. */
static void reductions(void **state) {
  (void)state;
  for (unsigned axes = 0; axes < 16; axes++)
    for (int mean = 0; mean < 2; mean++)
      for (int64_t chunk = 0; chunk <= N; chunk++) {
        check_reduce(axes, mean, chunk > 0, chunk);
        check_broadcast(axes, mean, chunk > 0, chunk);
      }
}

/* A million numbers that cancel, and one thousandth: a float sum would not have it in full. */
static void sums_keep_small_parts(void **state) {
  (void)state;
  const oc_reduce_attrs attrs = {1, false};
  double *x = malloc(1000001 * sizeof *x);
  op_case c;
  for (int i = 0; i < 1000000; i++) x[i] = i % 2 ? 4096 : -4096;
  x[1000000] = 0.001;
  case_begin(&c, "reduce_sum", OC_F32, &attrs, 1);
  case_input(&c, OC_F32, OC_SHAPE(1000001), x);
  case_run(&c, 0);
  assert_true(case_get(&c, 0, 0) == (double)0.001f);
  case_end(&c);
  free(x);
}

static void reduce_refusals(void **state) {
  (void)state;
  const oc_reduce_attrs beyond = {1u << 2, false}, rows = {1u << 0, false};
  op_case c;
  case_begin(&c, "reduce_sum", OC_F32, &beyond, 2);
  case_input(&c, OC_F32, OC_SHAPE(OC_BATCH, 3), NULL);
  assert_fails(case_infer(&c), OC_E_NET, c.err, "0x4");
  case_end(&c);
  case_begin(&c, "broadcast", OC_F32, &rows, 2);
  case_input(&c, OC_F32, OC_SHAPE(4), NULL);
  case_input(&c, OC_F32, OC_SHAPE(OC_BATCH, 3), NULL);
  assert_fails(case_infer(&c), OC_E_NET, c.err, "(4,), but must have (3,)");
  case_end(&c);
}

/* ---- labels -------------------------------------------------------------------------------------------- */

typedef struct one_hot_attrs { /* as in one_hot.c */
  int64_t depth;
} one_hot_attrs;

static void one_hot(void **state) {
  (void)state;
  const one_hot_attrs attrs = {3}, none = {0};
  const double labels[] = {2, 0, -1, 3, 1};
  op_case c;
  case_begin(&c, "one_hot", OC_F32, &attrs, 5);
  case_input(&c, OC_I32, OC_SHAPE(OC_BATCH), labels);
  case_run(&c, 2);
  for (int64_t i = 0; i < 15; i++) assert_true(case_get(&c, 0, i) == (labels[i / 3] == (double)(i % 3)));
  c.info.attrs = &none;
  assert_fails(case_infer(&c), OC_E_ARGUMENT, c.err, "depth 0");
  case_end(&c);
}

/* Labels, casts and comparisons of int64 beyond what int32, float and double hold. */
static void long_integers(void **state) {
  (void)state;
  const one_hot_attrs three = {3};
  const double labels[] = {2, -4294967296.0, 4294967297.0, 1};
  op_case c;
  case_begin(&c, "one_hot", OC_F32, &three, 4);
  case_input(&c, OC_I64, OC_SHAPE(OC_BATCH), labels);
  case_run(&c, 3);
  for (int64_t i = 0; i < 12; i++) assert_true(case_get(&c, 0, i) == (labels[i / 3] == (double)(i % 3)));
  assert_int_equal(c.info.op->accept(&c.info, "y", c.in[0], 1, &c.err), OC_OK);
  assert_fails(c.info.op->accept(&c.info, "y", c.in[0], 4, &c.err), OC_E_DATA, c.err,
               "label -4294967296 of sample 1 is no class: there are 3");
  case_end(&c);
  case_begin(&c, "equal", OC_F32, NULL, 3);
  case_input(&c, OC_I64, OC_SHAPE(OC_BATCH), NULL);
  case_input(&c, OC_I64, OC_SHAPE(OC_BATCH), NULL);
  const int64_t a[] = {INT64_MAX, 1, -5}, b[] = {INT64_MAX - 1, 1 + ((int64_t)1 << 32), -5};
  memcpy(c.in[0], a, sizeof a);
  memcpy(c.in[1], b, sizeof b);
  case_run(&c, 2);
  for (int i = 0; i < 3; i++) assert_true(case_get(&c, 0, i) == (a[i] == b[i]));
  case_end(&c);
}

static void check_cast(oc_dtype from, const void *x, oc_dtype to, const void *wanted, int count) {
  op_case c;
  const oc_dtype real_type = from == OC_F64 || to == OC_F64 ? OC_F64 : OC_F32;
  case_begin(&c, "cast", real_type, &to, count);
  case_input(&c, from, OC_SHAPE(OC_BATCH), NULL);
  memcpy(c.in[0], x, (size_t)count * oc_dtype_size(from));
  case_run(&c, 2);
  assert_memory_equal(c.out[0], wanted, (size_t)count * oc_dtype_size(to));
  case_end(&c);
}

static void casts_of_long_integers(void **state) {
  (void)state;
  const int64_t x[] = {INT64_MIN, -1, 16777217, INT64_MAX};
  check_cast(OC_I64, x, OC_I64, x, 4);
  check_cast(OC_I64, x, OC_I32, (const int32_t[]){INT32_MIN, -1, 16777217, INT32_MAX}, 4);
  check_cast(OC_I64, x, OC_U8, (const uint8_t[]){0, 0, 255, 255}, 4);
  check_cast(OC_I64, x, OC_F32, (const float[]){-0x1p63f, -1, 16777216, 0x1p63f}, 4);
  check_cast(OC_I64, x, OC_F64, (const double[]){-0x1p63, -1, 16777217, 0x1p63}, 4);
  check_cast(OC_I32, (const int32_t[]){-7, INT32_MAX}, OC_I64, (const int64_t[]){-7, INT32_MAX}, 2);
  const double reals[] = {-2.9, NAN, 1e300, -INFINITY, 0x1p62};
  check_cast(OC_F64, reals, OC_I64, (const int64_t[]){-2, 0, INT64_MAX, INT64_MIN, (int64_t)1 << 62}, 5);
  check_cast(OC_F64, reals, OC_F64, reals, 5);
}

static void argmax(void **state) {
  (void)state;
  const double x[] = {1, 3,   2,   7,        7,   0, -5,        -4,        -4,
                      1, NAN, NAN, INFINITY, NAN, 9, -INFINITY, -INFINITY, -INFINITY};
  const int wanted[] = {1, 0, 1, 1, 1, 0};
  op_case c;
  case_begin(&c, "argmax", OC_F32, NULL, 6);
  case_input(&c, OC_F32, OC_SHAPE(OC_BATCH, 3), x);
  case_run(&c, 4);
  for (int i = 0; i < 6; i++) assert_int_equal((int)case_get(&c, 0, i), wanted[i]);
  case_end(&c);
  case_begin(&c, "argmax", OC_F32, NULL, 2);
  case_input(&c, OC_F32, OC_SHAPE(OC_BATCH), NULL);
  assert_fails(case_infer(&c), OC_E_NET, c.err, "(?,)");
  case_end(&c);
}

static void equal(void **state) {
  (void)state;
  const double a[] = {1, 2, -3, 2147483647}, b[] = {1, 3, -3, -2147483647};
  op_case c;
  case_begin(&c, "equal", OC_F32, NULL, 4);
  case_input(&c, OC_I32, OC_SHAPE(OC_BATCH), a);
  case_input(&c, OC_I32, OC_SHAPE(OC_BATCH), b);
  case_run(&c, 3);
  for (int i = 0; i < 4; i++) assert_true(case_get(&c, 0, i) == (a[i] == b[i]));
  assert_int_equal(c.info.out[0].dtype, OC_U8);
  case_end(&c);
}

static void cast(void **state) {
  (void)state;
  const double x[] = {1.9, -1.9, NAN, 1e30, -1e30, 256, 255.5, INFINITY};
  const double as_i32[] = {1, -1, 0, 2147483647, -2147483648.0, 256, 255, 2147483647};
  const double as_u8[] = {1, 0, 0, 255, 0, 255, 255, 255};
  const oc_dtype types[] = {OC_I32, OC_U8};
  for (int t = 0; t < 2; t++) {
    op_case c;
    case_begin(&c, "cast", OC_F64, &types[t], 8);
    case_input(&c, OC_F64, OC_SHAPE(OC_BATCH), x);
    case_run(&c, 3);
    for (int i = 0; i < 8; i++) assert_true(case_get(&c, 0, i) == (t ? as_u8 : as_i32)[i]);
    case_end(&c);
  }
  const double whole[] = {-7, 0, 300, 2147483647};
  const oc_dtype real_type = OC_F64;
  op_case c;
  case_begin(&c, "cast", OC_F64, &real_type, 4);
  case_input(&c, OC_I32, OC_SHAPE(OC_BATCH), whole);
  case_run(&c, 0);
  for (int i = 0; i < 4; i++) assert_true(case_get(&c, 0, i) == whole[i]);
  case_end(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(add_and_multiply),
      cmocka_unit_test(pair_refusals),
      cmocka_unit_test(reductions),
      cmocka_unit_test(sums_keep_small_parts),
      cmocka_unit_test(reduce_refusals),
      cmocka_unit_test(one_hot),
      cmocka_unit_test(argmax),
      cmocka_unit_test(equal),
      cmocka_unit_test(cast),
      cmocka_unit_test(long_integers),
      cmocka_unit_test(casts_of_long_integers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
