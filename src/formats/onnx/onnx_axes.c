/* onnx_axes.c: the axes of values: those that ONNX means, and those of the node that has the value. */
#include "formats/onnx/onnx_reader.h"
#include "base/checked.h"
#include <string.h>

bool oc_onnx_is_plain(const oc_onnx_value *v) {
  for (int i = 0; i < v->shape.rank; i++)
    if (v->perm[i] != i) return false;
  return true;
}

/* The node with the zeros that are meant around it. */
static oc_status take_node(oc_onnx_reader *r, const oc_onnx_value *v, oc_node *out) {
  *out = v->node;
  return oc_onnx_padded(r, out, v->pad);
}

oc_status oc_onnx_as_it_lies(oc_onnx_reader *r, const oc_onnx_value *v, oc_node *out) {
  return take_node(r, v, out);
}

oc_node oc_onnx_reordered(oc_graph *g, oc_node node, const int *perm) {
  const oc_shape s = oc_node_shape(g, node);
  oc_shape to = {.rank = s.rank};
  bool moves = false, any = false;
  for (int i = 0, last = -1; i < s.rank; i++) {
    to.dim[i] = s.dim[perm[i]];
    any = any || perm[i] != i;
    if (to.dim[i] == 1) continue;
    moves = moves || perm[i] < last;
    last = perm[i];
  }
  if (!any) return node;
  return moves ? oc_transpose(g, node, perm) : oc_reshape(g, node, to);
}

/* (n, h*w*c) as (n, c*h*w). */
static oc_node reorder_features(oc_graph *g, const oc_onnx_value *v, oc_node node) {
  const int64_t *s = v->flat;
  const oc_node image = oc_reshape(g, node, OC_SHAPE(OC_BATCH, s[0], s[1], s[2]));
  return oc_flatten(g, oc_transpose(g, image, (const int[]){0, 3, 1, 2}));
}

oc_status oc_onnx_plain(oc_onnx_reader *r, const oc_onnx_value *v, oc_node *out) {
  oc_node node;
  if (v->whole) return oc_onnx_unsupported(r, "computing with the integers of '%.60s'", v->name);
  if (v->real) {
    *out = oc_onnx_weight_of(r, v, v->shape, v->real, v->weight);
    return oc_graph_status(r->out->g, r->err);
  }
  TRY(take_node(r, v, &node));
  *out = v->flat[0] ? reorder_features(r->out->g, v, node) : oc_onnx_reordered(r->out->g, node, v->perm);
  return oc_graph_status(r->out->g, r->err);
}

/* Axis i of `v` as an image is this one of ONNX. */
static int axis_of_image(const oc_onnx_value *v, int i) {
  return i == 0 ? 0 : i == v->shape.rank - 1 ? 1 : i + 1;
}

static bool lies_as_image(const oc_onnx_value *v) {
  for (int i = 0; i < v->shape.rank; i++)
    if (v->perm[axis_of_image(v, i)] != i) return false;
  return true;
}

static oc_status channels_last(oc_onnx_reader *r, const oc_onnx_value *v, oc_node node, oc_node *out) {
  int perm[OC_MAX_RANK];
  for (int i = 0; i < v->shape.rank; i++) perm[i] = v->perm[axis_of_image(v, i)];
  *out = oc_onnx_reordered(r->out->g, node, perm);
  return oc_graph_status(r->out->g, r->err);
}

oc_status oc_onnx_channels_last(oc_onnx_reader *r, const oc_onnx_value *v, oc_node *out) {
  oc_node node;
  if (v->shape.rank == 2) return oc_onnx_plain(r, v, out);
  if (v->shape.rank < 2) return oc_onnx_unsupported(r, "'%.60s' has no channels", v->name);
  TRY(take_node(r, v, &node));
  return channels_last(r, v, node, out);
}

