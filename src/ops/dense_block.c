/* dense_block (x, w, b [, keep_prob]) -> y = dropout(act(x w + b)), row by row; w may be stored transposed.
 * Made by the planner; each part is the definition of the operation it stands for, and the mask that of the
 * dropout operation it replaces (attrs.stream). */
#include "ops/activate.h"
#include "ops/reference.h"
#include "ops/shape_rules.h"

static oc_status dense_block_infer(oc_op_info *info, oc_error *err) {
  const oc_dense_block_attrs *a = info->attrs;
  TRY(oc_expect_reals(info, a->dropout ? 4 : 3, OC_REAL_DTYPE, err));
  TRY(oc_expect_rank(info, 0, "x", 2, "(n, features)", err));
  TRY(oc_expect_rank(info, 1, "w", 2, a->transposed ? "(units, features)" : "(features, units)", err));
  const oc_shape *x = &info->in[0].shape, *w = &info->in[1].shape;
  const int64_t units = w->dim[a->transposed ? 0 : 1];
  const oc_shape must = a->transposed ? OC_SHAPE(units, x->dim[1]) : OC_SHAPE(x->dim[1], units);
  TRY(oc_expect_fixed(info, 1, "w", err));
  TRY(oc_expect_shape(info, 1, "w", &must, err));
  TRY(oc_expect_vector(info, 2, "b", units, err));
  if (a->dropout) TRY(oc_expect_scalar(info, 3, "keep_prob", err));
  if (!oc_activation_fusable(a->act) ||
      (a->dropout && (a->act != OC_ACT_RELU || !oc_tensor_desc_batched(&info->in[0]))))
    return oc_fail(err, OC_E_INTERNAL, info->name,
                   "Keep the activation and the dropout as their own operations.",
                   "unsupported fusion: activation %d with%s dropout", (int)a->act, a->dropout ? "" : "out");
  return oc_infer_output(info, 0, OC_REAL_DTYPE, OC_SHAPE(x->dim[0], units), err);
}

static oc_cost dense_block_cost(const oc_op_info *info, int64_t batch) {
  const double results = (double)oc_value_count(&info->out[0], batch);
  return (oc_cost){2 * results * (double)info->in[0].shape.dim[1] + 2 * results, oc_io_bytes(info, batch)};
}

static size_t dense_block_scratch(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return oc_scratch_bytes(oc_last_dim(&info->out[0].shape), sizeof(double));
}

static void dense_block_run(const oc_call *c) {
  const oc_dense_block_attrs *a = c->info->attrs;
  const int64_t k = c->info->in[0].shape.dim[1], units = c->info->out[0].shape.dim[1];
  const int64_t rows = oc_call_rows(c, &c->info->in[0]);
  const real *x = c->in[0], *w = c->in[1], *b = c->in[2];
  const bool drops = a->dropout && c->state->training;
  oc_dropout_mask mask = oc_dropout_mask_of(c, a->stream, drops ? *(const real *)c->in[3] : 1);
  for (int64_t n = 0; n < rows; n++, mask.sample++) {
    real *y = (real *)c->out[0] + n * units;
    if (a->transposed)
      OC_REFERENCE(matmul_row_transposed)(k, units, x + n * k, 1, w, y);
    else
      OC_REFERENCE(matmul_row)(k, units, x + n * k, 1, w, y, c->scratch);
    for (int64_t j = 0; j < units; j++) y[j] = oc_activate(a->act, a->slope, y[j] + b[j]);
    if (drops) oc_dropout_row(&mask, y, y, units);
  }
}

OC_DEFINE_OP(dense_block, .tf_name = "DenseBlock", .attr_size = sizeof(oc_dense_block_attrs),
             .infer = dense_block_infer, .cost = dense_block_cost, .scratch = dense_block_scratch,
             .run = dense_block_run);
