/* add, subtract, multiply, divide, maximum, exp, log, sqrt, reductions, broadcast: values, chunks, parts,
 * refusals. */
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

/* dy goes to the larger one, with broadcasting to dy's shape; the gradient of each input is one operation. */
static void gradient_of_maximum(void **state) {
  (void)state;
  static const bool first = false, second = true;
  const double a[] = {1, 5, NAN, 2}, b[] = {3}, dy[] = {10, 20, 30, 40}, da[] = {0, 20, 30, 0};
  for (int i = 0; i < 2; i++) {
    op_case c;
    case_begin(&c, "maximum_grad", OC_F64, i ? &second : &first, 4);
    case_input(&c, OC_F64, OC_SHAPE(OC_BATCH, 1), a);
    case_input(&c, OC_F64, OC_SHAPE(1), b);
    case_input(&c, OC_F64, OC_SHAPE(OC_BATCH, 1), dy);
    case_run(&c, 3);
    for (int k = 0; k < 4; k++) assert_true(case_get(&c, 0, k) == (i ? dy[k] - da[k] : da[k]));
    c.info.in[2].shape = OC_SHAPE(OC_BATCH, 2);
    assert_fails(case_infer(&c), OC_E_NET, c.err, "input 2 of maximum_grad has the shape (?, 2)");
    c.info.in[2].shape = OC_SHAPE(OC_BATCH, 1);
    case_end(&c);
  }
  oc_graph *g;
  oc_error err;
  oc_node x[2], dx[2];
  int gradients = 0;
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  for (int i = 0; i < 2; i++) x[i] = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 3));
  oc_gradients(g, oc_reduce_sum(g, oc_maximum(g, x[0], x[1]), 0), x, 2, dx);
  assert_ok(oc_graph_status(g, &err), err);
  for (int i = 0; i < oc_graph_op_count(g); i++)
    gradients += strcmp(oc_node_op(g, oc_node_at(g, i)), "maximum_grad") == 0;
  assert_int_equal(gradients, 2);
  oc_graph_free(g);
}

static void pair_refusals(void **state) {
  (void)state;
  const oc_shape rows[][2] = {{OC_SHAPE(OC_BATCH, 3), OC_SHAPE(4)},
                              {OC_SHAPE(OC_BATCH, 3), OC_SHAPE(5, 3)},
                              {OC_SHAPE(4, 3), OC_SHAPE(4)},
                              {OC_SHAPE(4, 3), OC_SHAPE(0, 3)},
                              {OC_SHAPE(4, 3), OC_SHAPE(OC_BATCH)},
                              {OC_SHAPE(4, 1), OC_SHAPE(OC_BATCH)},
                              {OC_SHAPE(OC_BATCH, 3), OC_SHAPE(OC_BATCH)}};
  static const char *const ops[] = {"add", "subtract", "multiply", "divide", "maximum"};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (size_t k = 0; k < sizeof ops / sizeof *ops; k++)
      for (int turned = 0; turned < 2; turned++) {
        op_case c;
        case_begin(&c, ops[k], OC_F32, NULL, 2);
        case_input(&c, OC_F32, rows[i][turned], NULL);
        case_input(&c, OC_F32, rows[i][!turned], NULL);
        assert_fails(case_infer(&c), OC_E_NET, c.err, "cannot broadcast");
        case_end(&c);
      }
}

static double apply(const char *op, double x, double y) {
  if (strcmp(op, "subtract") == 0) return x - y;
  if (strcmp(op, "divide") == 0) return x / y;
  if (strcmp(op, "maximum") == 0) return x > y ? x : y;
  return strcmp(op, "add") == 0 ? x + y : x * y;
}

/* Element `at` of a result of shape y comes from this element of an input, counted axis by axis. */
static int64_t source(const oc_shape *x, const oc_shape *y, int64_t at, int64_t batch) {
  int64_t from = 0, step = 1;
  for (int back = 0; back < y->rank; back++) {
    const int64_t given = y->dim[y->rank - 1 - back], size = given == OC_BATCH ? batch : given;
    const int64_t own = back < x->rank ? x->dim[x->rank - 1 - back] : 1;
    if (own != 1) from += at % size * step;
    if (own != 1) step *= size;
    at /= size;
  }
  return from;
}

