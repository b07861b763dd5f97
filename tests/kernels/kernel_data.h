/* kernel_data.h: a case of a kernel: attributes, inputs and their data. See kernel_case.h. */
#ifndef TESTS_KERNEL_DATA_H
#define TESTS_KERNEL_DATA_H
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

/* uniform in [-1,1); small whole numbers, whose sums are exact; many magnitudes, zeros and some denormals,
 * for which processors take a hundred times as long; uniform with some NaN; 0 < x <= 1; uniform, but three of
 * four are 0; 0 alone */
typedef enum fill_kind { UNIFORM, WHOLE, EXTREME, NANS, POSITIVE, SPARSE, ZEROS } fill_kind;

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
  int64_t leaf;     /* samples that a kernel which cuts itself adds up first */
  bool exact;       /* all data are whole numbers: the results must be equal */
  bool skips_zeros; /* a conv_block_grad that keeps only the maxima, and so leaves out 0 * NaN */
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

/* What stands after the inputs: nothing may read it. */
static const oc_tensor_desc no_input = {(oc_dtype)99, {.rank = 1, .dim = {-99}}};

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
  for (int i = 0; i < CASE_INPUTS; i++) k->types[i] = no_input;
  k->batch = k->plan_batch = batch;
  k->chunk = chunk;
  k->leaf = 1 << (batch + chunk) % 4;
  if (!k->info.op) fail_msg("no operation %s", op);
}

static void *case_add(kernel_case *k, oc_dtype dtype, oc_shape shape) {
  const int i = k->info.n_in++;
  k->info.in[i] = (oc_tensor_desc){dtype, shape};
  k->in[i] = block_new((size_t)oc_value_count(&k->info.in[i], k->batch) * oc_dtype_size(dtype), 0xFF);
  return block_data(&k->in[i]);
}

/* Whether a case has the data of number `kind` of `kinds`: all of them, or with the address sanitizer one,
 * another for the next case, so that each kernel meets each size, and each kind of data at some of them. */
static bool data_wanted(int number, int kind, int kinds) {
  return EVERY_KIND || number % kinds == kind;
}

static float fill_value(oc_random *r, fill_kind kind) {
  const double u = oc_random_range(r, -1, 1);
  switch (kind) {
  case WHOLE:
    return (float)((int)oc_random_below(r, 5) - 2);
  case EXTREME:
    if (oc_random_below(r, 8) == 0) return 0;
    return (float)(u * pow(10, oc_random_below(r, 64) == 0 ? oc_random_range(r, -44, -38)
                                                           : oc_random_range(r, -18, 12)));
  case NANS:
    return oc_random_below(r, 50) == 0 ? NAN : (float)u;
  case POSITIVE:
    return (float)(fabs(u) + 1e-3);
  case SPARSE:
    return oc_random_below(r, 4) ? 0 : (float)u;
  case ZEROS:
    return 0;
  default:
    return (float)u;
  }
}
/* What an input of each number gets of each kind: always the same numbers, of which a small one has the
 * first. They are made once, as making them takes longer than what is done with them. */
typedef struct fill_stream {
  oc_random r;
  float *values;
  int64_t count;
} fill_stream;

static const float *fill_values(int input, fill_kind kind, int64_t count) {
  static fill_stream streams[CASE_INPUTS][ZEROS + 1];
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

#endif
