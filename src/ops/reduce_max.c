/* reduce_max: the largest element over some axes, which vanish; NaN counts as largest. The batch cannot be
 * searched: a result without it would have to be a sum over the samples.
 *
 * reduce_max_grad (x, y, dy): dy at the largest element, in equal shares where there are several. */
#include "ops/elementwise.h"
#include "ops/reduce.h"
#include <math.h>

static oc_status check_axes(const oc_op_info *info, oc_error *err) {
  char text[128];
  const oc_reduce_attrs *a = info->attrs;
  const oc_shape *x = &info->in[0].shape;
  if (a->axes >> x->rank)
    return oc_fail(err, OC_E_NET, info->name, "Set only bits of existing axes, or 0 for all.",
                   "the mask of axes 0x%x has bits beyond the shape %s", a->axes,
                   oc_shape_text(x, text, sizeof text));
  if ((a->axes & 1) && oc_tensor_desc_batched(&info->in[0]))
    return oc_fail(err, OC_E_NET, info->name, "Name the other axes, or reduce the batch by a sum or mean.",
                   "axis 0 of %s is the batch, over which a maximum is unsupported",
                   oc_shape_text(x, text, sizeof text));
  return oc_expect_elements(info, 0, "x", err);
}

static oc_status reduce_max_infer(oc_op_info *info, oc_error *err) {
  TRY(oc_expect_reals(info, 1, OC_REAL_DTYPE, err));
  TRY(check_axes(info, err));
  const oc_reduce_attrs *a = info->attrs;
  return oc_infer_output(info, 0, OC_REAL_DTYPE, oc_shape_without(&info->in[0].shape, a->axes), err);
}

static oc_status reduce_max_grad_infer(oc_op_info *info, oc_error *err) {
  TRY(oc_expect_reals(info, 3, OC_REAL_DTYPE, err));
  TRY(check_axes(info, err));
  const oc_shape y = oc_shape_without(&info->in[0].shape, ((const oc_reduce_attrs *)info->attrs)->axes);
  TRY(oc_expect_shape(info, 1, "y", &y, err));
  TRY(oc_expect_shape(info, 2, "dy", &y, err));
  return oc_infer_output(info, 0, OC_REAL_DTYPE, info->in[0].shape, err);
}

static void reduce_max_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  const oc_node in[] = {oc_graph_input(g, node, 0), oc_node_of(node, 0), dy[0]};
  dx[0] = oc_graph_add(g, OC_OP(g, reduce_max_grad), in, 3, oc_graph_info(g, node)->attrs);
}

static oc_cost reduce_max_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 1);
}
static oc_cost reduce_max_grad_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 3);
}

static void reduce_max_run(const oc_call *c) {
  const oc_reduce_attrs *a = c->info->attrs;
  const oc_reduce_layout l = oc_reduce_layout_of(&c->info->in[0].shape, a->axes, c->samples);
  const int64_t n = oc_call_count(c, &c->info->out[0]);
  const real *x = c->in[0];
  real *y = c->out[0];
  for (int64_t i = 0; i < n; i++) y[i] = -INFINITY;
  for (int64_t r = 0; r < l.runs; r++, x += l.run) {
    real *to = y + oc_reduce_place(&l, r);
    for (int64_t i = 0; i < l.run; i++) {
      real *most = to + i * l.step[0];
      if (x[i] > *most || x[i] != x[i]) *most = x[i]; /* nothing is larger than NaN */
    }
  }
}

static bool is_largest(real x, real most) {
  return x == most || (x != x && most != most);
}

static size_t reduce_max_grad_scratch(const oc_op_info *info, int64_t samples) {
  return (size_t)oc_value_count(&info->in[1], samples) * sizeof(real);
}

/* First counts the maxima, then divides the gradient equally. */
static void reduce_max_grad_run(const oc_call *c) {
  const oc_reduce_attrs *a = c->info->attrs;
  const oc_reduce_layout l = oc_reduce_layout_of(&c->info->in[0].shape, a->axes, c->samples);
  const int64_t n = oc_call_count(c, &c->info->in[1]);
  const real *x = c->in[0], *y = c->in[1], *dy = c->in[2];
  real *dx = c->out[0], *count = c->scratch;
  for (int64_t i = 0; i < n; i++) count[i] = 0;
  for (int64_t r = 0; r < l.runs; r++) {
    const int64_t place = oc_reduce_place(&l, r);
    for (int64_t i = 0; i < l.run; i++)
      count[place + i * l.step[0]] += is_largest(x[r * l.run + i], y[place + i * l.step[0]]);
  }
  for (int64_t r = 0; r < l.runs; r++) {
    const int64_t place = oc_reduce_place(&l, r);
    for (int64_t i = 0; i < l.run; i++) {
      const int64_t at = place + i * l.step[0];
      dx[r * l.run + i] = is_largest(x[r * l.run + i], y[at]) ? dy[at] / count[at] : 0;
    }
  }
}

#ifdef OC_OPS_FLOAT
oc_node oc_reduce_max(oc_graph *g, oc_node x, unsigned axes) {
  if (!oc_graph_expect(g, x, "reduce_max")) return OC_NO_NODE;
  const oc_reduce_attrs attrs = {axes ? axes : (1u << oc_graph_value(g, x)->shape.rank) - 1, false};
  return oc_graph_add(g, OC_OP(g, reduce_max), &x, 1, &attrs);
}
#endif

static const oc_attribute reduce_max_attributes[] = {OC_FIELD(MASK, oc_reduce_attrs, axes), {0}};
OC_DEFINE_OP(reduce_max, .attributes = reduce_max_attributes, .inputs = 1, .tf_name = "Max",
             .attr_size = sizeof(oc_reduce_attrs), .infer = reduce_max_infer, .gradient = reduce_max_gradient,
             .cost = reduce_max_cost, .run = reduce_max_run);
OC_DEFINE_OP(reduce_max_grad, .tf_name = "MaxGrad", .attr_size = sizeof(oc_reduce_attrs),
             .infer = reduce_max_grad_infer, .cost = reduce_max_grad_cost, .scratch = reduce_max_grad_scratch,
             .run = reduce_max_grad_run);
