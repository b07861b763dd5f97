/* softmax_cross_entropy: logits z, labels t (n,c) -> loss (n): -sum_j t_j log_softmax(z)_j, without the
 * detour over probabilities, so that no finite logit gives infinity or NaN.
 *
 * softmax_cross_entropy_grad (z, t, dloss (n)) -> dz_j = dloss * (softmax(z)_j * sum_k t_k - t_j); the t of a
 * row need not sum to 1. */
#include "ops/ops.h"
#include "ops/softmax.h"
#include <string.h>

static oc_status softmax_cross_entropy_infer(oc_op_info *info, oc_error *err) {
  TRY(oc_expect_inputs(info, 2, err));
  TRY(oc_expect_rank(info, 0, "logits", 2, "(n, classes)", err));
  TRY(oc_infer_rows(info, err));
  return oc_infer_output(info, 0, OC_REAL_DTYPE, OC_SHAPE(info->in[0].shape.dim[0]), err);
}

static oc_status softmax_cross_entropy_grad_infer(oc_op_info *info, oc_error *err) {
  const oc_shape *z = &info->in[0].shape, loss = OC_SHAPE(z->dim[0]);
  TRY(oc_expect_reals(info, 3, OC_REAL_DTYPE, err));
  TRY(oc_expect_shape(info, 1, "labels", z, err));
  TRY(oc_expect_shape(info, 2, "the gradient of the loss", &loss, err));
  return oc_infer_output(info, 0, OC_REAL_DTYPE, *z, err);
}

/* d loss / d t = -log_softmax(z). One-hot labels come from integers, which have no gradient: then it is left
 * out. */
static oc_node labels_gradient(oc_graph *g, oc_node logits, oc_node labels, oc_node dloss) {
  if (strcmp(oc_node_op(g, labels), "one_hot") == 0) return OC_NO_NODE;
  const oc_reduce_attrs last_axis = {1u << 1, false};
  const oc_node repeated = oc_graph_add(g, OC_OP(g, broadcast), (oc_node[]){dloss, logits}, 2, &last_axis);
  return oc_multiply(g, oc_multiply(g, oc_log_softmax(g, logits), repeated), oc_scalar(g, -1));
}

static void softmax_cross_entropy_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  const oc_node z = oc_graph_input(g, node, 0), t = oc_graph_input(g, node, 1);
  dx[0] = oc_graph_add(g, OC_OP(g, softmax_cross_entropy_grad), (oc_node[]){z, t, dy[0]}, 3, NULL);
  dx[1] = labels_gradient(g, z, t, dy[0]);
}

static oc_cost softmax_cross_entropy_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 14);
}

static void softmax_cross_entropy_run(const oc_call *c) {
  const real *z = c->in[0], *t = c->in[1];
  real *loss = c->out[0];
  const int64_t rows = oc_row_count(c, &c->info->in[0]), n = oc_last_dim(&c->info->in[0].shape);
  for (int64_t r = 0; r < rows; r++, z += n, t += n) {
    const double max = oc_row_max(z, n), log_sum = oc_row_log_sum(z, n, max);
    double sum = 0;
    for (int64_t i = 0; i < n; i++) /* 0 * infinity must not count */
      if (t[i] != 0) sum += (double)t[i] * (log_sum - ((double)z[i] - max));
    loss[r] = (real)(log_sum != log_sum ? log_sum : sum);
  }
}

static void softmax_cross_entropy_grad_run(const oc_call *c) {
  const real *z = c->in[0], *t = c->in[1], *dloss = c->in[2];
  real *dz = c->out[0];
  const int64_t rows = oc_row_count(c, &c->info->in[0]), n = oc_last_dim(&c->info->in[0].shape);
  for (int64_t r = 0; r < rows; r++, z += n, t += n, dz += n) {
    const double max = oc_row_max(z, n), log_sum = oc_row_log_sum(z, n, max);
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += (double)t[i];
    for (int64_t i = 0; i < n; i++)
      dz[i] = (real)((double)dloss[r] * (exp((double)z[i] - max - log_sum) * sum - (double)t[i]));
  }
}

#ifdef OC_OPS_FLOAT
oc_node oc_softmax_cross_entropy(oc_graph *g, oc_node logits, oc_node labels) {
  return oc_graph_add(g, OC_OP(g, softmax_cross_entropy), (oc_node[]){logits, labels}, 2, NULL);
}
#endif

OC_DEFINE_OP(softmax_cross_entropy, .tf_name = "SoftmaxCrossEntropyWithLogits",
             .infer = softmax_cross_entropy_infer, .gradient = softmax_cross_entropy_gradient,
             .cost = softmax_cross_entropy_cost, .run = softmax_cross_entropy_run);
OC_DEFINE_OP(softmax_cross_entropy_grad, .tf_name = "SoftmaxCrossEntropyWithLogitsGrad",
             .infer = softmax_cross_entropy_grad_infer, .cost = softmax_cross_entropy_cost,
             .run = softmax_cross_entropy_grad_run);
