/* kernel_case.h: one use of an operation, run by its reference implementation and by a kernel, and compared.
 *
 *   kernel_case k;
 *   case_begin(&k, trial, "conv2d", &attrs, batch, chunk);
 *   case_fill(&k, OC_F32, OC_SHAPE(OC_BATCH, 5, 5, 3), WHOLE);      (one call for each input)
 *   case_check(&k);                                                (shape rule, both runs, comparison; frees)
 *
 * The kernel is run as the plan runs it: in chunks whose sums are added, or in its own parts. Inputs have NaN
 * around them, so that a read outside shows in the result; outputs, scratch and prepacked memory start as NaN
 * and have guard bytes around them. With the address sanitizer each is a block of its own instead, and a case has one of its kinds
 * of data, since sizes decide which memory a kernel touches: see data_wanted. */
#ifndef TESTS_KERNEL_CASE_H
#define TESTS_KERNEL_CASE_H
#include "harness.h"
#include "base/random.h"
#include "kernels/kernel.h"
#include "ops/ops.h"
#include <math.h>

#ifdef __SANITIZE_ADDRESS__
enum { AROUND = 0, EVERY_KIND = 0 };
#else
enum { AROUND = 64, EVERY_KIND = 1 };
#endif

/* uniform in [-1,1); small whole numbers, whose sums are exact; many magnitudes, zeros and denormals; uniform
 * with some NaN; 0 < x <= 1; uniform, but three of four are 0 */
typedef enum fill_kind { UNIFORM, WHOLE, EXTREME, NANS, POSITIVE, SPARSE } fill_kind;

enum { CASE_INPUTS = 8 };

typedef struct trial {
  const oc_kernel *kernel;
  int checked, refused;
  int64_t suited; /* parts that the kernel ran, and not the one that it is a variant of */
} trial;

typedef struct block {
  unsigned char *memory; /* AROUND bytes, the data, AROUND bytes */
  size_t bytes;
} block;

typedef struct kernel_case {
  trial *trial;
  oc_op_info info;
  int64_t batch, chunk, plan_batch;
  bool exact;       /* all data are whole numbers: the results must be equal */
  bool skips_zeros; /* a conv_block_grad that leaves out what is no place of a maximum, and so 0 * NaN */
  bool
      transforms; /* the kernel works on transformed tiles: nothing is exact, and NaN spreads over its tile */
  bool uniform;   /* data of one magnitude without ties, so that nearly all places of maxima must agree */
  bool inference; /* run with state.training = false */
  block in[CASE_INPUTS];
  oc_tensor_desc types[CASE_INPUTS]; /* info.in */
  char text[256];
} kernel_case;

static block block_new(size_t bytes, int byte) {
  block b = {NULL, bytes};
  if (posix_memalign((void **)&b.memory, 64, bytes + 2 * AROUND + (bytes + 2 * AROUND == 0)))
    fail_msg("no memory");
  memset(b.memory, byte, bytes + 2 * AROUND);
  return b;
}
static void *block_data(const block *b) {
  return b->memory + AROUND;
}
static void block_check(const block *b, int byte, const char *what, const kernel_case *k) {
  for (int i = 0; i < AROUND; i++)
    if (b->memory[i] != byte || b->memory[AROUND + b->bytes + (size_t)i] != byte)
      fail_msg("%s: wrote outside %s: %s", k->trial->kernel->name, what, k->text);
}

static bool kernel_transforms(const oc_kernel *kernel) {
  return strstr(kernel->name, "_winograd_") != NULL || strstr(kernel->name, "_tiles_") != NULL;
}
static void case_begin(kernel_case *k, trial *t, const char *op, const void *attrs, int64_t batch,
                       int64_t chunk) {
  memset(k, 0, sizeof *k);
  k->trial = t;
  k->transforms = kernel_transforms(t->kernel);
  k->info.op = oc_ops_find(OC_F32, op);
  k->info.attrs = attrs;
  k->info.name = "case";
  k->info.in = k->types;
  k->batch = k->plan_batch = batch;
  k->chunk = chunk;
  if (!k->info.op) fail_msg("no operation %s", op);
}

static void *case_add(kernel_case *k, oc_dtype dtype, oc_shape shape) {
  const int i = k->info.n_in++;
  k->info.in[i] = (oc_tensor_desc){dtype, shape};
  k->in[i] = block_new((size_t)oc_value_count(&k->info.in[i], k->batch) * oc_dtype_size(dtype), 0xFF);
  return block_data(&k->in[i]);
}

