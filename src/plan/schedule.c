/* schedule.c: forms segments by greedy list scheduling.
 *
 * While a chunked step is ready and no update is, all ready chunked steps form one segment, together with
 * those that become ready through its batched results. Otherwise all ready split steps form one split
 * segment. A sum over samples is ready when the chunks' partial sums have been added, by a separate step in a
 * later split segment. The same holds for the several sums of a kernel; with a batch axis, their chunks are
 * added in a later chunked segment. An update waits for all readers of its variable and, so that a bad loss
 * changes nothing, for the guard. Updates keep the order of the graph where one reads a variable that another
 * changes. What is computed again for one step waits for the segment of that step. */
#include "base/checked.h"
#include "ops/elementwise.h"
#include "plan/plan.h"
#include <string.h>

enum { LOCAL_BUDGET = 512 * 1024, MAX_CHUNK = 8, CHUNK_ELEMENTS = 256 * 1024 };

typedef struct scheduler {
  oc_plan *p;
  int32_t capacity; /* of order and segments */
  int32_t left;     /* steps to schedule */
} scheduler;

static bool is_done(const oc_plan *p, int32_t step) {
  return step < 0 || p->steps[step].segment >= 0;
}

/* True if a step of segment `segment` can read this value. All can read `made`. */
static bool readable(const oc_plan *p, int32_t value, int segment, bool chunked, int32_t made) {
  const oc_plan_value *v = &p->values[oc_plan_root(p, value)];
  if (v->producer < 0 || oc_plan_root(p, value) == made) return true;
  const oc_plan_step *producer = &p->steps[v->producer];
  if (producer->segment < 0) return false;
  return producer->segment < segment || (chunked && producer->chunked && oc_tensor_desc_batched(&v->type));
}

/* True if every reader of variable `value`, except `step` and other updates, is already scheduled. */
static bool readers_done(const oc_plan *p, int32_t step, int32_t value, int segment) {
  for (int32_t i = 0; i < p->step_count; i++) {
    const oc_plan_step *s = &p->steps[i];
    if (i == step || s->removed || (s->kind == OC_STEP_OP && s->updates && i > step)) continue;
    for (int k = 0; k < s->info.n_in; k++)
      if (oc_plan_root(p, s->in[k]) == value && (s->segment < 0 || s->segment >= segment)) return false;
  }
  return true;
}

/* True if this step changes the memory of `value`. */
static bool changes(const oc_plan *p, const oc_plan_step *s, int32_t value) {
  for (int k = 0; k < s->info.n_in; k++)
    if (oc_op_changes(s->info.op, k) && oc_plan_root(p, s->in[k]) == value) return true;
  return false;
}

/* Changes take place in the order of the graph: one that reads a variable comes after those before it that
 * change that. */
static bool earlier_changes_done(const oc_plan *p, int32_t index, int segment) {
  const oc_plan_step *s = &p->steps[index];
  for (int k = 0; k < s->info.n_in; k++) {
    const int32_t value = oc_plan_root(p, s->in[k]);
    if (p->values[value].storage != OC_STORE_PERSISTENT) continue;
    for (int32_t i = 0; i < index; i++) {
      const oc_plan_step *other = &p->steps[i];
      if (other->removed || other->kind != OC_STEP_OP || !other->updates || !changes(p, other, value))
        continue;
      if (other->segment < 0 || other->segment >= segment) return false;
    }
  }
  return true;
}

static bool update_ready(const oc_plan *p, int32_t index, int segment) {
  const oc_plan_step *s = &p->steps[index];
  if (!s->updates) return true;
  if (s->kind == OC_STEP_OP && !earlier_changes_done(p, index, segment)) return false;
  for (int i = 0; i < p->guard_count; i++)
    if (!readable(p, p->guards[i].value, segment, false, -1)) return false;
  for (int k = 0; k < s->info.n_in; k++)
    if (oc_op_changes(s->info.op, k) && !readers_done(p, index, oc_plan_root(p, s->in[k]), segment))
      return false;
  return true;
}

