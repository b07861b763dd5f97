/* Gradients of convolution against finite differences in double, over a grid of strides, paddings, dilations,
 * groups and odd sizes, through oc_gradients: shapes, wiring and sums over chunks of the batch count too. */
#include "harness.h"
#include "graph_eval.h"

typedef struct grid_case {
  int64_t h, w, kh, kw, sh, sw, dh, dw, groups, icg, ocg;
  oc_padding padding;
  int64_t pad[4];
  bool flip;
  int64_t n; /* OC_BATCH or a fixed first axis */
} grid_case;

/* Convolution is linear in x and in w, so central differences are exact up to rounding: a large step is
 * best. */
static void check(const grid_case *k) {
  oc_graph *g;
  oc_error err;
  assert_ok(oc_graph_create(&(oc_graph_options){.real = OC_F64}, &g, &err), err);
  const oc_node x = oc_placeholder(g, "x", OC_F64, OC_SHAPE(k->n, k->h, k->w, k->groups * k->icg));
  const oc_node w =
      oc_variable(g, "w", OC_SHAPE(k->kh, k->kw, k->icg, k->groups * k->ocg), oc_init_of(OC_INIT_ZEROS));
  oc_conv2d_options o = {.stride = {k->sh, k->sw},
                         .dilation = {k->dh, k->dw},
                         .groups = k->groups,
                         .padding = k->padding,
                         .flip = k->flip};
  memcpy(o.pad, k->pad, sizeof o.pad);
  const oc_node loss = eval_loss_of(g, oc_conv2d(g, x, w, &o));
  assert_ok(oc_graph_status(g, &err), err);
  const double error = eval_gradient_error(g, loss, (oc_node[]){x, w}, 2, (eval_way){3, true, 0.5});
  if (!(error < 1e-12))
    fail_msg("%dx%d kernel %dx%d stride %d,%d dilation %d,%d groups %d padding %d flip %d: apart by %g",
             (int)k->h, (int)k->w, (int)k->kh, (int)k->kw, (int)k->sh, (int)k->sw, (int)k->dh, (int)k->dw,
             (int)k->groups, (int)k->padding, k->flip, error);
  oc_graph_free(g);
}

static bool fits(const grid_case *k) {
  return k->padding != OC_PAD_VALID || (k->h >= (k->kh - 1) * k->dh + 1 && k->w >= (k->kw - 1) * k->dw + 1);
}

static void strides_paddings_dilations(void **state) {
  (void)state;
  static const int64_t steps[][2] = {{1, 1}, {2, 1}, {2, 3}};
  static const int64_t kernels[][2] = {{1, 1}, {3, 2}, {2, 3}};
  int checked = 0;
  for (int s = 0; s < 3; s++)
    for (int d = 0; d < 3; d++)
      for (int k = 0; k < 3; k++)
        for (int p = OC_PAD_VALID; p <= OC_PAD_EXPLICIT; p++) {
          const grid_case c = {
              5, 7, kernels[k][0], kernels[k][1], steps[s][0], steps[s][1], steps[d][0], steps[d][1], 1,
              1, 2, (oc_padding)p, {2, 0, 1, 4},  false,       OC_BATCH};
          if (!fits(&c)) continue;
          check(&c);
          checked++;
        }
  assert_true(checked > 90);
}

static void groups_and_flip(void **state) {
  (void)state;
  for (int64_t groups = 1; groups <= 3; groups++)
    for (int64_t s = 1; s <= 2; s++)
      for (int flip = 0; flip < 2; flip++) {
        check(&(grid_case){4, 5, 3, 2, s, 1, 1, 2, groups, 2, 2, OC_PAD_SAME, {0}, flip, OC_BATCH});
        check(&(grid_case){
            4, 3, 2, 3, 1, s, 1, 1, groups, 1, 1, OC_PAD_VALID, {0}, flip, OC_BATCH}); /* depthwise */
      }
}

static void fixed_first_axis(void **state) {
  (void)state;
  check(&(grid_case){4, 5, 3, 3, 2, 1, 1, 1, 1, 2, 3, OC_PAD_SAME, {0}, false, 2});
}

/* A bias after it: db is the sum over positions and samples. */
static void bias(void **state) {
  (void)state;
  for (int rank = 2; rank <= 4; rank += 2) {
    oc_graph *g;
    oc_error err;
    assert_ok(oc_graph_create(&(oc_graph_options){.real = OC_F64}, &g, &err), err);
    const oc_shape shape = rank == 2 ? OC_SHAPE(OC_BATCH, 3) : OC_SHAPE(OC_BATCH, 2, 2, 3);
    const oc_node x = oc_placeholder(g, "x", OC_F64, shape);
    const oc_node b = oc_variable(g, "b", OC_SHAPE(3), oc_init_of(OC_INIT_ZEROS));
    const oc_node loss = eval_loss_of(g, oc_bias_add(g, x, b));
    assert_true(eval_gradient_error(g, loss, (oc_node[]){x, b}, 2, (eval_way){3, true, 0.5}) < 1e-12);
    oc_graph_free(g);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(strides_paddings_dilations),
      cmocka_unit_test(groups_and_flip),
      cmocka_unit_test(fixed_first_axis),
      cmocka_unit_test(bias),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
