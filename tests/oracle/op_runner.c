/* op_runner: runs single operations for the oracle tests. Reads cases from stdin until its end, answers on
 * stdout.
 *
 *   op NAME .. as in runner.h; the answer is "ok OUTPUTS", then for each output DTYPE DIMS and the raw bytes,
 *   or "error STATUS MESSAGE" when the shape rule refuses
 *
 * The node is made by the public builder where that has options (conv2d: stride dilation groups padding pad
 * flip; max_pool, mean_pool: size stride padding), so that the oracle checks padding modes too. Others:
 * matmul transpose_a transpose_b; batch_norm epsilon; transpose perm; reshape shape; concat axis; slice axis
 * begin end; reductions axes; one_hot depth; cast dtype. All: training=0|1. */
#include "oracle/runner.h"
#include "graph/graph.h"

/* A list of any length up to `most`; how many there are. */
static int option_list(const request *r, const char *key, int64_t *values, int most) {
  char wanted[64];
  snprintf(wanted, sizeof wanted, " %s=", key);
  const char *at = strstr(r->options, wanted);
  int count = 0;
  for (at = at ? at + strlen(wanted) : " "; *at != ' '; at += *at == ',') {
    char *end;
    if (count == most) die("too many numbers", key);
    values[count++] = strtoll(at, &end, 10);
    if (end == at) die("bad option", key);
    at = end;
  }
  return count;
}
static oc_node transpose_of(oc_graph *g, const request *r, const oc_node *in) {
  int64_t given[OC_MAX_RANK] = {0};
  int perm[OC_MAX_RANK];
  option_list(r, "perm", given, OC_MAX_RANK);
  for (int i = 0; i < OC_MAX_RANK; i++) perm[i] = (int)given[i];
  return oc_transpose(g, in[0], perm);
}
static oc_node reshape_of(oc_graph *g, const request *r, const oc_node *in) {
  int64_t dims[OC_MAX_RANK + 1] = {0};
  const int rank = option_list(r, "shape", dims, OC_MAX_RANK + 1);
  return oc_reshape(g, in[0], oc_shape_make(rank, dims));
}
static oc_node concat_of(oc_graph *g, const request *r, const oc_node *in) {
  return oc_concat(g, in, r->inputs, (int)option_one(r, "axis", 0));
}
static oc_node slice_of(oc_graph *g, const request *r, const oc_node *in) {
  return oc_slice(g, in[0], (int)option_one(r, "axis", 0), option_one(r, "begin", 0),
                  option_one(r, "end", 0));
}
static oc_node reduce_of(oc_graph *g, const request *r, const oc_node *in) {
  const unsigned axes = (unsigned)option_one(r, "axes", 0);
  if (strcmp(r->op, "reduce_max") == 0) return oc_reduce_max(g, in[0], axes);
  return strcmp(r->op, "reduce_sum") == 0 ? oc_reduce_sum(g, in[0], axes) : oc_reduce_mean(g, in[0], axes);
}
static oc_node one_hot_of(oc_graph *g, const request *r, const oc_node *in) {
  return oc_one_hot(g, in[0], option_one(r, "depth", 0));
}
static oc_node cast_of(oc_graph *g, const request *r, const oc_node *in) {
  char name[16] = "";
  const char *at = strstr(r->options, " dtype=");
  if (!at || sscanf(at + 7, "%15s", name) != 1) die("bad option", "dtype");
  return oc_cast(g, in[0], dtype_of(name));
}
static oc_node matmul_of(oc_graph *g, const request *r, const oc_node *in) {
  return oc_matmul(g, in[0], in[1], option_one(r, "transpose_a", 0), option_one(r, "transpose_b", 0));
}

static oc_node top_k_of(oc_graph *g, const request *r, const oc_node *in) {
  const oc_top_k_attrs a = {.k = option_one(r, "k", 1), .smallest = option_one(r, "smallest", 0) != 0};
  return oc_graph_add(g, OC_OP(g, top_k), in, 1, &a);
}

/* What has options is made by its public builder, if it has one. */
static const struct {
  const char *op;
  oc_node (*add)(oc_graph *g, const request *r, const oc_node *in);
} builders[] = {{"conv2d", conv2d_of},      {"max_pool", pool_of},       {"mean_pool", pool_of},
                {"matmul", matmul_of},      {"transpose", transpose_of}, {"reshape", reshape_of},
                {"concat", concat_of},      {"slice", slice_of},         {"reduce_sum", reduce_of},
                {"reduce_mean", reduce_of}, {"reduce_max", reduce_of},   {"one_hot", one_hot_of},
                {"cast", cast_of},          {"top_k", top_k_of}};

static oc_node node_of(oc_graph *g, const request *r, const oc_node *in) {
  const oc_op *op = oc_ops_find(r->real_type, r->op);
  if (!op) die("no such operation", r->op);
  for (size_t i = 0; i < sizeof builders / sizeof *builders; i++)
    if (strcmp(builders[i].op, r->op) == 0) return builders[i].add(g, r, in);
  oc_batch_norm_attrs norm = {0.001};
  option(r, "epsilon", &norm.epsilon, 1);
  if (op->attr_size && strcmp(r->op, "batch_norm") != 0) die("its options are not known", r->op);
  return oc_graph_add(g, op, in, r->inputs, &norm);
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
  for (int i = 0; i < c->info.n_out; i++) {
    oc_tensor_desc v = c->info.out[i];
    const size_t bytes = case_bytes(&v, c->batch);
    if (oc_tensor_desc_batched(&v)) v.shape.dim[0] = c->batch;
    write_array(v.dtype, v.shape, c->out[i], bytes);
  }
}

int main(void) {
  request r;
  while (read_request(&r)) {
    oc_graph *g;
    if (oc_graph_create(&(oc_graph_options){.real = r.real_type}, &g, NULL) != OC_OK)
      die("memory", "none left");
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
