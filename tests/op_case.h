/* op_case.h: runs one operation's reference implementation on plain arrays, without a plan or session.
 *
 *   op_case c;
 *   case_begin(&c, "conv2d", OC_F64, &attrs, 3);               (3 samples)
 *   case_input(&c, OC_F64, OC_SHAPE(OC_BATCH, 5, 5, 1), x);    (values as double, NULL: zeros)
 *   case_input(&c, OC_F64, OC_SHAPE(3, 3, 1, 2), w);
 *   case_run(&c, 2);                                           (in chunks of 2; runs the shape rule first)
 *   ... case_get(&c, 0, i) ...
 *   case_end(&c);
 *
 * Outputs and scratch are poisoned before a run and have guard bytes after them that are checked after it.
 * Every case also checks what holds for all operations: shape rules refuse other types and numbers of inputs,
 * and a run changes variables alone. An error in a test itself ends the program with a message. */
#ifndef TESTS_OP_CASE_H
#define TESTS_OP_CASE_H
#include "ops/ops.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASE_GUARD  64
#define CASE_INPUTS 8 /* as many as an operation has, at most */

typedef struct op_case {
  oc_op_info info;
  oc_run_state state; /* training, seed 123 */
  int64_t batch;
  void *in[CASE_INPUTS], *out[OC_MAX_OUT];
  oc_tensor_desc types[CASE_INPUTS + 1]; /* info.in, unless it is a graph's; one more for the law of inputs */
  oc_error err;                          /* of the shape rule */
  unsigned changed;                      /* bit i: the last run changed input i */
} op_case;

/* What stands after the inputs: nothing may read it. */
static const oc_tensor_desc case_no_input = {(oc_dtype)99, {.rank = 1, .dim = {-99}}};

static inline void case_die(const char *what, const char *detail) {
  fprintf(stderr, "op_case: %s: %s\n", what, detail);
  abort();
}

/* Poisoned memory with a guard after it: 32.5, 3 and 1077952576, so that reading it shows in a result.
 * Inputs get another guard, so that copying it shows, too. */
static inline void *case_alloc(size_t bytes) {
  unsigned char *p = aligned_alloc(64, (bytes + CASE_GUARD + 63) / 64 * 64);
  if (!p) case_die("memory", "none left");
  memset(p, 0xFF, bytes);
  memset(p + bytes, 0x40, CASE_GUARD);
  return p;
}
static inline void case_check_guard(const void *memory, size_t bytes, const char *what) {
  const unsigned char *guard = (const unsigned char *)memory + bytes;
  for (int i = 0; i < CASE_GUARD; i++)
    if (guard[i] != guard[CASE_GUARD - 1]) case_die("written past the end", what);
}

static inline double case_load(oc_dtype dtype, const void *data, int64_t i) {
  switch (dtype) {
  case OC_F32:
    return (double)((const float *)data)[i];
  case OC_F64:
    return ((const double *)data)[i];
  case OC_U8:
    return ((const uint8_t *)data)[i];
  case OC_I64:
    return (double)((const int64_t *)data)[i];
  default:
    return ((const int32_t *)data)[i];
  }
}
static inline void case_store(oc_dtype dtype, void *data, int64_t i, double value) {
  switch (dtype) {
  case OC_F32:
    ((float *)data)[i] = (float)value;
    break;
  case OC_F64:
    ((double *)data)[i] = value;
    break;
  case OC_U8:
    ((uint8_t *)data)[i] = (uint8_t)value;
    break;
  case OC_I64:
    ((int64_t *)data)[i] = (int64_t)value;
    break;
  default:
    ((int32_t *)data)[i] = (int32_t)value;
    break;
  }
}

static inline size_t case_bytes(const oc_tensor_desc *v, int64_t samples) {
  return (size_t)oc_value_count(v, samples) * oc_dtype_size(v->dtype);
}

/* attrs must live as long as the case. */
static inline void case_begin(op_case *c, const char *op, oc_dtype real_type, const void *attrs,
                              int64_t batch) {
  memset(c, 0, sizeof *c);
  c->info.op = oc_ops_find(real_type, op);
  if (!c->info.op) case_die("no such operation", op);
  c->info.attrs = attrs;
  c->info.name = "case";
  c->info.in = c->types;
  for (int i = 0; i <= CASE_INPUTS; i++) c->types[i] = case_no_input;
  c->info.stream = 1000;
  c->batch = batch;
  c->state = (oc_run_state){.seed = 123, .training = true};
}

