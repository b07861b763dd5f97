/* graph_eval.h: computes nodes of a small double graph one operation after the other with the plain C
 * definitions, and compares the gradients that oc_gradients adds with finite differences. No planner, no
 * session: an error found here is one of the operations.
 *
 * Sources other than constants hold noise, unless eval_set says otherwise. */
#ifndef TESTS_GRAPH_EVAL_H
#define TESTS_GRAPH_EVAL_H
#include "graph/graph.h"
#include "op_case.h"

#define EVAL_MAX_NODES 512

typedef struct graph_eval {
  const oc_graph *g;
  int64_t batch;
  oc_run_state state;
  double *source[EVAL_MAX_NODES]; /* of placeholders and variables, by node */
  void *value[EVAL_MAX_NODES][OC_MAX_OUT];
} graph_eval;

static inline int64_t eval_count(const graph_eval *e, oc_node node) {
  return oc_value_count(oc_graph_value(e->g, node), e->batch);
}

/* Where the value of a placeholder or variable is; noise the first time. */
static inline double *eval_source(graph_eval *e, oc_node node) {
  if (!e->source[oc_node_index(node)])
    e->source[oc_node_index(node)] = case_noises((uint32_t)oc_node_index(node), eval_count(e, node));
  return e->source[oc_node_index(node)];
}

static inline void eval_begin(graph_eval *e, const oc_graph *g, int64_t batch, bool training) {
  oc_error err;
  memset(e, 0, sizeof *e);
  if (oc_graph_status(g, &err) != OC_OK) case_die("the graph has failed", err.message);
  if (oc_graph_op_count(g) > EVAL_MAX_NODES) case_die("graph_eval", "too many nodes");
  e->g = g;
  e->batch = batch;
  e->state = (oc_run_state){.seed = 123, .epoch = 1, .sample = 5, .training = training};
}

static inline void eval_forget_values(graph_eval *e) {
  for (int n = 0; n < oc_graph_op_count(e->g); n++)
    for (int i = 0; i < OC_MAX_OUT; i++) {
      free(e->value[n][i]);
      e->value[n][i] = NULL;
    }
}
static inline void eval_end(graph_eval *e) {
  eval_forget_values(e);
  for (int n = 0; n < oc_graph_op_count(e->g); n++) free(e->source[n]);
}

static inline void eval_load_source(graph_eval *e, int n, const oc_op_info *info) {
  const oc_tensor_desc *v = &info->out[0];
  const int64_t count = oc_value_count(v, e->batch);
  e->value[n][0] = case_alloc(case_bytes(v, e->batch));
  if (strcmp(info->op->name, "constant") == 0) {
    memcpy(e->value[n][0], ((const oc_constant_attrs *)info->attrs)->data, case_bytes(v, e->batch));
    return;
  }
  const double *from = eval_source(e, oc_node_of(n, 0));
  for (int64_t i = 0; i < count; i++) case_store(v->dtype, e->value[n][0], i, from[i]);
}

/* Computes node n in chunks of 2 samples; its inputs are there already. */
static inline void eval_node(graph_eval *e, int n) {
  const oc_op_info *info = oc_graph_info(e->g, n);
  if (info->op->is_source) {
    eval_load_source(e, n, info);
    return;
  }
  op_case c = {.info = *info, .state = e->state, .batch = e->batch};
  for (int i = 0; i < info->n_in; i++) {
    const oc_node in = oc_graph_input(e->g, n, oc_op_input(info->op, i, e->state.training));
    c.in[i] = e->value[oc_node_index(in)][in.out];
  }
  if (info->op->is_view) {
    c.out[0] = case_alloc(case_bytes(&info->out[0], e->batch));
    memcpy(c.out[0], c.in[0], case_bytes(&info->out[0], e->batch));
  } else {
    case_run_inferred(&c, 2);
  }
  for (int i = 0; i < info->n_out; i++) e->value[n][i] = c.out[i];
}

/* Computes what `nodes` need and no more (so that no update runs), afresh. */
static inline void eval_run(graph_eval *e, const oc_node *nodes, int count) {
  bool wanted[EVAL_MAX_NODES] = {false};
  eval_forget_values(e);
  for (int i = 0; i < count; i++) wanted[oc_node_index(nodes[i])] = true;
  for (int n = oc_graph_op_count(e->g) - 1; n >= 0; n--)
    for (int i = 0; wanted[n] && i < oc_graph_info(e->g, n)->n_in; i++)
      wanted[oc_node_index(oc_graph_input(e->g, n, i))] = true;
  for (int n = 0; n < oc_graph_op_count(e->g); n++)
    if (wanted[n]) eval_node(e, n);
}

/* Element i of a node computed by the last eval_run. */
static inline double eval_get(const graph_eval *e, oc_node node, int64_t i) {
  return case_load(oc_graph_value(e->g, node)->dtype, e->value[oc_node_index(node)][node.out], i);
}

/* sum(r * y) with fixed noise r: a scalar that every element of y counts in. */
static inline oc_node eval_loss_of(oc_graph *g, oc_node y) {
  const oc_node r = oc_placeholder(g, "r", OC_F64, oc_node_shape(g, y));
  return oc_reduce_sum(g, oc_multiply(g, y, r), 0);
}

typedef struct eval_way {
  int64_t batch;
  bool training;
  double step; /* of the differences */
} eval_way;

/* Largest difference between the gradient that oc_gradients adds for xs and central differences of the loss,
 * over every element, relative to the largest gradient of that x. Adds nodes to g. */
static inline double eval_gradient_error(oc_graph *g, oc_node loss, const oc_node *xs, int count,
                                         eval_way way) {
  const double step = way.step;
  oc_node dxs[CASE_INPUTS];
  oc_gradients(g, loss, xs, count, dxs);
  graph_eval e;
  eval_begin(&e, g, way.batch, way.training);
  double worst = 0;
  for (int k = 0; k < count; k++) {
    double *x = eval_source(&e, xs[k]);
    const int64_t size = eval_count(&e, xs[k]);
    double largest = 1e-300, apart = 0;
    double *analytic = malloc((size_t)size * sizeof *analytic);
    eval_run(&e, &dxs[k], 1);
    for (int64_t i = 0; i < size; i++) analytic[i] = eval_get(&e, dxs[k], i);
    for (int64_t i = 0; i < size; i++) {
      const double kept = x[i];
      x[i] = kept + step;
      eval_run(&e, &loss, 1);
      const double above = eval_get(&e, loss, 0);
      x[i] = kept - step;
      eval_run(&e, &loss, 1);
      const double numeric = (above - eval_get(&e, loss, 0)) / (2 * step);
      x[i] = kept;
      apart = fmax(apart, fabs(numeric - analytic[i]));
      largest = fmax(largest, fabs(numeric));
      if (isnan(analytic[i])) apart = INFINITY;
    }
    free(analytic);
    worst = fmax(worst, apart / largest);
  }
  eval_end(&e);
  return worst;
}

#endif
