/* run.c: runs a plan, segment by segment. It allocates nothing, and no result depends on which worker
 * computes which part. */
#include "base/checked.h"
#include "base/tree.h"
#include "ops/elementwise.h"
#include "ops/ops.h"
#include "plan/plan.h"
#include <float.h>
#include <math.h>
#include <string.h>

/* The sums of OC_MAX_PARTIALS / 2 = 8 pairs, of which 3 wait at most. */
enum { JOINED_ELEMENTS = 256, MAX_JOINING = 3 };
typedef union joined {
  float f32[JOINED_ELEMENTS];
  double f64[JOINED_ELEMENTS];
} joined;

typedef struct segment_job {
  oc_plan *p;
  const oc_segment *segment;
} segment_job;

/* First byte of a value in this call: of sample `first` if it is batched. */
static void *value_address(const oc_plan *p, int32_t index, int64_t first, int worker) {
  const oc_plan_value *own = &p->values[index];
  const oc_plan_value *v = &p->values[oc_plan_root(p, index)];
  const size_t skip = oc_tensor_desc_batched(&own->type)
                          ? (size_t)(first * oc_tensor_desc_row(&own->type)) * oc_dtype_size(own->type.dtype)
                          : 0;
  switch (v->storage) {
  case OC_STORE_LOCAL:
    return p->workers + (size_t)worker * p->worker_bytes + v->offset;
  case OC_STORE_ARENA:
    return p->memory + v->offset + skip;
  case OC_STORE_FEED:
  case OC_STORE_PERSISTENT:
    return (char *)(uintptr_t)v->data + skip;
  case OC_STORE_NONE:
    break;
  }
  return NULL;
}

/* Partial sum number `index` of a value. */
static unsigned char *partial_sum(const oc_plan *p, const oc_plan_value *v, int64_t index) {
  return p->memory + v->partial + (size_t)index * oc_plan_value_bytes(v, p->options.batch);
}

static void *scratch(const oc_plan *p, int worker) {
  return p->workers + (size_t)worker * p->worker_bytes + p->local_bytes;
}

/* Sets the inputs of this worker's call. */
static const void **call_inputs(const oc_plan *p, int worker) {
  return p->call_inputs + (size_t)worker * p->call_inputs_stride;
}

/* Adds the time of a step since `start`, if the plan is timed. */
static void add_time(const oc_plan *p, const oc_plan_step *s, int worker, double start) {
  if (p->seconds) p->seconds[(int64_t)worker * p->step_count + (s - p->steps)] += oc_plan_clock() - start;
}

static double start_time(const oc_plan *p) {
  return p->seconds ? oc_plan_clock() : 0;
}

/* Prepacks for a kernel, or a part of it, from inputs without batch axis. */
static void prepack(const oc_plan *p, const oc_plan_step *s, oc_call *call, int worker, void *memory) {
  for (int i = 0; i < s->info.n_in; i++)
    call->in[i] = oc_tensor_desc_batched(&s->info.in[i]) ? NULL : value_address(p, s->in[i], 0, worker);
  call->out[0] = memory;
  s->kernel->prepack(call);
}

/* Returns the prepacked data of a step of a chunk; prepacks now if this worker does so for itself and has not
 * yet. */
static const void *prepacked_for(const oc_plan *p, const oc_plan_step *s, int worker) {
  if (!s->prepacks) return s->prepack >= 0 ? p->prepacked + s->prepacked : NULL;
  unsigned char *memory = (unsigned char *)scratch(p, worker) + p->scratch_bytes + s->prepacked;
  int64_t *run = &p->prepacked_run[(int64_t)worker * p->step_count + (s - p->steps)];
  if (*run == p->runs + 1) return memory;
  oc_call call = {
      .info = &s->info, .samples = p->samples, .batch = p->samples, .plan_batch = p->options.batch};
  call.state = &p->state;
  call.parts = s->kernel->prepack_parts ? s->kernel->prepack_parts(&s->info) : 1;
  call.in = call_inputs(p, worker);
  call.scratch = scratch(p, worker);
  for (; call.part < call.parts; call.part++) prepack(p, s, &call, worker, memory);
  *run = p->runs + 1;
  return memory;
}

