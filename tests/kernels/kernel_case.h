/* kernel_case.h: one use of an operation, run by its reference implementation and by a kernel, and compared.
 *
 *   kernel_case k;
 *   case_begin(&k, trial, "conv2d", &attrs, batch, chunk);
 *   case_fill(&k, OC_F32, OC_SHAPE(OC_BATCH, 5, 5, 3), WHOLE);      (one call for each input)
 *   case_check(&k);                                                (shape rule, both runs, comparison; frees)
 *
 * The kernel is run as the plan runs it: in chunks whose sums are added, or in its own parts. Inputs have NaN
 * around them, so that a read outside shows in the result; outputs, scratch and prepacked memory start as NaN
 * and have guard bytes around them. With the address sanitizer each is a block of its own instead, and a case
 * has one of its kinds of data, since sizes decide which memory a kernel touches: see data_wanted. */
#ifndef TESTS_KERNEL_CASE_H
#define TESTS_KERNEL_CASE_H
#include "kernel_run.h"

/* ---- comparing ----------------------------------------------------------------------------------------- */

/* Tiles are at most this long: a NaN of one element may reach so far in a kernel that transforms tiles. */
enum { TILE_MAX = 8 };

/* True if `want` has a NaN from which a transformed tile may have carried one to element `at`: near it in the
 * same sample (an image), or at another tap of the same pair of channels (a gradient of w). Nothing else
 * spreads. */
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

/* Indices of maxima: the same, except for maxima so near to each other that rounding decides. */
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

/* Fails where a sum over the batch has another value than the kernel itself gives, unless that is NaN: lists
 * of what is not zero leave out 0 * NaN. */
static void compare_sums(const kernel_case *k, const oc_tensor_desc *v, const block *want, const block *got) {
  const float *a = block_data(want), *b = block_data(got);
  for (int64_t i = 0; i < oc_tensor_desc_row(v) && !oc_tensor_desc_batched(v); i++)
    if (a[i] != b[i] && !isnan(a[i]))
      fail_msg("%s: element %lld of a sum is %.9g, but %.9g by %s: %s", k->trial->kernel->name, (long long)i,
               (double)b[i], (double)a[i], k->trial->kernel->variant_of, k->text);
}

/* A sum over the batch is made along one tree of chunks, which depends on shapes alone: a variant, which the
 * data select, adds in the order of the kernel that it is a variant of. */
static void compare_with_base(const kernel_case *k, const results *got) {
  trial t = {.kernel = oc_kernel_base(k->trial->kernel)};
  kernel_case other = *k;
  if (t.kernel == k->trial->kernel) return;
  other.trial = &t;
  results want = run_kernel(&other, k->chunk, false);
  for (int i = 0; i < k->info.n_out; i++) compare_sums(k, &k->info.out[i], &want.out[i], &got->out[i]);
  for (int i = 0; i < k->info.n_in; i++)
    if (oc_op_changes(k->info.op, i)) compare_sums(k, &k->info.in[i], &want.in[i], &got->in[i]);
  results_free(k, &want);
}

/* The plain conv_block_grad with `x` in place of each NaN of x, and with `y` in place of all of y unless it
 * is NaN. */
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

/* What a kernel gives that makes only the products with the place of each maximum, those with padding too:
 * NaN where one of these has a NaN, and elsewhere the result without it. A product is seen by an x of 1000
 * that changes the result while every activation lets its gradient through, as each does at y = 0.5; a NaN
 * that the activation gives, by db, for all of its channel. */
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

/* Results of the reference implementation, with which all kernels of an operation are compared. They have the
 * same cases, one kernel after the other. */
typedef struct known_results {
  uint64_t key;
  results *r;
} known_results;

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size) {
  uint64_t word = size;
  for (size_t i = 0; i <= size / sizeof word; i++) {
    hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
    hash ^= hash >> 32;
    const size_t left = size - i * sizeof word;
    word = 0;
    memcpy(&word, (const char *)bytes + i * sizeof word, left < sizeof word ? left : sizeof word);
  }
  return (hash ^ word) * 0x9E3779B97F4A7C15u;
}

/* Of all that decides the result. */
static uint64_t case_key(const kernel_case *k) {
  const int64_t facts[] = {k->batch, k->inference, k->skips_zeros, k->info.n_in};
  uint64_t key = hash_bytes((uint64_t)(uintptr_t)k->info.op, facts, sizeof facts);
  if (k->info.attrs) key = hash_bytes(key, k->info.attrs, k->info.op->attr_size);
  for (int i = 0; i < k->info.n_in; i++) {
    const oc_tensor_desc *type = &k->info.in[i];
    const int64_t form[] = {type->dtype, type->shape.rank};
    key = hash_bytes(key, form, sizeof form);
    key = hash_bytes(key, type->shape.dim, (size_t)type->shape.rank * sizeof *type->shape.dim);
    key = hash_bytes(key, block_data(&k->in[i]), k->in[i].bytes);
  }
  return key;
}

/* Of run_plain or run_plain_skipping; valid until a kernel of another operation has its first case. */
static const results *plain_results(const kernel_case *k) {
  static const char *op = "";
  static known_results *list;
  static int count;
  const uint64_t key = case_key(k);
  for (int i = 0; strcmp(op, k->trial->kernel->op) == 0 && i < count; i++)
    if (list[i].key == key) return list[i].r;
  if (strcmp(op, k->trial->kernel->op) != 0)
    for (; count > 0; free(list[count].r)) {
      count--;
      for (int i = 0; i < OC_MAX_OUT; i++) free(list[count].r->out[i].memory);
      for (int i = 0; i < CASE_INPUTS; i++) free(list[count].r->in[i].memory);
      free(list[count].r->pointers);
    }
  op = k->trial->kernel->op;
  list = realloc(list, (size_t)(count + 1) * sizeof *list);
  results *r = malloc(sizeof *r);
  if (!list || !r) fail_msg("no memory");
  *r = k->skips_zeros ? run_plain_skipping(k) : run_plain(k);
  list[count++] = (known_results){key, r};
  return r;
}

static void case_check(kernel_case *k) {
  if (case_ready(k)) {
    const results *want = plain_results(k);
    results got = run_kernel(k, k->chunk, false), other = run_kernel(k, k->batch, true);
    compare(k, want, &got);
    compare_bits(k, &got, &other);
    compare_with_base(k, &got);
    results_free(k, &got);
    results_free(k, &other);
    k->trial->checked++;
  }
  case_free(k);
}

#endif