static void check_broadcast_pair(oc_shape a, oc_shape b, oc_shape wanted) {
  static const char *const ops[] = {"add", "subtract", "multiply", "divide", "maximum"};
  for (size_t k = 0; k < sizeof ops / sizeof *ops; k++)
    for (int64_t chunk = 1; chunk <= 5; chunk += 2) {
      op_case c;
      case_begin(&c, ops[k], OC_F64, NULL, 5);
      case_input_noise(&c, OC_F64, a, 1);
      case_input_noise(&c, OC_F64, b, 2);
      case_run(&c, chunk);
      assert_true(oc_shape_equal(&c.info.out[0].shape, &wanted));
      for (int64_t i = 0; i < case_count(&c, 0); i++) {
        const double x = case_load(OC_F64, c.in[0], source(&a, &wanted, i, 5));
        const double y = case_load(OC_F64, c.in[1], source(&b, &wanted, i, 5));
        assert_true(case_get(&c, 0, i) == apply(ops[k], x, y));
      }
      case_end(&c);
    }
}

/* Each side may be the one that is repeated, along any axis; 9,000 elements without a batch are three
 * parts. */
static void broadcasting(void **state) {
  (void)state;
  const oc_shape batched = OC_SHAPE(OC_BATCH, 4, 3), fixed = OC_SHAPE(30, 20, 15);
  const oc_shape rows[][2] = {{batched, OC_SHAPE(OC_BATCH, 4, 1)},
                              {batched, OC_SHAPE(OC_BATCH, 1, 3)},
                              {batched, OC_SHAPE(1, 4, 1)},
                              {batched, OC_SHAPE(4, 1)},
                              {batched, OC_SHAPE(1)},
                              {batched, OC_SCALAR_SHAPE},
                              {batched, OC_SHAPE(1, 1, 1)},
                              {fixed, OC_SHAPE(30, 1, 15)},
                              {fixed, OC_SHAPE(30, 1, 1)},
                              {fixed, OC_SHAPE(20, 1)},
                              {fixed, OC_SHAPE(1, 20, 15)},
                              {fixed, OC_SCALAR_SHAPE}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    check_broadcast_pair(rows[i][0], rows[i][1], rows[i][0]);
    check_broadcast_pair(rows[i][1], rows[i][0], rows[i][0]);
  }
  check_broadcast_pair(OC_SHAPE(OC_BATCH, 1), OC_SHAPE(3), OC_SHAPE(OC_BATCH, 3));
  check_broadcast_pair(OC_SHAPE(4, 1, 2), OC_SHAPE(5, 1), OC_SHAPE(4, 5, 2));
  check_broadcast_pair(OC_SHAPE(1, 0), OC_SHAPE(3, 1), OC_SHAPE(3, 0));
}

/* NaN on either side wins; of a division by 0, IEEE 754 says what comes out. */
static void special_numbers(void **state) {
  (void)state;
  const double a[] = {NAN, 1, NAN, -INFINITY, 0, 1, -1}, b[] = {1, NAN, NAN, -3, 0, 0, 0};
  const double largest[] = {NAN, NAN, NAN, -3, 0, 1, 0};
  op_case c;
  case_begin(&c, "maximum", OC_F32, NULL, 7);
  case_input(&c, OC_F32, OC_SHAPE(OC_BATCH), a);
  case_input(&c, OC_F32, OC_SHAPE(OC_BATCH), b);
  case_run(&c, 3);
  for (int i = 0; i < 7; i++)
    assert_true(case_get(&c, 0, i) == largest[i] || (isnan(largest[i]) && isnan(case_get(&c, 0, i))));
  c.info.op = oc_ops_find(OC_F32, "divide");
  case_run(&c, 3);
  assert_true(isnan(case_get(&c, 0, 4)) && case_get(&c, 0, 5) == INFINITY && case_get(&c, 0, 6) == -INFINITY);
  case_end(&c);
}