/* to = a + b, which may be `to`. */
static void add_numbers(const void *a, const void *b, int64_t count, oc_dtype dtype, void *to) {
  if (dtype == OC_F64)
    for (int64_t i = 0; i < count; i++) ((double *)to)[i] = ((const double *)a)[i] + ((const double *)b)[i];
  else
    for (int64_t i = 0; i < count; i++) ((float *)to)[i] = ((const float *)a)[i] + ((const float *)b)[i];
}

/* to = the elements of `sums` partial sums from byte `skip` on, a few at a time, which L1 holds. Pairs are
 * added in place: they are the leaves of the tree that is left. */
static void add_block(const oc_plan *p, const oc_plan_value *v, int64_t sums, size_t skip, int64_t count,
                      void *to) {
  joined memory[MAX_JOINING];
  const size_t size = oc_dtype_size(v->type.dtype);
  const int64_t pairs = oc_ceil_div(sums, 2);
  for (int64_t k = 0; k < pairs; k++) {
    int place = oc_tree_place(k);
    void *pair = place ? &memory[place - 1] : to;
    if (2 * k + 1 < sums)
      add_numbers(partial_sum(p, v, 2 * k) + skip, partial_sum(p, v, 2 * k + 1) + skip, count, v->type.dtype,
                  pair);
    else
      memcpy(pair, partial_sum(p, v, 2 * k) + skip, (size_t)count * size);
    for (int joins = oc_tree_joins(k, pairs); joins > 0; joins--, place--) {
      void *before = place > 1 ? &memory[place - 2] : to;
      add_numbers(before, &memory[place - 1], count, v->type.dtype, before);
    }
  }
}

/* to = the elements of the partial sums from number `begin` on, added along the tree. */
static void add_partials(const oc_plan *p, const oc_plan_value *v, int64_t begin, int64_t count, void *to) {
  const oc_segment *made = &p->segments[v->first];
  const int64_t sums = made->chunked ? oc_segment_groups(made, p->samples) : v->partials;
  const size_t size = oc_dtype_size(v->type.dtype);
  for (int64_t i = 0; i < count; i += JOINED_ELEMENTS)
    add_block(p, v, sums, (size_t)(begin + i) * size, oc_min_i64(JOINED_ELEMENTS, count - i),
              (char *)to + (size_t)i * size);
}

/* One block of elements of a sum over samples. */
static void run_sum(const oc_plan *p, const oc_plan_step *s, int64_t part) {
  const oc_plan_value *v = &p->values[s->out[0]];
  const int64_t begin = part * OC_PART_ELEMENTS;
  const int64_t end = oc_min_i64(oc_tensor_desc_row(&v->type), begin + OC_PART_ELEMENTS);
  if (begin < end)
    add_partials(p, v, begin, end - begin,
                 p->memory + v->offset + (size_t)begin * oc_dtype_size(v->type.dtype));
}

/* Adds a chunk of a kernel's several sums. */
static void run_sum_chunk(const oc_plan *p, const oc_plan_step *s, int64_t first, int64_t samples,
                          int worker) {
  const oc_plan_value *v = &p->values[s->out[0]];
  const int64_t row = oc_tensor_desc_row(&v->type);
  add_partials(p, v, first * row, samples * row, value_address(p, s->out[0], first, worker));
}

/* Where the sum of a chunk of a group is put, and then joins others: at first where the group's sum is to
 * be. */
static void *joining_sum(const oc_plan *p, const oc_plan_value *v, int64_t group, int place, int worker) {
  if (place == 0) return partial_sum(p, v, group);
  return (unsigned char *)scratch(p, worker) + p->scratch_bytes + p->own_bytes + v->joining +
         (size_t)(place - 1) * oc_plan_value_bytes(v, 1);
}

