/* dropout: while training, each element is kept with probability keep_prob and divided by it, else 0, so that
 * the expected sum stays (Srivastava et al. 2014, "inverted"). Otherwise the identity.
 *
 * dropout_grad (dy, keep_prob): the same with the forward operation's random stream, so no mask is stored.
 *
 * The mask follows from (seed, stream, epoch, position of the sample, element) alone; ops.h has the rule. */
#include "ops/elementwise.h"
#include "ops/reference.h"
#include <string.h>

static oc_status dropout_infer(oc_op_info *info, oc_error *err) {
  TRY(oc_expect_reals(info, 2, OC_REAL_DTYPE, err));
  TRY(oc_expect_scalar(info, 1, "keep_prob", err));
  return oc_infer_output(info, 0, OC_REAL_DTYPE, info->in[0].shape, err);
}

static void dropout_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  const oc_dropout_grad_attrs attrs = {oc_graph_info(g, node)->stream};
  dx[0] = oc_graph_add(g, OC_OP(g, dropout_grad), (oc_node[]){dy[0], oc_graph_input(g, node, 1)}, 2, &attrs);
}

static oc_cost dropout_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 1);
}

static void drop(const oc_call *c, uint64_t stream) {
  const oc_tensor_desc *value = &c->info->in[0];
  const real *x = c->in[0];
  real *y = c->out[0];
  if (!c->state->training) {
    if (x != y) memcpy(y, x, (size_t)oc_call_count(c, value) * sizeof(real));
    return;
  }
  oc_dropout_mask m = oc_dropout_mask_of(c, stream, *(const real *)c->in[1]);
  const int64_t row = oc_tensor_desc_row(value), samples = oc_tensor_desc_batched(value) ? c->samples : 1;
  for (int64_t i = 0; i < samples; i++, m.sample++) oc_dropout_row(&m, x + i * row, y + i * row, row);
}

static void dropout_run(const oc_call *c) {
  drop(c, c->info->stream);
}

static void dropout_grad_run(const oc_call *c) {
  const oc_dropout_grad_attrs *a = c->info->attrs;
  drop(c, a->stream);
}

#ifdef OC_OPS_FLOAT
oc_node oc_dropout(oc_graph *g, oc_node x, oc_node keep_prob) {
  return oc_graph_add(g, OC_OP(g, dropout), (oc_node[]){x, keep_prob}, 2, NULL);
}
#endif

OC_DEFINE_OP(dropout, .terms = OC_TERMS_ELEMENT, .tf_type = "Dropout", .random = true, .tf_name = "dropout",
             .infer = dropout_infer, .gradient = dropout_gradient, .cost = dropout_cost, .run = dropout_run,
             .inference_identity = true);
OC_DEFINE_OP(dropout_grad, .tf_name = "DropoutGrad", .attr_size = sizeof(oc_dropout_grad_attrs),
             .infer = dropout_infer, .cost = dropout_cost, .run = dropout_grad_run,
             .inference_identity = true);
