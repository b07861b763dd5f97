/* pair.c: implements broadcasting: the shape rule, the walk over both inputs, and the reduction of a
 * gradient. Compiled once, with the float operations. */
#include "ops/pair.h"

#ifdef OC_OPS_FLOAT

/* Size of the axis that is `back` from the last one, which is 0; 1 where there is none. */
static int64_t size_at(const oc_shape *shape, int back) {
  return back < shape->rank ? shape->dim[shape->rank - 1 - back] : 1;
}

static bool broadcast_shapes(const oc_shape *a, const oc_shape *b, oc_shape *y) {
  *y = (oc_shape){.rank = a->rank > b->rank ? a->rank : b->rank};
  for (int back = 0; back < y->rank; back++) {
    const int64_t p = size_at(a, back), q = size_at(b, back), both = p == 1 ? q : p;
    if (p != q && p != 1 && q != 1) return false;
    if (both == OC_BATCH && back + 1 < y->rank) return false;
    y->dim[y->rank - 1 - back] = both;
  }
  return true;
}

oc_status oc_infer_pair(oc_op_info *info, int count, oc_dtype dtype, oc_error *err) {
  char a[128], b[128];
  oc_shape y;
  TRY(oc_expect_reals(info, count, dtype, err));
  if (!broadcast_shapes(&info->in[0].shape, &info->in[1].shape, &y))
    return oc_fail(err, OC_E_NET, info->name,
                   "Counted from the last axis, two sizes must be equal or one of them 1.",
                   "cannot broadcast shapes %s and %s", oc_shape_text(&info->in[0].shape, a, sizeof a),
                   oc_shape_text(&info->in[1].shape, b, sizeof b));
  for (int i = 2; i < count; i++) TRY(oc_expect_shape(info, i, oc_input_name(i).text, &y, err));
  return oc_infer_output(info, 0, dtype, y, err);
}

oc_node oc_pair_gradient(oc_graph *g, int32_t node, int i, oc_node d) {
  if (!oc_graph_has(g, d)) return OC_NO_NODE;
  const oc_shape x = oc_graph_info(g, node)->in[i].shape, y = oc_graph_info(g, node)->out[0].shape;
  unsigned repeated = 0;
  for (int back = 0; back < y.rank; back++)
    if (back >= x.rank || size_at(&x, back) != size_at(&y, back)) repeated |= 1u << (y.rank - 1 - back);
  if (!repeated) return d;
  d = oc_reduce_sum(g, d, repeated);
  const oc_shape summed = oc_node_shape(g, d);
  return oc_shape_equal(&summed, &x) ? d : oc_reshape(g, d, x);
}

oc_cost oc_pair_cost(const oc_op_info *info, int64_t batch) {
  return (oc_cost){(double)oc_value_count(&info->out[0], batch), oc_io_bytes(info, batch)};
}

int64_t oc_pair_parts(const oc_op_info *info) {
  return oc_max_i64(1, oc_ceil_div(oc_value_count(&info->out[0], 1), OC_PART_ELEMENTS));
}

/* ---- the walk ------------------------------------------------------------------------------------------ */

static int64_t of_call(const oc_call *c, int64_t dim) {
  return dim == OC_BATCH ? c->samples : dim;
}

/* An axis of the output, with its neighbors' distance in both inputs: merged with the inner one if both
 * continue with the same stride. */
static void add_axis(oc_pair_walk *w, int64_t size, int64_t a, int64_t b) {
  const int last = w->rank - 1;
  if (last >= 0 && a == w->a[last] * w->size[last] && b == w->b[last] * w->size[last]) {
    w->size[last] *= size;
    return;
  }
  w->size[w->rank] = size;
  w->a[w->rank] = a;
  w->b[w->rank++] = b;
}

oc_pair_walk oc_pair_walk_of(const oc_call *c) {
  const oc_shape *a = &c->info->in[0].shape, *b = &c->info->in[1].shape, *y = &c->info->out[0].shape;
  const oc_span span = oc_call_span(c, &c->info->out[0]);
  oc_pair_walk w = {.at = span.begin, .end = span.end};
  int64_t below_a = 1, below_b = 1;
  for (int back = 0; back < y->rank; back++) {
    const int64_t size = of_call(c, size_at(y, back));
    const bool in_a = size_at(a, back) == size_at(y, back) && back < a->rank,
               in_b = size_at(b, back) == size_at(y, back) && back < b->rank;
    if (size != 1) add_axis(&w, size, in_a ? below_a : 0, in_b ? below_b : 0);
    if (in_a) below_a *= size;
    if (in_b) below_b *= size;
  }
  if (w.rank == 0) add_axis(&w, 1, 1, 1);
  return w;
}

bool oc_pair_next(oc_pair_walk *w, oc_pair_run *r) {
  if (w->at >= w->end) return false;
  const int64_t inner = w->at % w->size[0];
  int64_t rest = w->at / w->size[0];
  *r = (oc_pair_run){.y = w->at, .a = inner * w->a[0], .b = inner * w->b[0]};
  r->count = oc_min_i64(w->size[0] - inner, w->end - w->at);
  r->a_moves = w->a[0] != 0;
  r->b_moves = w->b[0] != 0;
  for (int axis = 1; axis < w->rank; axis++) {
    r->a += rest % w->size[axis] * w->a[axis];
    r->b += rest % w->size[axis] * w->b[axis];
    rest /= w->size[axis];
  }
  w->at += r->count;
  return true;
}

#endif