/* The sums of chunk `k` of a group of `count` join those before it. */
static void join_sums(const segment_job *job, int64_t group, int64_t k, int64_t count, int worker) {
  const oc_plan *p = job->p;
  const int joins = oc_tree_joins(k, count);
  for (int32_t o = job->segment->begin; o < job->segment->end && joins > 0; o++) {
    const oc_plan_step *s = &p->steps[p->order[o]];
    for (int i = 0; i < s->info.n_out; i++) {
      const oc_plan_value *v = &p->values[s->out[i]];
      int place = oc_tree_place(k);
      for (int j = 0; v->summed && j < joins; j++, place--) {
        void *before = joining_sum(p, v, group, place - 1, worker);
        add_numbers(before, joining_sum(p, v, group, place, worker), oc_tensor_desc_row(&v->type),
                    v->type.dtype, before);
      }
    }
  }
}

/* Runs a chunk through all steps of its segment. Its sums: in place `place` of those of its group. */
static void run_chunk(const segment_job *job, int64_t index, int64_t group, int place, int worker) {
  const oc_plan *p = job->p;
  const int64_t chunk = job->segment->chunk, first = index * chunk;
  oc_call call = {
      .samples = oc_min_i64(chunk, p->samples - first), .first = first, .batch = p->samples, .parts = 1};
  call.plan_batch = p->options.batch;
  call.chunk = p->chunk;
  call.state = &p->state;
  call.in = call_inputs(p, worker);
  call.scratch = scratch(p, worker);
  for (int32_t o = job->segment->begin; o < job->segment->end; o++) {
    const oc_plan_step *s = &p->steps[p->order[o]];
    const double start = start_time(p);
    if (s->kind == OC_STEP_SUM) {
      run_sum_chunk(p, s, first, call.samples, worker);
      add_time(p, s, worker, start);
      continue;
    }
    call.info = &s->info;
    call.prepacked = prepacked_for(p, s, worker); /* before the inputs are set, since it sets its own */
    for (int i = 0; i < s->info.n_in; i++) call.in[i] = value_address(p, s->in[i], first, worker);
    for (int i = 0; i < s->info.n_out; i++) {
      const oc_plan_value *v = &p->values[s->out[i]];
      call.out[i] =
          v->summed ? joining_sum(p, v, group, place, worker) : value_address(p, s->out[i], first, worker);
    }
    (s->kernel ? s->kernel->run : s->info.op->run)(&call);
    add_time(p, s, worker, start);
  }
}

/* Runs a group of chunks, one after the other. */
static void run_group(void *context, int64_t part, int worker) {
  const segment_job *job = context;
  const oc_plan *p = job->p;
  const oc_segment *g = job->segment;
  const int64_t first = part * g->group;
  const int64_t count = oc_min_i64(g->group, oc_ceil_div(p->samples, g->chunk) - first);
  p->begun[worker].step = NULL;
  for (int64_t k = 0; k < count; k++) {
    run_chunk(job, first + k, part, oc_tree_place(k), worker);
    join_sums(job, part, k, count, worker);
  }
}

/* Returns the kernel for a part: chooses it and begins with it once for all consecutive parts of a sum of a
 * worker. */
static const oc_kernel *begin_part(const oc_plan *p, const oc_plan_step *s, const oc_call *call, int worker) {
  oc_begun *b = &p->begun[worker];
  const oc_plan_value *v = s->info.n_out > 0 ? &p->values[s->out[0]] : NULL;
  const int64_t sum = v && v->summed ? call->part * v->partials / s->parts : 0;
  if (b->step == s && b->sum == sum) return b->kernel;
  *b = (oc_begun){s, sum, s->kernel};
  for (int i = 0; i < s->variant_count && b->kernel == s->kernel; i++)
    if (s->variants[i]->suits(call)) b->kernel = s->variants[i];
  if (b->kernel && b->kernel->begin) b->kernel->begin(call);
  return b->kernel;
}

