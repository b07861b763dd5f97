/* leaky_relu: y = x for x > 0, else slope * x, with slope in [0,1) (Maas et al. 2013).
 * leaky_relu_grad (y, dy) -> dy where y > 0, else slope * dy: y has the sign of x, so x need not be kept. */
#include "ops/elementwise.h"
#include "ops/ops.h"

static oc_status leaky_relu_infer(oc_op_info *info, oc_error *err) {
  const oc_leaky_relu_attrs *a = info->attrs;
  if (!(a->slope >= 0 && a->slope < 1))
    return oc_fail(err, OC_E_ARGUMENT, info->name, "Use, for example, 0.01 to 0.3.",
                   "slope must be at least 0 and less than 1, got %g", a->slope);
  return oc_infer_same(info, err);
}

static void leaky_relu_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  const void *attrs = oc_graph_info(g, node)->attrs;
  dx[0] = oc_graph_add(g, OC_OP(g, leaky_relu_grad), (oc_node[]){oc_node_of(node, 0), dy[0]}, 2, attrs);
}

static oc_cost leaky_relu_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 2);
}

static void leaky_relu_run(const oc_call *c) {
  const oc_leaky_relu_attrs *a = c->info->attrs;
  const real slope = (real)a->slope;
  const real *x = c->in[0];
  real *y = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i++) y[i] = x[i] > 0 ? x[i] : slope * x[i];
}

static void leaky_relu_grad_run(const oc_call *c) {
  const oc_leaky_relu_attrs *a = c->info->attrs;
  const real slope = (real)a->slope;
  const real *y = c->in[0], *dy = c->in[1];
  real *dx = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i++) dx[i] = y[i] > 0 ? dy[i] : slope * dy[i];
}

#ifdef OC_OPS_FLOAT
oc_node oc_leaky_relu(oc_graph *g, oc_node x, double slope) {
  return oc_graph_add(g, OC_OP(g, leaky_relu), &x, 1, &(oc_leaky_relu_attrs){slope});
}
#endif

static void leaky_relu_describe(const oc_op_info *info, const oc_attribute_sink *sink) {
  sink->real(sink->to, "alpha", ((const oc_leaky_relu_attrs *)info->attrs)->slope);
}

static const oc_attribute leaky_relu_attributes[] = {OC_FIELD(F64, oc_leaky_relu_attrs, slope), {0}};
OC_DEFINE_OP(leaky_relu, .describe = leaky_relu_describe, .terms = OC_TERMS_FUNCTION,
             .activation = OC_ACT_LEAKY_RELU, .attributes = leaky_relu_attributes, .inputs = 1,
             .tf_name = "LeakyRelu", .attr_size = sizeof(oc_leaky_relu_attrs), .infer = leaky_relu_infer,
             .gradient = leaky_relu_gradient, .cost = leaky_relu_cost, .parts = oc_elementwise_parts,
             .run = leaky_relu_run);
OC_DEFINE_OP(leaky_relu_grad, .inputs = 2, .activation_grad = OC_ACT_LEAKY_RELU, .tf_name = "LeakyReluGrad",
             .attr_size = sizeof(oc_leaky_relu_attrs), .infer = leaky_relu_infer, .cost = leaky_relu_cost,
             .parts = oc_elementwise_parts, .run = leaky_relu_grad_run);
