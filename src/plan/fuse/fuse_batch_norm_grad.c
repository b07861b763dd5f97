/* fuse_batch_norm_grad.c: fuses the gradient of an activation with those of the batch normalization before
 * it. If nothing else needs dz, the gradient of the activation's input, both compute it from y, and y again
 * from x: batch_norm_block_grad_sums and batch_norm_block_grad_x. Otherwise the first of them stores it, and
 * adds the two gradients of y where there are two: batch_norm_block_grad_z. */
#include "ops/activate.h"
#include "plan/fuse/fuse.h"

typedef struct match {
  oc_plan *p;
  int32_t sums, back; /* steps: batch_norm_grad_sums, and the gradient of the activation */
  int32_t dz;         /* value */
  oc_batch_norm_block_attrs a;
} match;

static bool find_activation(match *m) {
  const oc_plan *p = m->p;
  m->dz = p->steps[m->sums].in[1];
  m->back = p->values[m->dz].producer;
  if (m->back < 0) return false;
  const oc_op_info *info = &p->steps[m->back].info;
  m->a = (oc_batch_norm_block_attrs){.norm = *(const oc_batch_norm_attrs *)p->steps[m->sums].info.attrs,
                                     .act = info->op->activation_grad};
  if (m->a.act == OC_ACT_LEAKY_RELU) m->a.slope = ((const oc_leaky_relu_attrs *)info->attrs)->slope;
  return m->a.act != OC_ACT_NONE && oc_activation_repeatable(m->a.act);
}

/* A step as a copy of `from` that does `op`, with room for n_in inputs. */
static oc_status begin_step(const match *m, int32_t from, const char *op, int n_in, oc_plan_step *step,
                            oc_error *err) {
  *step = m->p->steps[from];
  TRY(oc_plan_own_inputs(m->p, step, n_in, err));
  step->info.op = oc_ops_find(OC_F32, op);
  step->info.attrs = oc_arena_copy(&m->p->arena, &m->a, sizeof m->a);
  return step->info.attrs ? OC_OK : oc_fail_memory(err, sizeof m->a);
}

/* Sets input i; true for the last if the step then fits. */
static void set_input(const match *m, oc_plan_step *step, int i, int32_t value) {
  step->in[i] = value;
  step->info.in[i] = m->p->values[value].type;
}
static bool is_possible(const match *m, oc_plan_step *step) {
  return step->info.op->infer(&step->info, NULL) == OC_OK &&
         oc_plan_kernel_for(m->p, &step->info, NULL, 0) != NULL;
}

/* The batch_norm_grad_x that alone reads dz besides the sums, or -1. */
static int32_t only_grad_x(const match *m) {
  const oc_plan *p = m->p;
  const int32_t x = oc_user_as(p, m->dz, "batch_norm_grad_x", 1);
  const bool alone = x >= 0 && oc_value_hidden(p, m->dz) && oc_users_of(p, m->dz).count == 2;
  return alone && p->steps[x].in[0] == p->steps[m->sums].in[0] ? x : -1;
}

/* The batch_norm_block, without a residual sum, whose result is the activation's, or -1. */
static int32_t forward_of(const match *m) {
  const oc_plan *p = m->p;
  const int32_t f = p->values[p->steps[m->back].in[0]].producer;
  if (!oc_step_is(p, f, "batch_norm_block") || p->steps[f].info.n_in != 5) return -1;
  const int32_t *in = p->steps[f].in, *sums = p->steps[m->sums].in;
  return in[0] == sums[0] && in[3] == sums[2] && in[4] == sums[3] ? f : -1;
}

static oc_status try_again(const match *m, bool *done, oc_error *err) {
  oc_plan *p = m->p;
  const int32_t at = only_grad_x(m), forward = forward_of(m);
  if (at < 0 || forward < 0) return OC_OK;
  const int32_t dy = p->steps[m->back].in[1], gamma = p->steps[forward].in[1], beta = p->steps[forward].in[2];
  oc_plan_step sums, x;
  TRY(begin_step(m, m->sums, "batch_norm_block_grad_sums", 6, &sums, err));
  set_input(m, &sums, 1, dy);
  set_input(m, &sums, 4, gamma);
  set_input(m, &sums, 5, beta);
  TRY(begin_step(m, at, "batch_norm_block_grad_x", 8, &x, err));
  set_input(m, &x, 1, dy);
  set_input(m, &x, 7, beta);
  if (!is_possible(m, &sums) || !is_possible(m, &x)) return OC_OK;
  p->steps[m->sums] = sums;
  p->steps[at] = x;
  p->steps[m->back].removed = true;
  *done = true;
  return OC_OK;
}

/* The add of two gradients of y whose only user is the activation's gradient, or -1. */
static int32_t sum_of_two(const match *m) {
  const oc_plan *p = m->p;
  const int32_t dy = p->steps[m->back].in[1], add = p->values[dy].producer;
  if (!oc_step_is(p, add, "add") || !oc_value_hidden(p, dy) || oc_users_of(p, dy).count != 1) return -1;
  const oc_op_info *info = &p->steps[add].info;
  return oc_shape_equal(&info->in[0].shape, &info->in[1].shape) ? add : -1;
}

static oc_status try_stored(const match *m, oc_error *err) {
  oc_plan *p = m->p;
  const int32_t add = sum_of_two(m);
  oc_plan_step step;
  TRY(begin_step(m, m->sums, "batch_norm_block_grad_z", add >= 0 ? 6 : 5, &step, err));
  set_input(m, &step, 1, add >= 0 ? p->steps[add].in[0] : p->steps[m->back].in[1]);
  set_input(m, &step, 4, p->steps[m->back].in[0]);
  if (add >= 0) set_input(m, &step, 5, p->steps[add].in[1]);
  if (!is_possible(m, &step)) return OC_OK;
  step.out[2] = m->dz;
  p->values[m->dz].producer = m->sums;
  p->steps[m->sums] = step;
  p->steps[m->back].removed = true;
  if (add >= 0) p->steps[add].removed = true;
  return OC_OK;
}

static oc_status batch_norm_grad_apply(oc_plan *p, int32_t at, oc_error *err) {
  match m = {.p = p, .sums = at};
  bool done = false;
  if (!find_activation(&m)) return OC_OK;
  TRY(try_again(&m, &done, err));
  return done ? OC_OK : try_stored(&m, err);
}

OC_DEFINE_FUSION(batch_norm_grad, .op = "batch_norm_grad_sums", .apply = batch_norm_grad_apply,
                 .summary =
                     "batch_norm_grad_sums [+ batch_norm_grad_x] [+ add] + the gradient of relu, "
                     "leaky_relu or the like: batch_norm_block_grad_sums and batch_norm_block_grad_x, or "
                     "batch_norm_block_grad_z");