static void exp_log_sqrt(void **state) {
  (void)state;
  const double x[] = {-INFINITY, -1, 0, 1e-300, 1, 2.25, 700, INFINITY, NAN};
  static const struct {
    const char *op;
    double (*function)(double);
  } rows[] = {{"exp", exp}, {"log", log}, {"sqrt", sqrt}};
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
    op_case c;
    case_begin(&c, rows[k].op, OC_F64, NULL, 9);
    case_input(&c, OC_F64, OC_SHAPE(OC_BATCH), x);
    case_run(&c, 2);
    for (int i = 0; i < 9; i++) {
      const double wanted = rows[k].function(x[i]), got = case_get(&c, 0, i);
      assert_true(got == wanted || (isnan(got) && isnan(wanted)));
    }
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

/* Every set of axes but the batch; ties, NaN and minus infinity. */
static void largest_elements(void **state) {
  (void)state;
  for (unsigned axes = 1; axes < 16; axes++)
    for (int64_t chunk = 0; chunk <= N; chunk++) {
      const bool batched = chunk > 0;
      if (batched && (axes & 1)) continue;
      const oc_reduce_attrs attrs = {axes, false};
      double wanted[ALL];
      op_case c;
      case_begin(&c, "reduce_max", OC_F64, &attrs, N);
      case_input_noise(&c, OC_F64, OC_SHAPE(batched ? OC_BATCH : N, A, B, C), 1);
      case_run(&c, chunk);
      for (int64_t i = 0; i < ALL; i++) wanted[i] = -INFINITY;
      for (int64_t i = 0; i < ALL; i++)
        wanted[place(i, axes)] = fmax(wanted[place(i, axes)], case_noise(1, i));
      assert_int_equal(case_count(&c, 0), ALL / vanished(axes));
      for (int64_t i = 0; i < case_count(&c, 0); i++) assert_true(case_get(&c, 0, i) == wanted[i]);
      case_end(&c);
    }
  const double x[] = {1, 5, 5, NAN, 2, 3, -INFINITY, -INFINITY, -INFINITY};
  const oc_reduce_attrs last = {2, false};
  op_case c;
  case_begin(&c, "reduce_max", OC_F32, &last, 3);
  case_input(&c, OC_F32, OC_SHAPE(OC_BATCH, 3), x);
  case_run(&c, 2);
  assert_true(case_get(&c, 0, 0) == 5 && isnan(case_get(&c, 0, 1)) && case_get(&c, 0, 2) == -INFINITY);
  case_end(&c);
  const double y[] = {5, NAN, -INFINITY}, dy[] = {6, 3, 9}, dx[] = {0, 3, 3, 3, 0, 0, 3, 3, 3};
  case_begin(&c, "reduce_max_grad", OC_F32, &last, 3);
  case_input(&c, OC_F32, OC_SHAPE(OC_BATCH, 3), x);
  case_input(&c, OC_F32, OC_SHAPE(OC_BATCH), y);
  case_input(&c, OC_F32, OC_SHAPE(OC_BATCH), dy);
  case_run(&c, 2);
  for (int i = 0; i < 9; i++) assert_true(case_get(&c, 0, i) == dx[i]);
  case_end(&c);
}

static void largest_element_refusals(void **state) {
  (void)state;
  const oc_reduce_attrs batch = {1, false}, beyond = {4, false}, last = {2, false};
  op_case c;
  case_begin(&c, "reduce_max", OC_F32, &batch, 2);
  case_input(&c, OC_F32, OC_SHAPE(OC_BATCH, 3), NULL);
  assert_fails(case_infer(&c), OC_E_NET, c.err, "axis 0 of (?, 3) is the batch");
  c.info.attrs = &beyond;
  assert_fails(case_infer(&c), OC_E_NET, c.err, "0x4");
  case_end(&c);
  case_begin(&c, "reduce_max", OC_F32, &last, 2);
  case_input(&c, OC_F32, OC_SHAPE(OC_BATCH, 0), NULL);
  assert_fails(case_infer(&c), OC_E_NET, c.err, "at least one element");
  case_end(&c);
}

/* No axes stand for all. */
static void all_axes(void **state) {
  (void)state;
  oc_node (*const builders[])(oc_graph *, oc_node, unsigned) = {oc_reduce_sum, oc_reduce_mean, oc_reduce_max};
  oc_graph *g;
  oc_error err;
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  for (int i = 0; i < 3; i++) {
    const oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(3, 4));
    assert_int_equal(oc_node_shape(g, builders[i](g, x, 0)).rank, 0);
    assert_ok(oc_graph_status(g, &err), err);
  }
  oc_graph_free(g);
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(add_and_multiply),
      cmocka_unit_test(pair_refusals),
      cmocka_unit_test(broadcasting),
      cmocka_unit_test(special_numbers),
      cmocka_unit_test(exp_log_sqrt),
      cmocka_unit_test(reductions),
      cmocka_unit_test(largest_elements),
      cmocka_unit_test(largest_element_refusals),
      cmocka_unit_test(sums_keep_small_parts),
      cmocka_unit_test(reduce_refusals),
      cmocka_unit_test(all_axes),
      cmocka_unit_test(gradient_of_maximum),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
