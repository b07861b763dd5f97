/* kernel_run.h: runs a case by the reference implementation and by a kernel, as the plan does. See
 * kernel_case.h. */
#ifndef TESTS_KERNEL_RUN_H
#define TESTS_KERNEL_RUN_H
#include "kernel_data.h"

typedef struct results {
  block out[OC_MAX_OUT],
      in[CASE_INPUTS];   /* in: the run's own copies of the inputs, which an update changes */
  const void **pointers; /* of a call to its inputs */
} results;

/* Stands where there is no input: reading from it ends the program. */
#define NO_INPUT ((const void *)64)

static size_t value_bytes(const oc_tensor_desc *v, int64_t samples) {
  return (size_t)oc_value_count(v, samples) * oc_dtype_size(v->dtype);
}
static results results_new(const kernel_case *k) {
  results r = {.pointers = calloc(CASE_INPUTS, sizeof *r.pointers)};
  if (!r.pointers) fail_msg("no memory");
  for (int i = k->info.n_in; i < CASE_INPUTS; i++) r.pointers[i] = NO_INPUT;
  for (int i = 0; i < k->info.n_out; i++) r.out[i] = block_new(value_bytes(&k->info.out[i], k->batch), 0xFF);
  for (int i = 0; i < k->info.n_in; i++) {
    r.in[i] = block_new(k->in[i].bytes, 0xFF);
    memcpy(block_data(&r.in[i]), block_data(&k->in[i]), k->in[i].bytes);
  }
  return r;
}
static void results_free(const kernel_case *k, results *r) {
  for (int i = 0; i < k->info.n_out; i++) free(r->out[i].memory);
  for (int i = 0; i < k->info.n_in; i++) free(r->in[i].memory);
  free(r->pointers);
}

static oc_call call_of(const kernel_case *k, const results *r, const oc_run_state *state, int64_t first,
                       int64_t n) {
  oc_call c = {.info = &k->info,
               .samples = n,
               .first = first,
               .batch = k->batch,
               .parts = 1,
               .plan_batch = k->plan_batch,
               .chunk = k->leaf};
  c.state = state;
  c.in = r->pointers;
  for (int i = 0; i < k->info.n_in; i++)
    c.in[i] = (char *)block_data(&r->in[i]) +
              (oc_tensor_desc_batched(&k->info.in[i]) ? value_bytes(&k->info.in[i], first) : 0);
  for (int i = 0; i < k->info.n_out; i++)
    c.out[i] = (char *)block_data(&r->out[i]) +
               (oc_tensor_desc_batched(&k->info.out[i]) ? value_bytes(&k->info.out[i], first) : 0);
  return c;
}

static oc_run_state state_of(const kernel_case *k) {
  return (oc_run_state){
      .seed = 123, .epoch = 3, .sample = ((uint64_t)1 << 33) + 5, .training = !k->inference};
}

/* The first output is made in several sums: adds the others to the first. */
static void add_partials(const kernel_case *k, const oc_call *c, int64_t sums, block *others, float *first) {
  const int64_t count = oc_value_count(&k->info.out[0], c->samples);
  for (int64_t i = 0; i < (sums - 1) * count; i++) first[i % count] += ((float *)block_data(others))[i];
  block_check(others, 0xFF, "partial sums", k);
}

/* A definition or kernel as the plan calls it: a variant where it suits, else the kernel that it is a variant
 * of. */
typedef struct runner {
  oc_run_fn run;
  const oc_kernel *kernel, *base; /* NULL for a definition */
  int64_t suited;                 /* parts that the kernel itself ran */
} runner;

/* For part c->part, of another sum than the part before it, or with fresh scratch. */
static oc_run_fn runner_begin(runner *r, const oc_call *c) {
  if (!r->kernel) return r->run;
  const bool suits = !r->kernel->suits || r->kernel->suits(c);
  const oc_kernel *k = suits ? r->kernel : r->base;
  r->suited += suits;
  if (k->begin) k->begin(c);
  return k->run;
}

/* All parts of one call, with fresh scratch for each; or backwards, each with what the part before it
 * left. */
static void call_parts(const kernel_case *k, oc_call *c, runner *r, int64_t sums, size_t scratch,
                       bool backwards) {
  const size_t whole = sums > 1 ? value_bytes(&k->info.out[0], c->samples) : 0;
  block memory = block_new(scratch, 0xFF), others = block_new((size_t)(sums - 1) * whole, 0xFF);
  void *const first = c->out[0];
  oc_run_fn run = NULL;
  int64_t begun = -1;
  for (int64_t p = 0; p < c->parts; p++) {
    if (p > 0 && !backwards) memset(block_data(&memory), 0xFF, scratch);
    c->scratch = block_data(&memory);
    c->part = backwards ? c->parts - 1 - p : p;
    const int64_t sum = c->part * sums / c->parts;
    c->out[0] = sum ? (char *)block_data(&others) + (size_t)(sum - 1) * whole : first;
    if (!backwards || sum != begun) run = runner_begin(r, c);
    begun = sum;
    run(c);
    block_check(&memory, 0xFF, "scratch", k);
  }
  add_partials(k, c, sums, &others, first);
  free(memory.memory);
  free(others.memory);
}

