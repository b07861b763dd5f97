/* fuse_conv.c: fuses conv2d + bias_add [+ activation [+ max_pool]] into conv_block, and with it the whole
 * backward pass of the layer becomes conv_block_grad: pooling, activation, bias, kernel and input gradients
 * of an image while it is in cache. Tried from the largest pattern to the smallest; a pattern is taken only
 * if kernels do it better than their reference implementations, forward and backward. */
#include "plan/fuse/fuse.h"
#include <stddef.h>
#include <string.h>

typedef struct match {
  oc_plan *p;
  int32_t conv, bias, act, pool;                          /* forward steps; act, pool: -1 if none */
  int32_t pool_grad, act_grad, bias_grad, grad_w, grad_x; /* backward steps, -1 if none */
  int32_t x, w, b, activated, y;                          /* values; activated: before the pool */
  int32_t dz;                                             /* gradient of the pre-activation */
  int32_t dy;                                             /* gradient of y */
} match;

static bool users_among(const oc_plan *p, int32_t value, const int32_t *allowed, int count) {
  const oc_users u = oc_users_of(p, value);
  if (u.count > OC_MAX_USERS) return false;
  for (int i = 0; i < u.count; i++) {
    bool found = false;
    for (int k = 0; k < count; k++) found |= u.step[i] == allowed[k];
    if (!found) return false;
  }
  return true;
}

static void find_forward(match *m) {
  const oc_plan *p = m->p;
  m->act = m->pool = -1;
  m->x = p->steps[m->conv].in[0];
  m->w = p->steps[m->conv].in[1];
  m->b = p->steps[m->bias].in[1];
  m->activated = p->steps[m->bias].out[0];
  const oc_users u = oc_users_of(p, m->activated);
  if (u.count == 1 && oc_value_hidden(p, m->activated) &&
      p->steps[u.step[0]].info.op->activation != OC_ACT_NONE) {
    m->act = u.step[0];
    m->activated = p->steps[m->act].out[0];
    if (oc_value_hidden(p, m->activated)) m->pool = oc_user_as(p, m->activated, "max_pool", 0);
  }
}

/* The backward steps that belong to a gradient dz of the pre-activation; false if one is missing. */
static bool find_gradients(match *m, int32_t dz) {
  const oc_plan *p = m->p;
  m->dz = dz;
  m->bias_grad = oc_user_as(p, dz, "bias_grad", 0);
  m->grad_w = oc_user_as(p, dz, "conv2d_grad_w", 1);
  m->grad_x = oc_user_as(p, dz, "conv2d_grad_x", 0);
  if (m->bias_grad < 0 || m->grad_w < 0 || p->steps[m->grad_w].in[0] != m->x) return false;
  return m->grad_x < 0 || p->steps[m->grad_x].in[1] == m->w;
}

static bool find_backward(match *m) {
  const oc_plan *p = m->p;
  m->pool_grad = m->act_grad = m->bias_grad = m->grad_w = m->grad_x = -1;
  if (m->act < 0) { /* dz is where a weight gradient of x and this layer's shape meets a bias gradient */
    const oc_users u = oc_users_of(p, m->x);
    for (int i = 0; i < u.count && i < OC_MAX_USERS; i++)
      if (oc_step_is(p, u.step[i], "conv2d_grad_w") && p->steps[u.step[i]].in[0] == m->x &&
          oc_conv2d_same(p->steps[u.step[i]].info.attrs, p->steps[m->conv].info.attrs) &&
          find_gradients(m, p->steps[u.step[i]].in[1]))
        return true;
    return false;
  }
  const oc_users u = oc_users_of(p, m->activated);
  for (int i = 0; i < u.count && i < OC_MAX_USERS; i++) {
    const oc_plan_step *s = &p->steps[u.step[i]];
    if (s->info.op->activation_grad == OC_ACT_NONE || s->in[0] != m->activated) continue;
    m->act_grad = u.step[i];
    if (!oc_value_hidden(p, s->out[0]) || !find_gradients(m, s->out[0])) return false;
    const int32_t allowed[] = {m->bias_grad, m->grad_w, m->grad_x};
    return users_among(p, m->dz, allowed, 3);
  }
  return false;
}