/* Whether a case has the data of number `kind` of `kinds`: all of them, or with the address sanitizer one, another for the next
 * case, so that each kernel meets each size, and each kind of data at some of them. */
static bool data_wanted(int number, int kind, int kinds) {
  return EVERY_KIND || number % kinds == kind;
}

static float fill_value(oc_random *r, fill_kind kind) {
  const double u = oc_random_range(r, -1, 1);
  switch (kind) {
  case WHOLE:
    return (float)((int)oc_random_below(r, 5) - 2);
  case EXTREME:
    return (float)(oc_random_below(r, 8) == 0 ? 0 : u * pow(10, oc_random_range(r, -44, 12)));
  case NANS:
    return oc_random_below(r, 50) == 0 ? NAN : (float)u;
  case POSITIVE:
    return (float)(fabs(u) + 1e-3);
  case SPARSE:
    return oc_random_below(r, 4) ? 0 : (float)u;
  default:
    return (float)u;
  }
}
/* What an input of each number gets of each kind: always the same numbers, of which a small one has the first. They are made once,
 * as making them takes longer than what is done with them. */
typedef struct fill_stream {
  oc_random r;
  float *values;
  int64_t count;
} fill_stream;

static const float *fill_values(int input, fill_kind kind, int64_t count) {
  static fill_stream streams[CASE_INPUTS][SPARSE + 1];
  fill_stream *s = &streams[input][kind];
  if (count <= s->count) return s->values;
  if (!s->values) s->r = oc_random_at(7, (uint64_t)input, 0, (uint64_t)kind);
  s->values = realloc(s->values, (size_t)count * sizeof *s->values);
  if (!s->values) fail_msg("no memory");
  while (s->count < count) s->values[s->count++] = fill_value(&s->r, kind);
  return s->values;
}
static void case_fill(kernel_case *k, oc_dtype dtype, oc_shape shape, fill_kind kind) {
  const int input = k->info.n_in;
  void *data = case_add(k, dtype, shape);
  const int64_t count = oc_value_count(&k->info.in[input], k->batch);
  memcpy(data, fill_values(input, kind, count), (size_t)count * sizeof(float));
}
static void case_scalar(kernel_case *k, float value) {
  *(float *)case_add(k, OC_F32, OC_SCALAR_SHAPE) = value;
}

static void case_free(kernel_case *k) {
  for (int i = 0; i < k->info.n_in; i++) free(k->in[i].memory);
}

/* ---- running ------------------------------------------------------------------------------------------- */

typedef struct results {
  block out[OC_MAX_OUT],
      in[CASE_INPUTS];   /* in: the run's own copies of the inputs, which an update changes */
  const void **pointers; /* of a call to its inputs */
} results;

static size_t value_bytes(const oc_tensor_desc *v, int64_t samples) {
  return (size_t)oc_value_count(v, samples) * oc_dtype_size(v->dtype);
}
static results results_new(const kernel_case *k) {
  results r = {.pointers = calloc(CASE_INPUTS, sizeof *r.pointers)};
  if (!r.pointers) fail_msg("no memory");
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
               .plan_batch = k->plan_batch};
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

/* A definition or kernel as the plan calls it: a variant where it suits, else the kernel that it is a variant of. */
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

/* All parts of one call, with fresh scratch for each; or backwards, each with what the part before it left. */
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
  for (c.part = 0; c.part < c.parts; c.part++) kernel->prepack(&c);
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

