/* Pooling: who wins a window, what padding counts, and where gradients go. */
#include "harness.h"
#include "op_case.h"
#include "ops/window.h"

#define N NAN

static void check(const op_case *c, const double *expected, int64_t count) {
  assert_int_equal(case_count(c, 0), count);
  for (int64_t i = 0; i < count; i++) {
    const double value = case_get(c, 0, i);
    if (isnan(expected[i]) ? !isnan(value) : value != expected[i] && !(fabs(value - expected[i]) < 1e-12))
      fail_msg("element %d is %g, not %g", (int)i, value, expected[i]);
  }
}

/* One image (rows, columns) with one channel. */
static oc_shape image(int64_t rows, int64_t columns) {
  return OC_SHAPE(OC_BATCH, rows, columns, 1);
}

static void check_pool(const char *op, const oc_pool_attrs *a, oc_shape shape, const double *x,
                       const double *expected, int64_t count) {
  op_case c;
  case_begin(&c, op, OC_F64, a, 1);
  case_input(&c, OC_F64, shape, x);
  case_run(&c, 0);
  check(&c, expected, count);
  case_end(&c);
}

static const oc_pool_attrs by_two = {{2, 2}, {2, 2}, {0}, {0}};

/* Lecture, "Subsampling": windows that do not overlap; an odd last row or column is left out. */
static void max_and_mean(void **state) {
  (void)state;
  const double x[] = {1, 2, 9, 3, 4, 9, 5, 6, 9, 7, 8, 9, 9, 9, 9};
  check_pool("max_pool", &by_two, image(5, 3), x, (double[]){4, 8}, 2);
  check_pool("mean_pool", &by_two, image(5, 3), x, (double[]){2.5, 6.5}, 2);
}

/* Lecture, "Subsampling": changes below a window's maximum are not seen. */
static void local_invariance(void **state) {
  (void)state;
  double x[36], changed[36], maxima[9];
  for (int i = 0; i < 36; i++) x[i] = changed[i] = case_noise(1, i);
  for (int i = 0; i < 9; i++) {
    const int first = i / 3 * 12 + i % 3 * 2, window[] = {first, first + 1, first + 6, first + 7};
    int best = first;
    for (int k = 0; k < 4; k++)
      if (x[window[k]] > x[best]) best = window[k];
    for (int k = 0; k < 4; k++)
      if (window[k] != best) changed[window[k]] -= fabs(case_noise(2, window[k]));
    maxima[i] = x[best];
  }
  check_pool("max_pool", &by_two, image(6, 6), x, maxima, 9);
  check_pool("max_pool", &by_two, image(6, 6), changed, maxima, 9);
}

/* Padding is neither a 0 that wins over negative values nor counted in a mean. */
static void padding_does_not_count(void **state) {
  (void)state;
  const oc_pool_attrs same = {{3, 3}, {2, 2}, {1, 1, 1, 1}, {0}};
  const double x[] = {-1, -2, -3, -4, -5, -6, -7, -8, -9};
  check_pool("max_pool", &same, image(3, 3), x, (double[]){-1, -2, -4, -5}, 4);
  check_pool("mean_pool", &same, image(3, 3), x, (double[]){-3, -4, -6, -7}, 4);
}

static void nan_and_infinity(void **state) {
  (void)state;
  const double low = -INFINITY;
  check_pool("max_pool", &by_two, image(2, 4), (double[]){low, low, 1, 2, low, low, N, INFINITY},
             (double[]){low, N}, 2);
  check_pool("max_pool", &by_two, image(2, 4), (double[]){N, 3, 1, 2, 3, 3, 3, N}, (double[]){N, N}, 2);
}

static void check_grad(const oc_pool_attrs *a, oc_shape xs, const double *x, oc_shape ys, const double *dy,
                       const double *expected) {
  op_case c;
  case_begin(&c, "max_pool_grad", OC_F64, a, 1);
  case_input(&c, OC_F64, xs, x);
  case_input(&c, OC_F64, ys, NULL);
  case_input(&c, OC_F64, ys, dy);
  case_run(&c, 0);
  check(&c, expected, xs.dim[1] * xs.dim[2]);
  case_end(&c);
}

