/* fuse_transposed.c: stores the weights of a large dense layer transposed, (units, features), while they are
 * trained, with their optimizer's slots. Then all three products read them in memory order: the forward
 * product one value at a time from adjacent rows, the input gradient by whole vectors, as a product without
 * transposing, and the update by rows of the listed gradient. Sums keep their order, so the bits stay the
 * same. It applies only if every step of the plan that reads a variable supports this layout. For every other
 * reader the session transposes it back (session_transposed.c). */
#include "plan/fuse/fuse.h"

enum { WEIGHTS = 3 }; /* variables of a matmul_adam: w, m, v */

static bool is_forward(const oc_plan *p, int32_t step, int32_t w) {
  return oc_step_is(p, step, "dense_block") && p->steps[step].in[1] == w && p->steps[step].in[0] != w &&
         p->steps[step].in[2] != w;
}

/* The gradient by the input. */
static bool is_backward(const oc_plan *p, int32_t step, int32_t w) {
  if (!oc_step_is(p, step, "matmul") || p->steps[step].in[1] != w || p->steps[step].in[0] == w) return false;
  const oc_matmul_attrs *attrs = p->steps[step].info.attrs;
  return attrs->transpose_b && !attrs->transpose_a;
}

static void change_over(oc_tensor_desc *v) {
  const int64_t rows = v->shape.dim[0];
  v->shape.dim[0] = v->shape.dim[1];
  v->shape.dim[1] = rows;
}

/* The step with transposed weights: its attributes in the plan's memory. */
static oc_status transpose_forward(oc_plan *p, oc_plan_step *step, oc_error *err) {
  oc_dense_block_attrs *a = oc_arena_copy(&p->arena, step->info.attrs, sizeof *a);
  if (!a) return oc_fail_memory(err, sizeof *a);
  a->transposed = true;
  step->info.attrs = a;
  change_over(&step->info.in[1]);
  return OC_OK;
}

static void transpose_backward(oc_plan_step *step) {
  static const oc_matmul_attrs as_it_lies = {false, false};
  step->info.attrs = &as_it_lies;
  change_over(&step->info.in[1]);
}

/* (x' d)' = d' x */
static void transpose_update(oc_plan_step *step) {
  const int32_t x = step->in[3];
  const oc_tensor_desc type = step->info.in[3];
  step->in[3] = step->in[4];
  step->info.in[3] = step->info.in[4];
  step->in[4] = x;
  step->info.in[4] = type;
  for (int i = 0; i < WEIGHTS; i++) change_over(&step->info.in[i]);
}

/* What a matmul_adam and the steps that read its weights become. */
typedef struct rewriting {
  oc_users users; /* of w */
  oc_plan_step step[OC_MAX_USERS];
} rewriting;

/* True if the step has a kernel afterwards, and, if the session names its present kernel, one that the
 * session names. */
static bool keeps_choice(const oc_plan *p, const oc_op_info *now, const oc_op_info *then) {
  const oc_kernel *k = oc_plan_kernel_for(p, then, NULL, 0);
  return k && (oc_plan_names(p, then, k) || !oc_plan_names(p, now, oc_plan_kernel_for(p, now, NULL, 0)));
}

/* True if all of them can. */
static oc_status find_reads(oc_plan *p, int32_t update, rewriting *r, bool *can, oc_error *err) {
  const int32_t *in = p->steps[update].in;
  bool forward = false;
  *can = false;
  for (int i = 0; i < WEIGHTS; i++)
    if (!oc_value_hidden(p, in[i]) || oc_plan_variable(p, in[i]) < 0 ||
        (i > 0 && oc_users_of(p, in[i]).count != 1))
      return OC_OK;
  r->users = oc_users_of(p, in[0]);
  if (r->users.count > OC_MAX_USERS) return OC_OK;
  for (int i = 0; i < r->users.count; i++) {
    const int32_t at = r->users.step[i];
    r->step[i] = p->steps[at];
    TRY(oc_plan_own_inputs(p, &r->step[i], r->step[i].info.n_in, err));
    if (at == update)
      transpose_update(&r->step[i]);
    else if (is_forward(p, at, in[0]))
      TRY(transpose_forward(p, &r->step[i], err));
    else if (is_backward(p, at, in[0]))
      transpose_backward(&r->step[i]);
    else
      return OC_OK;
    forward |= is_forward(p, at, in[0]);
    if (!keeps_choice(p, &p->steps[at].info, &r->step[i].info)) return OC_OK;
  }
  *can = forward;
  return OC_OK;
}

static oc_status fuse_transposed_fuse(oc_plan *p, int32_t update, oc_error *err) {
  rewriting r;
  bool can;
  TRY(find_reads(p, update, &r, &can, err));
  if (!can) return OC_OK;
  for (int i = 0; i < WEIGHTS; i++) {
    oc_plan_value *v = &p->values[p->steps[update].in[i]];
    const int variable = oc_plan_variable(p, p->steps[update].in[i]);
    TRY(oc_variable_allow_transposed(p->s, variable, err));
    v->transposed = true;
    change_over(&v->type);
  }
  for (int i = 0; i < r.users.count; i++) p->steps[r.users.step[i]] = r.step[i];
  return OC_OK;
}

OC_DEFINE_FUSION(transposed, .op = "matmul_adam", .apply = fuse_transposed_fuse,
                 .summary =
                     "the variables of a matmul_adam, transposed if every step that reads them supports this "
                     "layout");
