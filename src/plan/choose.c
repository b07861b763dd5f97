/* choose.c: the best kernel for each step. The choice follows from shapes, batch capacity and instruction set alone, and from
 * what OCELLUS_REFUSE keeps out. */
#include "base/checked.h"
#include "base/trace.h"
#include "plan/plan.h"
#include <stdio.h>
#include <string.h>

static bool wants_float(const oc_op_info *info) {
  for (int i = 0; i < info->n_in; i++)
    if (info->in[i].dtype == OC_F64) return false;
  for (int i = 0; i < info->n_out; i++)
    if (info->out[i].dtype == OC_F64) return false;
  return true;
}

static void note(char *text, size_t size, const char *kernel, const char *reason) {
  const size_t used = strlen(text);
  if (used + 1 < size) snprintf(text + used, size - used, "%s%s: %s", used ? "; " : "", kernel, reason);
}

const oc_kernel *oc_plan_kernel_for(const oc_plan *p, const oc_op_info *info, char *refused, size_t size) {
  if (size) refused[0] = 0;
  if (p->s->options.plain || !wants_float(info)) return NULL;
  int count;
  const oc_kernel *const *list = oc_kernels_list(&count);
  for (int i = 0; i < count; i++) {
    const oc_kernel *k = list[i];
    if (strcmp(k->op, info->op->name) != 0) continue;
    const char *reason = k->isa > p->s->isa ? "instruction set not available" : NULL;
    if (!reason && oc_env_refuses(k->name)) reason = "OCELLUS_REFUSE names it";
    if (!reason && k->refuse) reason = k->refuse(info, p->options.batch);
    if (!reason) return k;
    if (size) note(refused, size, k->name, reason);
  }
  return NULL;
}

static void cut(oc_plan *p, oc_plan_step *s) {
  const oc_kernel *k = s->kernel;
  s->chunked = oc_info_batched(&s->info) && !(k && k->parts);
  s->parts = 1;
  if (k && k->parts)
    s->parts = k->parts(&s->info, p->options.batch, oc_session_threads(p->s));
  else if (!s->chunked && s->info.op->parts)
    s->parts = s->info.op->parts(&s->info);
  if (s->parts < 1) s->parts = 1;
}

/* The step that fills the memory which a kernel wants prepared. */
static oc_status add_prepare(oc_plan *p, int32_t index, oc_error *err) {
  const oc_kernel *k = p->steps[index].kernel;
  if (!k || !k->prepared_bytes || k->prepared_bytes(&p->steps[index].info) == 0) return OC_OK;
  oc_plan_step prepare = p->steps[index];
  prepare.kind = OC_STEP_PREPARE;
  prepare.chunked = prepare.updates = false;
  prepare.refused = "";
  prepare.parts = k->prepare_parts ? k->prepare_parts(&prepare.info) : 1;
  prepare.prepared_bytes = k->prepared_bytes(&prepare.info);
  prepare.prepared = p->prepared_bytes;
  prepare.scratch = 0;
  p->prepared_bytes += oc_round_up(prepare.prepared_bytes, OC_ALIGNMENT);
  const int32_t at = oc_plan_add_step(p, &prepare);
  if (at < 0) return oc_fail_memory(err, sizeof prepare);
  p->steps[index].prepare = at;
  p->steps[index].prepared = prepare.prepared;
  return OC_OK;
}

oc_status oc_plan_choose(oc_plan *p, oc_error *err) {
  const int32_t count = p->step_count;
  for (int32_t i = 0; i < count; i++) {
    oc_plan_step *s = &p->steps[i];
    if (s->removed) continue;
    char refused[1024];
    s->kernel = oc_plan_kernel_for(p, &s->info, refused, sizeof refused);
    s->refused = refused[0] ? oc_arena_string(&p->arena, refused) : "";
    if (!s->refused) return oc_fail_memory(err, sizeof refused);
    cut(p, s);
    TRY(add_prepare(p, i, err));
  }
  return OC_OK;
}
