/* softmax: y_j = exp(x_j) / sum_k exp(x_k) along the last axis (Bridle 1990).
 * softmax_grad (y, dy) -> y_j * (dy_j - sum_k dy_k y_k). */
#include "ops/ops.h"
#include "ops/softmax.h"

static void softmax_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  dx[0] = oc_graph_add(g, OC_OP(g, softmax_grad), (oc_node[]){oc_node_of(node, 0), dy[0]}, 2, NULL);
}

static oc_cost softmax_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 12);
}
static oc_cost softmax_grad_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 4);
}

static void softmax_run(const oc_call *c) {
  const real *x = c->in[0];
  real *y = c->out[0];
  const int64_t rows = oc_row_count(c, &c->info->in[0]), n = oc_last_dim(&c->info->in[0].shape);
  for (int64_t r = 0; r < rows; r++, x += n, y += n) {
    const double max = oc_row_max(x, n), log_sum = oc_row_log_sum(x, n, max);
    for (int64_t i = 0; i < n; i++) y[i] = (real)exp((double)x[i] - max - log_sum);
  }
}

static void softmax_grad_run(const oc_call *c) {
  const real *y = c->in[0], *dy = c->in[1];
  real *dx = c->out[0];
  const int64_t rows = oc_row_count(c, &c->info->in[0]), n = oc_last_dim(&c->info->in[0].shape);
  for (int64_t r = 0; r < rows; r++, y += n, dy += n, dx += n) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += (double)dy[i] * (double)y[i];
    for (int64_t i = 0; i < n; i++) dx[i] = (real)((double)y[i] * ((double)dy[i] - sum));
  }
}

#ifdef OC_OPS_FLOAT
oc_node oc_softmax(oc_graph *g, oc_node x) {
  return oc_graph_add(g, OC_OP(g, softmax), &x, 1, NULL);
}
#endif

OC_DEFINE_OP(softmax, .terms = OC_TERMS_SOFTMAX, .inputs = 1, .tf_name = "Softmax", .infer = oc_infer_rows,
             .gradient = softmax_gradient, .cost = softmax_cost, .run = softmax_run);
OC_DEFINE_OP(softmax_grad, .inputs = 2, .tf_name = "SoftmaxGrad", .infer = oc_infer_rows,
             .cost = softmax_grad_cost, .run = softmax_grad_run);
