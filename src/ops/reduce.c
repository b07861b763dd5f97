/* reduce_sum, reduce_mean: the sum or mean over some axes, which vanish. Over the batch axis, a call gives
 * the contribution of its samples.
 *
 * broadcast (v, like) -> shape of like: their gradient: v repeated along those axes (divided by how many
 * there are for a mean). Only the shape of `like` is read: it gives the batch of the result.
 *
 * Neighboring axes of one kind (vanishing or staying) are handled as one, so that inner loops are long. */
#include "ops/reduce.h"
#include "ops/elementwise.h"

/* ---- shape rules --------------------------------------------------------------------------------------- */

static oc_status reduce_infer(oc_op_info *info, oc_error *err) {
  char text[128];
  const oc_reduce_attrs *a = info->attrs;
  const oc_shape *x = &info->in[0].shape;
  TRY(oc_expect_reals(info, 1, OC_REAL_DTYPE, err));
  if (a->axes >> x->rank)
    return oc_fail(err, OC_E_NET, info->name, "Set only bits of existing axes, or 0 for all.",
                   "the mask of axes 0x%x has bits beyond the shape %s", a->axes,
                   oc_shape_text(x, text, sizeof text));
  return oc_infer_output(info, 0, OC_REAL_DTYPE, oc_shape_without(x, a->axes), err);
}

static oc_status broadcast_infer(oc_op_info *info, oc_error *err) {
  const oc_reduce_attrs *a = info->attrs;
  TRY(oc_expect_reals(info, 2, OC_REAL_DTYPE, err));
  const oc_shape reduced = oc_shape_without(&info->in[1].shape, a->axes);
  TRY(oc_expect_shape(info, 0, "the reduced tensor", &reduced, err));
  return oc_infer_output(info, 0, OC_REAL_DTYPE, info->in[1].shape, err);
}

/* ---- gradients and cost -------------------------------------------------------------------------------- */

static void add_broadcast(oc_graph *g, int32_t node, oc_node dy, oc_node *dx, bool mean) {
  const oc_reduce_attrs *a = oc_graph_info(g, node)->attrs;
  const oc_reduce_attrs attrs = {a->axes, mean};
  *dx = oc_graph_add(g, OC_OP(g, broadcast), (oc_node[]){dy, oc_graph_input(g, node, 0)}, 2, &attrs);
}
static void reduce_sum_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  add_broadcast(g, node, dy[0], dx, false);
}
static void reduce_mean_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  add_broadcast(g, node, dy[0], dx, true);
}
static void broadcast_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  const oc_reduce_attrs *a = oc_graph_info(g, node)->attrs;
  const oc_reduce_attrs attrs = {a->axes, false};
  dx[0] = oc_graph_add(g, a->mean ? OC_OP(g, reduce_mean) : OC_OP(g, reduce_sum), dy, 1, &attrs);
}

static oc_cost reduce_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 1);
}

/* How many elements of the whole run one mean is over. */
static double mean_count(const oc_shape *large, unsigned axes, int64_t batch) {
  double n = 1;
  for (int i = 0; i < large->rank; i++)
    if (axes >> i & 1) n *= (double)(large->dim[i] == OC_BATCH ? batch : large->dim[i]);
  return n;
}

/* ---- reference implementations ------------------------------------------------------------------------- */

static size_t reduce_scratch(const oc_op_info *info, int64_t samples) {
  return (size_t)oc_value_count(&info->out[0], samples) * sizeof(double);
}

/* Sums in double, in the order of x. */
static void reduce(const oc_call *c, double divisor) {
  const oc_reduce_attrs *a = c->info->attrs;
  const oc_reduce_layout l = oc_reduce_layout_of(&c->info->in[0].shape, a->axes, c->samples);
  const int64_t n = oc_call_count(c, &c->info->out[0]);
  const real *x = c->in[0];
  real *y = c->out[0];
  double *sum = c->scratch;
  for (int64_t i = 0; i < n; i++) sum[i] = 0;
  for (int64_t r = 0; r < l.runs; r++, x += l.run) {
    double *to = sum + oc_reduce_place(&l, r);
    if (l.step[0]) {
      for (int64_t i = 0; i < l.run; i++) to[i] += (double)x[i];
    } else {
      double total = 0;
      for (int64_t i = 0; i < l.run; i++) total += (double)x[i];
      *to += total;
    }
  }
  for (int64_t i = 0; i < n; i++) y[i] = (real)(sum[i] / divisor);
}

static void reduce_sum_run(const oc_call *c) {
  reduce(c, 1);
}

static void reduce_mean_run(const oc_call *c) {
  const oc_reduce_attrs *a = c->info->attrs;
  reduce(c, mean_count(&c->info->in[0].shape, a->axes, c->batch));
}

static void broadcast_run(const oc_call *c) {
  const oc_reduce_attrs *a = c->info->attrs;
  const oc_shape *large = &c->info->out[0].shape;
  const oc_reduce_layout l = oc_reduce_layout_of(large, a->axes, c->samples);
  const real factor = a->mean ? (real)(1 / mean_count(large, a->axes, c->batch)) : 1;
  const real *v = c->in[0];
  real *y = c->out[0];
  for (int64_t r = 0; r < l.runs; r++, y += l.run) {
    const real *from = v + oc_reduce_place(&l, r);
    if (l.step[0]) {
      for (int64_t i = 0; i < l.run; i++) y[i] = from[i] * factor;
    } else {
      const real value = *from * factor;
      for (int64_t i = 0; i < l.run; i++) y[i] = value;
    }
  }
}

#ifdef OC_OPS_FLOAT
static oc_node add_reduce(oc_graph *g, const oc_op *op, oc_node x, unsigned axes) {
  if (!oc_graph_expect(g, x, "reduce")) return OC_NO_NODE;
  const oc_reduce_attrs attrs = {axes ? axes : (1u << oc_graph_value(g, x)->shape.rank) - 1, false};
  return oc_graph_add(g, op, &x, 1, &attrs);
}
oc_node oc_reduce_sum(oc_graph *g, oc_node x, unsigned axes) {
  return add_reduce(g, OC_OP(g, reduce_sum), x, axes);
}
oc_node oc_reduce_mean(oc_graph *g, oc_node x, unsigned axes) {
  return add_reduce(g, OC_OP(g, reduce_mean), x, axes);
}
#endif

static const oc_attribute reduce_attributes[] = {OC_FIELD(MASK, oc_reduce_attrs, axes), {0}};
OC_DEFINE_OP(reduce_sum, .attributes = reduce_attributes, .tf_name = "Sum",
             .attr_size = sizeof(oc_reduce_attrs), .infer = reduce_infer, .gradient = reduce_sum_gradient,
             .cost = reduce_cost, .scratch = reduce_scratch, .run = reduce_sum_run);
OC_DEFINE_OP(reduce_mean, .attributes = reduce_attributes, .tf_name = "Mean",
             .attr_size = sizeof(oc_reduce_attrs), .infer = reduce_infer, .gradient = reduce_mean_gradient,
             .cost = reduce_cost, .scratch = reduce_scratch, .run = reduce_mean_run);
static const oc_attribute broadcast_attributes[] = {
    OC_FIELD(MASK, oc_reduce_attrs, axes), OC_FIELD(BOOL, oc_reduce_attrs, mean), {0}};
OC_DEFINE_OP(broadcast, .attributes = broadcast_attributes, .tf_name = "BroadcastTo",
             .attr_size = sizeof(oc_reduce_attrs), .infer = broadcast_infer, .gradient = broadcast_gradient,
             .cost = reduce_cost, .run = broadcast_run);
