/* tune.c: which kernels are the fastest here, measured in the plan itself: what a step finds in a cache, and leaves there, is part
 * of what it costs. Round i gives each step its i-th method (or its last), and takes the least time of some runs. */
#include "base/text.h"
#include "base/log.h"
#include "ocellus/data.h"
#include "plan/plan.h"
#include <math.h>
#include <string.h>

enum { WARM = 2, MAX_RUNS = 10, MIN_RUNS = 3 };
static const double ROUND_SECONDS = 1, GAIN = 0.97;

/* A step that a kernel does, over all rounds. */
typedef struct tuned {
  const char *name, *op; /* of the session's graph; static */
  const oc_kernel *first, *best;
  double first_seconds, best_seconds;
} tuned;

typedef struct tuning {
  oc_session *s;
  const oc_node *fetches;
  int fetch_count;
  oc_plan_options options;
  oc_bind_fn bind;
  void *context;
  tuned *steps;
  int count;
} tuning;

/* ---- the steps ------------------------------------------------------------------------------------------ */

static bool is_tunable(const oc_plan_step *s) {
  return s->kind == OC_STEP_OP && !s->removed && s->kernel;
}

static oc_status list_steps(tuning *t, const oc_plan *p, oc_error *err) {
  t->steps = oc_memory_array((size_t)p->step_count + 1, sizeof *t->steps);
  if (!t->steps) return oc_fail_memory(err, (size_t)p->step_count * sizeof *t->steps);
  for (int32_t i = 0; i < p->step_count; i++)
    if (is_tunable(&p->steps[i]) && oc_plan_method(p, &p->steps[i].info, 1))
      t->steps[t->count++] = (tuned){.name = p->steps[i].info.name, .op = p->steps[i].info.op->name};
  return OC_OK;
}

static tuned *step_of(const tuning *t, const oc_plan_step *s) {
  for (int i = 0; i < t->count; i++)
    if (strcmp(t->steps[i].name, s->info.name) == 0 && strcmp(t->steps[i].op, s->info.op->name) == 0)
      return &t->steps[i];
  return NULL;
}

/* The text that gives each step its method of this round; *more: does any have one that it had not before? */
static char *text_of_round(const tuning *t, const oc_plan *p, int round, bool *more) {
  oc_text text = {0};
  *more = false;
  for (int32_t i = 0; i < p->step_count; i++) {
    const oc_op_info *info = &p->steps[i].info;
    if (!is_tunable(&p->steps[i]) || !step_of(t, &p->steps[i])) continue;
    const oc_kernel *k = oc_plan_method(p, info, round);
    *more |= k != NULL;
    for (int back = round; !k; back--) k = oc_plan_method(p, info, back - 1);
    oc_text_add(&text, "%s=%s;", info->name, k->name);
  }
  return oc_text_take(&text);
}

/* ---- a round -------------------------------------------------------------------------------------------- */

/* What the step and its preparation took in all runs so far. */
static double seconds_of(const oc_plan *p, const oc_plan_step *s) {
  double sum = 0;
  for (int w = 0; w < oc_session_threads(p->s); w++) {
    const double *of = p->seconds + (int64_t)w * p->step_count;
    sum += of[s - p->steps] + (s->prepack >= 0 ? of[s->prepack] : 0);
  }
  return sum;
}

static oc_status run(const tuning *t, oc_plan *p, int index, oc_error *err) {
  const oc_status status =
      oc_plan_run(p, t->options.batch, (oc_rng_counter){0, (uint64_t)(index * t->options.batch)}, err);
  return status == OC_E_NOT_FINITE
             ? OC_OK
             : status; /* takes as long, whatever the loss of the same batch again and again */
}

