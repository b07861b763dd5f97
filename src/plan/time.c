/* time.c: where the time of a plan's runs goes, for OCELLUS_TRACE=run. Each worker adds up for itself. */
#include "base/trace.h"
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

void oc_plan_time_say(const oc_plan *p) {
  if (p->runs == 0) return;
  oc_trace("run", "segment,step,operation,kernel,ms a run (all threads),GFLOP/s a thread");
  double total = 0;
  for (int32_t o = 0; o < p->order_count; o++) {
    const oc_plan_step *s = &p->steps[p->order[o]];
    const double seconds = step_seconds(p, p->order[o]) / (double)p->runs;
    const bool op = s->kind == OC_STEP_OP;
    const oc_cost cost = op && s->info.op->cost ? s->info.op->cost(&s->info, p->options.batch) : (oc_cost){0};
    oc_trace("run", "%d,%s,%s,%s,%.4f,%.1f", s->segment, s->info.name,
             op                       ? s->info.op->name
             : s->kind == OC_STEP_SUM ? "sum"
                                      : "prepare",
             s->kernel ? s->kernel->name : "plain", 1e3 * seconds,
             seconds > 0 ? cost.flops / seconds * 1e-9 : 0.0);
    total += seconds;
  }
  oc_trace("run", "total,,,,%.4f,", 1e3 * total);
}
