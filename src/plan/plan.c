/* plan.c: makes, binds, queries and frees a plan. */
#include "plan/plan.h"
#include "base/options.h"

static oc_status check_feed(const oc_graph *g, oc_node feed, oc_error *err) {
  if (!oc_node_valid(feed)) return OC_OK;
  if (oc_graph_has(g, feed) && g->nodes[oc_node_index(feed)].info.n_out == 1) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "oc_plan_options.feed", "Pass a tensor of the session's graph.",
                 "must be the only result of an operation");
}

static oc_status check_request(const oc_session *s, const oc_node *fetches, int count,
                               const oc_plan_options *o, oc_error *err) {
  TRY(oc_graph_status(s->g, err));
  if (o->batch < 1)
    return oc_fail(err, OC_E_ARGUMENT, "oc_plan_options.batch", "Use 1 or more.",
                   "batch must be at least 1, got %lld", (long long)o->batch);
  if (count < 1)
    return oc_fail(err, OC_E_ARGUMENT, "oc_plan_create", "Name at least one.", "nothing to fetch");
  for (int i = 0; i < count; i++)
    if (!oc_graph_has(s->g, fetches[i]))
      return oc_fail(err, OC_E_ARGUMENT, "oc_plan_create", "Pass nodes of the session's graph.",
                     "fetch %d is not a node", i);
  return check_feed(s->g, o->feed, err);
}

static void trace_line(void *context, const char *line) {
  oc_session_log(context, OC_LOG_PLAN, "%s", line);
}

/* True if the plan changes variables, and its prepacked data depends only on them. */
static void note_dependence(oc_plan *p) {
  p->prepack_once = true;
  for (int32_t i = 0; i < p->step_count; i++) {
    const oc_plan_step *s = &p->steps[i];
    if (s->removed) continue;
    p->changes_variables |= s->updates;
    if (s->kind == OC_STEP_PREPACK) p->prepack_once &= oc_plan_reads_only_persistent(p, s);
  }
}

static oc_status make_plan(oc_plan *p, const oc_node *fetches, int count, oc_error *err) {
  TRY(oc_plan_build(p, fetches, count, err));
  if (!p->s->options.reference_only && !p->s->options.no_fusion) TRY(oc_plan_fuse(p, err));
  TRY(oc_plan_choose(p, err));
  TRY(oc_plan_schedule(p, err));
  TRY(oc_plan_assign_memory(p, err));
  note_dependence(p);
  if (p->options.timed || oc_session_logs(p->s, OC_LOG_RUN)) TRY(oc_plan_time_begin(p, err));
  return oc_session_logs(p->s, OC_LOG_PLAN) ? oc_plan_print(p, trace_line, p->s, err) : OC_OK;
}

typedef struct wish {
  const oc_node *fetches;
  int count;
  oc_plan_options options;
  bool measured;
} wish;

static oc_status create(oc_session *s, const wish *w, oc_plan **out, oc_error *err) {
  *out = NULL;
  TRY(oc_options_check(w->options.struct_size, sizeof w->options, "oc_plan_options", err));
  TRY(check_request(s, w->fetches, w->count, &w->options, err));
  TRY(oc_session_update(s, err));
  oc_plan *p = oc_memory_alloc(sizeof *p);
  if (!p) return oc_fail_memory(err, sizeof *p);
  p->s = s;
  p->options = w->options;
  p->blocks_version = s->blocks_version;
  p->measured = w->measured;
  const oc_status status = make_plan(p, w->fetches, w->count, err);
  if (status == OC_OK)
    *out = p;
  else
    oc_plan_free(p);
  return status;
}

oc_status oc_plan_create(oc_session *s, const oc_node *fetches, int count, const oc_plan_options *options,
                         oc_plan **out, oc_error *err) {
  NEED(s, fetches, out);
  const wish w = {fetches, count, oc_plan_resolve(options), false};
  return create(s, &w, out, err);
}

oc_status oc_plan_measure(oc_session *s, const oc_node *fetches, int count, const oc_plan_options *options,
                          size_t *bytes, oc_error *err) {
  const wish w = {fetches, count, oc_plan_resolve(options), true};
  oc_plan *p;
  TRY(create(s, &w, &p, err));
  *bytes = oc_plan_memory(p);
  oc_plan_free(p);
  return OC_OK;
}

void oc_plan_free(oc_plan *p) {
  if (!p) return;
  if (p->seconds && oc_session_logs(p->s, OC_LOG_RUN)) oc_plan_time_say(p);
  oc_memory_free(p->seconds);
  oc_memory_free(p->values);
  oc_memory_free(p->steps);
  oc_memory_free(p->order);
  oc_memory_free(p->segments);
  oc_memory_free(p->fetches);
  oc_memory_free(p->guards);
  oc_memory_free(p->memory);
  oc_memory_free(p->prepacked);
  oc_memory_free(p->begun);
  oc_memory_free(p->call_inputs);
  oc_memory_free(p->prepacked_run);
  oc_memory_free(p->workers);
  oc_arena_free(&p->arena);
  oc_memory_free(p);
}

static bool can_bind(const oc_plan *p, oc_node node) {
  const oc_graph *g = p->s->g;
  if (!oc_graph_has(g, node)) return false;
  const oc_graph_node *n = &g->nodes[oc_node_index(node)];
  return node.number == p->options.feed.number ||
         (n->info.op->is_source && n->variable < 0 && !n->info.attrs);
}

oc_status oc_plan_bind(oc_plan *p, oc_node placeholder, const void *data, oc_error *err) {
  NEED(p, data);
  if (!can_bind(p, placeholder))
    return oc_fail(err, OC_E_ARGUMENT, oc_node_name(p->s->g, placeholder), "Bind placeholders only.",
                   "this node is not a placeholder");
  for (int32_t i = 0; i < p->value_count; i++)
    if (p->values[i].storage == OC_STORE_FEED && p->values[i].op == oc_node_index(placeholder))
      p->values[i].data = data;
  return OC_OK;
}

oc_tensor oc_plan_result(const oc_plan *p, int index) {
  if (!p) return (oc_tensor){0};
  oc_tensor t = {.dtype = OC_F32, .shape = OC_SCALAR_SHAPE};
  if (index < 0 || index >= p->fetch_count || !p->ran) return t;
  const int32_t fetch = p->fetches[index];
  const oc_plan_value *v = &p->values[oc_plan_root(p, fetch)];
  t.dtype = p->values[fetch].type.dtype;
  t.shape = p->values[fetch].type.shape;
  if (oc_tensor_desc_batched(&p->values[fetch].type)) t.shape.dim[0] = p->samples;
  if (v->storage == OC_STORE_ARENA)
    t.data = p->memory + v->offset;
  else if (oc_plan_variable(p, fetch) >= 0)
    t.data = oc_variable_data(p->s, oc_plan_variable(p, fetch));
  else if (v->storage != OC_STORE_NONE)
    t.data = (void *)(uintptr_t)v->data;
  return t;
}
