/* time.c: measures the time of each step of a plan, for OCELLUS_TRACE=run. Each worker adds its own times. */
#include "plan/plan.h"
#include <time.h>

double oc_plan_clock(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

oc_status oc_plan_time_begin(oc_plan *p, oc_error *err) {
  const size_t count = (size_t)oc_session_threads(p->s) * (size_t)p->step_count;
  p->seconds = oc_memory_array(count, sizeof *p->seconds);
  return p->seconds ? OC_OK : oc_fail_memory(err, count * sizeof *p->seconds);
}

static double step_seconds(const oc_plan *p, int32_t step) {
  double sum = 0;
  for (int w = 0; w < oc_session_threads(p->s); w++) sum += p->seconds[(int64_t)w * p->step_count + step];
  return sum;
}

static const char *operation_of(const oc_plan_step *s) {
  if (s->kind == OC_STEP_SUM) return "sum";
  return s->kind == OC_STEP_PREPACK ? "prepack" : s->info.op->name;
}

bool oc_plan_step_time(const oc_plan *p, int index, oc_step_time *out) {
  if (!p || !out) return false;
  if (index < 0 || index >= p->order_count) return false;
  const oc_plan_step *s = &p->steps[p->order[index]];
  const bool op = s->kind == OC_STEP_OP;
  const oc_cost cost = op && s->info.op->cost ? s->info.op->cost(&s->info, p->options.batch) : (oc_cost){0};
  *out = (oc_step_time){.name = s->info.name,
                        .operation = operation_of(s),
                        .kernel = s->kernel ? s->kernel->name : "reference",
                        .segment = s->segment,
                        .flops = cost.flops,
                        .bytes = cost.bytes};
  if (p->seconds && p->runs) out->seconds = step_seconds(p, p->order[index]) / (double)p->runs;
  return true;
}

void oc_plan_time_say(const oc_plan *p) {
  if (p->runs == 0) return;
  oc_session_log(p->s, OC_LOG_RUN, "segment,step,operation,kernel,ms a run (all threads),GFLOP/s a thread");
  double total = 0;
  oc_step_time t;
  for (int i = 0; oc_plan_step_time(p, i, &t); i++) {
    oc_session_log(p->s, OC_LOG_RUN, "%d,%s,%s,%s,%.4f,%.1f", t.segment, t.name, t.operation, t.kernel,
                   1e3 * t.seconds, t.seconds > 0 ? t.flops / t.seconds * 1e-9 : 0.0);
    total += t.seconds;
  }
  oc_session_log(p->s, OC_LOG_RUN, "total,,,,%.4f,", 1e3 * total);
}
