/* fuse_folded_norm.c: in plans that change no variable, folds batch_norm into the weights of the convolution
 * before it: conv2d + batch_norm become conv2d + bias_add with the results of fold_batch_norm, a step that
 * runs once until a variable changes. The next fusion makes a conv_block of them. A batch_norm that
 * fuse_batch_norm.c joins with a residual sum stays: so the values pass through memory less often. */
#include "plan/fuse/fuse.h"

/* The batch_norm that can be folded into a convolution, or -1. */
static int32_t norm_after(const oc_plan *p, int32_t conv) {
  const oc_plan_step *c = &p->steps[conv];
  const int32_t norm = oc_only_user(p, c->out[0], "batch_norm");
  if (norm < 0 || !oc_plan_keeps_variables(p) || c->info.out[0].dtype != OC_F32 ||
      !oc_plan_persistent(p, c->in[1]))
    return -1;
  for (int i = 1; i <= 4; i++)
    if (!oc_plan_persistent(p, p->steps[norm].in[i])) return -1;
  const int32_t y = p->steps[norm].out[0];
  return oc_user_as(p, y, "add", 0) < 0 && oc_user_as(p, y, "add", 1) < 0 ? norm : -1;
}

/* A value that the step `producer` makes of variables. */
static oc_status add_folded(oc_plan *p, const char *name, const oc_tensor_desc *type, int32_t producer,
                            int32_t *value, oc_error *err) {
  const oc_plan_value v = {
      .type = *type, .name = name, .op = -1, .view_of = -1, .producer = producer, .storage = OC_STORE_ARENA};
  *value = oc_plan_add_value(p, &v);
  return *value < 0 ? oc_fail_memory(err, sizeof v) : OC_OK;
}

/* Adds the step that folds; out: its two values. */
static oc_status add_fold(oc_plan *p, int32_t conv, int32_t norm, int32_t out[2], oc_error *err) {
  oc_plan_step fold = p->steps[norm];
  TRY(oc_plan_own_inputs(p, &fold, 5, err));
  fold.info.op = oc_ops_find(OC_F32, "fold_batch_norm");
  fold.once = true;
  fold.in[0] = p->steps[conv].in[1];
  fold.info.in[0] = p->steps[conv].info.in[1];
  TRY(fold.info.op->infer(&fold.info, err));
  for (int i = 0; i < 2; i++)
    TRY(add_folded(p, fold.info.name, &fold.info.out[i], p->step_count, &out[i], err));
  fold.out[0] = out[0];
  fold.out[1] = out[1];
  return oc_plan_add_step(p, &fold) < 0 ? oc_fail_memory(err, sizeof fold) : OC_OK;
}

static oc_status folded_norm_apply(oc_plan *p, int32_t conv, oc_error *err) {
  const int32_t norm = norm_after(p, conv);
  int32_t folded[2];
  if (norm < 0) return OC_OK;
  TRY(add_fold(p, conv, norm, folded, err));
  oc_plan_step bias = p->steps[norm];
  TRY(oc_plan_own_inputs(p, &p->steps[conv], p->steps[conv].info.n_in, err));
  TRY(oc_plan_own_inputs(p, &bias, 2, err));
  p->steps[conv].in[1] = folded[0];
  bias.info.op = oc_ops_find(OC_F32, "bias_add");
  bias.info.attrs = NULL;
  bias.in[1] = folded[1];
  bias.info.in[1] = p->values[folded[1]].type;
  p->steps[norm] = bias;
  return bias.info.op->infer(&bias.info, err);
}

OC_DEFINE_FUSION(folded_norm, .op = "conv2d", .apply = folded_norm_apply,
                 .summary = "conv2d + batch_norm without training: conv2d with folded weights + bias_add");
