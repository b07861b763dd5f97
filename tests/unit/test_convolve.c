/* Does convolution by hand give the lecture's numbers, in one and two dimensions, with its formula for the
 * sizes, and is everything that makes no sense refused? (tests/oracle/test_convolve.py compares with
 * NumPy and SciPy.) */
#include "harness.h"
#include "ocellus/convolve.h"
#include "ocellus/matrix.h"
#include <math.h>

static const double line_x[8] = {1, 3, 2, 4, 5, 6, 1, 3}, line_w[5] = {1, 0, 3, 1, 2};
static const double square_x[16] = {1, 3, 2, 4, 5, 6, 1, 3, 1, 2, 0, 2, 3, 4, 3, 2};
static const double square_w[9] = {1, 0, 3, 1, 2, 1, 0, 1, 1};

static void assert_numbers(const double *got, const double *want, int count) {
  for (int i = 0; i < count; i++)
    if (!(fabs(got[i] - want[i]) <= 1e-12)) fail_msg("number %d is %.17g, not %.17g", i, got[i], want[i]);
}

/* Lecture: "Performing Discrete Convolutions". */
static void the_lectures_line(void **state) {
  (void)state;
  const double same[8] = {5, 14, 16, 26, 24, 34, 19, 22};
  const double full[12] = {1, 3, 5, 14, 16, 26, 24, 34, 19, 22, 5, 6}, valid[4] = {16, 26, 24, 34};
  double y[12];
  oc_error err;
  oc_convolve1d_options o = oc_convolve1d_defaults();
  assert_ok(oc_convolve1d(line_x, 8, line_w, 5, NULL, y, &err), err);
  assert_numbers(y, full, 12);
  o.mode = OC_CONVOLVE_SAME;
  assert_ok(oc_convolve1d(line_x, 8, line_w, 5, &o, y, &err), err);
  assert_numbers(y, same, 8);
  o.mode = OC_CONVOLVE_VALID;
  assert_ok(oc_convolve1d(line_x, 8, line_w, 5, &o, y, &err), err);
  assert_numbers(y, valid, 4);
  o = (oc_convolve1d_options){.mode = OC_CONVOLVE_EXPLICIT, .pad = {2, 2}, .stride = 2, .dilation = 1};
  assert_ok(oc_convolve1d(line_x, 8, line_w, 5, &o, y, &err), err);
  assert_numbers(y, (const double[4]){5, 16, 24, 19}, 4);
}

/* Lecture: "Performing a Discrete Convolution in 2D" and "2D Convolution". */
static void the_lectures_squares(void **state) {
  (void)state;
  const double want[16] = {11, 25, 32, 13, 19, 25, 24, 13, 13, 28, 25, 17, 11, 17, 14, 9};
  const double x[9] = {2, 1, 2, 5, 0, 1, 1, 7, 3}, w[9] = {.5, .7, .4, .3, .4, .1, .5, 1, .5};
  const oc_convolve2d_sizes four = {1, 4, 4, 1, 3, 3, 1}, three = {1, 3, 3, 1, 3, 3, 1};
  double y[16];
  oc_error err;
  oc_convolve2d_options o = oc_convolve2d_defaults();
  o.mode = OC_CONVOLVE_EXPLICIT;
  for (int i = 0; i < 4; i++) o.pad[i] = 1;
  assert_ok(oc_convolve2d(&four, square_x, square_w, &o, y, &err), err);
  assert_numbers(y, want, 16);
  o.stride[0] = o.stride[1] = 2;
  assert_ok(oc_convolve2d(&three, x, w, &o, y, &err), err);
  assert_numbers(y, (const double[4]){4.6, 1.6, 7.5, 2.9}, 4);
}

/* Lecture: "Determining the Size of the Convolutional Output". */
static void sizes_follow_the_formula(void **state) {
  (void)state;
  for (int64_t n = 1; n < 10; n++)
    for (int64_t m = 1; m < 10; m++)
      for (int64_t p = 0; p < 10; p++)
        for (int64_t s = 1; s < 10; s++) {
          const oc_convolve1d_options o = {
              .mode = OC_CONVOLVE_EXPLICIT, .pad = {p, p}, .stride = s, .dilation = 1};
          oc_convolve_axis a;
          const oc_status status = oc_convolve1d_axis(n, m, &o, &a, NULL);
          assert_int_equal(status, m <= n + 2 * p ? OC_OK : OC_E_ARGUMENT);
          if (status == OC_OK)
            assert_int_equal(a.out, (int64_t)floor((double)(n + 2 * p - m) / (double)s) + 1);
        }
}

