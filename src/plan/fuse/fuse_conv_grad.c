/* fuse_conv_grad.c: fuses conv2d_grad_w and conv2d_grad_x of the same dy into conv2d_grad, which reads and
 * transforms dy once. What fuse_conv.c leaves of them: convolutions without a bias, as before batch
 * normalization. */
#include "plan/fuse/fuse.h"

/* True if the session's text has a kernel for it. */
static bool is_named(const oc_plan *p, const oc_op_info *info) {
  return oc_plan_names(p, info, oc_plan_kernel_for(p, info, NULL, 0));
}

static oc_status conv_grad_apply(oc_plan *p, int32_t at, oc_error *err) {
  const oc_plan_step *grad_w = &p->steps[at];
  const int32_t dy = grad_w->in[1], other = oc_user_as(p, dy, "conv2d_grad_x", 0);
  if (other < 0 || !oc_conv2d_same(grad_w->info.attrs, p->steps[other].info.attrs)) return OC_OK;
  const oc_plan_step *grad_x = &p->steps[other];
  oc_plan_step step = *grad_w;
  TRY(oc_plan_own_inputs(p, &step, 3, err));
  step.info.op = oc_ops_find(OC_F32, "conv2d_grad");
  step.in[1] = grad_x->in[1];
  step.in[2] = dy;
  for (int i = 0; i < step.info.n_in; i++) step.info.in[i] = p->values[step.in[i]].type;
  step.out[1] = grad_x->out[0];
  if (step.info.op->infer(&step.info, NULL) != OC_OK || !oc_plan_kernel_for(p, &step.info, NULL, 0))
    return OC_OK;
  if ((is_named(p, &grad_w->info) || is_named(p, &grad_x->info)) && !is_named(p, &step.info)) return OC_OK;
  p->values[step.out[1]].producer = at;
  p->steps[other].removed = true;
  p->steps[at] = step;
  return OC_OK;
}

OC_DEFINE_FUSION(conv_grad, .op = "conv2d_grad_w", .apply = conv_grad_apply,
                 .summary = "conv2d_grad_w + conv2d_grad_x of the same dy: conv2d_grad");
