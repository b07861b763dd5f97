/* Convolution: is it the lecture's, does it have TensorFlow's sizes, and do chunks, groups, dilation and
 * unbatched inputs mean what they should? */
#include "harness.h"
#include "op_case.h"
#include "ops/window.h"

/* One image or line, one channel, true convolution with the same padding on both sides of an axis. */
static void begin_flipped(op_case *c, oc_conv2d_attrs *a, const int64_t xs[2], const double *x,
                          const int64_t ws[2], const double *w) {
  a->kernel[0] = ws[0];
  a->kernel[1] = ws[1];
  a->dilation[0] = a->dilation[1] = a->groups = 1;
  a->flip = true;
  case_begin(c, "conv2d", OC_F64, a, 1);
  case_input(c, OC_F64, OC_SHAPE(OC_BATCH, xs[0], xs[1], 1), x);
  case_input(c, OC_F64, OC_SHAPE(ws[0], ws[1], 1, 1), w);
}

static void check_values(const op_case *c, const double *expected, int64_t count, double tolerance) {
  assert_int_equal(case_count(c, 0), count);
  for (int64_t i = 0; i < count; i++) assert_true(fabs(case_get(c, 0, i) - expected[i]) <= tolerance);
}

/* Lecture, "Performing Discrete Convolutions". */
static void line_of_the_lecture(void **state) {
  (void)state;
  op_case c;
  oc_conv2d_attrs a = {.stride = {1, 1}, .pad = {0, 0, 2, 2}};
  begin_flipped(&c, &a, (int64_t[]){1, 8}, (double[]){1, 3, 2, 4, 5, 6, 1, 3}, (int64_t[]){1, 5},
                (double[]){1, 0, 3, 1, 2});
  case_run(&c, 0);
  check_values(&c, (double[]){5, 14, 16, 26, 24, 34, 19, 22}, 8, 0);
  case_end(&c);
}

/* Lecture, "Performing a Discrete Convolution in 2D": 4x4 with padding 1. */
static void image_of_the_lecture(void **state) {
  (void)state;
  op_case c;
  oc_conv2d_attrs a = {.stride = {1, 1}, .pad = {1, 1, 1, 1}};
  begin_flipped(&c, &a, (int64_t[]){4, 4}, (double[]){1, 3, 2, 4, 5, 6, 1, 3, 1, 2, 0, 2, 3, 4, 3, 2},
                (int64_t[]){3, 3}, (double[]){1, 0, 3, 1, 2, 1, 0, 1, 1});
  case_run(&c, 0);
  check_values(&c, (double[]){11, 25, 32, 13, 19, 25, 24, 13, 13, 28, 25, 17, 11, 17, 14, 9}, 16, 0);
  case_end(&c);
}

/* The same slide: 3x3 with padding 1 and stride 2. */
static void strided_image_of_the_lecture(void **state) {
  (void)state;
  op_case c;
  oc_conv2d_attrs a = {.stride = {2, 2}, .pad = {1, 1, 1, 1}};
  begin_flipped(&c, &a, (int64_t[]){3, 3}, (double[]){2, 1, 2, 5, 0, 1, 1, 7, 3}, (int64_t[]){3, 3},
                (double[]){.5, .7, .4, .3, .4, .1, .5, 1, .5});
  case_run(&c, 0);
  check_values(&c, (double[]){4.6, 1.6, 7.5, 2.9}, 4, 1e-12);
  case_end(&c);
}

/* Without flip the kernel stays as it is: cross-correlation. */
static void no_flip_is_cross_correlation(void **state) {
  (void)state;
  op_case c;
  oc_conv2d_attrs a = {.stride = {1, 1}};
  begin_flipped(&c, &a, (int64_t[]){1, 4}, (double[]){1, 2, 3, 4}, (int64_t[]){1, 2}, (double[]){1, 10});
  a.flip = false;
  case_run(&c, 0);
  check_values(&c, (double[]){21, 32, 43}, 3, 0);
  a.flip = true;
  case_run(&c, 0);
  check_values(&c, (double[]){12, 23, 34}, 3, 0);
  case_end(&c);
}