static inline void case_input(op_case *c, oc_dtype dtype, oc_shape shape, const double *values) {
  if (c->info.n_in == CASE_INPUTS) case_die("too many inputs", c->info.op->name);
  const int i = c->info.n_in++;
  c->info.in[i] = (oc_tensor_desc){dtype, shape};
  c->in[i] = case_alloc(case_bytes(&c->info.in[i], c->batch));
  memset((char *)c->in[i] + case_bytes(&c->info.in[i], c->batch), 0x41, CASE_GUARD);
  const int64_t count = oc_value_count(&c->info.in[i], c->batch);
  for (int64_t k = 0; k < count; k++) case_store(dtype, c->in[i], k, values ? values[k] : 0);
}

static inline void case_free_outputs(op_case *c) {
  for (int i = 0; i < OC_MAX_OUT; i++) {
    free(c->out[i]);
    c->out[i] = NULL;
  }
}

/* The shape rule alone: c->err says what is wrong. */
static inline oc_status case_infer(op_case *c) {
  case_free_outputs(c);
  c->info.n_out = 0;
  return c->info.op->infer(&c->info, &c->err);
}

/* ---- laws of every shape rule -------------------------------------------------------------------------- */

static inline bool case_is_one_of(const op_case *c, const char *const *names, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(c->info.op->name, names[i]) == 0) return true;
  return false;
}

/* An input of another type is refused, or its type is the output's. */
static inline void case_check_types(op_case *c) {
  static const char *const any[] = {"cast", "group", "increment"};
  if (case_is_one_of(c, any, 3)) return;
  for (int i = 0; i < c->info.n_in; i++) {
    const oc_dtype type = c->info.in[i].dtype;
    c->info.in[i].dtype = OC_U8;
    if (type != OC_U8 && case_infer(c) == OC_OK && c->info.out[0].dtype != OC_U8)
      case_die("takes an input of type u8", c->info.op->name);
    c->info.in[i].dtype = type;
  }
}

/* One input more or fewer is refused: by the graph if the operation's row has their number. */
static inline void case_check_count(op_case *c) {
  static const char *const any[] = {"concat", "group", "increment"};
  const int count = c->info.n_in;
  if (case_is_one_of(c, any, 3)) return;
  if (c->info.op->inputs != 0 && c->info.op->inputs != count)
    case_die("another number of inputs in its row", c->info.op->name);
  if (c->info.op->inputs != 0) return;
  if (c->info.in == c->types) c->types[count] = c->types[count - 1];
  for (int n = count - 1; n <= count + (c->info.in == c->types); n += 2) {
    c->info.n_in = n;
    if (n > 0 && case_infer(c) == OC_OK) case_die("takes another number of inputs", c->info.op->name);
  }
  c->info.n_in = count;
  if (c->info.in == c->types) c->types[count] = case_no_input;
}

static inline uint64_t case_hash_outputs(const op_case *c) {
  uint64_t hash = 14695981039346656037u;
  for (int i = 0; i < c->info.n_out; i++)
    for (int k = 0; k < c->info.out[i].shape.rank; k++)
      hash = (hash ^ (uint64_t)c->info.out[i].shape.dim[k]) * 1099511628211u;
  return hash;
}

/* One more element in the last axis of one of several inputs is refused, or changes the outputs. */
static inline void case_check_shapes(op_case *c, uint64_t outputs) {
  static const char *const any[] = {"group", "increment"};
  if (c->info.n_in < 2 || case_is_one_of(c, any, 2)) return;
  for (int i = 0; i < c->info.n_in; i++) {
    oc_shape *shape = &c->info.in[i].shape;
    if (shape->rank == 0 || shape->dim[shape->rank - 1] < 2) continue;
    shape->dim[shape->rank - 1]++;
    if (case_infer(c) == OC_OK && case_hash_outputs(c) == outputs)
      case_die("takes an input of another shape", c->info.op->name);
    shape->dim[shape->rank - 1]--;
  }
}

