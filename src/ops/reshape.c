/* reshape: the same elements in the same order under another shape; a view, so it costs nothing. The batch
 * axis stays in front. oc_flatten is the reshape to (n, all the rest). */
#include "ops/elementwise.h"
#include "ops/ops.h"
#include <string.h>

typedef struct reshape_attrs {
  oc_shape shape; /* axis 0 is OC_BATCH if x is batched; of the others one may be -1 */
} reshape_attrs;

static oc_status refuse_shape(const oc_op_info *info, const oc_shape *wanted, oc_error *err) {
  char from[128], to[128];
  return oc_fail(err, OC_E_NET, info->name,
                 oc_tensor_desc_batched(&info->in[0])
                     ? "Keep OC_BATCH as axis 0 and the product of the others."
                     : "Keep the product of the sizes; one size may be -1.",
                 "cannot reshape %s to %s", oc_shape_text(&info->in[0].shape, from, sizeof from),
                 oc_shape_text(wanted, to, sizeof to));
}

static oc_status reshape_infer(oc_op_info *info, oc_error *err) {
  TRY(oc_expect_inputs(info, 1, err));
  const oc_shape *wanted = &((const reshape_attrs *)info->attrs)->shape;
  oc_shape shape = *wanted;
  if (shape.rank < 0 || shape.rank > OC_MAX_RANK)
    return oc_fail(err, OC_E_ARGUMENT, info->name, "", "rank must be 0 to %d, got %d", OC_MAX_RANK,
                   shape.rank);
  const int64_t total = oc_tensor_desc_row(&info->in[0]);
  const int batched = oc_tensor_desc_batched(&info->in[0]);
  if (batched && (shape.rank < 1 || shape.dim[0] != OC_BATCH)) return refuse_shape(info, wanted, err);
  int64_t known = 1;
  int open = -1;
  for (int i = batched; i < shape.rank; i++) {
    if (shape.dim[i] == -1 && open < 0)
      open = i;
    else if (shape.dim[i] < 0 || !oc_mul_i64(known, shape.dim[i], &known))
      return refuse_shape(info, wanted, err);
  }
  if (open >= 0) {
    if (known == 0 || total % known) return refuse_shape(info, wanted, err);
    shape.dim[open] = total / known;
    known = total;
  }
  if (known != total) return refuse_shape(info, wanted, err);
  return oc_infer_output(info, 0, info->in[0].dtype, shape, err);
}

static void reshape_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  dx[0] = oc_reshape(g, dy[0], oc_graph_info(g, node)->in[0].shape);
}

static void reshape_run(const oc_call *c) {
  const oc_tensor_desc *x = &c->info->in[0];
  if (c->in[0] != c->out[0])
    memcpy(c->out[0], c->in[0], (size_t)oc_call_count(c, x) * oc_dtype_size(x->dtype));
}

#ifdef OC_OPS_FLOAT
oc_node oc_reshape(oc_graph *g, oc_node x, oc_shape shape) {
  return oc_graph_add(g, OC_OP(g, reshape), &x, 1, &(reshape_attrs){shape});
}

oc_node oc_flatten(oc_graph *g, oc_node x) {
  if (!oc_graph_expect(g, x, "flatten")) return OC_NO_NODE;
  const oc_tensor_desc *v = oc_graph_value(g, x);
  if (v->shape.rank == 0)
    return oc_graph_fail(g, OC_E_NET, oc_node_name(g, x), "Use oc_reshape.", "a scalar has no axis to keep");
  const int64_t rows = v->shape.dim[0];
  const int64_t rest = rows == OC_BATCH ? oc_tensor_desc_row(v) : rows ? oc_tensor_desc_row(v) / rows : 0;
  return oc_reshape(g, x, OC_SHAPE(rows, rest));
}
#endif

static const oc_attribute reshape_attributes[] = {OC_FIELD(SHAPE, reshape_attrs, shape), {0}};
OC_DEFINE_OP(reshape, .terms = OC_TERMS_ELEMENT, .attributes = reshape_attributes, .tf_name = "Reshape",
             .attr_size = sizeof(reshape_attrs), .infer = reshape_infer, .gradient = reshape_gradient,
             .run = reshape_run, .is_view = true);