/* Lecture, "Determining the Size of the Convolutional Output": each (n,m,p,s) in 1..9. */
static void check_size(int64_t n, int64_t m, int64_t p, int64_t s) {
  double x[9], w[9];
  for (int i = 0; i < 9; i++) {
    x[i] = case_noise(1, i);
    w[i] = case_noise(2, i);
  }
  op_case one, c;
  oc_conv2d_attrs dense = {.stride = {1, 1}, .pad = {0, 0, p, p}},
                  strided = {.stride = {1, s}, .pad = {0, 0, p, p}};
  begin_flipped(&one, &dense, (int64_t[]){1, n}, x, (int64_t[]){1, m}, w);
  begin_flipped(&c, &strided, (int64_t[]){1, n}, x, (int64_t[]){1, m}, w);
  if (n + 2 * p < m) {
    assert_int_equal(case_infer(&c), OC_E_NET);
  } else {
    case_run(&one, 0);
    case_run(&c, 0);
    const int64_t o = (n + 2 * p - m) / s + 1;
    assert_int_equal(case_count(&c, 0), o);
    for (int64_t i = 0; i < o; i++) assert_true(case_get(&c, 0, i) == case_get(&one, 0, i * s));
  }
  case_end(&one);
  case_end(&c);
}
static void sizes_of_the_lecture(void **state) {
  (void)state;
  for (int64_t n = 1; n <= 9; n++)
    for (int64_t m = 1; m <= 9; m++)
      for (int64_t p = 1; p <= 9; p++)
        for (int64_t s = 1; s <= 9; s++) check_size(n, m, p, s);
}

/* {size, kernel, stride, dilation} -> {before, after}: known paddings of TensorFlow's SAME. */
static void same_padding_is_tensorflows(void **state) {
  (void)state;
  static const int64_t table[][6] = {{28, 5, 1, 1, 2, 2}, {28, 3, 2, 1, 0, 1}, {224, 7, 2, 1, 2, 3},
                                     {5, 2, 1, 1, 0, 1},  {7, 3, 2, 1, 1, 1},  {10, 3, 1, 2, 2, 2},
                                     {6, 1, 3, 1, 0, 0},  {7, 2, 4, 1, 0, 0},  {4, 4, 4, 1, 0, 0},
                                     {5, 4, 4, 1, 1, 2},  {1, 3, 1, 1, 1, 1},  {9, 3, 2, 3, 3, 3}};
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    int64_t pad[2];
    oc_window_padding(OC_PAD_SAME, table[i][0], table[i][1], table[i][2], table[i][3], pad);
    assert_int_equal(pad[0], table[i][4]);
    assert_int_equal(pad[1], table[i][5]);
  }
}

/* Output sizes of the modes, through the builder, over a grid: SAME ceil(n/s), VALID ceil((n-m+1)/s), FULL
 * ceil((n+m-1)/s), m being the dilated kernel. */
static void check_modes(int64_t n, int64_t k, int64_t s, int64_t d) {
  const int64_t m = (k - 1) * d + 1;
  const int64_t expected[] = {n < m ? -1 : (n - m + s) / s, (n + s - 1) / s, (n + m - 1 + s - 1) / s};
  const oc_padding modes[] = {OC_PAD_VALID, OC_PAD_SAME, OC_PAD_FULL};
  for (int i = 0; i < 3; i++) {
    oc_graph *g;
    assert_int_equal(oc_graph_create(NULL, &g, NULL), OC_OK);
    const oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, n, n + 1, 2));
    const oc_node w = oc_variable(g, "w", OC_SHAPE(k, k, 2, 3), oc_init_of(OC_INIT_ZEROS));
    oc_conv2d_options o = oc_conv2d_defaults();
    o.padding = modes[i];
    o.stride[0] = o.stride[1] = s;
    o.dilation[0] = o.dilation[1] = d;
    const oc_shape y = oc_node_shape(g, oc_conv2d(g, x, w, &o));
    if (expected[i] >= 0) {
      assert_int_equal(oc_graph_status(g, NULL), OC_OK);
      assert_int_equal(y.dim[0], OC_BATCH);
      assert_int_equal(y.dim[1], expected[i]);
      assert_int_equal(y.dim[3], 3);
    } else {
      assert_int_equal(oc_graph_status(g, NULL), OC_E_NET);
    }
    oc_graph_free(g);
  }
}
static void sizes_of_the_padding_modes(void **state) {
  (void)state;
  for (int64_t n = 1; n <= 9; n++)
    for (int64_t k = 1; k <= 5; k++)
      for (int64_t s = 1; s <= 4; s++)
        for (int64_t d = 1; d <= 3; d++) check_modes(n, k, s, d);
}