/* One more axis of size 1 is refused, or changes the outputs, unless inputs are broadcast. */
static inline void case_check_ranks(op_case *c, uint64_t outputs) {
  static const char *const any[] = {"group",          "increment", "sum_squares", "l2_penalty",
                                    "batch_variance", "add",       "subtract",    "multiply",
                                    "divide",         "maximum",   "maximum_grad"};
  if (case_is_one_of(c, any, sizeof any / sizeof *any)) return;
  for (int i = 0; i < c->info.n_in; i++) {
    const oc_shape shape = c->info.in[i].shape;
    if (shape.rank == 0 || shape.rank == OC_MAX_RANK) continue;
    c->info.in[i].shape.dim[c->info.in[i].shape.rank++] = 1;
    if (case_infer(c) == OC_OK && case_hash_outputs(c) == outputs)
      case_die("takes an input of another rank", c->info.op->name);
    c->info.in[i].shape = shape;
  }
}

/* Axes beyond the rank are 0, and every number of outputs is set. */
static inline void case_check_outputs(op_case *c) {
  if (c->info.n_out > OC_MAX_OUT || (c->info.n_out > 0) != (c->info.op->updates == 0))
    case_die("a wrong number of outputs", c->info.op->name);
  for (int i = 0; i < c->info.n_out; i++)
    for (int k = c->info.out[i].shape.rank; k < OC_MAX_RANK; k++)
      if (c->info.out[i].shape.dim[k] != 0) case_die("an axis beyond the rank", c->info.op->name);
}

/* Of a case whose shape rule has passed. */
static inline void case_check_laws(op_case *c) {
  const uint64_t outputs = case_hash_outputs(c);
  case_check_outputs(c);
  case_check_shapes(c, outputs);
  case_check_ranks(c, outputs);
  case_check_types(c);
  case_check_count(c);
  if (case_infer(c) != OC_OK) case_die("the shape rule fails the second time", c->err.message);
}

/* ---- running ------------------------------------------------------------------------------------------- */

/* One call of the definition, for `samples` samples from `first` on, or one part. */
static inline void case_call(const op_case *c, void *const *out, int64_t first, int64_t samples, int64_t part,
                             int64_t parts) {
  const void *in[CASE_INPUTS];
  oc_call call = {.info = &c->info,
                  .in = in,
                  .samples = samples,
                  .first = first,
                  .batch = c->batch,
                  .part = part,
                  .parts = parts,
                  .plan_batch = c->batch,
                  .chunk = 8,
                  .state = &c->state};
  const size_t scratch = c->info.op->scratch ? c->info.op->scratch(&c->info, samples) : 0;
  call.scratch = case_alloc(scratch);
  for (int i = 0; i < c->info.n_in; i++) {
    const oc_tensor_desc *v = &c->info.in[i];
    call.in[i] = (char *)c->in[i] + (oc_tensor_desc_batched(v) ? case_bytes(v, first) : 0);
  }
  for (int i = 0; i < c->info.n_out; i++) {
    const oc_tensor_desc *v = &c->info.out[i];
    call.out[i] = (char *)out[i] + (oc_tensor_desc_batched(v) ? case_bytes(v, first) : 0);
  }
  c->info.op->run(&call);
  case_check_guard(call.scratch, scratch, "scratch");
  free(call.scratch);
}

/* Runs chunks of samples; outputs without a batch axis are sums of the chunks. */
static inline void case_call_chunks(op_case *c, int64_t chunk) {
  for (int64_t first = 0; first < c->batch; first += chunk) {
    const int64_t samples = chunk < c->batch - first ? chunk : c->batch - first;
    void *part[OC_MAX_OUT] = {0};
    for (int i = 0; i < c->info.n_out; i++)
      part[i] =
          oc_tensor_desc_batched(&c->info.out[i]) ? c->out[i] : case_alloc(case_bytes(&c->info.out[i], 1));
    case_call(c, part, first, samples, 0, 1);
    for (int i = 0; i < c->info.n_out; i++) {
      const oc_tensor_desc *v = &c->info.out[i];
      if (oc_tensor_desc_batched(v)) continue;
      for (int64_t k = 0; k < oc_tensor_desc_row(v); k++) {
        const double before = first ? case_load(v->dtype, c->out[i], k) : 0;
        case_store(v->dtype, c->out[i], k, before + case_load(v->dtype, part[i], k));
      }
      case_check_guard(part[i], case_bytes(v, 1), "output");
      free(part[i]);
    }
  }
}

