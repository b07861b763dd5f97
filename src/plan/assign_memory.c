/* assign_memory.c: assigns a memory offset to each value.
 *
 * The arena holds the values that cross a barrier: each at the lowest offset where no value with an
 * overlapping live range (first to last segment) is, largest first (greedy by size, as in Pisarchyk and Lee
 * 2020). A value within one chunked segment is in the worker's own memory, one chunk of it, placed in the
 * same way by the steps between which it lives. Scratch of
 * kernels follows it. If gradients are kept, the arena begins with their block. */
#include "base/checked.h"
#include "plan/plan.h"
#include <stdio.h>
#include <stdlib.h>

typedef struct block { /* of the arena */
  int64_t bytes;
  int first, last;
  int32_t value;
  bool partial;
  size_t offset;
} block;

static bool in_arena(const oc_plan *p, int32_t value) {
  const oc_plan_value *v = &p->values[value];
  return v->view_of < 0 && v->producer >= 0 && v->storage == OC_STORE_ARENA;
}

static int made_in(const oc_plan *p, int32_t value) {
  return p->steps[p->values[value].producer].segment;
}

/* Life of each value, and whether a chunk of it is enough. */
static void find_lives(oc_plan *p) {
  for (int32_t v = 0; v < p->value_count; v++) {
    oc_plan_value *value = &p->values[v];
    if (!in_arena(p, v)) continue;
    if (p->steps[value->producer].segment < 0) { /* made by a step that fusion removed */
      value->storage = OC_STORE_NONE;
      continue;
    }
    value->last = made_in(p, v);
    if (!value->summed) value->first = value->last;
    if (value->fetched || p->steps[value->producer].once) value->last = p->segment_count;
  }
  for (int32_t o = 0; o < p->order_count; o++) {
    const oc_plan_step *s = &p->steps[p->order[o]];
    for (int k = 0; k < s->info.n_in; k++) {
      oc_plan_value *value = &p->values[oc_plan_root(p, s->in[k])];
      if (value->producer >= 0 && s->segment > value->last) value->last = s->segment;
    }
  }
  for (int32_t v = 0; v < p->value_count; v++) {
    oc_plan_value *value = &p->values[v];
    if (in_arena(p, v) && made_in(p, v) == value->last && oc_tensor_desc_batched(&value->type) &&
        p->segments[value->last].chunked)
      value->storage = OC_STORE_LOCAL;
  }
}

static int by_size(const void *a, const void *b) {
  const block *x = a, *y = b;
  if (x->bytes != y->bytes) return x->bytes < y->bytes ? 1 : -1;
  if (x->value != y->value) return x->value < y->value ? -1 : 1;
  return (int)x->partial - (int)y->partial;
}

/* The lowest offset from `begin` on for blocks[at] among those placed before it: moves up past every overlap
 * until none is left. */
static void place_block(block *blocks, int32_t at, size_t begin) {
  block *b = &blocks[at];
  b->offset = begin;
  for (bool moved = true; moved;) {
    moved = false;
    for (int32_t i = 0; i < at; i++) {
      const block *o = &blocks[i];
      if (o->last < b->first || b->last < o->first) continue;
      if (b->offset < o->offset + (size_t)o->bytes && o->offset < b->offset + (size_t)b->bytes) {
        b->offset = o->offset + (size_t)o->bytes;
        moved = true;
      }
    }
  }
}

static int32_t collect_blocks(const oc_plan *p, block *blocks) {
  int32_t count = 0;
  for (int32_t v = 0; v < p->value_count; v++) {
    const oc_plan_value *value = &p->values[v];
    const bool kept = in_arena(p, v) && !value->placed;
    if (!kept && !value->summed) continue;
    const int64_t bytes = (int64_t)oc_plan_value_bytes(value, p->options.batch);
    const int made = made_in(p, v);
    if (kept) blocks[count++] = (block){.bytes = bytes, .first = made, .last = value->last, .value = v};
    if (value->summed)
      blocks[count++] = (block){
          .bytes = bytes * value->partials, .first = value->first, .last = made, .value = v, .partial = true};
  }
  return count;
}

