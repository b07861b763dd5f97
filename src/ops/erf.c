/* erf: y = 2 / sqrt(pi) * the integral of exp(-t^2) from 0 to x; the gradient is dy * 2 / sqrt(pi) *
 * exp(-x^2). */
#include "ops/elementwise.h"
#include "ops/ops.h"
#include <tgmath.h>

static void erf_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  const oc_node x = oc_graph_input(g, node, 0), square = oc_multiply(g, x, x);
  const oc_node density = oc_exp(g, oc_multiply(g, square, oc_scalar(g, -1)));
  dx[0] = oc_multiply(g, dy[0], oc_multiply(g, density, oc_scalar(g, 1.12837916709551257390)));
}

static oc_cost erf_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 20);
}

static void erf_run(const oc_call *c) {
  const real *x = c->in[0];
  real *y = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i++) y[i] = erf(x[i]);
}

OC_DEFINE_OP(erf, .inputs = 1, .tf_name = "Erf", .infer = oc_infer_same, .gradient = erf_gradient,
             .cost = erf_cost, .parts = oc_elementwise_parts, .run = erf_run);
