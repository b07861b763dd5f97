/* l2_penalty: sum(w^2) / 2, a scalar, whose gradient is w itself. sum_squares: sum(w^2), for the global norm
 * of gradients; a double, so that it cannot overflow, but rounded to float where a float can hold it. Summed
 * in double, in eight interleaved sums that are added at the end: a fixed order that a CPU can overlap. */
#include "ops/elementwise.h"
#include "ops/ops.h"

static oc_status l2_penalty_infer(oc_op_info *info, oc_error *err) {
  TRY(oc_expect_reals(info, 1, OC_REAL_DTYPE, err));
  return oc_infer_output(info, 0, OC_REAL_DTYPE, OC_SCALAR_SHAPE, err);
}

static void l2_penalty_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  dx[0] = oc_multiply(g, oc_graph_input(g, node, 0), dy[0]);
}

static oc_status sum_squares_infer(oc_op_info *info, oc_error *err) {
  TRY(oc_expect_reals(info, 1, OC_REAL_DTYPE, err));
  return oc_infer_output(info, 0, OC_F64, OC_SCALAR_SHAPE, err);
}

static oc_cost l2_penalty_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 2);
}

static double sum_of_squares(const oc_call *c) {
  const real *w = c->in[0];
  const int64_t n = oc_call_count(c, &c->info->in[0]), whole = n - n % 8;
  double sum[8] = {0}, total = 0;
  for (int64_t i = 0; i < whole; i += 8)
    for (int k = 0; k < 8; k++) sum[k] += (double)w[i + k] * (double)w[i + k];
  for (int64_t i = whole; i < n; i++) sum[i - whole] += (double)w[i] * (double)w[i];
  for (int k = 0; k < 8; k++) total += sum[k];
  return total;
}

static void l2_penalty_run(const oc_call *c) {
  *(real *)c->out[0] = (real)(0.5 * sum_of_squares(c));
}
static void sum_squares_run(const oc_call *c) {
  *(double *)c->out[0] = oc_rounded_sum(sum_of_squares(c));
}

#ifdef OC_OPS_FLOAT
oc_node oc_l2_penalty(oc_graph *g, oc_node w) {
  return oc_graph_add(g, OC_OP(g, l2_penalty), &w, 1, NULL);
}
#endif

OC_DEFINE_OP(l2_penalty, .tf_name = "L2Loss", .infer = l2_penalty_infer, .gradient = l2_penalty_gradient,
             .cost = l2_penalty_cost, .run = l2_penalty_run);
OC_DEFINE_OP(sum_squares, .tf_name = "SumSquares", .infer = sum_squares_infer, .cost = l2_penalty_cost,
             .run = sum_squares_run);
