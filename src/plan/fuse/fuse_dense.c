/* fuse_dense.c: fuses matmul + bias_add [+ activation] [+ dropout after relu] into dense_block. With dropout,
 * the gradients of dropout and relu become relu_dropout_grad, which needs no mask: y > 0 is sufficient. The
 * matrix products of the backward pass stay separate steps, because they are divided in different ways.
 */
#include "plan/fuse/fuse.h"
#include <string.h>

typedef struct match {
  int32_t matmul, bias, act, drop;
  int32_t act_grad, drop_grad; /* only with drop, in training */
  int32_t y;
} match;

/* The dropout step whose only company at the activated value is the activation's own gradient. */
static bool find_dropout(const oc_plan *p, match *m) {
  if (m->act < 0 || !oc_step_is(p, m->act, "relu") || !oc_value_hidden(p, m->y)) return false;
  const oc_users u = oc_users_of(p, m->y);
  if (u.count < 1 || u.count > 2) return false;
  for (int i = 0; i < u.count; i++) {
    if (oc_step_is(p, u.step[i], "dropout") && p->steps[u.step[i]].in[0] == m->y) m->drop = u.step[i];
    if (oc_step_is(p, u.step[i], "relu_grad") && p->steps[u.step[i]].in[0] == m->y) m->act_grad = u.step[i];
  }
  if (m->drop < 0) return false;
  if (u.count == 1) return true;
  if (m->act_grad < 0) return false;
  const int32_t d_act = p->steps[m->act_grad].in[1];
  m->drop_grad = p->values[d_act].producer;
  return oc_step_is(p, m->drop_grad, "dropout_grad") && oc_value_hidden(p, d_act) &&
         oc_users_of(p, d_act).count == 1 && p->steps[m->drop_grad].in[1] == p->steps[m->drop].in[1];
}

static void find_following_steps(const oc_plan *p, match *m) {
  m->act = m->drop = m->act_grad = m->drop_grad = -1;
  m->y = p->steps[m->bias].out[0];
  const oc_users u = oc_users_of(p, m->y);
  if (u.count == 1 && oc_value_hidden(p, m->y) && p->steps[u.step[0]].info.op->activation != OC_ACT_NONE) {
    m->act = u.step[0];
    m->y = p->steps[m->act].out[0];
  }
  if (find_dropout(p, m))
    m->y = p->steps[m->drop].out[0];
  else
    m->drop = m->act_grad = m->drop_grad = -1;
}

/* relu_grad(y, dropout_grad(dy, keep)) -> relu_dropout_grad(dropped y, dy, keep), replacing relu_grad.
 */
static oc_status replace_gradient(oc_plan *p, const match *m, bool *fits, oc_error *err) {
  *fits = true;
  if (m->act_grad < 0) return OC_OK;
  oc_plan_step step = p->steps[m->act_grad];
  TRY(oc_plan_own_inputs(p, &step, 3, err));
  const oc_plan_step *drop_grad = &p->steps[m->drop_grad];
  step.info.op = oc_ops_find(OC_F32, "relu_dropout_grad");
  step.info.attrs = NULL;
  step.in[0] = m->y;
  step.in[1] = drop_grad->in[0];
  step.in[2] = drop_grad->in[1];
  for (int i = 0; i < 3; i++) step.info.in[i] = p->values[step.in[i]].type;
  *fits = step.info.op->infer(&step.info, NULL) == OC_OK;
  if (!*fits) return OC_OK;
  p->steps[m->act_grad] = step;
  p->steps[m->drop_grad].removed = true;
  return OC_OK;
}

static oc_status dense_apply(oc_plan *p, int32_t at, oc_error *err) {
  const oc_matmul_attrs *attrs = p->steps[at].info.attrs;
  match m = {.matmul = at, .bias = oc_only_user(p, p->steps[at].out[0], "bias_add")};
  if (m.bias < 0 || attrs->transpose_a || attrs->transpose_b || !oc_info_batched(&p->steps[at].info) ||
      oc_tensor_desc_batched(&p->steps[at].info.in[1]))
    return OC_OK;
  find_following_steps(p, &m);
  oc_dense_block_attrs a = {.dropout = m.drop >= 0};
  if (m.act >= 0) {
    a.act = p->steps[m.act].info.op->activation;
    a.slope = oc_activation_slope(p, m.act);
  }
  oc_plan_step step = p->steps[at];
  TRY(oc_plan_own_inputs(p, &step, a.dropout ? 4 : 3, err));
  step.info.op = oc_ops_find(OC_F32, "dense_block");
  step.info.attrs = &a;
  step.in[2] = p->steps[m.bias].in[1];
  if (a.dropout) {
    a.stream = p->steps[m.drop].info.stream;
    step.in[3] = p->steps[m.drop].in[1];
  }
  for (int i = 2; i < step.info.n_in; i++) step.info.in[i] = p->values[step.in[i]].type;
  if (step.info.op->infer(&step.info, NULL) != OC_OK || !oc_plan_kernel_for(p, &step.info, NULL, 0))
    return OC_OK;
  bool fits;
  TRY(replace_gradient(p, &m, &fits, err));
  if (!fits) return OC_OK;
  step.info.attrs = oc_arena_copy(&p->arena, &a, sizeof a);
  if (!step.info.attrs) return oc_fail_memory(err, sizeof a);
  step.out[0] = m.y;
  p->values[m.y].producer = at;
  p->steps[m.bias].removed = true;
  if (m.act >= 0) p->steps[m.act].removed = true;
  if (m.drop >= 0) p->steps[m.drop].removed = true;
  p->steps[at] = step;
  return OC_OK;
}

OC_DEFINE_FUSION(dense, .op = "matmul", .apply = dense_apply,
                 .summary = "matmul + bias_add [+ activation] [+ dropout after relu]: dense_block");