static void run_partitioned_step(const oc_plan *p, const oc_plan_step *s, int64_t part, int worker) {
  if (s->kind == OC_STEP_SUM) {
    run_sum(p, s, part);
    return;
  }
  oc_call call = {
      .info = &s->info, .samples = p->samples, .batch = p->samples, .part = part, .parts = s->parts};
  call.plan_batch = p->options.batch;
  call.chunk = p->chunk;
  call.state = &p->state;
  call.in = call_inputs(p, worker);
  call.scratch = scratch(p, worker);
  call.read_reversed = p->runs % 2 == 1;
  if (s->kind == OC_STEP_PREPACK) {
    p->begun[worker].step = NULL;
    prepack(p, s, &call, worker, p->prepacked + s->prepacked);
    return;
  }
  for (int i = 0; i < s->info.n_in; i++) call.in[i] = value_address(p, s->in[i], 0, worker);
  for (int i = 0; i < s->info.n_out; i++) {
    const oc_plan_value *v = &p->values[s->out[i]];
    call.out[i] =
        v->summed ? partial_sum(p, v, part * v->partials / s->parts) : value_address(p, s->out[i], 0, worker);
  }
  call.prepacked = s->prepack >= 0 ? p->prepacked + s->prepacked : NULL;
  const oc_kernel *k = begin_part(p, s, &call, worker);
  (k ? k->run : s->info.op->run)(&call);
}

/* The first guard that is not finite, once all are computed; NULL: none. */
static const oc_plan_guard *bad_guard(const oc_plan *p, double *number) {
  for (int i = 0; i < p->guard_count; i++) {
    const oc_plan_guard *g = &p->guards[i];
    const void *at = value_address(p, g->value, 0, 0);
    *number = p->values[g->value].type.dtype == OC_F64 ? *(const double *)at : (double)*(const float *)at;
    if (!isfinite(*number) || (g->factor && *number < FLT_MIN)) return g;
  }
  return NULL;
}

/* True if this step would change a variable although a loss is not finite. */
static bool guarded_out(const oc_plan *p, const oc_plan_step *s) {
  double number;
  return s->updates && bad_guard(p, &number);
}

/* Reports why the variables were not changed. */
static oc_status report_guard(const oc_plan *p, oc_error *err) {
  double number;
  const oc_plan_guard *g = bad_guard(p, &number);
  if (!g) return OC_OK;
  const char *name = p->values[g->value].name;
  if (g->factor)
    return oc_fail(err, OC_E_NOT_FINITE, name, "Lower the learning rate, or check the data.",
                   "gradient clipping failed (factor %g): a gradient is not finite or too large; no variable "
                   "was changed",
                   number);
  return oc_fail(err, OC_E_NOT_FINITE, name,
                 "Lower the learning rate, limit gradients (clip_norm 1), or check the data.",
                 "the loss is %g; no variable was changed", number);
}

/* True if what was prepared in an earlier run is still valid. */
static bool is_prepared(const oc_plan *p) {
  return p->prepack_once && p->prepacked_version == p->s->variables_version + 1;
}

static void run_partitioned_part(const oc_plan *p, const oc_plan_step *s, int64_t part, int worker) {
  const double start = start_time(p);
  if (!guarded_out(p, s)) run_partitioned_step(p, s, part, worker);
  add_time(p, s, worker, start);
}

static void run_partitioned(void *context, int64_t part, int worker) {
  const segment_job *job = context;
  const oc_plan *p = job->p;
  for (int32_t o = job->segment->begin; o < job->segment->end; o++) {
    const oc_plan_step *s = &p->steps[p->order[o]];
    if (s->follows) continue;
    if (part < s->parts) {
      run_partitioned_part(p, s, part, worker);
      if (s->kind == OC_STEP_SUM && s->update >= 0)
        run_partitioned_part(p, &p->steps[s->update], part, worker);
      return;
    }
    part -= s->parts;
  }
}