/* Copies of the inputs, to find what a run changes. */
static inline void case_copy_inputs(const op_case *c, void *copies[CASE_INPUTS]) {
  for (int i = 0; i < c->info.n_in; i++) {
    const size_t bytes = case_bytes(&c->info.in[i], c->batch);
    copies[i] = case_alloc(bytes);
    memcpy(copies[i], c->in[i], bytes);
  }
}

/* The variables that it marks change, and nothing else. Frees the copies. */
static inline void case_compare_inputs(op_case *c, void *copies[CASE_INPUTS]) {
  c->changed = 0;
  for (int i = 0; i < c->info.n_in; i++) {
    const size_t bytes = case_bytes(&c->info.in[i], c->batch);
    c->changed |= (unsigned)(memcmp(copies[i], c->in[i], bytes) != 0) << i;
    case_check_guard(c->in[i], bytes, "input");
    free(copies[i]);
  }
  if (c->changed != c->info.op->updates) case_die("changes other inputs than it marks", c->info.op->name);
}

/* Allocates outputs and runs, after the shape rule has passed: in chunks (0: all samples in one), or in the
 * operation's parts if nothing is batched. */
static inline void case_run_inferred(op_case *c, int64_t chunk) {
  void *before[CASE_INPUTS];
  case_free_outputs(c);
  case_copy_inputs(c, before);
  for (int i = 0; i < c->info.n_out; i++) c->out[i] = case_alloc(case_bytes(&c->info.out[i], c->batch));
  if (oc_info_batched(&c->info)) {
    case_call_chunks(c, chunk > 0 ? chunk : c->batch);
  } else {
    const int64_t parts = c->info.op->parts ? c->info.op->parts(&c->info) : 1;
    for (int64_t part = 0; part < parts; part++) case_call(c, c->out, 0, c->batch, part, parts);
  }
  for (int i = 0; i < c->info.n_out; i++)
    case_check_guard(c->out[i], case_bytes(&c->info.out[i], c->batch), "output");
  case_compare_inputs(c, before);
}

static inline void case_run(op_case *c, int64_t chunk) {
  if (case_infer(c) != OC_OK) case_die("the shape rule failed", c->err.message);
  case_check_laws(c);
  case_run_inferred(c, chunk);
}

static inline int64_t case_count(const op_case *c, int out) {
  return oc_value_count(&c->info.out[out], c->batch);
}
static inline double case_get(const op_case *c, int out, int64_t i) {
  return case_load(c->info.out[out].dtype, c->out[out], i);
}

static inline void case_end(op_case *c) {
  case_free_outputs(c);
  for (int i = 0; i < c->info.n_in; i++) free(c->in[i]);
  memset(c, 0, sizeof *c);
}

/* Values in [-1, 1) that depend only on `seed` and the index. */
static inline double case_noise(uint32_t seed, int64_t i) {
  uint64_t z = (uint64_t)i * 0x9E3779B97F4A7C15u + seed * 0xD1B54A32D192ED03u + 1;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return (double)((z ^ (z >> 31)) >> 11) / 4503599627370496.0 - 1;
}
/* The same as an array; free() it. */
static inline double *case_noises(uint32_t seed, int64_t count) {
  double *values = malloc((size_t)(count ? count : 1) * sizeof *values);
  if (!values) case_die("memory", "none left");
  for (int64_t i = 0; i < count; i++) values[i] = case_noise(seed, i);
  return values;
}
/* An input of noise. */
static inline void case_input_noise(op_case *c, oc_dtype dtype, oc_shape shape, uint32_t seed) {
  const oc_tensor_desc v = {dtype, shape};
  double *values = case_noises(seed, oc_value_count(&v, c->batch));
  case_input(c, dtype, shape, values);
  free(values);
}

#endif
