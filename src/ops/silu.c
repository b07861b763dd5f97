/* silu: y = x * s, where s = 1 / (1 + exp(-x)) (Elfwing, Uchibe and Doya 2018; swish of Ramachandran et al.
 * 2017).
 * silu_grad (x, dy) -> dy * s * (1 + x * (1 - s)). */
#include "ops/elementwise.h"
#include "ops/ops.h"
#include <tgmath.h>

static void silu_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  dx[0] = oc_graph_add(g, OC_OP(g, silu_grad), (oc_node[]){oc_graph_input(g, node, 0), dy[0]}, 2, NULL);
}

static oc_cost silu_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 11);
}
static oc_cost silu_grad_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 15);
}

static void silu_run(const oc_call *c) {
  const real *x = c->in[0];
  real *y = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i++) y[i] = x[i] / (1 + exp(-x[i]));
}

static void silu_grad_run(const oc_call *c) {
  const real *x = c->in[0], *dy = c->in[1];
  real *dx = c->out[0];
  const oc_span span = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = span.begin; i < span.end; i++) {
    const real s = 1 / (1 + exp(-x[i]));
    dx[i] = dy[i] * (s * (1 + x[i] * (1 - s)));
  }
}

#ifdef OC_OPS_FLOAT
oc_node oc_silu(oc_graph *g, oc_node x) {
  return oc_graph_add(g, OC_OP(g, silu), &x, 1, NULL);
}
#endif

OC_DEFINE_OP(silu, .terms = OC_TERMS_FUNCTION, .inputs = 1, .tf_name = "Silu", .infer = oc_infer_same,
             .gradient = silu_gradient, .cost = silu_cost, .parts = oc_elementwise_parts, .run = silu_run);
OC_DEFINE_OP(silu_grad, .inputs = 2, .tf_name = "SiluGrad", .infer = oc_infer_same, .cost = silu_grad_cost,
             .parts = oc_elementwise_parts, .run = silu_grad_run);
