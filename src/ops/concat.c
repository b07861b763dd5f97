/* concat: tensors that are equal except for one axis, joined along it. The batch cannot be joined.
 * slice: the elements begin .. end-1 of one axis; the gradient of concat. */
#include "ops/elementwise.h"
#include "ops/stored_attrs.h"
#include <string.h>

static oc_status check_axis(const oc_op_info *info, int axis, oc_error *err) {
  char text[128];
  const oc_shape *x = &info->in[0].shape;
  if (axis < 0 || axis >= x->rank)
    return oc_fail(err, OC_E_NET, info->name, "Count axes from 0, or from the end with -1, -2 and so on.",
                   "%s has no axis %d", oc_shape_text(x, text, sizeof text), axis);
  if (axis == 0 && oc_tensor_desc_batched(&info->in[0]))
    return oc_fail(err, OC_E_NET, info->name, "Choose another axis.",
                   "axis 0 of %s is the batch, which %s keeps", oc_shape_text(x, text, sizeof text),
                   info->op->name);
  return OC_OK;
}

static oc_status concat_infer(oc_op_info *info, oc_error *err) {
  char a[128], b[128];
  const oc_concat_attrs *attrs = info->attrs;
  TRY(check_axis(info, attrs->axis, err));
  oc_shape y = info->in[0].shape;
  for (int i = 1; i < info->n_in; i++) {
    TRY(oc_expect_dtype(info, i, "a tensor", info->in[0].dtype, err));
    oc_shape x = info->in[i].shape;
    const int64_t size = x.rank == y.rank ? x.dim[attrs->axis] : 0;
    if (x.rank == y.rank) x.dim[attrs->axis] = y.dim[attrs->axis];
    if (!oc_shape_equal(&x, &y) || !oc_add_i64(y.dim[attrs->axis], size, &y.dim[attrs->axis]))
      return oc_fail(err, OC_E_NET, info->name, "Make all sizes except that one agree.",
                     "shapes %s and %s do not match for joining along axis %d",
                     oc_shape_text(&info->in[0].shape, a, sizeof a),
                     oc_shape_text(&info->in[i].shape, b, sizeof b), attrs->axis);
  }
  return oc_infer_output(info, 0, info->in[0].dtype, y, err);
}

static oc_status slice_infer(oc_op_info *info, oc_error *err) {
  const oc_slice_attrs *a = info->attrs;
  TRY(oc_expect_inputs(info, 1, err));
  TRY(check_axis(info, a->axis, err));
  oc_shape y = info->in[0].shape;
  if (a->begin < 0 || a->begin > a->end || a->end > y.dim[a->axis])
    return oc_fail(err, OC_E_NET, info->name, "", "the range %lld to %lld is not within 0 to %lld",
                   (long long)a->begin, (long long)a->end, (long long)y.dim[a->axis]);
  y.dim[a->axis] = a->end - a->begin;
  return oc_infer_output(info, 0, info->in[0].dtype, y, err);
}

/* Zeros of x's shape, batch and all, whatever x holds. */
static oc_node zeros_like(oc_graph *g, oc_node x) {
  const oc_reduce_attrs all = {(1u << oc_node_shape(g, x).rank) - 1, false};
  return oc_graph_add(g, OC_OP(g, broadcast), (oc_node[]){oc_scalar(g, 0), x}, 2, &all);
}

static void concat_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  const int axis = ((const oc_concat_attrs *)oc_graph_info(g, node)->attrs)->axis;
  const int n = oc_graph_info(g, node)->n_in;
  int64_t begin = 0;
  for (int i = 0; i < n; i++) {
    const int64_t end = begin + oc_graph_info(g, node)->in[i].shape.dim[axis];
    dx[i] = oc_graph_add(g, OC_OP(g, slice), dy, 1, &(oc_slice_attrs){axis, begin, end});
    begin = end;
  }
}

/* dy between tensors of zeros. */
static void slice_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  const oc_slice_attrs a = *(const oc_slice_attrs *)oc_graph_info(g, node)->attrs;
  const oc_node x = oc_graph_input(g, node, 0);
  const int64_t size = oc_graph_info(g, node)->in[0].shape.dim[a.axis];
  oc_node parts[3];
  int n = 0;
  if (a.begin > 0) parts[n++] = zeros_like(g, oc_slice(g, x, a.axis, 0, a.begin));
  parts[n++] = dy[0];
  if (a.end < size) parts[n++] = zeros_like(g, oc_slice(g, x, a.axis, a.end, size));
  dx[0] = n == 1 ? dy[0] : oc_concat(g, parts, n, a.axis);
}

