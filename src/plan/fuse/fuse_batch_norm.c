/* fuse_batch_norm.c: fuses batch_norm [+ add] [+ relu or another] into batch_norm_block, so that values
 * pass through memory once on their way from one convolution to the next. */
#include "ops/activate.h"
#include "plan/fuse/fuse.h"

/* The add of a hidden value and another of its shape that is its only user, or -1. */
static int32_t residual_sum_of(const oc_plan *p, int32_t value, int32_t *other) {
  const oc_users u = oc_users_of(p, value);
  if (!oc_value_hidden(p, value) || u.count != 1 || !oc_step_is(p, u.step[0], "add")) return -1;
  const oc_plan_step *s = &p->steps[u.step[0]];
  *other = s->in[0] == value ? s->in[1] : s->in[0];
  const bool fits = s->in[0] != s->in[1] && oc_shape_equal(&s->info.in[0].shape, &s->info.in[1].shape);
  return fits ? u.step[0] : -1;
}

/* The activation, such as relu, that is the only user of a hidden value, or -1. */
static int32_t activation_of(const oc_plan *p, int32_t value) {
  const oc_users u = oc_users_of(p, value);
  if (!oc_value_hidden(p, value) || u.count != 1) return -1;
  const oc_act act = p->steps[u.step[0]].info.op->activation;
  return act != OC_ACT_NONE && oc_activation_repeatable(act) ? u.step[0] : -1;
}

static oc_status batch_norm_apply(oc_plan *p, int32_t at, oc_error *err) {
  int32_t y = p->steps[at].out[0], r = -1;
  const int32_t add = residual_sum_of(p, y, &r);
  if (add >= 0) y = p->steps[add].out[0];
  const int32_t act = activation_of(p, y);
  if (act >= 0) y = p->steps[act].out[0];
  if (add < 0 && act < 0) return OC_OK;
  oc_batch_norm_block_attrs a = {.norm = *(const oc_batch_norm_attrs *)p->steps[at].info.attrs};
  if (act >= 0) {
    a.act = p->steps[act].info.op->activation;
    a.slope = oc_activation_slope(p, act);
  }
  oc_plan_step step = p->steps[at];
  TRY(oc_plan_own_inputs(p, &step, add >= 0 ? 6 : 5, err));
  step.info.op = oc_ops_find(OC_F32, "batch_norm_block");
  step.info.attrs = oc_arena_copy(&p->arena, &a, sizeof a);
  if (!step.info.attrs) return oc_fail_memory(err, sizeof a);
  if (add >= 0) step.in[5] = r;
  if (add >= 0) step.info.in[5] = p->values[r].type;
  if (step.info.op->infer(&step.info, NULL) != OC_OK || !oc_plan_kernel_for(p, &step.info, NULL, 0))
    return OC_OK;
  step.out[0] = y;
  p->values[y].producer = at;
  if (add >= 0) p->steps[add].removed = true;
  if (act >= 0) p->steps[act].removed = true;
  p->steps[at] = step;
  return OC_OK;
}

OC_DEFINE_FUSION(batch_norm, .op = "batch_norm", .apply = batch_norm_apply,
                 .summary = "batch_norm [+ add] [+ relu, leaky_relu or the like]: batch_norm_block");
