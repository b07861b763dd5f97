/* add_squares: the sum of two sums of squares, each a double that sum_squares or this made.
 *
 * clip_scale: from the sum of squares of all gradients, the factor min(1, max_norm / norm) that brings their
 * global norm down to max_norm (Pascanu et al. 2013); 1 if the norm is 0. NaN stays NaN. */
#include "ops/elementwise.h"
#include "ops/ops.h"
#include <math.h>

static oc_status expect_sum(const oc_op_info *info, int i, oc_error *err) {
  TRY(oc_expect_dtype(info, i, "the sum of squares", OC_F64, err));
  return oc_expect_scalar(info, i, "the sum of squares", err);
}

static oc_status add_squares_infer(oc_op_info *info, oc_error *err) {
  TRY(oc_expect_inputs(info, 2, err));
  TRY(expect_sum(info, 0, err));
  TRY(expect_sum(info, 1, err));
  return oc_infer_output(info, 0, OC_F64, OC_SCALAR_SHAPE, err);
}

static void add_squares_run(const oc_call *c) {
  *(double *)c->out[0] = oc_rounded_sum(*(const double *)c->in[0] + *(const double *)c->in[1]);
}

static oc_status clip_scale_infer(oc_op_info *info, oc_error *err) {
  const oc_clip_scale_attrs *a = info->attrs;
  TRY(oc_expect_inputs(info, 1, err));
  TRY(expect_sum(info, 0, err));
  if (!(a->max_norm > 0 && isfinite(a->max_norm)))
    return oc_fail(err, OC_E_ARGUMENT, info->name, "Use, for example, 1 to 10.",
                   "the norm must be positive and finite, got %g", a->max_norm);
  return oc_infer_output(info, 0, OC_REAL_DTYPE, OC_SCALAR_SHAPE, err);
}

static void clip_scale_run(const oc_call *c) {
  const oc_clip_scale_attrs *a = c->info->attrs;
  const double norm = sqrt(*(const double *)c->in[0]);
  *(real *)c->out[0] = (real)(norm <= a->max_norm ? 1 : a->max_norm / norm);
}

OC_DEFINE_OP(clip_scale, .tf_name = "ClipScale", .attr_size = sizeof(oc_clip_scale_attrs),
             .infer = clip_scale_infer, .run = clip_scale_run);
OC_DEFINE_OP(add_squares, .tf_name = "AddSquares", .infer = add_squares_infer, .run = add_squares_run);