static oc_status place_arena(oc_plan *p, oc_error *err) {
  block *blocks = oc_memory_array((size_t)p->value_count * 2 + 1, sizeof *blocks);
  if (!blocks) return oc_fail_memory(err, (size_t)p->value_count * sizeof *blocks);
  const int32_t count = collect_blocks(p, blocks);
  qsort(blocks, (size_t)count, sizeof *blocks, by_size);
  /* Kernels may read whole vectors past the end of the gradients. */
  const size_t begin = p->gradient_bytes ? p->gradient_bytes + OC_ALIGNMENT : 0;
  p->memory_bytes = begin;
  for (int32_t i = 0; i < count; i++) {
    place_block(blocks, i, begin);
    oc_plan_value *v = &p->values[blocks[i].value];
    if (blocks[i].partial)
      v->partial = blocks[i].offset;
    else
      v->offset = blocks[i].offset;
    if (blocks[i].offset + (size_t)blocks[i].bytes > p->memory_bytes)
      p->memory_bytes = blocks[i].offset + (size_t)blocks[i].bytes;
  }
  oc_memory_free(blocks);
  return OC_OK;
}

static size_t largest_of(size_t a, size_t b) {
  return a > b ? a : b;
}

/* The local values of one segment, each with the steps of the order between which it lives; in slot[value],
 * which block is its. */
static int32_t collect_local(const oc_plan *p, int32_t g, block *blocks, int32_t *slot) {
  const oc_segment *segment = &p->segments[g];
  int32_t count = 0;
  for (int32_t o = segment->begin; o < segment->end; o++) {
    const oc_plan_step *s = &p->steps[p->order[o]];
    for (int k = 0; k < (s->kind == OC_STEP_SUM ? 1 : s->info.n_out); k++) {
      const oc_plan_value *v = &p->values[s->out[k]];
      if (v->storage != OC_STORE_LOCAL || v->view_of >= 0 || v->producer != p->order[o]) continue;
      const int64_t bytes = (int64_t)oc_plan_value_bytes(v, segment->chunk);
      slot[s->out[k]] = count;
      blocks[count++] = (block){.bytes = bytes, .first = o, .last = o, .value = s->out[k]};
    }
    for (int k = 0; k < s->info.n_in; k++) {
      const int32_t in = oc_plan_root(p, s->in[k]);
      if (p->values[in].storage == OC_STORE_LOCAL) blocks[slot[in]].last = o;
    }
  }
  return count;
}

/* Local values, as those of the arena: a place is used again as soon as its value has been read, while it is
 * in cache. Segments use the same memory. */
static oc_status place_local(oc_plan *p, oc_error *err) {
  block *blocks = oc_memory_array((size_t)p->value_count + 1, sizeof *blocks);
  int32_t *slot = oc_memory_array((size_t)p->value_count + 1, sizeof *slot);
  for (int32_t g = 0; g < p->segment_count && blocks && slot; g++) {
    if (!p->segments[g].chunked) continue;
    const int32_t count = collect_local(p, g, blocks, slot);
    qsort(blocks, (size_t)count, sizeof *blocks, by_size);
    for (int32_t i = 0; i < count; i++) {
      place_block(blocks, i, 0);
      p->values[blocks[i].value].offset = blocks[i].offset;
      p->local_bytes = largest_of(p->local_bytes, blocks[i].offset + (size_t)blocks[i].bytes);
    }
  }
  const bool failed = !blocks || !slot;
  oc_memory_free(slot);
  oc_memory_free(blocks);
  return failed ? oc_fail_memory(err, (size_t)p->value_count * sizeof *blocks) : OC_OK;
}

/* Memory in which the sums of a group's chunks wait for each other: one for each level of its tree. Segments
 * use the same memory. */