/* In chunks, or parts for one thread; backwards: in parts for three, the last first, each read from its end. */
static results run_kernel(const kernel_case *k, int64_t chunk, bool backwards) {
  const oc_kernel *kernel = oc_kernel_base(k->trial->kernel);
  runner runs = {.kernel = k->trial->kernel, .base = kernel};
  const bool batched = oc_info_batched(&k->info);
  const oc_run_state state = state_of(k);
  results r = results_new(k), part = results_new(k);
  block prepacked = prepack(k, &r, &state);
  if (kernel->parts || !batched) chunk = k->batch;
  for (int64_t first = 0; first < k->batch; first += chunk) {
    const int64_t n = chunk < k->batch - first ? chunk : k->batch - first;
    oc_call c = call_of(k, &r, &state, first, n);
    for (int i = 0; i < k->info.n_out; i++)
      if (!oc_tensor_desc_batched(&k->info.out[i])) c.out[i] = block_data(&part.out[i]);
    c.prepacked = block_data(&prepacked);
    c.read_reversed = backwards;
    if (kernel->parts)
      c.parts = kernel->parts(&k->info, k->plan_batch, backwards ? 3 : 1);
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

/* ---- comparing ----------------------------------------------------------------------------------------- */

/* Tiles are at most this long: a NaN of one element may reach so far in a kernel that transforms tiles. */
enum { TILE_MAX = 8 };

/* True if `want` has a NaN from which a transformed tile may have carried one to element `at`: near it in the same sample (an
 * image), or at another tap of the same pair of channels (a gradient of w). Nothing else spreads. */
static bool nan_reaches(const oc_tensor_desc *v, const float *want, int64_t at) {
  const int64_t *d = v->shape.dim;
  if (v->shape.rank != 4) return false;
  const int64_t c = at % d[3], x = at / d[3] % d[2], y = at / d[3] / d[2] % d[1];
  const bool image = oc_tensor_desc_batched(v);
  if (!image) {
    for (int64_t tap = 0; tap < d[0] * d[1]; tap++)
      if (isnan(want[tap * d[2] * d[3] + x * d[3] + c])) return true;
    return false;
  }
  const float *sample = want + at / (d[1] * d[2] * d[3]) * (d[1] * d[2] * d[3]);
  for (int64_t i = y > TILE_MAX ? y - TILE_MAX : 0; i < d[1] && i <= y + TILE_MAX; i++)
    for (int64_t j = x > TILE_MAX ? x - TILE_MAX : 0; j < d[2] && j <= x + TILE_MAX; j++)
      for (int64_t l = 0; l < d[3]; l++)
        if (isnan(sample[(i * d[2] + j) * d[3] + l])) return true;
  return false;
}

/* The same number that is not finite, or a NaN where the kernel's way allows one. */
static bool odd_value_right(const kernel_case *k, const oc_tensor_desc *v, const float *want,
                            const float *got, int64_t at) {
  if (isnan(got[at])) return isnan(want[at]) || (k->transforms && nan_reaches(v, want, at));
  return got[at] == want[at];
}

static void compare_floats(const kernel_case *k, const char *what, int index, const oc_tensor_desc *v,
                           const float *want, const float *got) {
  const double tolerance = k->exact && !k->transforms ? 0 : k->trial->kernel->tolerance;
  const int64_t count = oc_value_count(v, k->batch);
  double most = 0, worst = 0;
  int64_t at = 0;
  for (int64_t i = 0; i < count; i++) {
    if (!isfinite(want[i]) || !isfinite(got[i])) {
      if (!odd_value_right(k, v, want, got, i))
        fail_msg("%s: %s %d, element %lld: %g instead of %g: %s", k->trial->kernel->name, what, index,
                 (long long)i, (double)got[i], (double)want[i], k->text);
      continue;
    }
    const double error = fabs((double)want[i] - (double)got[i]);
    most = fmax(most, fabs((double)want[i]));
    if (error > worst) worst = error, at = i;
  }
  if (worst > tolerance * most)
    fail_msg("%s: %s %d, element %lld: %.9g instead of %.9g, error %.2g of %.9g, %.2g is allowed: %s",
             k->trial->kernel->name, what, index, (long long)at, (double)got[at], (double)want[at],
             most > 0 ? worst / most : worst, most, tolerance, k->text);
}

/* Places of maxima: the same, but for maxima so near to each other that rounding decides. */
static void compare_places(const kernel_case *k, const uint8_t *want, const uint8_t *got, int64_t count) {
  int64_t differ = 0;
  if (k->transforms && !k->uniform) return;
  for (int64_t i = 0; i < count; i++) differ += want[i] != got[i];
  if (k->exact && !k->transforms ? differ : differ * 500 > count)
    fail_msg("%s: %lld of %lld places of maxima differ: %s", k->trial->kernel->name, (long long)differ,
             (long long)count, k->text);
}

static void compare(const kernel_case *k, const results *want, const results *got) {
  for (int i = 0; i < k->info.n_out; i++) {
    const oc_tensor_desc *v = &k->info.out[i];
    const void *a = block_data(&want->out[i]), *b = block_data(&got->out[i]);
    if (v->dtype == OC_U8)
      compare_places(k, a, b, oc_value_count(v, k->batch));
    else
      compare_floats(k, "output", i, v, a, b);
  }
  for (int i = 0; i < k->info.n_in; i++)
    if (oc_op_changes(k->info.op, i))
      compare_floats(k, "updated input", i, &k->info.in[i], block_data(&want->in[i]),
                     block_data(&got->in[i]));
}

/* What has a batch axis, and what the kernel cuts itself, has the same bits however the work is cut. */
static void compare_bits(const kernel_case *k, const results *a, const results *b) {
  for (int i = 0; i < k->info.n_out; i++)
    if (oc_tensor_desc_batched(&k->info.out[i]) || oc_kernel_base(k->trial->kernel)->parts)
      if (memcmp(a->out[i].memory, b->out[i].memory, a->out[i].bytes + 2 * AROUND))
        fail_msg("%s: output %d depends on how the work is cut: %s", k->trial->kernel->name, i, k->text);
}

/* The plain conv_block_grad with `x` in place of each NaN of x, and with `y` in place of all of y unless it is NaN. */
static results run_plain_with(const kernel_case *k, float x, float y) {
  kernel_case other = *k;
  const int changed[] = {0, 2};
  for (int i = 0; i < 2; i++) {
    const block *from = &k->in[changed[i]];
    block *to = &other.in[changed[i]];
    *to = block_new(from->bytes, 0xFF);
    for (size_t j = 0; j < from->bytes / sizeof(float); j++) {
      const float value = ((const float *)block_data(from))[j];
      ((float *)block_data(to))[j] = i == 1 ? (isnan(y) ? value : y) : isnan(value) ? x : value;
    }
  }
  const results r = run_plain(&other);
  for (int i = 0; i < 2; i++) free(other.in[changed[i]].memory);
  return r;
}

/* What a kernel gives that makes only the products with the place of each maximum, those with padding too: NaN where one of these
 * has a NaN, and elsewhere the result without it. A product is seen by an x of 1000 that changes the result while every
 * activation lets its gradient through, as each does at y = 0.5; a NaN that the activation gives, by db, for all of its channel. */
static results run_plain_skipping(const kernel_case *k) {
  results r = run_plain_with(k, 0, NAN), zero = run_plain_with(k, 0, 0.5f),
          large = run_plain_with(k, 1000, 0.5f);
  const float *db = block_data(&r.out[1]);
  const int64_t channels = oc_tensor_desc_row(&k->info.out[1]);
  for (int i = 0; i < k->info.n_out; i++) {
    float *to = block_data(&r.out[i]);
    const float *a = block_data(&zero.out[i]), *b = block_data(&large.out[i]);
    for (int64_t j = 0; j < oc_value_count(&k->info.out[i], k->batch); j++)
      if (a[j] != b[j] || (i == 0 && isnan(db[j % channels]))) to[j] = NAN;
  }
  results_free(k, &zero);
  results_free(k, &large);
  return r;
}

/* False if the kernel refuses the case. A case that the shape rule refuses is none: the test fails. */
static bool case_ready(kernel_case *k) {
  oc_error err;
  const oc_kernel *kernel = k->trial->kernel;
  if (k->info.n_out == 0 && k->info.op->infer(&k->info, &err) != OC_OK)
    fail_msg("%s: the shape rule refuses the case: %s: %s", kernel->name, err.message, k->text);
  const oc_kernel *base = oc_kernel_base(kernel);
  const char *why = kernel->refuse ? kernel->refuse(&k->info, k->plan_batch) : NULL;
  if (!why && base->refuse) why = base->refuse(&k->info, k->plan_batch);
  k->trial->refused += why != NULL;
  return !why;
}

static void case_check(kernel_case *k) {
  if (case_ready(k)) {
    results want = k->skips_zeros ? run_plain_skipping(k) : run_plain(k);
    results got = run_kernel(k, k->chunk, false), other = run_kernel(k, k->batch, true);
    compare(k, &want, &got);
    compare_bits(k, &got, &other);
    results_free(k, &want);
    results_free(k, &got);
    results_free(k, &other);
    k->trial->checked++;
  }
  case_free(k);
}

#endif