static results run_plain(const kernel_case *k) {
  const oc_op *op = k->info.op;
  const oc_run_state state = state_of(k);
  results r = results_new(k);
  oc_call c = call_of(k, &r, &state, 0, k->batch);
  if (op->parts && !oc_info_batched(&k->info)) c.parts = op->parts(&k->info);
  runner plain = {.run = op->run};
  call_parts(k, &c, &plain, 1, op->scratch ? op->scratch(&k->info, k->batch) : 0, false);
  return r;
}

static block prepack(const kernel_case *k, const results *r, const oc_run_state *state) {
  const oc_kernel *kernel = oc_kernel_base(k->trial->kernel);
  block b = block_new(kernel->prepacked_bytes ? kernel->prepacked_bytes(&k->info) : 0, 0xFF);
  if (b.bytes == 0) return b;
  oc_call c = call_of(k, r, state, 0, k->batch);
  for (int i = 0; i < k->info.n_in; i++)
    if (oc_tensor_desc_batched(&k->info.in[i])) c.in[i] = NULL;
  c.out[0] = block_data(&b);
  c.parts = kernel->prepack_parts ? kernel->prepack_parts(&k->info) : 1;
  for (c.part = c.parts; c.part-- > 0;)
    kernel->prepack(&c); /* in any order: threads take them as they come */
  block_check(&b, 0xFF, "prepacked memory", k);
  return b;
}

/* Adds the sums of one chunk to those of the chunks before it, as the plan does. */
static void add_sums(const kernel_case *k, const results *from, results *to, bool first) {
  for (int i = 0; i < k->info.n_out; i++) {
    const oc_tensor_desc *v = &k->info.out[i];
    const float *a = block_data(&from->out[i]);
    float *b = block_data(&to->out[i]);
    if (oc_tensor_desc_batched(v)) continue;
    for (int64_t j = 0; j < oc_tensor_desc_row(v); j++) b[j] = first ? a[j] : b[j] + a[j];
  }
}

/* Enough for the kernel and what it is a variant of. */
static size_t scratch_bytes(const kernel_case *k, int64_t samples) {
  const oc_kernel *kernel = k->trial->kernel, *base = oc_kernel_base(kernel);
  const size_t own = kernel->scratch ? kernel->scratch(&k->info, samples) : 0;
  const size_t other = base->scratch ? base->scratch(&k->info, samples) : 0;
  return own > other ? own : other;
}

/* In chunks, or parts for one thread; backwards: in parts for three, the last first, each read from its
 * end. */
static results run_kernel(const kernel_case *k, int64_t chunk, bool backwards) {
  const oc_kernel *kernel = oc_kernel_base(k->trial->kernel);
  runner runs = {.kernel = k->trial->kernel, .base = kernel};
  const bool batched = oc_info_batched(&k->info);
  const oc_run_state state = state_of(k);
  results r = results_new(k), part = results_new(k);
  block prepacked = prepack(k, &r, &state);
  const int64_t own = kernel->parts ? kernel->parts(&k->info, k->plan_batch, backwards ? 3 : 1) : 0;
  if (own || !batched) chunk = k->batch;
  for (int64_t first = 0; first < k->batch; first += chunk) {
    const int64_t n = chunk < k->batch - first ? chunk : k->batch - first;
    oc_call c = call_of(k, &r, &state, first, n);
    for (int i = 0; i < k->info.n_out; i++)
      if (!oc_tensor_desc_batched(&k->info.out[i])) c.out[i] = block_data(&part.out[i]);
    c.prepacked = block_data(&prepacked);
    c.read_reversed = backwards;
    if (own)
      c.parts = own;
    else if (!batched && k->info.op->parts)
      c.parts = k->info.op->parts(&k->info);
    const int64_t most =
        backwards ? 3 * chunk + 200 : chunk; /* a run of fewer samples than the plan is for */
    const int64_t sums = kernel->partials ? kernel->partials(&k->info, k->plan_batch) : 1;
    call_parts(k, &c, &runs, sums, scratch_bytes(k, most), backwards);
    add_sums(k, &part, &r, first == 0);
  }
  k->trial->suited += runs.suited;
  for (int i = 0; i < k->info.n_out; i++) {
    block_check(&r.out[i], 0xFF, "an output", k);
    block_check(&part.out[i], 0xFF, "an output", k);
  }
  for (int i = 0; i < k->info.n_in; i++) block_check(&r.in[i], 0xFF, "an input", k);
  free(prepacked.memory);
  results_free(k, &part);
  return r;
}

#endif