static void place_joining(oc_plan *p) {
  for (int32_t g = 0; g < p->segment_count; g++) {
    size_t used = 0;
    for (int32_t v = 0; v < p->value_count; v++) {
      oc_plan_value *value = &p->values[v];
      if (!value->summed || value->first != g || !p->segments[g].chunked) continue;
      value->joining = used;
      used +=
          (size_t)__builtin_ctzll((unsigned long long)p->segments[g].group) * oc_plan_value_bytes(value, 1);
    }
    if (used > p->joining_bytes) p->joining_bytes = used;
  }
}

static size_t largest_scratch(oc_plan *p) {
  size_t largest = 0;
  for (int32_t o = 0; o < p->order_count; o++) {
    oc_plan_step *s = &p->steps[p->order[o]];
    if (s->kind != OC_STEP_OP) continue;
    const int64_t samples = s->chunked ? p->segments[s->segment].chunk : p->options.batch;
    size_t (*scratch)(const oc_op_info *, int64_t) = s->kernel ? s->kernel->scratch : s->info.op->scratch;
    s->scratch = scratch ? scratch(&s->info, samples) : 0;
    for (int i = 0; i < s->variant_count; i++)
      if (s->variants[i]->scratch)
        s->scratch = largest_of(s->scratch, s->variants[i]->scratch(&s->info, samples));
    if (s->scratch > largest) largest = s->scratch;
  }
  return largest;
}

/* Of any step, rounded up to whole lines of a cache, since each worker writes its own. */
static size_t most_inputs(const oc_plan *p) {
  int most = 1;
  for (int32_t i = 0; i < p->step_count; i++)
    if (p->steps[i].info.n_in > most) most = p->steps[i].info.n_in;
  return oc_round_up((size_t)most * sizeof(void *), OC_ALIGNMENT) / sizeof(void *);
}

/* A page between workers keeps one worker's prefetches and guard reads out of another's memory. */
enum { WORKER_GAP = 4096 };

oc_status oc_plan_assign_memory(oc_plan *p, oc_error *err) {
  find_lives(p);
  TRY(place_arena(p, err));
  TRY(place_local(p, err));
  place_joining(p);
  p->local_bytes = oc_round_up(p->local_bytes, OC_ALIGNMENT);
  p->scratch_bytes = oc_round_up(largest_scratch(p), OC_ALIGNMENT);
  p->worker_bytes = p->local_bytes + p->scratch_bytes + p->own_bytes + p->joining_bytes + WORKER_GAP;
  const size_t threads = (size_t)oc_session_threads(p->s);
  size_t workers;
  if (!oc_mul_size(p->worker_bytes, threads, &workers)) return oc_fail_memory(err, SIZE_MAX);
  if (p->s->sketch || p->measured) return OC_OK;
  char what[64];
  (void)snprintf(what, sizeof what, "a plan for %lld samples", (long long)p->options.batch);
  TRY(oc_memory_check(what, p->memory_bytes + p->prepacked_bytes + workers, err));
  p->memory = oc_memory_alloc(p->memory_bytes);
  p->prepacked = oc_memory_alloc_uninitialized(p->prepacked_bytes);
  p->workers = oc_memory_alloc_uninitialized(workers);
  p->begun = oc_memory_array(threads, sizeof *p->begun);
  p->prepacked_run = oc_memory_array(threads * (size_t)p->step_count, sizeof *p->prepacked_run);
  p->call_inputs_stride = most_inputs(p);
  p->call_inputs = oc_memory_array(threads * p->call_inputs_stride, sizeof *p->call_inputs);
  if (!p->memory || !p->prepacked || !p->workers || !p->begun || !p->prepacked_run || !p->call_inputs)
    return oc_fail_memory(err, p->memory_bytes + p->prepacked_bytes + workers);
  return OC_OK;
}

size_t oc_plan_memory(const oc_plan *plan) {
  if (!plan) return 0;
  return plan->memory_bytes + plan->prepacked_bytes +
         plan->worker_bytes * (size_t)oc_session_threads(plan->s);
}
