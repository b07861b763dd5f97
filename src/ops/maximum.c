/* maximum: the larger of a and b element by element, with broadcasting (pair.h); NaN where either is NaN.
 * maximum_grad (a, b, dy) -> dy where the one that `second` names was taken, else 0: a where a >= b or a is
 * NaN, else b. */
#include "ops/pair.h"

typedef struct maximum_grad_attrs {
  bool second;
} maximum_grad_attrs;

static oc_status maximum_infer(oc_op_info *info, oc_error *err) {
  return oc_infer_pair(info, 2, OC_REAL_DTYPE, err);
}
static oc_status maximum_grad_infer(oc_op_info *info, oc_error *err) {
  return oc_infer_pair(info, 3, OC_REAL_DTYPE, err);
}

static void maximum_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  const oc_node in[] = {oc_graph_input(g, node, 0), oc_graph_input(g, node, 1), dy[0]};
  for (int i = 0; i < 2; i++) {
    const maximum_grad_attrs attrs = {i == 1};
    dx[i] = oc_pair_gradient(g, node, i, oc_graph_add(g, OC_OP(g, maximum_grad), in, 3, &attrs));
  }
}

OC_DEFINE_PAIR_RUN(maximum_run, p >= q || p != p ? p : q)

static void maximum_grad_run(const oc_call *c) {
  const bool second = ((const maximum_grad_attrs *)c->info->attrs)->second;
  oc_pair_walk w = oc_pair_walk_of(c);
  oc_pair_run r;
  while (oc_pair_next(&w, &r)) {
    const real *a = (const real *)c->in[0] + r.a, *b = (const real *)c->in[1] + r.b;
    const real *dy = (const real *)c->in[2] + r.y;
    real *dx = (real *)c->out[0] + r.y;
    for (int64_t i = 0; i < r.count; i++) {
      const real p = a[r.a_moves ? i : 0], q = b[r.b_moves ? i : 0];
      dx[i] = (p >= q || p != p) != second ? dy[i] : 0;
    }
  }
}

#ifdef OC_OPS_FLOAT
oc_node oc_maximum(oc_graph *g, oc_node a, oc_node b) {
  return oc_graph_add(g, OC_OP(g, maximum), (oc_node[]){a, b}, 2, NULL);
}
#endif

OC_DEFINE_OP(maximum, .inputs = 2, .tf_name = "Maximum", .infer = maximum_infer, .gradient = maximum_gradient,
             .cost = oc_pair_cost, .parts = oc_pair_parts, .run = maximum_run);
OC_DEFINE_OP(maximum_grad, .tf_name = "MaximumGrad", .attr_size = sizeof(maximum_grad_attrs),
             .infer = maximum_grad_infer, .cost = oc_pair_cost, .parts = oc_pair_parts,
             .run = maximum_grad_run);