/* Elements of the axes before and from `axis` on. */
static int64_t outer(const oc_call *c, const oc_tensor_desc *v, int axis) {
  int64_t n = 1;
  for (int i = 0; i < axis; i++) n *= v->shape.dim[i] == OC_BATCH ? c->samples : v->shape.dim[i];
  return n;
}
static int64_t inner(const oc_tensor_desc *v, int axis) {
  int64_t n = 1;
  for (int i = axis; i < v->shape.rank; i++) n *= v->shape.dim[i];
  return n;
}

static void concat_run(const oc_call *c) {
  const int axis = ((const oc_concat_attrs *)c->info->attrs)->axis;
  const size_t size = oc_dtype_size(c->info->in[0].dtype);
  const int64_t rows = outer(c, &c->info->in[0], axis);
  const size_t stride = (size_t)inner(&c->info->out[0], axis) * size;
  char *y = c->out[0];
  for (int i = 0; i < c->info->n_in; i++) {
    const char *x = c->in[i];
    const size_t bytes = (size_t)inner(&c->info->in[i], axis) * size;
    for (int64_t r = 0; r < rows; r++) memcpy(y + (size_t)r * stride, x + (size_t)r * bytes, bytes);
    y += bytes;
  }
}

static void slice_run(const oc_call *c) {
  const oc_slice_attrs *a = c->info->attrs;
  const oc_tensor_desc *x = &c->info->in[0], *y = &c->info->out[0];
  const size_t size = oc_dtype_size(x->dtype);
  const int64_t rows = outer(c, x, a->axis);
  const size_t stride = (size_t)inner(x, a->axis) * size, bytes = (size_t)inner(y, a->axis) * size;
  const char *from = (const char *)c->in[0] + (size_t)(a->begin * inner(x, a->axis + 1)) * size;
  char *to = c->out[0];
  for (int64_t r = 0; r < rows; r++) memcpy(to + (size_t)r * bytes, from + (size_t)r * stride, bytes);
}

#ifdef OC_OPS_FLOAT
oc_node oc_concat(oc_graph *g, const oc_node *xs, int count, int axis) {
  if (oc_graph_failed(g)) return OC_NO_NODE;
  if (!xs) return oc_graph_fail(g, OC_E_ARGUMENT, "concat", "Pass an array of nodes.", "xs must not be NULL");
  if (count < 1)
    return oc_graph_fail(g, OC_E_ARGUMENT, "concat", "Pass at least one node.",
                         "count must be at least 1, got %d", count);
  const int rank = oc_node_shape(g, xs[0]).rank;
  return oc_graph_add(g, OC_OP(g, concat), xs, count, &(oc_concat_attrs){axis < 0 ? axis + rank : axis});
}

oc_node oc_slice(oc_graph *g, oc_node x, int axis, int64_t begin, int64_t end) {
  const oc_slice_attrs attrs = {axis < 0 ? axis + oc_node_shape(g, x).rank : axis, begin, end};
  return oc_graph_add(g, OC_OP(g, slice), &x, 1, &attrs);
}
#endif

static const oc_attribute concat_attributes[] = {OC_FIELD(INT, oc_concat_attrs, axis), {0}};
OC_DEFINE_OP(concat, .tf_type = "ConcatV2", .attributes = concat_attributes, .tf_name = "concat",
             .attr_size = sizeof(oc_concat_attrs), .infer = concat_infer, .gradient = concat_gradient,
             .run = concat_run);
static const oc_attribute slice_attributes[] = {OC_FIELD(INT, oc_slice_attrs, axis),
                                                OC_FIELD(I64, oc_slice_attrs, begin),
                                                OC_FIELD(I64, oc_slice_attrs, end),
                                                {0}};
OC_DEFINE_OP(slice, .attributes = slice_attributes, .tf_name = "Slice", .attr_size = sizeof(oc_slice_attrs),
             .infer = slice_infer, .gradient = slice_gradient, .run = slice_run);
