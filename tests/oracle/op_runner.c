/* op_runner: runs single operations for the oracle tests. Reads cases from stdin until its end, answers on
 * stdout.
 *
 *   op NAME f32|f64 BATCH CHUNK INPUTS [key=value ..]
 *   DTYPE DIMS                  for each input: float32, 1,5,5,2 (-1: the batch; -: a scalar), then the raw
 * bytes answer: ok OUTPUTS, then for each output DTYPE DIMS and the raw bytes error STATUS MESSAGE when the
 * shape rule refuses
 *
 * The node is made by the public builder where that has options (conv2d: stride dilation groups padding pad
 * flip; max_pool, mean_pool: size stride padding), so that the oracle checks padding modes too. Others:
 * matmul transpose_a transpose_b; batch_norm epsilon. All: training=0|1. Lists are written 1,2. A wrong
 * request ends the program. */
#include "op_case.h"
#include "graph/graph.h"

static void die(const char *what, const char *detail) {
  fprintf(stderr, "op_runner: %s: %s\n", what, detail);
  exit(2);
}

typedef struct request {
  char op[64];
  oc_dtype real_type;
  long long batch, chunk;
  int inputs;
  char options[512]; /* " key=value key=value " */
} request;

/* The numbers of option `key`, or the defaults that `values` holds. */
static void option(const request *r, const char *key, double *values, int count) {
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
static void option_i64(const request *r, const char *key, int64_t *values, int count) {
  double numbers[8];
  for (int i = 0; i < count; i++) numbers[i] = (double)values[i];
  option(r, key, numbers, count);
  for (int i = 0; i < count; i++) values[i] = (int64_t)numbers[i];
}
static int64_t option_one(const request *r, const char *key, int64_t value) {
  option_i64(r, key, &value, 1);
  return value;
}

static bool read_request(request *r) {
  char line[1024], real_name[8];
  int used = 0;
  if (!fgets(line, sizeof line, stdin)) return false;
  memset(r, 0, sizeof *r);
  if (sscanf(line, "op %63s %7s %lld %lld %d%n", r->op, real_name, &r->batch, &r->chunk, &r->inputs, &used) !=
      5)
    die("bad request", line);
  r->real_type = strcmp(real_name, "f64") == 0 ? OC_F64 : OC_F32;
  snprintf(r->options, sizeof r->options, "%.*s ", (int)strcspn(line + used, "\n"), line + used);
  if (r->inputs > CASE_INPUTS) die("too many inputs", line);
  return true;
}

static oc_tensor_desc read_value_line(void) {
  char line[256], name[16], dims[128];
  if (!fgets(line, sizeof line, stdin) || sscanf(line, "%15s %127s", name, dims) != 2)
    die("bad input", "header");
  oc_tensor_desc v = {.dtype = OC_F32};
  for (int d = OC_F32; d <= OC_I32; d++)
    if (strcmp(name, oc_dtype_name((oc_dtype)d)) == 0) v.dtype = (oc_dtype)d;
  for (char *at = dims; *at != '-' || at[1]; at++) {
    if (v.shape.rank == OC_MAX_RANK) die("too many axes", dims);
    v.shape.dim[v.shape.rank++] = strtoll(at, &at, 10);
    if (*at != ',') break;
  }
  return v;
}

static oc_node conv2d_of(oc_graph *g, const request *r, const oc_node *in) {
  oc_conv2d_options o = oc_conv2d_defaults();
  option_i64(r, "stride", o.stride, 2);
  option_i64(r, "dilation", o.dilation, 2);
  option_i64(r, "pad", o.pad, 4);
  o.groups = option_one(r, "groups", 1);
  o.padding = (oc_padding)option_one(r, "padding", OC_PAD_VALID);
  o.flip = option_one(r, "flip", 0) != 0;
  return oc_conv2d(g, in[0], in[1], &o);
}

static oc_node pool_of(oc_graph *g, const request *r, const oc_node *in) {
  oc_pool_options o = oc_pool_defaults();
  option_i64(r, "size", o.size, 2);
  option_i64(r, "stride", o.stride, 2);
  o.padding = (oc_padding)option_one(r, "padding", OC_PAD_VALID);
  return r->op[1] == 'a' ? oc_max_pool(g, in[0], &o) : oc_mean_pool(g, in[0], &o);
}

static oc_node node_of(oc_graph *g, const request *r, const oc_node *in) {
  const oc_op *op = oc_ops_find(r->real_type, r->op);
  if (!op) die("no such operation", r->op);
  if (strcmp(r->op, "conv2d") == 0) return conv2d_of(g, r, in);
  if (strcmp(r->op, "max_pool") == 0 || strcmp(r->op, "mean_pool") == 0) return pool_of(g, r, in);
  if (strcmp(r->op, "matmul") == 0)
    return oc_matmul(g, in[0], in[1], option_one(r, "transpose_a", 0), option_one(r, "transpose_b", 0));
  oc_batch_norm_attrs norm = {0.001};
  option(r, "epsilon", &norm.epsilon, 1);
  if (op->attr_size && strcmp(r->op, "batch_norm") != 0) die("its options are not known", r->op);
  return oc_graph_add(g, op, in, r->inputs, &norm);
}

static void write_output(const op_case *c, int i) {
  const oc_tensor_desc *v = &c->info.out[i];
  printf("%s ", oc_dtype_name(v->dtype));
  for (int k = 0; k < v->shape.rank; k++)
    printf("%s%lld", k ? "," : "",
           (long long)(k == 0 && oc_tensor_desc_batched(v) ? c->batch : v->shape.dim[k]));
  printf("%s\n", v->shape.rank ? "" : "-");
  fwrite(c->out[i], 1, case_bytes(v, c->batch), stdout);
}

/* Runs the node's operation on the inputs in c, or says why the graph refused it. */
static void answer(op_case *c, const request *r, oc_graph *g, oc_node node) {
  oc_error err;
  if (oc_graph_status(g, &err) != OC_OK) {
    printf("error %s %s\n", oc_status_name(err.code), err.message);
    return;
  }
  c->info = *oc_graph_info(g, oc_node_index(node));
  case_run_inferred(c, r->chunk);
  printf("ok %d\n", c->info.n_out);
  for (int i = 0; i < c->info.n_out; i++) write_output(c, i);
}

int main(void) {
  request r;
  while (read_request(&r)) {
    oc_graph *g;
    if (oc_graph_create(&(oc_graph_options){r.real_type}, &g, NULL) != OC_OK) die("memory", "none left");
    op_case c = {.state = {.seed = 123, .training = option_one(&r, "training", 0)}, .batch = r.batch};
    oc_node in[CASE_INPUTS];
    for (int i = 0; i < r.inputs; i++) {
      const oc_tensor_desc v = read_value_line();
      const size_t bytes = case_bytes(&v, r.batch);
      in[i] = oc_placeholder(g, "in", v.dtype, v.shape);
      c.in[i] = case_alloc(bytes);
      if (fread(c.in[i], 1, bytes, stdin) != bytes) die("input", "ended early");
    }
    answer(&c, &r, g, node_of(g, &r, in));
    fflush(stdout);
    case_free_outputs(&c);
    for (int i = 0; i < r.inputs; i++) free(c.in[i]);
    oc_graph_free(g);
  }
  return 0;
}