/* The first of equal values in row order, and the first NaN; windows that overlap add up. */
static void gradient_goes_to_the_first_maximum(void **state) {
  (void)state;
  check_grad(&by_two, image(2, 4), (double[]){5, 5, 1, 7, 5, 5, 7, 7}, image(1, 2), (double[]){10, 20},
             (double[]){10, 0, 0, 20, 0, 0, 0, 0});
  check_grad(&by_two, image(2, 4), (double[]){9, N, -INFINITY, -INFINITY, N, N, -INFINITY, -INFINITY},
             image(1, 2), (double[]){10, 20}, (double[]){0, 10, 20, 0, 0, 0, 0, 0});
  const oc_pool_attrs overlap = {{1, 2}, {1, 1}, {0}, {0}};
  check_grad(&overlap, image(1, 4), (double[]){1, 8, 2, 3}, image(1, 3), (double[]){1, 10, 100},
             (double[]){0, 11, 0, 100});
}

/* All NaN, in a window that is cut by padding: no index out of range (the guard bytes watch). */
static void gradient_of_nan_stays_inside(void **state) {
  (void)state;
  const oc_pool_attrs same = {{3, 3}, {3, 3}, {1, 1, 1, 1}, {0}};
  check_grad(&same, image(1, 1), (double[]){N}, image(1, 1), (double[]){3}, (double[]){3});
  check_grad(&same, image(2, 2), (double[]){N, N, N, N}, image(1, 1), (double[]){3}, (double[]){3, 0, 0, 0});
}

static void mean_gradient_spreads(void **state) {
  (void)state;
  const oc_pool_attrs a = {{2, 2}, {2, 2}, {0, 1, 0, 1}, OC_SHAPE(OC_BATCH, 3, 3, 1)};
  op_case c;
  case_begin(&c, "mean_pool_grad", OC_F64, &a, 1);
  case_input(&c, OC_F64, OC_SHAPE(OC_BATCH, 2, 2, 1), (double[]){4, 2, 6, 5});
  case_run(&c, 0);
  check(&c, (double[]){1, 1, 1, 1, 1, 1, 3, 3, 5}, 9);
  case_end(&c);
}

static void global_mean(void **state) {
  (void)state;
  op_case c;
  case_begin(&c, "global_mean_pool", OC_F64, NULL, 2);
  case_input(&c, OC_F64, OC_SHAPE(OC_BATCH, 1, 3, 2), (double[]){1, 10, 2, 20, 6, 60, 0, 0, 3, -3, 0, 0});
  case_run(&c, 1);
  check(&c, (double[]){3, 30, 1, -1}, 4);
  assert_int_equal(c.info.out[0].shape.rank, 2);
  case_end(&c);
  double many[2 * 40], means[40]; /* channels whose sums need more than a block of scratch */
  for (int j = 0; j < 40; j++) many[j] = j, many[40 + j] = 3 * j, means[j] = 2 * j;
  case_begin(&c, "global_mean_pool", OC_F64, NULL, 1);
  case_input(&c, OC_F64, OC_SHAPE(OC_BATCH, 2, 1, 40), many);
  case_run(&c, 1);
  check(&c, means, 40);
  case_end(&c);
}

/* SAME has ceil(n/s) outputs and, over the whole grid, never a window without an element. */
static void every_window_meets_the_image(void **state) {
  (void)state;
  for (int64_t n = 1; n <= 9; n++)
    for (int64_t k = 1; k <= 6; k++)
      for (int64_t s = 1; s <= 7; s++) {
        oc_pool_attrs a = {{k, k}, {s, s}, {0}, {0}};
        for (int i = 0; i < 2; i++) oc_window_padding(OC_PAD_SAME, n, k, s, 1, a.pad + 2 * i);
        op_case c;
        case_begin(&c, "mean_pool", OC_F64, &a, 1);
        double ones[81];
        for (int i = 0; i < 81; i++) ones[i] = 1;
        case_input(&c, OC_F64, OC_SHAPE(OC_BATCH, n, n, 1), ones);
        case_run(&c, 0);
        assert_int_equal(c.info.out[0].shape.dim[1], (n + s - 1) / s);
        for (int64_t i = 0; i < case_count(&c, 0); i++) assert_true(case_get(&c, 0, i) == 1);
        case_end(&c);
      }
}