/* A dilated kernel is a larger kernel with zeros in it. */
static void dilation_is_a_kernel_with_holes(void **state) {
  (void)state;
  double w[3 * 2], holes[5 * 4] = {0};
  for (int64_t ky = 0; ky < 3; ky++)
    for (int64_t kx = 0; kx < 2; kx++)
      holes[ky * 2 * 4 + kx * 3] = w[ky * 2 + kx] = case_noise(3, ky * 2 + kx);
  oc_conv2d_attrs a = {{3, 2}, {1, 2}, {2, 3}, {1, 2, 0, 3}, 1, false, OC_SCALAR_SHAPE};
  oc_conv2d_attrs b = {{5, 4}, {1, 2}, {1, 1}, {1, 2, 0, 3}, 1, false, OC_SCALAR_SHAPE};
  op_case dilated, plain;
  case_begin(&dilated, "conv2d", OC_F64, &a, 2);
  case_input_noise(&dilated, OC_F64, OC_SHAPE(OC_BATCH, 7, 8, 1), 1);
  case_input(&dilated, OC_F64, OC_SHAPE(3, 2, 1, 1), w);
  case_begin(&plain, "conv2d", OC_F64, &b, 2);
  case_input_noise(&plain, OC_F64, OC_SHAPE(OC_BATCH, 7, 8, 1), 1);
  case_input(&plain, OC_F64, OC_SHAPE(5, 4, 1, 1), holes);
  case_run(&dilated, 0);
  case_run(&plain, 0);
  assert_int_equal(case_count(&dilated, 0), case_count(&plain, 0));
  for (int64_t i = 0; i < case_count(&plain, 0); i++)
    assert_true(case_get(&dilated, 0, i) == case_get(&plain, 0, i));
  case_end(&dilated);
  case_end(&plain);
}

/* Two groups are two convolutions side by side: here by kernels that are 0 for the other group's channels. */
static void groups_are_separate_convolutions(void **state) {
  (void)state;
  enum { ICG = 2, OCG = 3, TAPS = 4 };
  double grouped[TAPS * ICG * 2 * OCG], whole[TAPS * 2 * ICG * 2 * OCG] = {0};
  for (int t = 0; t < TAPS; t++)
    for (int i = 0; i < ICG; i++)
      for (int o = 0; o < 2 * OCG; o++) {
        const int from = (t * ICG + i) * 2 * OCG + o, channel = o / OCG * ICG + i;
        grouped[from] = whole[(t * 2 * ICG + channel) * 2 * OCG + o] = case_noise(7, from);
      }
  oc_conv2d_attrs a = {{2, 2}, {1, 1}, {1, 1}, {1, 0, 1, 0}, 2, false, OC_SCALAR_SHAPE}, b = a;
  b.groups = 1;
  op_case two, one;
  case_begin(&two, "conv2d", OC_F64, &a, 2);
  case_input_noise(&two, OC_F64, OC_SHAPE(OC_BATCH, 3, 4, 2 * ICG), 1);
  case_input(&two, OC_F64, OC_SHAPE(2, 2, ICG, 2 * OCG), grouped);
  case_begin(&one, "conv2d", OC_F64, &b, 2);
  case_input_noise(&one, OC_F64, OC_SHAPE(OC_BATCH, 3, 4, 2 * ICG), 1);
  case_input(&one, OC_F64, OC_SHAPE(2, 2, 2 * ICG, 2 * OCG), whole);
  case_run(&two, 0);
  case_run(&one, 0);
  for (int64_t i = 0; i < case_count(&one, 0); i++)
    assert_true(fabs(case_get(&two, 0, i) - case_get(&one, 0, i)) < 1e-14);
  case_end(&two);
  case_end(&one);
}