/* Operations may refuse fed data, as one_hot does with labels that are not classes. */
static oc_status check_feeds(const oc_plan *p, int64_t samples, oc_error *err) {
  for (int32_t i = 0; i < p->step_count; i++) {
    const oc_plan_step *s = &p->steps[i];
    if (s->removed || s->kind != OC_STEP_OP || !s->info.op->accept) continue;
    const oc_plan_value *fed = &p->values[oc_plan_root(p, s->in[0])];
    if (fed->storage == OC_STORE_FEED)
      TRY(s->info.op->accept(&s->info, fed->name, fed->data, oc_value_count(&s->info.in[0], samples), err));
  }
  return OC_OK;
}

static oc_status check_bound(const oc_plan *p, oc_error *err) {
  for (int32_t i = 0; i < p->value_count; i++) {
    const oc_plan_value *v = &p->values[i];
    if (v->storage == OC_STORE_FEED && v->view_of < 0 && !v->data)
      return oc_fail(err, OC_E_ARGUMENT, v->name, "Feed it, or bind it with oc_plan_bind.",
                     "this placeholder has no value");
  }
  return OC_OK;
}

/* Takes the address of each variable if blocks moved, and brings its value into the layout that the plan
 * reads. */
static void bring_variables(oc_plan *p) {
  if (!p->s->may_transpose && p->blocks_version == p->s->blocks_version) return;
  p->blocks_version = p->s->blocks_version;
  for (int32_t i = 0; i < p->value_count; i++) {
    const int variable = p->values[i].view_of < 0 ? oc_plan_variable(p, i) : -1;
    if (variable < 0) continue;
    p->values[i].data = oc_variable_data(p->s, variable);
    oc_variable_set_transposed(p->s, variable, p->values[i].transposed);
  }
}

/* A caller's operation has failed: there are no results, and what should have been prepacked may not be. */
static oc_status end_failed(oc_plan *p, oc_error *err) {
  p->ran = false;
  p->prepacked_version = 0;
  if (err) *err = p->failure.error;
  return p->failure.error.code;
}

oc_status oc_plan_run(oc_plan *p, int64_t samples, oc_rng_counter position, oc_error *err) {
  NEED(p);
  if (samples < 1 || samples > p->options.batch)
    return oc_fail(err, OC_E_ARGUMENT, "oc_plan_run",
                   "Create the plan for a larger batch, or feed fewer samples.",
                   "samples must be 1 to %lld, the batch of the plan, got %lld", (long long)p->options.batch,
                   (long long)samples);
  TRY(check_bound(p, err));
  TRY(check_feeds(p, samples, err));
  p->samples = samples;
  memset(p->begun, 0, (size_t)oc_session_threads(p->s) * sizeof *p->begun);
  bring_variables(p);
  atomic_store(&p->failure.taken, false);
  p->state =
      (oc_run_state){p->s->options.seed, position.epoch, position.sample, p->options.training, &p->failure};
  for (int32_t i = 0; i < p->segment_count && !atomic_load(&p->failure.taken); i++) {
    const oc_segment *segment = &p->segments[i];
    segment_job job = {p, segment};
    if (segment->prepares && is_prepared(p)) continue;
    const int64_t parts = segment->chunked ? oc_segment_groups(segment, samples) : segment->parts;
    oc_thread_pool_run(p->s->pool, parts, segment->chunked ? run_group : run_partitioned, &job);
  }
  p->prepacked_version = p->s->variables_version + 1; /* before this run's own changes */
  if (p->changes_variables) p->s->variables_version++;
  p->ran = true;
  p->runs++;
  if (atomic_load(&p->failure.taken)) return end_failed(p, err);
  return p->guard_count ? report_guard(p, err) : OC_OK;
}
