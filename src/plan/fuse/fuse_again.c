/* fuse_again.c: computes batch_norm_block again where the gradient of a convolution needs its result,
 * which then is not kept from forward to backward: reading x takes as long as reading y, and x is in the
 * cache when the gradient of batch normalization reads it next. */
#include "plan/fuse/fuse.h"

static bool is_gradient(const oc_plan *p, int32_t step) {
  return oc_step_is(p, step, "conv2d_grad") || oc_step_is(p, step, "conv2d_grad_w") ||
         oc_step_is(p, step, "conv_block_grad");
}

/* Gives step `reader` a result of its own in the place of `value`. */
static oc_status add_copy(oc_plan *p, int32_t at, int32_t value, int32_t reader, oc_error *err) {
  oc_plan_value y = p->values[value];
  oc_plan_step step = p->steps[at];
  y.op = -1;
  y.producer = p->step_count;
  step.only_for = reader;
  step.out[0] = oc_plan_add_value(p, &y);
  if (step.out[0] < 0 || oc_plan_add_step(p, &step) < 0) return oc_fail_memory(err, sizeof step);
  oc_plan_step *user = &p->steps[reader];
  TRY(oc_plan_own_inputs(p, user, user->info.n_in, err));
  for (int k = 0; k < user->info.n_in; k++)
    if (user->in[k] == value) user->in[k] = step.out[0];
  return OC_OK;
}

/* With a residual sum, the result is kept anyway: that of the next block reads it. */
static bool is_kept(const oc_plan *p, int32_t at) {
  return p->steps[at].info.n_in > 5 || !oc_value_hidden(p, p->steps[at].out[0]);
}

static oc_status again_apply(oc_plan *p, int32_t at, oc_error *err) {
  const int32_t y = p->steps[at].out[0];
  const oc_users u = oc_users_of(p, y);
  if (p->steps[at].only_for >= 0 || is_kept(p, at) || u.count > OC_MAX_USERS) return OC_OK;
  for (int i = 0; i < u.count; i++)
    if (is_gradient(p, u.step[i])) TRY(add_copy(p, at, y, u.step[i], err));
  return OC_OK;
}

OC_DEFINE_FUSION(
    again, .op = "batch_norm_block", .apply = again_apply,
    .summary = "batch_norm_block is computed again for a gradient of a convolution that reads it");