/* Chunks of any size give the whole's result (samples) or sums that add up to it (dw). */
static void chunks_add_up(void **state) {
  (void)state;
  oc_conv2d_attrs a = {{3, 3}, {2, 1}, {1, 1}, {1, 1, 0, 0}, 1, false, OC_SHAPE(3, 3, 2, 4)};
  for (int64_t chunk = 1; chunk <= 5; chunk++) {
    op_case whole, cut;
    op_case *const both[] = {&whole, &cut};
    for (int i = 0; i < 2; i++) {
      case_begin(both[i], "conv2d_grad_w", OC_F64, &a, 5);
      case_input_noise(both[i], OC_F64, OC_SHAPE(OC_BATCH, 5, 6, 2), 1);
      case_input_noise(both[i], OC_F64, OC_SHAPE(OC_BATCH, 3, 4, 4), 2);
      case_run(both[i], i ? chunk : 0);
    }
    assert_int_equal(case_count(&whole, 0), 3 * 3 * 2 * 4);
    for (int64_t i = 0; i < case_count(&whole, 0); i++)
      assert_true(fabs(case_get(&whole, 0, i) - case_get(&cut, 0, i)) < 1e-13);
    case_end(&whole);
    case_end(&cut);
  }
}

/* conv2d_grad gives what conv2d_grad_w and conv2d_grad_x give, in chunks of any size. */
static void both_gradients_are_their_parts(void **state) {
  (void)state;
  const oc_shape x = OC_SHAPE(OC_BATCH, 5, 6, 4), w = OC_SHAPE(3, 2, 2, 6), y = OC_SHAPE(OC_BATCH, 3, 5, 6);
  const oc_conv2d_attrs a = {{3, 2}, {2, 1}, {1, 1}, {1, 1, 0, 0}, 2, true, w};
  oc_conv2d_attrs of_x = a;
  of_x.target = x;
  op_case dw, dx, both;
  case_begin(&dw, "conv2d_grad_w", OC_F64, &a, 5);
  case_input_noise(&dw, OC_F64, x, 1);
  case_input_noise(&dw, OC_F64, y, 3);
  case_run(&dw, 0);
  case_begin(&dx, "conv2d_grad_x", OC_F64, &of_x, 5);
  case_input_noise(&dx, OC_F64, y, 3);
  case_input_noise(&dx, OC_F64, w, 2);
  case_run(&dx, 0);
  for (int64_t chunk = 0; chunk < 4; chunk++) {
    case_begin(&both, "conv2d_grad", OC_F64, &a, 5);
    case_input_noise(&both, OC_F64, x, 1);
    case_input_noise(&both, OC_F64, w, 2);
    case_input_noise(&both, OC_F64, y, 3);
    case_run(&both, chunk);
    assert_int_equal(both.info.n_out, 2);
    for (int64_t i = 0; i < case_count(&dw, 0); i++)
      assert_true(fabs(case_get(&both, 0, i) - case_get(&dw, 0, i)) < 1e-13);
    assert_int_equal(case_count(&both, 1), case_count(&dx, 0));
    for (int64_t i = 0; i < case_count(&dx, 0); i++)
      assert_true(case_get(&both, 1, i) == case_get(&dx, 0, i));
    case_end(&both);
  }
  case_end(&dw);
  case_end(&dx);
}

