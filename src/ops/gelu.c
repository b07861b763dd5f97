/* gelu: y = x * Phi(x), Phi the distribution function of the standard normal (Hendrycks and Gimpel 2016),
 * with the complementary error function, which keeps its digits for very negative x.
 *
 * gelu_grad (x, dy) -> dy * (Phi(x) + x * phi(x)), phi the density. */
#include "ops/elementwise.h"
#include "ops/ops.h"
#include <tgmath.h>

#define SQRT_HALF    ((real)0.70710678118654752440)
#define DENSITY_AT_0 ((real)0.39894228040143267794) /* 1 / sqrt(2 pi) */

static void gelu_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  dx[0] = oc_graph_add(g, OC_OP(g, gelu_grad), (oc_node[]){oc_graph_input(g, node, 0), dy[0]}, 2, NULL);
}

static oc_cost gelu_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 20);
}
static oc_cost gelu_grad_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 32);
}

static real below(real x) {
  return (real)0.5 * erfc(-x * SQRT_HALF);
}

static void gelu_run(const oc_call *c) {
  const real *x = c->in[0];
  real *y = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i++) y[i] = x[i] * below(x[i]);
}

static void gelu_grad_run(const oc_call *c) {
  const real *x = c->in[0], *dy = c->in[1];
  real *dx = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i++)
    dx[i] = dy[i] * (below(x[i]) + x[i] * DENSITY_AT_0 * exp((real)-0.5 * x[i] * x[i]));
}

#ifdef OC_OPS_FLOAT
oc_node oc_gelu(oc_graph *g, oc_node x) {
  return oc_graph_add(g, OC_OP(g, gelu), &x, 1, NULL);
}
#endif

OC_DEFINE_OP(gelu, .terms = OC_TERMS_FUNCTION, .inputs = 1, .tf_name = "Gelu", .infer = oc_infer_same,
             .gradient = gelu_gradient, .cost = gelu_cost, .parts = oc_elementwise_parts, .run = gelu_run);
OC_DEFINE_OP(gelu_grad, .inputs = 2, .tf_name = "GeluGrad", .infer = oc_infer_same, .cost = gelu_grad_cost,
             .parts = oc_elementwise_parts, .run = gelu_grad_run);
