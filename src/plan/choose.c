/* choose.c: chooses a kernel for each step: the first of the list that supports it, which follows from
 * shapes, batch capacity and instruction set alone; or one that the session's options or OCELLUS_REFUSE put
 * in its place. */
#include "base/checked.h"
#include "base/log.h"
#include "plan/plan.h"
#include <stdio.h>
#include <string.h>

#define OWN_BYTES (1024 * 1024)

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

/* NULL if kernel k can do this step. */
static const char *reason_against(const oc_plan *p, const oc_op_info *info, const oc_kernel *k) {
  if (k->isa > p->s->isa) return "instruction set not available";
  if (oc_env_refuses(k->name)) return "OCELLUS_REFUSE names it";
  return k->refuse ? k->refuse(info, p->options.batch) : NULL;
}

/* ---- kernels by name: "STEP=KERNEL;STEP=KERNEL;.." ----------------------------------------------------- */

/* Reads one entry; false at the end. Moves *text past it. */
typedef struct entry {
  const char *step, *kernel;
  size_t step_size, kernel_size;
} entry;

static bool next_entry(const char **text, entry *e) {
  if (**text == 0) return false;
  const size_t size = strcspn(*text, ";"), step = strcspn(*text, "=;");
  *e = (entry){*text, *text + step, step, 0};
  if (step < size) {
    e->kernel++;
    e->kernel_size = size - step - 1;
  }
  *text += size + ((*text)[size] == ';');
  return true;
}

static bool is_text(const char *from, size_t size, const char *text) {
  return strlen(text) == size && memcmp(from, text, size) == 0;
}

static bool known_kernel(const entry *e) {
  int count;
  const oc_kernel *const *list = oc_kernels_list(&count);
  for (int i = 0; i < count; i++)
    if (is_text(e->kernel, e->kernel_size, list[i]->name)) return true;
  return false;
}

oc_status oc_kernels_check(const char *kernels, oc_error *err) {
  entry e;
  while (next_entry(&kernels, &e))
    if (e.step_size == 0 || !known_kernel(&e))
      return oc_fail(err, OC_E_ARGUMENT, "kernels",
                     "Write STEP=KERNEL;STEP=KERNEL with names that `ocellus plan` prints.",
                     "invalid choice '%.*s': expected a step and a kernel",
                     (int)oc_min_i64((int64_t)(e.step_size + 1 + e.kernel_size), 200), e.step);
  return OC_OK;
}

bool oc_plan_names(const oc_plan *p, const oc_op_info *info, const oc_kernel *k) {
  const char *text = p->s->options.kernels;
  entry e;
  while (text && k && next_entry(&text, &e))
    if (is_text(e.step, e.step_size, info->name) && is_text(e.kernel, e.kernel_size, k->name)) return true;
  return false;
}

/* ---- the choice ---------------------------------------------------------------------------------------- */

const oc_kernel *oc_plan_kernel_for(const oc_plan *p, const oc_op_info *info, char *refused, size_t size) {
  if (size) refused[0] = 0;
  if (p->s->options.reference_only || !wants_float(info)) return NULL;
  int count;
  const oc_kernel *const *list = oc_kernels_list(&count), *first = NULL;
  for (int i = 0; i < count; i++) {
    const oc_kernel *k = list[i];
    if (strcmp(k->op, info->op->name) != 0 || k->variant_of) continue;
    const char *reason = reason_against(p, info, k);
    if (!reason && (!p->s->options.kernels || oc_plan_names(p, info, k))) return k;
    if (!reason && !first) first = k;
    if (reason && !first && size) note(refused, size, k->name, reason);
  }
  return first;
}

/* True if the session's text names a variant of the step's kernel. Then the others are excluded. */
static bool names_a_variant(const oc_plan *p, const oc_plan_step *s) {
  int count;
  const oc_kernel *const *list = oc_kernels_list(&count);
  for (int i = 0; i < count; i++)
    if (list[i]->variant_of && strcmp(list[i]->variant_of, s->kernel->name) == 0 &&
        oc_plan_names(p, &s->info, list[i]))
      return true;
  return false;
}

