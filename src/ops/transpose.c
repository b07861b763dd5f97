/* transpose: axis perm[i] of x becomes axis i. The batch axis stays in front. */
#include "ops/elementwise.h"
#include "ops/stored_attrs.h"
#include <stdio.h>

static oc_status refuse_permutation(const oc_op_info *info, const char *rule, oc_error *err) {
  const oc_transpose_attrs *a = info->attrs;
  char shape[128], perm[128] = "";
  size_t used = 0;
  for (int i = 0; i < info->in[0].shape.rank; i++)
    used += (size_t)snprintf(perm + used, sizeof perm - used, "%s%d", i ? ", " : "", a->perm[i]);
  return oc_fail(err, OC_E_NET, info->name, "", "the axes (%s) for %s: %s", perm,
                 oc_shape_text(&info->in[0].shape, shape, sizeof shape), rule);
}

static oc_status transpose_infer(oc_op_info *info, oc_error *err) {
  TRY(oc_expect_inputs(info, 1, err));
  const oc_transpose_attrs *a = info->attrs;
  const oc_shape *x = &info->in[0].shape;
  oc_shape y = {.rank = x->rank};
  unsigned seen = 0;
  for (int i = 0; i < x->rank; i++) {
    if (a->perm[i] < 0 || a->perm[i] >= x->rank || (seen >> a->perm[i] & 1))
      return refuse_permutation(info, "each axis must be named once", err);
    seen |= 1u << a->perm[i];
    y.dim[i] = x->dim[a->perm[i]];
  }
  if (oc_tensor_desc_batched(&info->in[0]) && a->perm[0] != 0)
    return refuse_permutation(info, "the batch must stay axis 0", err);
  return oc_infer_output(info, 0, info->in[0].dtype, y, err);
}

static void transpose_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  const oc_op_info *info = oc_graph_info(g, node);
  const oc_transpose_attrs *a = info->attrs;
  int inverse[OC_MAX_RANK] = {0};
  for (int i = 0; i < info->in[0].shape.rank; i++) inverse[a->perm[i]] = i;
  dx[0] = oc_transpose(g, dy[0], inverse);
}

/* The result's sizes, padded in front with 1 to OC_MAX_RANK, and how far apart in x neighbors along each
 * are. */
typedef struct walk {
  int64_t size[OC_MAX_RANK], step[OC_MAX_RANK], index[OC_MAX_RANK];
  int64_t rows; /* of the last axis */
} walk;

static walk walk_of(const oc_call *c) {
  const oc_transpose_attrs *a = c->info->attrs;
  const oc_shape *x = &c->info->in[0].shape;
  const int pad = OC_MAX_RANK - x->rank;
  int64_t step[OC_MAX_RANK], below = 1;
  for (int i = x->rank - 1; i >= 0; i--) {
    step[i] = below;
    below *= x->dim[i] == OC_BATCH ? c->samples : x->dim[i];
  }
  walk w = {.rows = 1};
  for (int i = 0; i < pad; i++) w.size[i] = 1;
  for (int i = 0; i < x->rank; i++) {
    const int64_t size = x->dim[a->perm[i]];
    w.size[pad + i] = size == OC_BATCH ? c->samples : size;
    w.step[pad + i] = step[a->perm[i]];
  }
  for (int i = 0; i + 1 < OC_MAX_RANK; i++) w.rows *= w.size[i];
  return w;
}

/* To the next row: how far on it begins in x. */
static int64_t advance(walk *w) {
  int64_t moved = 0;
  for (int i = OC_MAX_RANK - 2; i >= 0; i--) {
    moved += w->step[i];
    if (++w->index[i] < w->size[i]) return moved;
    moved -= w->step[i] * w->size[i];
    w->index[i] = 0;
  }
  return moved;
}

/* The same loop for each type of element. */
#define DEFINE_COPY(type)                                                                                    \
  static void copy_##type(walk *w, const type *x, type *y) {                                                 \
    const int64_t n = w->size[OC_MAX_RANK - 1], step = w->step[OC_MAX_RANK - 1];                             \
    for (int64_t row = 0; row < w->rows; row++, x += advance(w))                                             \
      for (int64_t i = 0; i < n; i++) *y++ = x[i * step];                                                    \
  }
DEFINE_COPY(real)
DEFINE_COPY(uint8_t)
DEFINE_COPY(int32_t)
DEFINE_COPY(int64_t)

static void transpose_run(const oc_call *c) {
  walk w = walk_of(c);
  switch (c->info->in[0].dtype) {
  case OC_U8:
    copy_uint8_t(&w, c->in[0], c->out[0]);
    break;
  case OC_I32:
    copy_int32_t(&w, c->in[0], c->out[0]);
    break;
  case OC_I64:
    copy_int64_t(&w, c->in[0], c->out[0]);
    break;
  default:
    copy_real(&w, c->in[0], c->out[0]);
    break;
  }
}

#ifdef OC_OPS_FLOAT
oc_node oc_transpose(oc_graph *g, oc_node x, const int *perm) {
  oc_transpose_attrs attrs = {{0}};
  if (!oc_graph_expect(g, x, "transpose")) return OC_NO_NODE;
  if (!perm)
    return oc_graph_fail(g, OC_E_ARGUMENT, "transpose", "Pass an axis for each one of x.",
                         "perm must not be NULL");
  for (int i = 0; i < oc_graph_value(g, x)->shape.rank; i++) attrs.perm[i] = perm[i];
  return oc_graph_add(g, OC_OP(g, transpose), &x, 1, &attrs);
}
#endif

static const oc_attribute transpose_attributes[] = {OC_FIELD(AXES, oc_transpose_attrs, perm), {0}};
OC_DEFINE_OP(transpose, .tf_type = "Transpose", .attributes = transpose_attributes, .tf_name = "transpose",
             .attr_size = sizeof(oc_transpose_attrs), .infer = transpose_infer,
             .gradient = transpose_gradient, .run = transpose_run);
