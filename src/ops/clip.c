/* clip: each element limited to [low, high]; NaN stays NaN.
 * clip_grad (x, dy) -> dy where low <= x <= high, else 0. */
#include "ops/elementwise.h"
#include "ops/stored_attrs.h"

static oc_status clip_infer(oc_op_info *info, oc_error *err) {
  const oc_clip_attrs *a = info->attrs;
  if (!(a->low <= a->high))
    return oc_fail(err, OC_E_ARGUMENT, info->name, "Give the lower limit first.",
                   "low must be at most high, got %g and %g", a->low, a->high);
  return oc_infer_same(info, err);
}

static void clip_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  const void *attrs = oc_graph_info(g, node)->attrs;
  dx[0] = oc_graph_add(g, OC_OP(g, clip_grad), (oc_node[]){oc_graph_input(g, node, 0), dy[0]}, 2, attrs);
}

static oc_cost clip_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 2);
}

static void clip_run(const oc_call *c) {
  const oc_clip_attrs *a = c->info->attrs;
  const real low = (real)a->low, high = (real)a->high;
  const real *x = c->in[0];
  real *y = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i++) y[i] = x[i] < low ? low : x[i] > high ? high : x[i];
}

static void clip_grad_run(const oc_call *c) {
  const oc_clip_attrs *a = c->info->attrs;
  const real low = (real)a->low, high = (real)a->high;
  const real *x = c->in[0], *dy = c->in[1];
  real *dx = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i++) dx[i] = x[i] >= low && x[i] <= high ? dy[i] : 0;
}

#ifdef OC_OPS_FLOAT
oc_node oc_clip(oc_graph *g, oc_node x, double low, double high) {
  return oc_graph_add(g, OC_OP(g, clip), &x, 1, &(oc_clip_attrs){low, high});
}
#endif

static const oc_attribute clip_attributes[] = {
    OC_FIELD(F64, oc_clip_attrs, low), OC_FIELD(F64, oc_clip_attrs, high), {0}};
OC_DEFINE_OP(clip, .tf_type = "ClipByValue", .attributes = clip_attributes, .inputs = 1,
             .tf_name = "clip_by_value", .attr_size = sizeof(oc_clip_attrs), .infer = clip_infer,
             .gradient = clip_gradient, .cost = clip_cost, .parts = oc_elementwise_parts, .run = clip_run);
OC_DEFINE_OP(clip_grad, .inputs = 2, .tf_name = "ClipGrad", .attr_size = sizeof(oc_clip_attrs),
             .infer = clip_infer, .cost = clip_cost, .parts = oc_elementwise_parts, .run = clip_grad_run);