static void choose_variants(const oc_plan *p, oc_plan_step *s) {
  int count;
  const oc_kernel *const *list = oc_kernels_list(&count);
  if (!s->kernel) return;
  const bool named = p->s->options.kernels && names_a_variant(p, s);
  for (int i = 0; i < count && s->variant_count < OC_MAX_VARIANTS; i++) {
    const oc_kernel *k = list[i];
    if (!k->variant_of || strcmp(k->variant_of, s->kernel->name) != 0) continue;
    if (!reason_against(p, &s->info, k) && (!named || oc_plan_names(p, &s->info, k)))
      s->variants[s->variant_count++] = k;
  }
}

static void cut(oc_plan *p, oc_plan_step *s) {
  const oc_kernel *k = s->kernel;
  s->parts = k && k->parts ? k->parts(&s->info, p->options.batch, oc_session_threads(p->s)) : 0;
  s->chunked = oc_info_batched(&s->info) && s->parts == 0;
  if (!s->chunked && s->parts == 0 && s->info.op->parts) s->parts = s->info.op->parts(&s->info);
  if (s->parts < 1) s->parts = 1;
}

/* What changes with each run, and is small, is prepacked by each worker for itself: to do so takes less time
 * than to read what another core has just written. */
static bool prepacks_per_worker(const oc_plan *p, const oc_plan_step *s, size_t bytes) {
  return s->chunked && p->options.training && bytes <= OWN_BYTES && oc_session_threads(p->s) > 1;
}

/* Adds the step that prepacks for a kernel. */
static oc_status add_prepack(oc_plan *p, int32_t index, oc_error *err) {
  oc_plan_step *s = &p->steps[index];
  const oc_kernel *k = s->kernel;
  const size_t bytes = k && k->prepacked_bytes ? k->prepacked_bytes(&s->info) : 0;
  if (bytes == 0) return OC_OK;
  if (prepacks_per_worker(p, s, bytes)) {
    s->prepacks = true;
    s->prepacked = p->own_bytes;
    s->prepacked_bytes = bytes;
    p->own_bytes += oc_round_up(bytes, OC_ALIGNMENT);
    return OC_OK;
  }
  oc_plan_step prepack = p->steps[index];
  prepack.kind = OC_STEP_PREPACK;
  prepack.chunked = prepack.updates = false;
  prepack.refused = "";
  prepack.parts = k->prepack_parts ? k->prepack_parts(&prepack.info) : 1;
  prepack.prepacked_bytes = bytes;
  prepack.prepacked = p->prepacked_bytes;
  prepack.scratch = 0;
  p->prepacked_bytes += oc_round_up(prepack.prepacked_bytes, OC_ALIGNMENT);
  const int32_t at = oc_plan_add_step(p, &prepack);
  if (at < 0) return oc_fail_memory(err, sizeof prepack);
  p->steps[index].prepack = at;
  p->steps[index].prepacked = prepack.prepacked;
  return OC_OK;
}

oc_status oc_plan_choose(oc_plan *p, oc_error *err) {
  const int32_t count = p->step_count;
  const bool keeps = oc_plan_keeps_variables(p);
  for (int32_t i = 0; i < count; i++) {
    oc_plan_step *s = &p->steps[i];
    if (s->removed) continue;
    char refused[1024];
    s->info.fixed = keeps && oc_plan_reads_only_persistent(p, s);
    s->kernel = oc_plan_kernel_for(p, &s->info, refused, sizeof refused);
    s->refused = refused[0] ? oc_arena_string(&p->arena, refused) : "";
    if (!s->refused) return oc_fail_memory(err, sizeof refused);
    choose_variants(p, s);
    cut(p, s);
    TRY(add_prepack(p, i, err));
  }
  return OC_OK;
}
