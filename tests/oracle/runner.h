/* runner.h: what the programs share that compute cases for the oracle tests: requests on stdin, arrays on
 * stdout.
 *
 *   WORD NAME f32|f64 BATCH CHUNK INPUTS [key=value ..]
 *   DTYPE DIMS                  for each input: float32, 1,5,5,2 (-1: the batch; -: a scalar), then raw bytes
 *
 * Lists are written 1,2. A wrong request ends the program. */
#ifndef TESTS_ORACLE_RUNNER_H
#define TESTS_ORACLE_RUNNER_H
#include "op_case.h"

static inline void die(const char *what, const char *detail) {
  fprintf(stderr, "runner: %s: %s\n", what, detail);
  exit(2);
}

typedef struct request {
  char word[16], op[64];
  oc_dtype real_type;
  long long batch, chunk;
  int inputs;
  char options[512]; /* " key=value key=value " */
} request;

/* The numbers of option `key`, or the defaults that `values` holds. */
static inline void option(const request *r, const char *key, double *values, int count) {
  char wanted[64];
  snprintf(wanted, sizeof wanted, " %s=", key);
  const char *at = strstr(r->options, wanted);
  if (!at) return;
  at += strlen(wanted);
  for (int i = 0; i < count; i++) {
    char *end;
    values[i] = strtod(at, &end);
    if (end == at || (i + 1 < count && *end != ',')) die("bad option", key);
    at = end + 1;
  }
}
static inline void option_i64(const request *r, const char *key, int64_t *values, int count) {
  double numbers[8];
  for (int i = 0; i < count; i++) numbers[i] = (double)values[i];
  option(r, key, numbers, count);
  for (int i = 0; i < count; i++) values[i] = (int64_t)numbers[i];
}
static inline int64_t option_one(const request *r, const char *key, int64_t value) {
  option_i64(r, key, &value, 1);
  return value;
}

static inline bool read_request(request *r) {
  char line[1024], real_name[8];
  int used = 0;
  if (!fgets(line, sizeof line, stdin)) return false;
  memset(r, 0, sizeof *r);
  if (sscanf(line, "%15s %63s %7s %lld %lld %d%n", r->word, r->op, real_name, &r->batch, &r->chunk,
             &r->inputs, &used) != 6)
    die("bad request", line);
  r->real_type = strcmp(real_name, "f64") == 0 ? OC_F64 : OC_F32;
  snprintf(r->options, sizeof r->options, "%.*s ", (int)strcspn(line + used, "\n"), line + used);
  if (r->inputs > CASE_INPUTS) die("too many inputs", line);
  return true;
}

static inline oc_dtype dtype_of(const char *name) {
  for (int d = OC_F32; d <= OC_I64; d++)
    if (strcmp(name, oc_dtype_name((oc_dtype)d)) == 0) return (oc_dtype)d;
  die("no such type", name);
  return OC_F32;
}

static inline oc_tensor_desc read_value_line(void) {
  char line[256], name[16], dims[128];
  if (!fgets(line, sizeof line, stdin) || sscanf(line, "%15s %127s", name, dims) != 2)
    die("bad input", "header");
  oc_tensor_desc v = {.dtype = dtype_of(name)};
  for (char *at = dims; *at != '-' || at[1]; at++) {
    if (v.shape.rank == OC_MAX_RANK) die("too many axes", dims);
    v.shape.dim[v.shape.rank++] = strtoll(at, &at, 10);
    if (*at != ',') break;
  }
  return v;
}

static inline oc_node conv2d_of(oc_graph *g, const request *r, const oc_node *in) {
  oc_conv2d_options o = oc_conv2d_defaults();
  option_i64(r, "stride", o.stride, 2);
  option_i64(r, "dilation", o.dilation, 2);
  option_i64(r, "pad", o.pad, 4);
  o.groups = option_one(r, "groups", 1);
  o.padding = (oc_padding)option_one(r, "padding", OC_PAD_VALID);
  o.flip = option_one(r, "flip", 0) != 0;
  return oc_conv2d(g, in[0], in[1], &o);
}

static inline oc_node pool_of(oc_graph *g, const request *r, const oc_node *in) {
  oc_pool_options o = oc_pool_defaults();
  option_i64(r, "size", o.size, 2);
  option_i64(r, "stride", o.stride, 2);
  o.padding = (oc_padding)option_one(r, "padding", OC_PAD_VALID);
  return r->op[1] == 'a' ? oc_max_pool(g, in[0], &o) : oc_mean_pool(g, in[0], &o);
}

static inline void write_array(oc_dtype dtype, oc_shape shape, const void *data, size_t bytes) {
  printf("%s ", oc_dtype_name(dtype));
  for (int k = 0; k < shape.rank; k++) printf("%s%lld", k ? "," : "", (long long)shape.dim[k]);
  printf("%s\n", shape.rank ? "" : "-");
  fwrite(data, 1, bytes, stdout);
}

#endif
