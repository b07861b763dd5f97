/* emit_shape.c: operations that move elements, and reductions. */
#include "export/onnx/onnx_writer.h"
#include <string.h>

static oc_node input(const oc_onnx_writer *w, int32_t op, int i) {
  return oc_graph_input(w->g, op, i);
}
static const oc_shape *output_shape(const oc_onnx_writer *w, int32_t op) {
  return &oc_graph_info(w->g, op)->out[0].shape;
}

/* The name for a result with the axes of the graph: of an image another one, see oc_onnx_finish_plain. */
static const char *plain_name(oc_onnx_writer *w, int32_t op) {
  const char *name = oc_onnx_name(w, op);
  return oc_onnx_is_image(output_shape(w, op)) ? oc_onnx_text(w, "%s:nhwc", name) : name;
}

/* ---- reshape ------------------------------------------------------------------------------------------- */

/* The image's values as they lie in the file, where nothing depends on their order. */
static bool emit_flatten(oc_onnx_writer *w, int32_t op) {
  const oc_shape *from = oc_onnx_shape(w, input(w, op, 0)), *to = output_shape(w, op);
  if (!oc_onnx_is_image(from) || to->rank != 2 || to->dim[0] != OC_BATCH) return false;
  const bool same_order = from->dim[3] == 1 || (from->dim[1] == 1 && from->dim[2] == 1);
  if (!same_order && !w->any_order[op]) return false;
  const char *x = oc_onnx_value(w, input(w, op, 0));
  oc_onnx_int(w, oc_onnx_node(w, "Flatten", &x, 1, oc_onnx_name(w, op)), "axis", 1);
  if (!same_order) w->image_of[op] = from;
  return true;
}

void oc_onnx_emit_reshape(oc_onnx_writer *w, int32_t op) {
  if (emit_flatten(w, op)) return;
  const oc_shape *to = output_shape(w, op);
  const char *name = plain_name(w, op), *x = oc_onnx_plain_value(w, input(w, op, 0));
  const char *shape = oc_onnx_index(w, oc_onnx_text(w, "%s:shape", name), to->dim, to->rank); /* -1: batch */
  oc_onnx_node(w, "Reshape", (const char *[]){x, shape}, 2, name);
  oc_onnx_finish_plain(w, op, name);
}

/* ---- transpose ----------------------------------------------------------------------------------------- */

void oc_onnx_emit_transpose(oc_onnx_writer *w, int32_t op) {
  const oc_transpose_attrs *a = oc_graph_info(w->g, op)->attrs;
  const int rank = output_shape(w, op)->rank;
  const char *name = plain_name(w, op), *x = oc_onnx_plain_value(w, input(w, op, 0));
  int64_t perm[OC_MAX_RANK];
  for (int i = 0; i < rank; i++) perm[i] = a->perm[i];
  oc_onnx_ints(w, oc_onnx_node(w, "Transpose", &x, 1, name), "perm", perm, rank);
  oc_onnx_finish_plain(w, op, name);
}

/* ---- concat, slice ------------------------------------------------------------------------------------- */

/* The axis of a result in the file. */
static int64_t axis_of(const oc_onnx_writer *w, int32_t op, int axis) {
  return oc_onnx_is_image(output_shape(w, op)) ? oc_onnx_image_axis(axis) : axis;
}

void oc_onnx_emit_concat(oc_onnx_writer *w, int32_t op) {
  const oc_concat_attrs *a = oc_graph_info(w->g, op)->attrs;
  const int count = oc_graph_info(w->g, op)->n_in;
  const char **in = oc_onnx_alloc(w, (size_t)count, sizeof *in);
  for (int i = 0; in && i < count; i++) in[i] = oc_onnx_value(w, input(w, op, i));
  if (in)
    oc_onnx_int(w, oc_onnx_node(w, "Concat", in, count, oc_onnx_name(w, op)), "axis",
                axis_of(w, op, a->axis));
}

void oc_onnx_emit_slice(oc_onnx_writer *w, int32_t op) {
  const oc_slice_attrs *a = oc_graph_info(w->g, op)->attrs;
  const char *name = oc_onnx_name(w, op);
  const int64_t axis = axis_of(w, op, a->axis);
  const char *const in[] = {oc_onnx_value(w, input(w, op, 0)),
                            oc_onnx_index(w, oc_onnx_text(w, "%s:begin", name), &a->begin, 1),
                            oc_onnx_index(w, oc_onnx_text(w, "%s:end", name), &a->end, 1),
                            oc_onnx_index(w, oc_onnx_text(w, "%s:axis", name), &axis, 1)};
  oc_onnx_node(w, "Slice", in, 4, name);
}

/* ---- reductions ---------------------------------------------------------------------------------------- */

/* True if the axes that stay have another order in the file: channels and a side of an image. */
static bool order_differs(const oc_shape *s, unsigned mask) {
  const unsigned stays = ~mask & 15u;
  return oc_onnx_is_image(s) && (stays & 8) && (stays & 6);
}

static int axes_of(const oc_shape *s, unsigned mask, bool image, int64_t *axes) {
  int count = 0;
  for (int i = 0; i < s->rank; i++)
    if (mask >> i & 1) axes[count++] = image ? oc_onnx_image_axis(i) : i;
  return count;
}

/* The axes are an input since opset 13 of ReduceSum, since 18 of the others. */
static void emit_reduction(oc_onnx_writer *w, int32_t op, const char *type, int axes_since) {
  const unsigned mask = ((const oc_reduce_attrs *)oc_graph_info(w->g, op)->attrs)->axes;
  const oc_shape *s = oc_onnx_shape(w, input(w, op, 0));
  const bool plain = order_differs(s, mask);
  const char *name = oc_onnx_name(w, op);
  int64_t axes[OC_MAX_RANK];
  const int count = axes_of(s, mask, oc_onnx_is_image(s) && !plain, axes);
  const char *in[2] = {plain ? oc_onnx_plain_value(w, input(w, op, 0)) : oc_onnx_value(w, input(w, op, 0))};
  const bool as_input = w->opset >= axes_since;
  if (as_input) in[1] = oc_onnx_index(w, oc_onnx_text(w, "%s:axes", name), axes, count);
  OcOnnx__NodeProto *node = oc_onnx_node(w, type, in, as_input ? 2 : 1, name);
  if (!as_input) oc_onnx_ints(w, node, "axes", axes, count);
  oc_onnx_int(w, node, "keepdims", 0);
}

void oc_onnx_emit_reduce_sum(oc_onnx_writer *w, int32_t op) {
  emit_reduction(w, op, "ReduceSum", 13);
}
void oc_onnx_emit_reduce_mean(oc_onnx_writer *w, int32_t op) {
  emit_reduction(w, op, "ReduceMean", 18);
}
void oc_onnx_emit_reduce_max(oc_onnx_writer *w, int32_t op) {
  emit_reduction(w, op, "ReduceMax", 18);
}