oc_status oc_onnx_image(oc_onnx_reader *r, const oc_onnx_value *v, int64_t pad[4], oc_node *out) {
  oc_node node = v->node;
  if (v->shape.rank != 4 && v->shape.rank != 3)
    return oc_onnx_unsupported(r, "'%.60s' is not an image (batch, channels, height, width)", v->name);
  if (pad) memset(pad, 0, 4 * sizeof *pad);
  if (pad && v->shape.rank == 4 && lies_as_image(v))
    memcpy(pad, v->pad, 4 * sizeof *pad);
  else
    TRY(take_node(r, v, &node));
  TRY(channels_last(r, v, node, out));
  if (v->shape.rank == 4) return OC_OK;
  *out = oc_reshape(r->out->g, *out, OC_SHAPE(v->shape.dim[0], 1, v->shape.dim[2], v->shape.dim[1]));
  return oc_graph_status(r->out->g, r->err);
}

oc_status oc_onnx_axis_last(oc_onnx_reader *r, const oc_onnx_value *v, int axis, oc_node *out,
                            oc_onnx_value *like) {
  const int last = v->shape.rank - 1;
  int perm[OC_MAX_RANK];
  *like = (oc_onnx_value){.shape = v->shape};
  if (axis == 0 && oc_onnx_is_batched(v)) return oc_onnx_unsupported(r, "the batch as its axis");
  if (!oc_onnx_is_constant(v) && v->perm[axis] == last && !v->flat[0]) {
    memcpy(like->perm, v->perm, sizeof like->perm);
    return oc_onnx_as_it_lies(r, v, out);
  }
  TRY(oc_onnx_plain(r, v, out));
  for (int i = 0; i <= last; i++) {
    like->perm[i] = i == axis ? last : i - (i > axis);
    perm[like->perm[i]] = i;
  }
  *out = oc_onnx_reordered(r->out->g, *out, perm);
  return oc_graph_status(r->out->g, r->err);
}

oc_status oc_onnx_axis(const oc_onnx_reader *r, int64_t axis, int rank, int *out) {
  *out = (int)(axis < 0 ? axis + rank : axis);
  if (axis >= -rank && axis < rank) return OC_OK;
  return oc_onnx_invalid(r, "axis %lld of %d axes", (long long)axis, rank);
}

/* Element by element of the result, `from` is where its value lies. */
oc_status oc_onnx_permuted_constant(oc_onnx_reader *r, const oc_onnx_value *v, const int *perm,
                                    oc_onnx_value *out) {
  const int rank = v->shape.rank;
  int64_t below[OC_MAX_RANK], step[OC_MAX_RANK], index[OC_MAX_RANK] = {0}, from = 0, size = 1;
  void *room;
  *out = (oc_onnx_value){.shape = v->shape, .weight = v->weight};
  for (int i = rank - 1; i >= 0; size *= v->shape.dim[i--]) below[i] = size;
  for (int i = 0; i < rank; i++) {
    out->shape.dim[i] = v->shape.dim[perm[i]];
    step[i] = below[perm[i]];
  }
  TRY(oc_onnx_take_room(r, &out->shape, v->real ? sizeof *v->real : sizeof *v->whole, &room));
  for (int64_t i = 0; i < size; i++) {
    if (v->real) ((float *)room)[i] = v->real[from];
    if (v->whole) ((int64_t *)room)[i] = v->whole[from];
    for (int axis = rank - 1; axis >= 0; axis--) {
      from += step[axis];
      if (++index[axis] < out->shape.dim[axis]) break;
      from -= step[axis] * out->shape.dim[axis];
      index[axis] = 0;
    }
  }
  out->real = v->real ? room : NULL;
  out->whole = v->whole ? room : NULL;
  return OC_OK;
}

oc_status oc_onnx_permuted(oc_onnx_reader *r, const oc_onnx_value *v, const int *perm, oc_shape *shape,
                           const float **out) {
  oc_onnx_value y;
  TRY(oc_onnx_permuted_constant(r, v, perm, &y));
  *shape = y.shape;
  *out = y.real;
  return OC_OK;
}
