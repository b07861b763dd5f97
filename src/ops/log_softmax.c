/* log_softmax: y_j = x_j - log(sum_k exp(x_k)) along the last axis.
 * log_softmax_grad (y, dy) -> dy_j - exp(y_j) * sum_k dy_k. */
#include "ops/ops.h"
#include "ops/softmax.h"

static void log_softmax_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  dx[0] = oc_graph_add(g, OC_OP(g, log_softmax_grad), (oc_node[]){oc_node_of(node, 0), dy[0]}, 2, NULL);
}

static oc_cost log_softmax_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 12);
}

static void log_softmax_run(const oc_call *c) {
  const real *x = c->in[0];
  real *y = c->out[0];
  const int64_t rows = oc_row_count(c, &c->info->in[0]), n = oc_last_dim(&c->info->in[0].shape);
  for (int64_t r = 0; r < rows; r++, x += n, y += n) {
    const double max = oc_row_max(x, n), log_sum = oc_row_log_sum(x, n, max);
    for (int64_t i = 0; i < n; i++) y[i] = (real)((double)x[i] - max - log_sum);
  }
}

static void log_softmax_grad_run(const oc_call *c) {
  const real *y = c->in[0], *dy = c->in[1];
  real *dx = c->out[0];
  const int64_t rows = oc_row_count(c, &c->info->in[0]), n = oc_last_dim(&c->info->in[0].shape);
  for (int64_t r = 0; r < rows; r++, y += n, dy += n, dx += n) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += (double)dy[i];
    for (int64_t i = 0; i < n; i++) dx[i] = (real)((double)dy[i] - exp((double)y[i]) * sum);
  }
}

#ifdef OC_OPS_FLOAT
oc_node oc_log_softmax(oc_graph *g, oc_node x) {
  return oc_graph_add(g, OC_OP(g, log_softmax), &x, 1, NULL);
}
#endif

OC_DEFINE_OP(log_softmax, .inputs = 1, .tf_name = "LogSoftmax", .infer = oc_infer_rows,
             .gradient = log_softmax_gradient, .cost = log_softmax_cost, .run = log_softmax_run);
OC_DEFINE_OP(log_softmax_grad, .inputs = 2, .tf_name = "LogSoftmaxGrad", .infer = oc_infer_rows,
             .cost = log_softmax_cost, .run = log_softmax_grad_run);
