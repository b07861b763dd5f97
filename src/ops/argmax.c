/* argmax: index of the largest value along the last axis, which vanishes; the first of equal ones; NaN is
 * largest. */
#include "ops/elementwise.h"
#include "ops/ops.h"

static oc_status argmax_infer(oc_op_info *info, oc_error *err) {
  char text[128];
  TRY(oc_expect_reals(info, 1, OC_REAL_DTYPE, err));
  oc_shape y = info->in[0].shape;
  const int64_t last = oc_last_dim(&y);
  if (y.rank == 0 || last < 1 || last > INT32_MAX)
    return oc_fail(err, OC_E_NET, info->name,
                   "Reshape x so that its last axis, which is searched, has a fixed size.",
                   "%s needs a last axis of 1 to 2^31-1 elements besides the batch",
                   oc_shape_text(&y, text, sizeof text));
  y.rank--;
  y.dim[y.rank] = 0;
  return oc_infer_output(info, 0, OC_I32, y, err);
}

static oc_cost argmax_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 1);
}

static int64_t largest(const real *x, int64_t n) {
  int64_t best = 0;
  for (int64_t i = 0; i < n; i++) {
    if (x[i] != x[i]) return i;
    if (x[i] > x[best]) best = i;
  }
  return best;
}

static void argmax_run(const oc_call *c) {
  const real *x = c->in[0];
  int32_t *y = c->out[0];
  const int64_t rows = oc_call_count(c, &c->info->out[0]), n = oc_last_dim(&c->info->in[0].shape);
  for (int64_t r = 0; r < rows; r++) y[r] = (int32_t)largest(x + r * n, n);
}

#ifdef OC_OPS_FLOAT
oc_node oc_argmax(oc_graph *g, oc_node x) {
  return oc_graph_add(g, OC_OP(g, argmax), &x, 1, NULL);
}
#endif

OC_DEFINE_OP(argmax, .stored = true, .tf_name = "ArgMax", .infer = argmax_infer, .cost = argmax_cost,
             .run = argmax_run);
