/* matmul_adam (w, m, v, x, d, lr, scale, step): apply_adam with the gradient x' d, a sum over samples, which is never
 * stored as a whole. Made by the planner out of the gradient of a dense layer's weights and its apply_adam. */
#include "ops/reference.h"
#include "ops/update.h"

static oc_status matmul_adam_infer(oc_op_info *info, oc_error *err) {
  TRY(oc_expect_reals(info, 8, OC_REAL_DTYPE, err));
  TRY(oc_expect_rank(info, 0, "the variable", 2, "(features, units)", err));
  TRY(oc_expect_fixed(info, 0, "the variable", err));
  for (int i = 1; i < 3; i++) TRY(oc_expect_shape(info, i, "a slot", &info->in[0].shape, err));
  for (int i = 0; i < 2; i++) {
    const oc_shape must = OC_SHAPE(OC_BATCH, info->in[0].shape.dim[i]);
    TRY(oc_expect_shape(info, 3 + i, i ? "the gradient" : "x", &must, err));
  }
  for (int i = 5; i < 8; i++) TRY(oc_expect_scalar(info, i, "learning rate, scale or step", err));
  info->n_out = 0;
  return OC_OK;
}

static oc_cost matmul_adam_cost(const oc_op_info *info, int64_t batch) {
  const double weights = (double)oc_value_count(&info->in[0], 1);
  return (oc_cost){weights * (2.0 * (double)batch + 15), oc_io_bytes(info, batch)};
}

static size_t matmul_adam_scratch(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return oc_scratch_bytes(oc_last_dim(&info->in[0].shape), sizeof(double) + sizeof(real));
}

static void matmul_adam_run(const oc_call *c) {
  const int64_t rows = c->info->in[0].shape.dim[0], cols = c->info->in[0].shape.dim[1];
  const oc_adam a = oc_adam_of(c, 5);
  real *gradient = (real *)((double *)c->scratch + cols);
  for (int64_t i = 0; i < rows; i++) {
    const int64_t at = i * cols;
    OC_REFERENCE(matmul_row)
    (c->samples, cols, (const real *)c->in[3] + i, rows, c->in[4], gradient, c->scratch);
    oc_adam_update(&a, oc_call_update(c, 0) + at, oc_call_update(c, 1) + at, oc_call_update(c, 2) + at,
                   gradient, cols);
  }
}

OC_DEFINE_OP(matmul_adam, .tf_name = "MatMulApplyAdam", .attr_size = sizeof(oc_apply_adam_attrs),
             .infer = matmul_adam_infer, .cost = matmul_adam_cost, .scratch = matmul_adam_scratch,
             .run = matmul_adam_run, .updates = 1u << 0 | 1u << 1 | 1u << 2);