static void edges_go_on(void **state) {
  (void)state;
  const int64_t wrap[9] = {2, 0, 1, 2, 0, 1, 2, 0, 1}, mirror[9] = {2, 2, 1, 0, 0, 1, 2, 2, 1};
  for (int64_t i = -4; i < 5; i++) {
    assert_int_equal(oc_boundary_index(OC_BOUNDARY_WRAP, i, 3), wrap[i + 4]);
    assert_int_equal(oc_boundary_index(OC_BOUNDARY_SYMMETRIC, i, 3), mirror[i + 4]);
    assert_int_equal(oc_boundary_index(OC_BOUNDARY_FILL, i, 3), i < 0 || i > 2 ? -1 : i);
  }
}

/* NaN reaches just the windows that meet it; infinity in a kernel that hangs over the edge meets nothing
 * there. */
static void what_is_not_finite_stays_in_its_place(void **state) {
  (void)state;
  const double x[5] = {1, 2, NAN, 4, 5}, w[2] = {1, 1}, far[2] = {INFINITY, 1};
  double y[6];
  oc_error err;
  assert_ok(oc_convolve1d(x, 5, w, 2, NULL, y, &err), err);
  for (int i = 0; i < 6; i++) assert_int_equal(isnan(y[i]) != 0, i == 2 || i == 3);
  assert_int_equal(oc_count_nan(x, 5), 1);
  assert_ok(oc_convolve1d(x, 2, far, 2, NULL, y, &err), err);
  assert_true(y[2] == 2); /* 2 * 1, and infinity times nothing */
}

static void pooling(void **state) {
  (void)state;
  const oc_pool2d_sizes four = {1, 4, 4, 1};
  double y[16];
  oc_error err;
  oc_pool2d_options o = oc_pool2d_defaults();
  assert_ok(oc_pool2d(&four, square_x, NULL, y, &err), err);
  assert_numbers(y, (const double[4]){6, 4, 4, 3}, 4);
  o.kind = OC_POOL_MEAN;
  assert_ok(oc_pool2d(&four, square_x, &o, y, &err), err);
  assert_numbers(y, (const double[4]){3.75, 2.5, 2.5, 1.75}, 4);
  o = (oc_pool2d_options){
      .kind = OC_POOL_MEAN, .size = {3, 3}, .stride = {2, 2}, .mode = OC_CONVOLVE_TF_SAME};
  assert_ok(oc_pool2d(&four, square_x, &o, y, &err), err);
  assert_numbers(y, (const double[4]){21.0 / 9, 12.0 / 6, 13.0 / 6, 7.0 / 4}, 4);
}

static void what_makes_no_sense_is_refused(void **state) {
  (void)state;
  oc_convolve_axis a[2];
  oc_error err;
  oc_convolve1d_options o = oc_convolve1d_defaults();
  assert_fails(oc_convolve1d_axis(0, 3, &o, a, &err), OC_E_ARGUMENT, err, "the input is empty");
  assert_fails(oc_convolve1d_axis(3, 0, &o, a, &err), OC_E_ARGUMENT, err, "the kernel is empty");
  o.stride = -2;
  assert_fails(oc_convolve1d_axis(3, 3, &o, a, &err), OC_E_ARGUMENT, err, "stride -2 is out of range: 1 to ");
  o = (oc_convolve1d_options){.mode = OC_CONVOLVE_EXPLICIT, .pad = {-1, 0}, .stride = 1, .dilation = 1};
  assert_fails(oc_convolve1d_axis(3, 3, &o, a, &err), OC_E_ARGUMENT, err,
               "padding -1 is out of range: 0 to ");
  o.pad[0] = 1;
  o.dilation = 4;
  assert_fails(oc_convolve1d_axis(3, 3, &o, a, &err), OC_E_ARGUMENT, err,
               "covers 9 (3 with dilation 4), more than the padded input's 1 + 3 + 0 = 4");
  o.mode = (oc_convolve_mode)9;
  assert_fails(oc_convolve1d_axis(3, 3, &o, a, &err), OC_E_ARGUMENT, err, "unknown mode 9");
  o = (oc_convolve1d_options){.mode = OC_CONVOLVE_FULL, .stride = 1, .dilation = INT64_MAX};
  assert_fails(oc_convolve1d_axis(3, 3, &o, a, &err), OC_E_ARGUMENT, err, "dilation 9223372036854775807");
  const int64_t most = (int64_t)1 << 30;
  const oc_convolve2d_sizes huge = {most, most, most, most, 1, 1, 1};
  assert_fails(oc_convolve2d_axes(&huge, NULL, a, &err), OC_E_ARGUMENT, err, "too large for memory");
  oc_pool2d_options p = oc_pool2d_defaults();
  const oc_pool2d_sizes small = {1, 1, 4, 1};
  assert_fails(oc_pool2d_axes(&small, &p, a, &err), OC_E_ARGUMENT, err, "covers 2 rows");
  p.mode = OC_CONVOLVE_FULL;
  assert_fails(oc_pool2d_axes(&small, &p, a, &err), OC_E_ARGUMENT, err, "pooling: full");
}