static bool ready_with(const oc_plan *p, int32_t index, int segment, int32_t made) {
  const oc_plan_step *s = &p->steps[index];
  if (s->removed || s->segment >= 0 || (s->prepack >= 0 && !is_done(p, s->prepack))) return false;
  if (s->kind == OC_STEP_SUM) return true; /* made when its chunks' segment was closed */
  for (int k = 0; k < s->info.n_in; k++) {
    if (s->kind == OC_STEP_PREPACK && oc_tensor_desc_batched(&s->info.in[k])) continue;
    if (!readable(p, s->in[k], segment, s->chunked, made)) return false;
  }
  if (s->only_for >= 0 && !ready_with(p, s->only_for, segment, s->out[0])) return false;
  return update_ready(p, index, segment);
}

static bool ready(const oc_plan *p, int32_t index, int segment) {
  return ready_with(p, index, segment, -1);
}

static void schedule_step(scheduler *c, int32_t index) {
  c->p->order[c->p->order_count++] = index;
  c->p->steps[index].segment = c->p->segment_count;
  c->left--;
}

static bool take_chunked(scheduler *c) {
  oc_plan *p = c->p;
  const int32_t before = p->order_count;
  for (bool more = true; more;) {
    more = false;
    for (int32_t i = 0; i < p->step_count; i++)
      if (p->steps[i].chunked && ready(p, i, p->segment_count)) {
        schedule_step(c, i);
        more = true;
      }
  }
  return p->order_count > before;
}

/* True if an update is ready. Its inputs were just computed, so it comes before the next chunked segment. */
static bool update_waits(const oc_plan *p) {
  for (int32_t i = 0; i < p->step_count; i++)
    if (p->steps[i].kind == OC_STEP_OP && p->steps[i].updates && ready(p, i, p->segment_count)) return true;
  return false;
}

static int64_t element_parts(const oc_tensor_desc *v) {
  return oc_ceil_div(oc_tensor_desc_row(v), OC_PART_ELEMENTS);
}

/* True if it is divided into the same elements as a sum, as updates are that the kernel does not divide. */
static bool cut_by_elements(const oc_plan_step *s) {
  return s->updates && !s->chunked && s->info.op->parts && !(s->kernel && s->kernel->parts) &&
         s->parts == element_parts(&s->info.in[0]);
}

/* The only step that reads a sum, if it is an update that could follow now. */
static int32_t update_of(const oc_plan *p, const oc_plan_step *sum) {
  const int32_t value = sum->out[0];
  int32_t found = -1;
  if (p->values[value].fetched) return -1;
  for (int32_t i = 0; i < p->step_count; i++) {
    const oc_plan_step *s = &p->steps[i];
    for (int k = 0; k < s->info.n_in && s != sum && !s->removed; k++) {
      if (oc_plan_root(p, s->in[k]) != value) continue;
      if (found >= 0 || !cut_by_elements(s)) return -1;
      found = i;
    }
  }
  return found >= 0 && ready_with(p, found, p->segment_count, value) ? found : -1;
}

/* A sum, and the update that follows each of its parts. */
static void take_sum(scheduler *c, int32_t index) {
  oc_plan_step *sum = &c->p->steps[index];
  schedule_step(c, index);
  sum->update = update_of(c->p, sum);
  if (sum->update < 0) return;
  schedule_step(c, sum->update);
  c->p->steps[sum->update].follows = true;
}

/* Which split steps come before all chunked ones. */
typedef enum selection { EVERY, ONCE, PREPACKS } selection;

static bool selected(const oc_plan_step *s, selection which) {
  if (which == ONCE) return s->once && s->kind == OC_STEP_OP;
  return which == EVERY || s->kind == OC_STEP_PREPACK;
}

