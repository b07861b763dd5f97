/* print.c: prints a plan as text, for readers and for comparing plans before and after a change. */
#include "base/checked.h"
#include "plan/plan.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct printer {
  oc_line_fn line;
  void *context;
} printer;

static void print_line(const printer *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void print_line(const printer *out, const char *format, ...) {
  char text[1600];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  out->line(out->context, text);
}

static oc_cost cost_of(const oc_plan *p, const oc_plan_step *s) {
  oc_cost cost = {0};
  if (s->kind != OC_STEP_OP) return cost;
  if (s->info.op->cost) return s->info.op->cost(&s->info, p->options.batch);
  for (int i = 0; i < s->info.n_in; i++)
    cost.bytes +=
        (double)oc_value_count(&s->info.in[i], p->options.batch) * (double)oc_dtype_size(s->info.in[i].dtype);
  for (int i = 0; i < s->info.n_out; i++)
    cost.bytes += (double)oc_value_count(&s->info.out[i], p->options.batch) *
                  (double)oc_dtype_size(s->info.out[i].dtype);
  return cost;
}

static void print_output(const oc_plan_value *v, bool in_sums, const printer *out) {
  char shape[128];
  oc_shape_text(&v->type.shape, shape, sizeof shape);
  const char *dtype = oc_dtype_name(v->type.dtype);
  if (in_sums)
    print_line(out, "        -> %s %s in %lld sums at %zu", shape, dtype, (long long)v->partials, v->partial);
  else if (v->storage == OC_STORE_LOCAL)
    print_line(out, "        -> %s %s, one chunk in the worker's cache +%zu", shape, dtype, v->offset);
  else
    print_line(out, "        -> %s %s at %zu, kept until segment %d", shape, dtype, v->offset, v->last);
}

static bool reads_transposed(const oc_plan *p, const oc_plan_step *s) {
  bool any = false;
  for (int i = 0; i < s->info.n_in; i++) any |= p->values[oc_plan_root(p, s->in[i])].transposed;
  return any;
}

static void print_step(const oc_plan *p, const oc_plan_step *s, const printer *out) {
  char cut[64] = "";
  if (s->follows)
    snprintf(cut, sizeof cut, " on each part of the sum");
  else if (!s->chunked)
    snprintf(cut, sizeof cut, ", %lld part%s", (long long)s->parts, s->parts == 1 ? "" : "s");
  if (s->kind == OC_STEP_SUM) {
    print_line(out, "    add the sums of %s%s", s->info.name, cut);
    print_output(&p->values[s->out[0]], false, out);
    return;
  }
  if (s->kind == OC_STEP_PREPACK) {
    print_line(out, "    prepack %s for %s%s, %zu bytes", s->info.name, s->kernel->name, cut,
               s->prepacked_bytes);
    return;
  }
  const oc_cost cost = cost_of(p, s);
  print_line(out, "    %s: %s by %s%s, %.1f MFLOP, %.1f KB", s->info.name, s->info.op->name,
             s->kernel ? s->kernel->name : "its reference implementation", cut, cost.flops / 1e6,
             cost.bytes / 1024);
  for (int i = 0; i < s->variant_count; i++)
    print_line(out, "        where %s: %s", s->variants[i]->when, s->variants[i]->name);
  if (reads_transposed(p, s)) print_line(out, "        reads weights that are stored transposed");
  if (s->prepacks) print_line(out, "        each worker prepacks for itself, %zu bytes", s->prepacked_bytes);
  if (s->refused[0]) print_line(out, "        refused: %s", s->refused);
  for (int i = 0; i < s->info.n_out; i++)
    print_output(&p->values[s->out[i]], p->values[s->out[i]].summed, out);
}

static void print_segment(const oc_plan *p, int index, const printer *out) {
  const oc_segment *g = &p->segments[index];
  if (g->chunked)
    print_line(out, "segment %d: chunks of %lld sample%s, depth first, %lld chunks", index,
               (long long)g->chunk, g->chunk == 1 ? "" : "s",
               (long long)oc_ceil_div(p->options.batch, g->chunk));
  else
    print_line(out, "segment %d: independent steps, %lld parts", index, (long long)g->parts);
  for (int32_t i = g->begin; i < g->end; i++) print_step(p, &p->steps[p->order[i]], out);
}

oc_status oc_plan_print(const oc_plan *p, oc_line_fn line, void *context, oc_error *err) {
  NEED(p, line);
  (void)err;
  const printer out = {line, context};
  print_line(&out, "plan: %s, batch of %lld, %s, %d segments", p->options.training ? "training" : "inference",
             (long long)p->options.batch, oc_isa_name(p->s->isa), p->segment_count);
  for (int i = 0; i < p->segment_count; i++) print_segment(p, i, &out);
  double flops = 0;
  for (int32_t i = 0; i < p->order_count; i++) flops += cost_of(p, &p->steps[p->order[i]]).flops;
  print_line(&out,
             "total: %.1f MFLOP; memory: arena %.1f KB, prepacked %.1f KB, %.1f KB for each of %d threads",
             flops / 1e6, (double)p->memory_bytes / 1024, (double)p->prepacked_bytes / 1024,
             (double)p->worker_bytes / 1024, oc_session_threads(p->s));
  return OC_OK;
}
