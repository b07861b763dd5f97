/* onnx_take.c: elements of an axis by their numbers: what Slice, Split and Gather have in common. */
#include "formats/onnx/onnx_reader.h"
#include <string.h>

/* A node is cut into no more pieces than this. */
enum { PIECES_MAX = 1024 };

/* An element of the axis is `inner` bytes that lie next to each other. */
static oc_status take_constant(oc_onnx_reader *r, const oc_onnx_value *v, int axis, const int64_t *at,
                               oc_onnx_value *out) {
  const size_t size = v->real ? sizeof(float) : sizeof(int64_t);
  const char *from = v->real ? (const char *)v->real : (const char *)v->whole;
  int64_t outer = 1;
  size_t inner = size;
  void *room;
  for (int i = 0; i < axis; i++) outer *= v->shape.dim[i];
  for (int i = axis + 1; i < v->shape.rank; i++) inner *= (size_t)v->shape.dim[i];
  TRY(oc_onnx_take_room(r, &out->shape, size, &room));
  char *to = room;
  for (int64_t o = 0; inner && o < outer; o++)
    for (int64_t i = 0; i < out->shape.dim[axis]; i++, to += inner)
      memcpy(to, from + (size_t)(o * v->shape.dim[axis] + at[i]) * inner, inner);
  out->real = v->real ? room : NULL;
  out->whole = v->whole ? room : NULL;
  return OC_OK;
}

/* Neighbors stay together: their pieces are joined again. */
static oc_status take_node(oc_onnx_reader *r, const oc_onnx_value *v, int axis, const int64_t *at,
                           int64_t count, oc_onnx_value *out) {
  oc_graph *g = r->out->g;
  oc_node x, pieces[PIECES_MAX];
  int n = 0;
  if (v->flat[0]) return oc_onnx_unsupported(r, "parts of a flattened image");
  if (axis == 0 && oc_onnx_is_batched(v)) return oc_onnx_unsupported(r, "a part of the batch");
  TRY(oc_onnx_as_it_lies(r, v, &x));
  const int of = v->perm[axis];
  if (!count) pieces[n++] = oc_slice(g, x, of, 0, 0);
  for (int64_t i = 0, end; i < count; i = end) {
    for (end = i + 1; end < count && at[end] == at[end - 1] + 1;) end++;
    if (n == PIECES_MAX) return oc_onnx_unsupported(r, "more than %d pieces of an axis", PIECES_MAX);
    pieces[n++] = oc_slice(g, x, of, at[i], at[i] + end - i);
  }
  out->node = n == 1 ? pieces[0] : oc_concat(g, pieces, n, of);
  out->step = OC_ONNX_NO_STEP;
  memset(out->pad, 0, sizeof out->pad); /* they are part of the node */
  return oc_graph_status(g, r->err);
}

oc_status oc_onnx_take(oc_onnx_reader *r, const oc_onnx_value *v, int axis, const int64_t *at, int64_t count,
                       oc_onnx_value *out) {
  *out = *v;
  out->weight = false;
  out->shape.dim[axis] = count;
  return oc_onnx_is_constant(v) ? take_constant(r, v, axis, at, out) : take_node(r, v, axis, at, count, out);
}