/* A fixed first axis is the same as a batch of that size. */
static void fixed_first_axis(void **state) {
  (void)state;
  static const char *const names[] = {"conv2d", "conv2d_grad_x", "conv2d_grad_w"};
  for (int op = 0; op < 3; op++) {
    oc_conv2d_attrs a[2];
    op_case c[2];
    for (int i = 0; i < 2; i++) {
      const int64_t n = i ? 3 : OC_BATCH;
      const oc_shape x = OC_SHAPE(n, 5, 4, 2), w = OC_SHAPE(2, 3, 2, 3), y = OC_SHAPE(n, 4, 4, 3);
      a[i] = (oc_conv2d_attrs){{2, 3}, {1, 1}, {1, 1}, {0, 0, 1, 1}, 1, false, op == 1 ? x : w};
      case_begin(&c[i], names[op], OC_F32, &a[i], 3);
      case_input_noise(&c[i], OC_F32, op == 1 ? y : x, 1);
      case_input_noise(&c[i], OC_F32, op == 2 ? y : w, 2);
      case_run(&c[i], 0);
    }
    assert_int_equal(case_count(&c[0], 0), case_count(&c[1], 0));
    for (int64_t i = 0; i < case_count(&c[0], 0); i++)
      assert_true(case_get(&c[0], 0, i) == case_get(&c[1], 0, i));
    case_end(&c[0]);
    case_end(&c[1]);
  }
}

/* A window that lies wholly in the padding gives 0, and nothing is read outside the image. */
static void padding_wider_than_the_kernel(void **state) {
  (void)state;
  op_case c;
  oc_conv2d_attrs a = {.stride = {1, 1}, .pad = {0, 0, 3, 2}};
  begin_flipped(&c, &a, (int64_t[]){1, 2}, (double[]){5, 7}, (int64_t[]){1, 1}, (double[]){2});
  case_run(&c, 0);
  check_values(&c, (double[]){0, 0, 0, 10, 14, 0, 0}, 7, 0);
  case_end(&c);
}

/* ---- refusals: each names the values and the rule ------------------------------------------------------ */

static void check_refused(oc_shape x, oc_shape w, oc_conv2d_options o, oc_status code, const char *says) {
  oc_graph *g;
  oc_error err;
  assert_int_equal(oc_graph_create(NULL, &g, NULL), OC_OK);
  const oc_node a = oc_placeholder(g, "x", OC_F32, x), b = oc_placeholder(g, "w", OC_F32, w);
  assert_false(oc_node_valid(oc_conv2d(g, a, b, &o)));
  assert_int_equal(oc_graph_status(g, &err), code);
  if (!strstr(err.message, says)) fail_msg("\"%s\" does not say \"%s\"", err.message, says);
  assert_true(err.hint[0] != 0);
  oc_graph_free(g);
}