/* least[i]: of step i of the plan. */
static oc_status measure(const tuning *t, oc_plan *p, double *least, oc_error *err) {
  const double start = oc_plan_clock();
  for (int i = 0; i < WARM; i++) TRY(run(t, p, i, err));
  for (int i = 0; i < MAX_RUNS && (i < MIN_RUNS || oc_plan_clock() - start < ROUND_SECONDS); i++) {
    for (int32_t k = 0; k < p->step_count; k++) least[p->step_count + k] = seconds_of(p, &p->steps[k]);
    TRY(run(t, p, WARM + i, err));
    for (int32_t k = 0; k < p->step_count; k++)
      least[k] = fmin(least[k], seconds_of(p, &p->steps[k]) - least[p->step_count + k]);
  }
  return OC_OK;
}

static void take(const tuning *t, const oc_plan *p, const double *least) {
  for (int32_t i = 0; i < p->step_count; i++) {
    tuned *of = is_tunable(&p->steps[i]) ? step_of(t, &p->steps[i]) : NULL;
    if (!of) continue;
    const oc_kernel *k = p->steps[i].kernel;
    oc_log("tune", "%s,%s,%s,%.4f ms", of->name, of->op, k->name, 1e3 * least[i]);
    if (!of->first) {
      of->first = of->best = k;
      of->first_seconds = of->best_seconds = least[i];
    } else if (least[i] < of->best_seconds) {
      of->best = k;
      of->best_seconds = least[i];
    }
  }
}

static oc_status measure_plan(const tuning *t, oc_plan *p, oc_error *err) {
  double *least = oc_memory_array(2 * (size_t)p->step_count, sizeof *least);
  if (!least) return oc_fail_memory(err, 2 * (size_t)p->step_count * sizeof *least);
  for (int32_t i = 0; i < p->step_count; i++) least[i] = INFINITY;
  oc_status status = t->bind(t->context, p, err);
  if (status == OC_OK) status = measure(t, p, least, err);
  if (status == OC_OK) take(t, p, least);
  oc_memory_free(least);
  return status;
}

static oc_status run_round(const tuning *t, const char *kernels, oc_error *err) {
  oc_plan *p;
  t->s->options.kernels = kernels;
  oc_status status = oc_plan_create(t->s, t->fetches, t->fetch_count, &t->options, &p, err);
  t->s->options.kernels = NULL;
  if (status != OC_OK) return status;
  status = measure_plan(t, p, err);
  oc_plan_free(p);
  return status;
}

/* ---- all rounds ----------------------------------------------------------------------------------------- */

static oc_status run_rounds(tuning *t, oc_plan *p, oc_error *err) {
  bool more = true;
  oc_status status = list_steps(t, p, err);
  for (int round = 0; status == OC_OK && more && t->count > 0; round++) {
    char *text = text_of_round(t, p, round, &more);
    if (!text) return oc_fail_memory(err, 64);
    if (more) status = run_round(t, text, err);
    oc_memory_free(text);
  }
  return status;
}

/* A step that a round gave its last method again may have been faster by chance: only a real gain changes anything. */
static char *text_of_best(const tuning *t) {
  oc_text text = {0};
  for (int i = 0; i < t->count; i++) {
    const tuned *s = &t->steps[i];
    if (s->best != s->first && s->best_seconds < GAIN * s->first_seconds)
      oc_text_add(&text, "%s%s=%s", text.size ? ";" : "", s->name, s->best->name);
  }
  return oc_text_take(&text);
}

oc_status oc_tune(oc_session *s, const oc_node *fetches, int count, const oc_plan_options *options,
                  oc_bind_fn bind, void *context, char **kernels, oc_error *err) {
  NEED(s, fetches, bind, kernels);
  *kernels = NULL;
  if (s->options.kernels)
    return oc_fail(err, OC_E_ARGUMENT, "oc_tune", "Use a session without them.",
                   "the session has kernels by name");
  tuning t = {.s = s, .fetches = fetches, .fetch_count = count, .bind = bind, .context = context};
  t.options = oc_plan_resolve(options);
  t.options.timed = true;
  oc_plan *first;
  TRY(oc_plan_create(s, fetches, count, &t.options, &first, err));
  oc_status status = run_rounds(&t, first, err);
  if (status == OC_OK && !(*kernels = text_of_best(&t))) status = oc_fail_memory(err, 64);
  oc_memory_free(t.steps);
  oc_plan_free(first);
  return status;
}