static bool take_split(scheduler *c, selection which) {
  oc_plan *p = c->p;
  const int32_t before = p->order_count;
  for (int32_t i = 0; i < p->step_count; i++) {
    if (!selected(&p->steps[i], which) || p->steps[i].chunked || !ready(p, i, p->segment_count)) continue;
    if (p->steps[i].kind == OC_STEP_SUM)
      take_sum(c, i);
    else
      schedule_step(c, i);
  }
  return p->order_count > before;
}

/* Returns how many partial sums of its k-th output a step of this segment makes. 0: it makes the whole. */
static int64_t partials_of(const oc_plan *p, const oc_segment *segment, const oc_plan_step *s, int k) {
  if (segment->chunked)
    return oc_tensor_desc_batched(&s->info.out[k]) ? 0 : oc_segment_groups(segment, p->options.batch);
  if (s->kind != OC_STEP_OP || k > 0 || !s->kernel || !s->kernel->partials) return 0;
  const int64_t sums = s->kernel->partials(&s->info, p->options.batch);
  return sums > 1 ? sums : 0;
}

/* The step that adds the partial sums of a value, which is its producer then. */
static oc_status add_sum(scheduler *c, int32_t value, int64_t partials, oc_error *err) {
  oc_plan *p = c->p;
  oc_plan_value *v = &p->values[value];
  oc_plan_step sum = {
      .kind = OC_STEP_SUM, .prepack = -1, .only_for = -1, .update = -1, .segment = -1, .refused = ""};
  sum.info = (oc_op_info){.name = v->name};
  TRY(oc_plan_own_inputs(p, &sum, 1, err));
  sum.info.in[0] = v->type;
  sum.in[0] = sum.out[0] = value;
  sum.chunked = oc_tensor_desc_batched(&v->type);
  sum.parts = sum.chunked ? 1 : element_parts(&v->type);
  const int32_t at = oc_plan_add_step(p, &sum);
  if (at < 0) return oc_fail_memory(err, sizeof sum);
  v->summed = true;
  v->partials = partials;
  v->first = p->segment_count - 1;
  v->producer = at;
  c->left++;
  return OC_OK;
}

static oc_status add_sums(scheduler *c, const oc_segment *segment, oc_error *err) {
  oc_plan *p = c->p;
  for (int32_t i = segment->begin; i < segment->end; i++) {
    const int32_t index = p->order[i];
    for (int k = 0; k < p->steps[index].info.n_out; k++) {
      const int64_t partials = partials_of(p, segment, &p->steps[index], k);
      if (partials > 0) TRY(add_sum(c, p->steps[index].out[k], partials, err));
    }
  }
  return OC_OK;
}

/* Bytes of one sample that the segment's steps pass on to each other. */
static int64_t sample_bytes(const oc_plan *p, const oc_segment *segment) {
  int64_t bytes = 1;
  for (int32_t i = segment->begin; i < segment->end; i++) {
    const oc_op_info *info = &p->steps[p->order[i]].info;
    for (int k = 0; k < info->n_out; k++)
      if (oc_tensor_desc_batched(&info->out[k]))
        bytes += oc_tensor_desc_row(&info->out[k]) * (int64_t)oc_dtype_size(info->out[k].dtype);
  }
  return bytes;
}

/* Samples of a chunk wherever sums over the batch are made, the same in the whole plan: by the largest tensor
 * of the graph alone, so that batch, threads, fusion, kernels and fetches do not affect which samples are
 * summed first. */
static int64_t summed_chunk(const oc_graph *g) {
  int64_t largest = 1, chunk = MAX_CHUNK;
  for (int32_t i = 0; i < g->count; i++) {
    const oc_op_info *info = &g->nodes[i].info;
    for (int k = 0; k < info->n_out; k++)
      if (oc_tensor_desc_batched(&info->out[k]))
        largest = oc_max_i64(largest, oc_tensor_desc_row(&info->out[k]));
  }
  while (chunk > 1 && largest > CHUNK_ELEMENTS / chunk) chunk /= 2;
  return chunk;
}

