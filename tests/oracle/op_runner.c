/* op_runner: runs single operations for the oracle tests. Reads cases from stdin until its end, answers on
 * stdout.
 *
 *   op NAME .. as in runner.h; the answer is "ok OUTPUTS", then for each output DTYPE DIMS and the raw bytes, or
 *   "error STATUS MESSAGE" when the shape rule refuses
 *
 * The node is made by the public builder where that has options (conv2d: stride dilation groups padding pad
 * flip; max_pool, mean_pool: size stride padding), so that the oracle checks padding modes too. Others:
 * matmul transpose_a transpose_b; batch_norm epsilon. All: training=0|1. */
#include "oracle/runner.h"
#include "graph/graph.h"

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
