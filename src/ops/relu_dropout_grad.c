/* relu_dropout_grad (y, dy, keep_prob) -> dz = y > 0 ? dy / keep_prob : 0: the gradient of dropout after RELU
 * in one step. y is 0 where dropout dropped and where RELU cut, and the derivative is 0 in both cases. */
#include "ops/ops.h"
#include "ops/shape_rules.h"

static oc_status relu_dropout_grad_infer(oc_op_info *info, oc_error *err) {
  TRY(oc_expect_reals(info, 3, OC_REAL_DTYPE, err));
  TRY(oc_expect_shape(info, 1, "dy", &info->in[0].shape, err));
  TRY(oc_expect_scalar(info, 2, "keep_prob", err));
  return oc_infer_output(info, 0, OC_REAL_DTYPE, info->in[0].shape, err);
}

static oc_cost relu_dropout_grad_cost(const oc_op_info *info, int64_t batch) {
  return (oc_cost){(double)oc_value_count(&info->in[0], batch), oc_io_bytes(info, batch)};
}

static void relu_dropout_grad_run(const oc_call *c) {
  const real *y = c->in[0], *dy = c->in[1], keep = *(const real *)c->in[2];
  real *dz = c->out[0];
  const int64_t count = oc_call_count(c, &c->info->in[0]);
  for (int64_t i = 0; i < count; i++) dz[i] = y[i] > 0 ? dy[i] / keep : 0;
}

OC_DEFINE_OP(relu_dropout_grad, .tf_name = "ReluDropoutGrad", .infer = relu_dropout_grad_infer,
             .cost = relu_dropout_grad_cost, .run = relu_dropout_grad_run);
