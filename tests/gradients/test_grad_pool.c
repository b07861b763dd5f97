/* Gradients of pooling against finite differences in double, over a grid of windows, strides, paddings and
 * odd sizes. Noise has no two equal values closer than the step, so a maximum never changes hands. */
#include "harness.h"
#include "graph_eval.h"

static void check(bool max, int64_t h, int64_t w, oc_pool_options o) {
  oc_graph *g;
  oc_error err;
  assert_ok(oc_graph_create(&(oc_graph_options){.real = OC_F64}, &g, &err), err);
  const oc_node x = oc_placeholder(g, "x", OC_F64, OC_SHAPE(OC_BATCH, h, w, 2));
  const oc_node loss = eval_loss_of(g, max ? oc_max_pool(g, x, &o) : oc_mean_pool(g, x, &o));
  assert_ok(oc_graph_status(g, &err), err);
  const double error = eval_gradient_error(g, loss, &x, 1, (eval_way){3, true, 1e-6});
  if (!(error < 1e-8))
    fail_msg("%s %dx%d window %dx%d stride %d,%d padding %d: apart by %g", max ? "max" : "mean", (int)h,
             (int)w, (int)o.size[0], (int)o.size[1], (int)o.stride[0], (int)o.stride[1], (int)o.padding,
             error);
  oc_graph_free(g);
}

static void windows_strides_paddings(void **state) {
  (void)state;
  static const int64_t sizes[][2] = {{1, 1}, {2, 2}, {3, 2}, {3, 4}};
  static const int64_t strides[][2] = {{0, 0}, {1, 1}, {1, 3}, {4, 2}};
  for (int max = 0; max < 2; max++)
    for (int k = 0; k < 4; k++)
      for (int s = 0; s < 4; s++)
        for (int p = OC_PAD_VALID; p <= OC_PAD_SAME; p++)
          check(max, 5, 7,
                (oc_pool_options){.size = {sizes[k][0], sizes[k][1]},
                                  .stride = {strides[s][0], strides[s][1]},
                                  .padding = (oc_padding)p});
}

static void global_mean(void **state) {
  (void)state;
  oc_graph *g;
  oc_error err;
  assert_ok(oc_graph_create(&(oc_graph_options){.real = OC_F64}, &g, &err), err);
  const oc_node x = oc_placeholder(g, "x", OC_F64, OC_SHAPE(OC_BATCH, 3, 5, 2));
  const oc_node loss = eval_loss_of(g, oc_global_mean_pool(g, x));
  assert_true(eval_gradient_error(g, loss, &x, 1, (eval_way){3, true, 0.5}) < 1e-12);
  oc_graph_free(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(windows_strides_paddings),
      cmocka_unit_test(global_mean),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