/* True for pooling windows that neither overlap nor leave gaps nor are padded, and whose positions a byte can
 * count. */
static bool is_plain_pool(const oc_pool_attrs *a) {
  for (int i = 0; i < 2; i++)
    if (a->size[i] != a->stride[i] || a->pad[2 * i] || a->pad[2 * i + 1]) return false;
  return a->size[0] <= 255 && a->size[1] <= 255 && a->size[0] * a->size[1] <= 255;
}

/* With the pool, only the fused steps may read the activated values and their gradient. */
static bool pool_fits(match *m, bool backward) {
  const oc_plan *p = m->p;
  if (m->pool < 0) return false;
  if (!is_plain_pool(p->steps[m->pool].info.attrs)) return false;
  if (!backward) return oc_users_of(p, m->activated).count == 1;
  m->pool_grad = oc_user_as(p, m->activated, "max_pool_grad", 0);
  if (m->pool_grad < 0) return false;
  const int32_t allowed[] = {m->pool, m->pool_grad, m->act_grad}, d_act = p->steps[m->pool_grad].out[0];
  return users_among(p, m->activated, allowed, 3) && oc_value_hidden(p, d_act) &&
         users_among(p, d_act, &m->act_grad, 1) && p->steps[m->act_grad].in[1] == d_act;
}

static oc_conv_block_attrs attributes(const match *m, bool pooled, bool backward) {
  const oc_plan *p = m->p;
  oc_conv_block_attrs a = {.pooled = pooled, .save_argmax = pooled && backward, .needs_dx = m->grad_x >= 0};
  a.conv = *(const oc_conv2d_attrs *)p->steps[m->conv].info.attrs;
  if (m->act >= 0) {
    a.act = p->steps[m->act].info.op->activation;
    a.slope = oc_activation_slope(p, m->act);
  }
  if (pooled) memcpy(a.pool, ((const oc_pool_attrs *)p->steps[m->pool].info.attrs)->size, sizeof a.pool);
  return a;
}

/* The inputs of a fused step. */
enum { MOST_INPUTS = 5 };
typedef struct inputs {
  int count;
  int32_t value[MOST_INPUTS];
  oc_tensor_desc type[MOST_INPUTS];
} inputs;

/* A fused step in the style of the convolution it replaces; it does not fit if its rule or all fast kernels
 * refuse. */
static oc_status make_step(const match *m, const oc_conv_block_attrs *a, const inputs *in, oc_plan_step *step,
                           bool *fits, oc_error *err) {
  const char *op = in->count > 3 ? "conv_block_grad" : "conv_block";
  *step = m->p->steps[m->conv];
  TRY(oc_plan_own_inputs(m->p, step, in->count, err));
  step->info.op = oc_ops_find(OC_F32, op);
  step->info.attrs = a;
  memcpy(step->in, in->value, (size_t)in->count * sizeof *step->in);
  memcpy(step->info.in, in->type, (size_t)in->count * sizeof *step->info.in);
  *fits = step->info.op->infer(&step->info, NULL) == OC_OK && oc_plan_kernel_for(m->p, &step->info, NULL, 0);
  return OC_OK;
}

static void remove_step(oc_plan *p, int32_t step) {
  if (step >= 0) p->steps[step].removed = true;
}

/* Replaces step `at` by `step`; its outputs become the values `out`. */
static oc_status replace_step(oc_plan *p, int32_t at, oc_plan_step *step, const oc_conv_block_attrs *a,
                              const int32_t *out, oc_error *err) {
  step->info.attrs = oc_arena_copy(&p->arena, a, sizeof *a);
  if (!step->info.attrs) return oc_fail_memory(err, sizeof *a);
  for (int i = 0; i < step->info.n_out; i++) {
    step->out[i] = out[i];
    p->values[out[i]].producer = at;
  }
  step->removed = false;
  p->steps[at] = *step;
  return OC_OK;
}

