/* shortcut.c: implements oc_run: feed and fetch by name, with plans made on first use; the most recently used
 * ones are cached. */
#include "base/checked.h"
#include "plan/plan.h"
#include <string.h>

enum { MAX_FETCHES = 64 };

typedef struct oc_cached_plan {
  struct oc_cached_plan *next;
  oc_plan *plan;
  oc_node fetches[MAX_FETCHES];
  int count;
} oc_cached_plan;

/* Frees the kept plans from *at on. */
static void free_from(oc_cached_plan **at) {
  while (*at) {
    oc_cached_plan *next = (*at)->next;
    oc_plan_free((*at)->plan);
    oc_memory_free(*at);
    *at = next;
  }
}

void oc_session_purge_plans(oc_session *s) {
  if (s) free_from(&s->plan_cache);
}

static bool same_fetches(const oc_cached_plan *k, const oc_node *fetches, int count) {
  bool same = k->count == count;
  for (int i = 0; same && i < count; i++)
    same = k->fetches[i].number == fetches[i].number && k->fetches[i].out == fetches[i].out;
  return same;
}

/* Takes the kept plan for these fetches out of the list; NULL: there is none, and there is room for one
 * more. */
static oc_cached_plan *take_cached(oc_session *s, const oc_node *fetches, int count) {
  oc_cached_plan **at = &s->plan_cache, **last = at;
  for (int i = 1; *at; at = &(*at)->next, i++) {
    oc_cached_plan *k = *at;
    if (same_fetches(k, fetches, count)) {
      *at = k->next;
      return k;
    }
    if (i < s->options.cached_plans) last = &k->next;
  }
  free_from(last); /* all except those that are kept with a new one */
  return NULL;
}

/* True if an operation that the fetches need changes variables: then it is a training run. */
static bool trains(const oc_graph *g, const oc_node *fetches, int count, bool *needed) {
  bool found = false;
  for (int i = 0; i < count; i++) needed[oc_node_index(fetches[i])] = true;
  for (int32_t op = g->count - 1; op >= 0; op--) {
    if (!needed[op]) continue;
    found |= g->nodes[op].info.op->updates != 0;
    for (int i = 0; i < g->nodes[op].info.n_in; i++) needed[oc_node_index(g->nodes[op].in[i])] = true;
  }
  return found;
}

static oc_status make_plan(oc_session *s, oc_cached_plan *k, int64_t samples, oc_error *err) {
  bool *needed = oc_memory_array((size_t)s->g->count, sizeof *needed);
  if (!needed) return oc_fail_memory(err, (size_t)s->g->count);
  const oc_plan_options o = {.batch = samples, .training = trains(s->g, k->fetches, k->count, needed)};
  oc_memory_free(needed);
  return oc_plan_create(s, k->fetches, k->count, &o, &k->plan, err);
}

/* The kept plan for these fetches and at least so many samples; a smaller one is replaced. */
static oc_status plan_for(oc_session *s, const oc_node *fetches, int count, int64_t samples, oc_plan **out,
                          oc_error *err) {
  oc_cached_plan *k = take_cached(s, fetches, count);
  if (!k) {
    k = oc_memory_alloc(sizeof *k);
    if (!k) return oc_fail_memory(err, sizeof *k);
    memcpy(k->fetches, fetches, (size_t)count * sizeof *fetches);
    k->count = count;
  }
  k->next = s->plan_cache;
  s->plan_cache = k;
  if (k->plan && k->plan->options.batch < samples) {
    oc_plan_free(k->plan);
    k->plan = NULL;
  }
  if (!k->plan) TRY(make_plan(s, k, samples, err));
  *out = k->plan;
  return OC_OK;
}

static oc_status check_feed(const oc_session *s, const oc_feed *feed, oc_node *node, int64_t *samples,
                            oc_error *err) {
  *node = oc_find(s->g, feed->name);
  if (!oc_node_valid(*node))
    return oc_fail(err, OC_E_ARGUMENT, feed->name, "See the names in the listing of the graph.",
                   "unknown tensor");
  const oc_tensor_desc *v = oc_graph_value(s->g, *node);
  oc_shape want = v->shape;
  if (oc_tensor_desc_batched(v) && feed->value.shape.rank == want.rank) {
    want.dim[0] = feed->value.shape.dim[0];
    if (*samples >= 0 && *samples != want.dim[0])
      return oc_fail(err, OC_E_ARGUMENT, feed->name, "Feed the same number of samples everywhere.",
                     "%lld samples, but another feed has %lld", (long long)want.dim[0], (long long)*samples);
    *samples = want.dim[0];
  }
  char have_text[128], want_text[128];
  if (feed->value.dtype != v->dtype || !oc_shape_equal(&want, &feed->value.shape))
    return oc_fail(err, OC_E_ARGUMENT, feed->name, "Feed the type and shape of the placeholder.",
                   "got %s %s, expected %s %s", oc_dtype_name(feed->value.dtype),
                   oc_shape_text(&feed->value.shape, have_text, sizeof have_text), oc_dtype_name(v->dtype),
                   oc_shape_text(&v->shape, want_text, sizeof want_text));
  return OC_OK;
}

static oc_status find_fetches(const oc_session *s, const char *const *names, int count, oc_node *nodes,
                              oc_error *err) {
  if (count < 1 || count > MAX_FETCHES)
    return oc_fail(err, OC_E_ARGUMENT, "oc_run", "Fetch 1 to 64 tensors.", "expected 1 to 64 fetches, got %d",
                   count);
  for (int i = 0; i < count; i++) {
    nodes[i] = oc_find(s->g, names[i]);
    if (!oc_node_valid(nodes[i]))
      return oc_fail(err, OC_E_ARGUMENT, names[i], "See the names in the listing of the graph.",
                     "unknown tensor");
  }
  return OC_OK;
}

oc_status oc_run(oc_session *s, const oc_feed *feeds, int feed_count, const char *const *fetches, int count,
                 oc_tensor *results, oc_error *err) {
  NEED(s, fetches);
  if (feed_count > 0) NEED(feeds);
  oc_node nodes[MAX_FETCHES], node;
  int64_t samples = -1;
  oc_plan *plan = NULL;
  TRY(oc_graph_status(s->g, err));
  TRY(find_fetches(s, fetches, count, nodes, err));
  for (int i = 0; i < feed_count; i++) TRY(check_feed(s, &feeds[i], &node, &samples, err));
  if (samples < 0) samples = 1;
  TRY(plan_for(s, nodes, count, samples, &plan, err));
  for (int i = 0; i < feed_count; i++) {
    node = oc_find(s->g, feeds[i].name);
    TRY(oc_plan_bind(plan, node, feeds[i].value.data, err));
  }
  TRY(oc_plan_run(plan, samples, (oc_rng_counter){s->runs++, 0}, err));
  for (int i = 0; results && i < count; i++) results[i] = oc_plan_result(plan, i);
  return OC_OK;
}