/* Rows and columns are padded for themselves. */
static void same_of_oblong_images(void **state) {
  (void)state;
  oc_graph *g;
  oc_error err;
  oc_pool_options o = oc_pool_defaults();
  const oc_shape wanted = OC_SHAPE(OC_BATCH, 4, 3, 5);
  o.padding = OC_PAD_SAME;
  assert_int_equal(oc_graph_create(NULL, &g, NULL), OC_OK);
  const oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 7, 6, 5));
  const oc_shape y = oc_node_shape(g, oc_max_pool(g, x, &o));
  assert_ok(oc_graph_status(g, &err), err);
  assert_true(oc_shape_equal(&y, &wanted));
  oc_graph_free(g);
}

static void check_refused(oc_shape x, oc_pool_options o, oc_status code, const char *says) {
  oc_graph *g;
  oc_error err;
  assert_int_equal(oc_graph_create(NULL, &g, NULL), OC_OK);
  assert_false(oc_node_valid(oc_max_pool(g, oc_placeholder(g, "x", OC_F32, x), &o)));
  assert_fails(oc_graph_status(g, &err), code, err, says);
  oc_graph_free(g);
}

static void refusals(void **state) {
  (void)state;
  const oc_shape x = OC_SHAPE(OC_BATCH, 3, 4, 1);
  oc_pool_options o = oc_pool_defaults();
  check_refused(OC_SHAPE(OC_BATCH, 1, 4, 1), o, OC_E_NET, "kernel 2x2 is larger than the padded input 1x4");
  check_refused(OC_SHAPE(OC_BATCH, 16), o, OC_E_NET, "x has the shape (?, 16)");
  o.size[0] = -1;
  check_refused(x, o, OC_E_NET, "pooling size -1 of the rows");
  o.size[0] = 2;
  o.stride[1] = -3;
  check_refused(x, o, OC_E_NET, "stride -3 of the columns");
  o.stride[1] = INT64_MAX;
  o.padding = OC_PAD_SAME;
  check_refused(x, o, OC_E_NET, "stride 9223372036854775807 of the columns");
  o = oc_pool_defaults();
  o.padding = OC_PAD_FULL;
  check_refused(x, o, OC_E_ARGUMENT, "unsupported padding mode for pooling: 2");
  o.padding = OC_PAD_SAME;
  check_refused(OC_SHAPE(OC_BATCH, 0, 4, 1), o, OC_E_NET, "at least 1x1 elements, got 0x4");
  const oc_pool_attrs wide = {{2, 2}, {1, 1}, {2, 0, 0, 0}, {0}};
  op_case c;
  case_begin(&c, "max_pool", OC_F32, &wide, 1);
  case_input(&c, OC_F32, x, NULL);
  assert_fails(case_infer(&c), OC_E_NET, c.err, "padding 2 of the rows is out of range: 0 to 1");
  case_end(&c);
  for (int axis = 1; axis < 3; axis++) {
    oc_shape none = OC_SHAPE(OC_BATCH, 3, 4, 2);
    none.dim[axis] = 0;
    case_begin(&c, "global_mean_pool", OC_F32, NULL, 1);
    case_input(&c, OC_F32, none, NULL);
    assert_fails(case_infer(&c), OC_E_NET, c.err,
                 axis == 1 ? "needs at least 1x1 elements, got 0x4" : "needs at least 1x1 elements, got 3x0");
    case_end(&c);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(max_and_mean),
      cmocka_unit_test(local_invariance),
      cmocka_unit_test(padding_does_not_count),
      cmocka_unit_test(nan_and_infinity),
      cmocka_unit_test(gradient_goes_to_the_first_maximum),
      cmocka_unit_test(gradient_of_nan_stays_inside),
      cmocka_unit_test(mean_gradient_spreads),
      cmocka_unit_test(global_mean),
      cmocka_unit_test(every_window_meets_the_image),
      cmocka_unit_test(same_of_oblong_images),
      cmocka_unit_test(refusals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