static oc_status replace(match *m, oc_plan_step *forward, oc_plan_step *backward,
                         const oc_conv_block_attrs *a, oc_error *err) {
  oc_plan *p = m->p;
  int32_t out[OC_MAX_OUT] = {m->y, -1};
  if (a->save_argmax) {
    const oc_plan_value arg = {.type = forward->info.out[1],
                               .name = p->values[m->y].name,
                               .op = -1,
                               .view_of = -1,
                               .storage = OC_STORE_ARENA};
    out[1] = oc_plan_add_value(p, &arg);
    if (out[1] < 0) return oc_fail_memory(err, sizeof arg);
  }
  remove_step(p, m->bias);
  remove_step(p, m->act);
  if (a->pooled) remove_step(p, m->pool);
  TRY(replace_step(p, m->conv, forward, a, out, err));
  if (!backward) return OC_OK;
  if (a->save_argmax) backward->in[4] = out[1];
  const int32_t grads[] = {p->steps[m->grad_w].out[0], p->steps[m->bias_grad].out[0],
                           m->grad_x >= 0 ? p->steps[m->grad_x].out[0] : -1};
  const int32_t at = m->grad_w;
  if (a->pooled) remove_step(p, m->pool_grad);
  remove_step(p, m->act_grad);
  remove_step(p, m->bias_grad);
  remove_step(p, m->grad_x);
  return replace_step(p, at, backward, a, grads, err);
}

/* Tries one pattern; *done is true if it was applied. */
static oc_status try_pattern(match *m, bool pooled, bool backward, bool *done, oc_error *err) {
  oc_plan *p = m->p;
  if (pooled && !pool_fits(m, backward)) return OC_OK;
  m->y = pooled ? p->steps[m->pool].out[0] : m->activated;
  const oc_conv_block_attrs a = attributes(m, pooled, backward);
  oc_plan_step forward, grad;
  bool fits;
  const oc_tensor_desc x = p->values[m->x].type, w = p->values[m->w].type;
  const inputs in = {3, {m->x, m->w, m->b}, {x, w, p->values[m->b].type}};
  TRY(make_step(m, &a, &in, &forward, &fits, err));
  if (!fits) return OC_OK;
  if (backward) {
    m->dy = pooled ? p->steps[m->pool_grad].in[2] : m->act >= 0 ? p->steps[m->act_grad].in[1] : m->dz;
    const inputs grad_in = {
        a.save_argmax ? 5 : 4,
        {m->x, m->w, m->y, m->dy, -1},
        {x, w, p->values[m->y].type, p->values[m->dy].type, a.save_argmax ? forward.info.out[1] : x}};
    TRY(make_step(m, &a, &grad_in, &grad, &fits, err));
    if (!fits) return OC_OK;
  }
  *done = true;
  return replace(m, &forward, backward ? &grad : NULL, &a, err);
}

static oc_status fuse_conv_fuse(oc_plan *p, int32_t step, oc_error *err) {
  match m = {.p = p, .conv = step};
  m.bias = oc_only_user(p, p->steps[step].out[0], "bias_add");
  if (m.bias < 0) return OC_OK;
  find_forward(&m);
  const bool backward = find_backward(&m);
  bool done = false;
  TRY(try_pattern(&m, true, backward, &done, err));
  if (!done) TRY(try_pattern(&m, false, backward, &done, err));
  if (!done && backward) TRY(try_pattern(&m, false, false, &done, err));
  return OC_OK;
}

OC_DEFINE_FUSION(
    conv, .op = "conv2d", .apply = fuse_conv_fuse,
    .summary =
        "conv2d + bias_add [+ activation [+ max_pool]] and their gradients: conv_block and conv_block_grad");
