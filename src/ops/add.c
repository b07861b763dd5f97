/* add: y = a + b; b is like a, or a without its leading axes, or a scalar, and then repeated along them. */
#include "ops/elementwise.h"
#include "ops/ops.h"

static void add_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  const unsigned leading = oc_leading_axes(oc_graph_info(g, node));
  dx[0] = dy[0];
  dx[1] = leading ? oc_reduce_sum(g, dy[0], leading) : dy[0];
}

static oc_cost add_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 1);
}

static void add_run(const oc_call *c) {
  const real *a = c->in[0], *b = c->in[1];
  real *y = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  const int64_t period = oc_call_count(c, &c->info->in[1]);
  if (period == 1) {
    for (int64_t i = s.begin; i < s.end; i++) y[i] = a[i] + b[0];
    return;
  }
  for (int64_t i = s.begin; i < s.end;) {
    const int64_t at = i % period, n = oc_min_i64(period - at, s.end - i);
    for (int64_t j = 0; j < n; j++) y[i + j] = a[i + j] + b[at + j];
    i += n;
  }
}

#ifdef OC_OPS_FLOAT
oc_node oc_add(oc_graph *g, oc_node a, oc_node b) {
  return oc_graph_add(g, OC_OP(g, add), (oc_node[]){a, b}, 2, NULL);
}
#endif

OC_DEFINE_OP(add, .tf_type = "AddV2", .tf_name = "add", .infer = oc_infer_suffix, .gradient = add_gradient,
             .cost = add_cost, .parts = oc_elementwise_parts, .run = add_run);
