/* onnx_axes.c: the axes of values: those that ONNX means, and those of the node that has the value. */
#include "formats/onnx/onnx_reader.h"
#include "base/checked.h"
#include <string.h>

bool oc_onnx_is_plain(const oc_onnx_value *v) {
  for (int i = 0; i < v->shape.rank; i++)
    if (v->perm[i] != i) return false;
  return true;
}

/* What only certain nodes may read. */
static oc_status check_plain(const oc_onnx_reader *r, const oc_onnx_value *v) {
  if (v->pad[0] || v->pad[1] || v->pad[2] || v->pad[3])
    return oc_onnx_unsupported(r, "'%.60s' is padded, but not for a Conv", v->name);
  return OC_OK;
}

oc_status oc_onnx_as_it_lies(oc_onnx_reader *r, const oc_onnx_value *v, oc_node *out) {
  *out = v->node;
  return check_plain(r, v);
}

/* The node's axes in the order `perm`: a view where only axes of size 1 move. */
static oc_node reorder(oc_graph *g, oc_node node, const int *perm) {
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
static oc_node reorder_features(oc_graph *g, const oc_onnx_value *v) {
  const int64_t *s = v->flat;
  const oc_node image = oc_reshape(g, v->node, OC_SHAPE(OC_BATCH, s[0], s[1], s[2]));
  return oc_flatten(g, oc_transpose(g, image, (const int[]){0, 3, 1, 2}));
}

oc_status oc_onnx_plain(oc_onnx_reader *r, const oc_onnx_value *v, oc_node *out) {
  TRY(check_plain(r, v));
  if (v->whole) return oc_onnx_unsupported(r, "computing with the integers of '%.60s'", v->name);
  if (v->real) {
    *out = oc_onnx_weight_of(r, v, v->shape, v->real, v->weight);
    return oc_graph_status(r->out->g, r->err);
  }
  *out = v->flat[0] ? reorder_features(r->out->g, v) : reorder(r->out->g, v->node, v->perm);
  return oc_graph_status(r->out->g, r->err);
}

/* Zeros around it are left aside. */
static oc_status channels_last(oc_onnx_reader *r, const oc_onnx_value *v, oc_node *out) {
  const int rank = v->shape.rank;
  int perm[OC_MAX_RANK];
  for (int i = 0; i < rank; i++) perm[i] = v->perm[i == 0 ? 0 : i == rank - 1 ? 1 : i + 1];
  *out = reorder(r->out->g, v->node, perm);
  return oc_graph_status(r->out->g, r->err);
}

oc_status oc_onnx_channels_last(oc_onnx_reader *r, const oc_onnx_value *v, oc_node *out) {
  if (v->shape.rank == 2) return oc_onnx_plain(r, v, out);
  if (v->shape.rank < 2) return oc_onnx_unsupported(r, "'%.60s' has no channels", v->name);
  TRY(check_plain(r, v));
  return channels_last(r, v, out);
}

oc_status oc_onnx_image(oc_onnx_reader *r, const oc_onnx_value *v, int64_t pad[4], oc_node *out) {
  if (v->shape.rank != 4 && v->shape.rank != 3)
    return oc_onnx_unsupported(r, "'%.60s' is not an image (batch, channels, height, width)", v->name);
  if (pad) memcpy(pad, v->pad, 4 * sizeof *pad);
  if (!pad) TRY(check_plain(r, v));
  TRY(channels_last(r, v, out));
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
  *out = reorder(r->out->g, *out, perm);
  return oc_graph_status(r->out->g, r->err);
}

oc_status oc_onnx_axis(const oc_onnx_reader *r, int64_t axis, int rank, int *out) {
  *out = (int)(axis < 0 ? axis + rank : axis);
  if (axis >= -rank && axis < rank) return OC_OK;
  return oc_onnx_invalid(r, "axis %lld of %d axes", (long long)axis, rank);
}

oc_status oc_onnx_permuted(oc_onnx_reader *r, const oc_onnx_value *v, const int *perm, oc_shape *shape,
                           const float **out) {
  const int rank = v->shape.rank;
  int64_t step[OC_MAX_RANK], index[OC_MAX_RANK] = {0}, below = 1, from = 0;
  void *room;
  *shape = (oc_shape){.rank = rank};
  for (int i = rank - 1; i >= 0; below *= v->shape.dim[i--]) step[i] = below;
  for (int i = 0; i < rank; i++) shape->dim[i] = v->shape.dim[perm[i]];
  TRY(oc_onnx_take_room(r, shape, sizeof(float), &room));
  for (int64_t n = oc_onnx_count(v), i = 0; i < n; i++) {
    ((float *)room)[i] = v->real[from];
    for (int axis = rank - 1; axis >= 0; axis--) {
      from += step[perm[axis]];
      if (++index[axis] < shape->dim[axis]) break;
      from -= step[perm[axis]] * shape->dim[axis];
      index[axis] = 0;
    }
  }
  *out = room;
  return OC_OK;
}