static void refusals(void **state) {
  (void)state;
  const oc_shape x = OC_SHAPE(OC_BATCH, 5, 5, 4);
  const oc_conv2d_options o = oc_conv2d_defaults();
  check_refused(x, OC_SHAPE(7, 7, 4, 8), o, OC_E_NET, "kernel 7x7 is larger than the padded input 5x5");
  check_refused(x, OC_SHAPE(3, 3, 2, 8), o, OC_E_NET,
                "the weights take 2 channels, but the input has 4 in 1 groups");
  check_refused(x, OC_SHAPE(3, 4, 8), o, OC_E_NET, "w has the shape (3, 4, 8)");
  check_refused(OC_SHAPE(OC_BATCH, 25), OC_SHAPE(3, 3, 4, 8), o, OC_E_NET, "x has the shape (?, 25)");
  check_refused(x, OC_SHAPE(OC_BATCH, 3, 4, 8), o, OC_E_NET, "must not have the batch");
  check_refused(x, OC_SHAPE(0, 3, 4, 8), o, OC_E_NET, "kernel size 0 of the rows");
  oc_conv2d_options bad = o;
  bad.stride[1] = -1;
  check_refused(x, OC_SHAPE(3, 3, 4, 8), bad, OC_E_NET, "stride -1 of the columns is out of range: 1 to ");
  bad = o;
  bad.stride[0] = INT64_MAX;
  bad.padding = OC_PAD_SAME;
  check_refused(x, OC_SHAPE(3, 3, 4, 8), bad, OC_E_NET, "stride 9223372036854775807 of the rows");
  bad = o;
  bad.dilation[0] = -1;
  check_refused(x, OC_SHAPE(3, 3, 4, 8), bad, OC_E_NET, "dilation -1 of the rows");
  bad = o;
  bad.dilation[0] = INT64_MAX;
  bad.padding = OC_PAD_FULL;
  check_refused(x, OC_SHAPE(3, 3, 4, 8), bad, OC_E_NET, "dilation 9223372036854775807 of the rows");
  bad = o;
  bad.dilation[1] = 2;
  check_refused(x, OC_SHAPE(1, 4, 4, 8), bad, OC_E_NET,
                "kernel 1x7 (with dilation) is larger than the padded input 5x5");
  bad = o;
  bad.groups = 3;
  check_refused(x, OC_SHAPE(3, 3, 4, 8), bad, OC_E_NET,
                "groups 3 do not divide 4 input and 8 output channels");
  bad.groups = -1;
  check_refused(x, OC_SHAPE(3, 3, 4, 8), bad, OC_E_NET, "groups -1");
  bad = o;
  bad.padding = (oc_padding)9;
  check_refused(x, OC_SHAPE(3, 3, 4, 8), bad, OC_E_ARGUMENT, "unknown padding mode 9");
  bad.padding = OC_PAD_EXPLICIT;
  bad.pad[2] = -1;
  check_refused(x, OC_SHAPE(3, 3, 4, 8), bad, OC_E_NET, "padding -1 of the columns");
  bad.pad[2] = bad.pad[0] = (int64_t)1 << 30;
  check_refused(x, OC_SHAPE(3, 3, 4, 8), bad, OC_E_NET, "at most 2^40 elements");
}

/* An invalid node, and a node of another type. */
static void refuses_wrong_nodes(void **state) {
  (void)state;
  oc_graph *g;
  assert_int_equal(oc_graph_create(NULL, &g, NULL), OC_OK);
  const oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 5, 5, 1));
  assert_false(oc_node_valid(oc_conv2d(g, x, OC_NO_NODE, NULL)));
  assert_int_equal(oc_graph_status(g, NULL), OC_E_ARGUMENT);
  oc_graph_free(g);
  oc_error err;
  assert_int_equal(oc_graph_create(NULL, &g, NULL), OC_OK);
  const oc_node pixels = oc_placeholder(g, "pixels", OC_U8, OC_SHAPE(OC_BATCH, 5, 5, 1));
  const oc_node w = oc_placeholder(g, "w", OC_F32, OC_SHAPE(3, 3, 1, 1));
  assert_false(oc_node_valid(oc_conv2d(g, pixels, w, NULL)));
  assert_int_equal(oc_graph_status(g, &err), OC_E_NET);
  assert_non_null(strstr(err.message, "uint8"));
  oc_graph_free(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(line_of_the_lecture),
      cmocka_unit_test(image_of_the_lecture),
      cmocka_unit_test(strided_image_of_the_lecture),
      cmocka_unit_test(no_flip_is_cross_correlation),
      cmocka_unit_test(sizes_of_the_lecture),
      cmocka_unit_test(same_padding_is_tensorflows),
      cmocka_unit_test(sizes_of_the_padding_modes),
      cmocka_unit_test(dilation_is_a_kernel_with_holes),
      cmocka_unit_test(groups_are_separate_convolutions),
      cmocka_unit_test(chunks_add_up),
      cmocka_unit_test(both_gradients_are_their_parts),
      cmocka_unit_test(fixed_first_axis),
      cmocka_unit_test(padding_wider_than_the_kernel),
      cmocka_unit_test(refusals),
      cmocka_unit_test(refuses_wrong_nodes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