/* Lecture: "Effect of Zero-Padding": full padding evens out the edges. */
static void uses_are_counted(void **state) {
  (void)state;
  static const struct {
    oc_convolve1d_options o;
    int64_t m, want[5];
  } cases[] = {
      {{.mode = OC_CONVOLVE_FULL, .stride = 1, .dilation = 1}, 3, {3, 3, 3, 3, 3}},
      {{.mode = OC_CONVOLVE_VALID, .stride = 1, .dilation = 1}, 3, {1, 2, 3, 2, 1}},
      {{.mode = OC_CONVOLVE_VALID, .stride = 2, .dilation = 2}, 2, {1, 0, 2, 0, 1}},
      {{.mode = OC_CONVOLVE_VALID, .stride = 1, .dilation = 1}, 7, {3, 3, 3, 3, 3}},
      {{.mode = OC_CONVOLVE_SAME, .stride = 1, .dilation = 1, .boundary = OC_BOUNDARY_SYMMETRIC},
       3,
       {3, 3, 3, 3, 3}},
      {{.mode = OC_CONVOLVE_SAME, .stride = 1, .dilation = 1, .boundary = OC_BOUNDARY_WRAP},
       3,
       {3, 3, 3, 3, 3}},
      {{.mode = OC_CONVOLVE_EXPLICIT, .pad = {9, 0}, .stride = 20, .dilation = 1}, 3, {0, 0, 0, 0, 0}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    oc_convolve_axis a;
    oc_error err;
    int64_t counts[5];
    assert_ok(oc_convolve1d_axis(5, cases[i].m, &cases[i].o, &a, &err), err);
    assert_int_equal(a.swapped, cases[i].m > 5);
    oc_convolve_uses(&a, counts);
    for (int k = 0; k < 5; k++) assert_int_equal(counts[k], cases[i].want[k]);
  }
}

/* A window of a billion numbers costs no more than the few that it meets. */
static void windows_far_larger_than_the_input(void **state) {
  (void)state;
  const oc_pool2d_sizes three = {1, 1, 3, 1};
  const double x[3] = {2, 6, 1};
  oc_pool2d_options o = {
      .kind = OC_POOL_MEAN, .size = {1000000000, 1000000000}, .stride = {1, 1}, .mode = OC_CONVOLVE_TF_SAME};
  double y[3];
  oc_error err;
  assert_ok(oc_pool2d(&three, x, &o, y, &err), err);
  assert_numbers(y, (const double[3]){3, 3, 3}, 3);
}

static void feature_maps(void **state) {
  (void)state;
  const double y[6] = {1, -2, 3, 0, NAN, -5}, b[2] = {-2, 1};
  double a[6], h[6];
  oc_error err;
  const oc_activate_options relu = {.activation = OC_ACTIVATION_RELU, .b = b},
                            tanh = {.activation = OC_ACTIVATION_TANH},
                            unknown = {.activation = (oc_activation)9};
  assert_ok(oc_convolve_activate(y, 3, 2, &relu, a, h, &err), err);
  assert_numbers(a, (const double[4]){-1, -1, 1, 1}, 4);
  assert_numbers(h, (const double[4]){0, 0, 1, 1}, 4);
  assert_true(isnan(a[4]) && isnan(h[4]) && h[5] == 0);
  assert_ok(oc_convolve_activate(y, 3, 2, &tanh, a, NULL, &err), err);
  assert_true(a[1] == -2);
  assert_fails(oc_convolve_activate(y, 3, 0, &relu, a, h, &err), OC_E_ARGUMENT, err, "1 output, got 3 and 0");
  assert_fails(oc_convolve_activate(y, 3, 2, &unknown, a, h, &err), OC_E_ARGUMENT, err,
               "unknown activation 9");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_lectures_line),
      cmocka_unit_test(the_lectures_squares),
      cmocka_unit_test(sizes_follow_the_formula),
      cmocka_unit_test(edges_go_on),
      cmocka_unit_test(what_is_not_finite_stays_in_its_place),
      cmocka_unit_test(pooling),
      cmocka_unit_test(uses_are_counted),
      cmocka_unit_test(windows_far_larger_than_the_input),
      cmocka_unit_test(feature_maps),
      cmocka_unit_test(what_makes_no_sense_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
