/* fuse_update.c: fuses the gradient of a dense layer's weights, x' d, and its apply_adam into matmul_adam.
 * The gradient is never stored, so weights and slots are read and written once, during the arithmetic of the
 * product. It applies only if nothing else needs the gradient: not with clipping by norm, and not if it is
 * fetched. */
#include "plan/fuse/fuse.h"

/* The apply_adam whose gradient is `value`, if nothing else reads it; else -1. */
static int32_t only_update(const oc_plan *p, int32_t value) {
  if (!oc_value_hidden(p, value)) return -1;
  const oc_users u = oc_users_of(p, value);
  return u.count == 1 && oc_step_is(p, u.step[0], "apply_adam") && p->steps[u.step[0]].in[3] == value
             ? u.step[0]
             : -1;
}

static oc_status update_apply(oc_plan *p, int32_t at, oc_error *err) {
  const oc_matmul_attrs *attrs = p->steps[at].info.attrs;
  const int32_t update = attrs->transpose_a && !attrs->transpose_b ? only_update(p, p->steps[at].out[0]) : -1;
  if (update < 0 || !oc_tensor_desc_batched(&p->steps[at].info.in[0])) return OC_OK;
  oc_plan_step step = p->steps[update];
  TRY(oc_plan_own_inputs(p, &step, 8, err));
  step.info.op = oc_ops_find(OC_F32, "matmul_adam");
  for (int i = 4; i < 7; i++) step.in[i + 1] = p->steps[update].in[i];
  for (int i = 0; i < 2; i++) step.in[3 + i] = p->steps[at].in[i];
  for (int i = 0; i < step.info.n_in; i++) step.info.in[i] = p->values[step.in[i]].type;
  if (step.info.op->infer(&step.info, NULL) != OC_OK || !oc_plan_kernel_for(p, &step.info, NULL, 0))
    return OC_OK;
  p->steps[update] = step;
  p->steps[at].removed = true;
  return OC_OK;
}

OC_DEFINE_FUSION(update, .op = "matmul", .apply = update_apply,
                 .summary = "a matmul that computes a gradient + its apply_adam: matmul_adam");