static bool makes_sums(const oc_plan *p, const oc_segment *segment) {
  bool sums = false;
  for (int32_t i = segment->begin; i < segment->end; i++) {
    const oc_op_info *info = &p->steps[p->order[i]].info;
    for (int k = 0; k < info->n_out; k++) sums |= !oc_tensor_desc_batched(&info->out[k]);
  }
  return sums;
}

/* Samples of a chunk where nothing is summed, so no result depends on it: as many as fit the cache, but so
 * few that a small batch gives each thread two chunks. */
static int64_t free_chunk(const oc_plan *p, const oc_segment *segment) {
  const int threads = oc_session_threads(p->s);
  int64_t chunk = oc_min_i64(MAX_CHUNK, oc_max_i64(1, LOCAL_BUDGET / sample_bytes(p, segment)));
  if (threads > 1) chunk = oc_min_i64(chunk, oc_ceil_div(p->options.batch, 2 * threads));
  return oc_min_i64(chunk, p->options.batch);
}

/* Large batches have many chunks. A worker adds those of a group, so that at most OC_MAX_PARTIALS sums are
 * stored: along the same tree, so that no bit depends on the size of groups. */
static void cut_into_chunks(const oc_plan *p, oc_segment *segment) {
  const bool sums = makes_sums(p, segment);
  segment->chunk = sums ? oc_min_i64(p->chunk, p->options.batch) : free_chunk(p, segment);
  segment->group = 1;
  while (sums && oc_segment_groups(segment, p->options.batch) > OC_MAX_PARTIALS) segment->group *= 2;
}

static oc_status close_segment(scheduler *c, int32_t begin, bool chunked, oc_error *err) {
  oc_plan *p = c->p;
  oc_segment *segment = &p->segments[p->segment_count++];
  *segment = (oc_segment){.chunked = chunked, .begin = begin, .end = p->order_count};
  if (chunked) cut_into_chunks(p, segment);
  segment->prepares = !chunked;
  for (int32_t i = begin; i < segment->end && !chunked; i++) {
    segment->parts += p->steps[p->order[i]].follows ? 0 : p->steps[p->order[i]].parts;
    segment->prepares &= p->steps[p->order[i]].kind == OC_STEP_PREPACK || p->steps[p->order[i]].once;
  }
  return add_sums(c, segment, err);
}

/* What runs once and prepacking come first, so that they are not between chunked steps. */
static oc_status run_scheduler(scheduler *c, oc_error *err) {
  oc_plan *p = c->p;
  if (take_split(c, ONCE)) TRY(close_segment(c, 0, false, err));
  const int32_t prepacks = p->order_count;
  if (take_split(c, PREPACKS)) TRY(close_segment(c, prepacks, false, err));
  while (c->left > 0) {
    const int32_t begin = p->order_count;
    const bool chunked = !update_waits(p) && take_chunked(c);
    if (!chunked && !take_split(c, EVERY))
      return oc_fail(err, OC_E_INTERNAL, "plan", "Please report this with the network's text.",
                     "%d steps depend on each other in a cycle", c->left);
    TRY(close_segment(c, begin, chunked, err));
  }
  return OC_OK;
}

oc_status oc_plan_schedule(oc_plan *p, oc_error *err) {
  scheduler c = {.p = p};
  int32_t outputs = 0;
  p->chunk = summed_chunk(p->s->g);
  for (int32_t i = 0; i < p->step_count; i++) {
    if (p->steps[i].removed) continue;
    c.left++;
    outputs += p->steps[i].info.n_out;
  }
  c.capacity = c.left + outputs + 1;
  p->order = oc_memory_array((size_t)c.capacity, sizeof *p->order);
  p->segments = oc_memory_array((size_t)c.capacity, sizeof *p->segments);
  if (!p->order || !p->segments) return oc_fail_memory(err, (size_t)c.capacity * sizeof *p->segments);
  return run_scheduler(&c, err);
}
