/* objective.c: adds what training minimizes: the losses of the heads, and penalties. */
#include "train/fit.h"

/* loss + l2 * sum of w^2/2 over kernels and matrices that are trained; biases and scales are left alone. */
static oc_node add_penalties(const oc_fit *f, oc_node loss) {
  oc_graph *g = f->graph;
  oc_node sum = OC_NO_NODE;
  const int count = oc_graph_variable_count(g);
  oc_scope_push(g, "l2");
  for (int i = 0; i < count; i++) {
    const oc_node w = oc_graph_variable_at(g, i);
    if (!oc_fit_trains(f, g, i) || oc_node_shape(g, w).rank < 2) continue;
    const oc_node penalty = oc_l2_penalty(g, w);
    sum = oc_node_valid(sum) ? oc_add(g, sum, penalty) : penalty;
  }
  if (oc_node_valid(sum)) loss = oc_add(g, loss, oc_multiply(g, sum, oc_scalar(g, f->o.l2)));
  oc_scope_pop(g);
  return oc_node_valid(sum) ? oc_named(g, loss, "loss") : loss;
}

/* A placeholder (n, classes) for each target that is a class. */
static void add_distributions(oc_fit *f) {
  for (int t = 0; t < f->heads.target_count; t++) {
    f->soft.nodes[t] = OC_NO_NODE;
    if (f->heads.targets[t].kind != OC_TARGET_CLASS) continue;
    oc_scope_push(f->graph, f->heads.targets[t].name);
    f->soft.nodes[t] =
        oc_placeholder(f->graph, "distribution", OC_F32, OC_SHAPE(OC_BATCH, f->heads.targets[t].size));
    oc_scope_pop(f->graph);
  }
}

void oc_fit_add_objective(oc_fit *f) {
  f->trained = f->nodes;
  if (f->soft.used) {
    oc_scope_push(f->graph, "soft");
    add_distributions(f);
    oc_model_add_soft_heads(f->graph, f->model, &f->heads, f->soft.nodes, &f->trained);
    oc_scope_pop(f->graph);
  }
  f->loss = f->o.l2 > 0 ? add_penalties(f, f->trained.loss) : f->trained.loss;
}
