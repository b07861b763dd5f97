/* onnx_axes.c: the axes of values: those that ONNX means, and those of the node that has the value. */
#include "formats/onnx/onnx_reader.h"
#include "base/checked.h"
#include <string.h>

bool oc_onnx_is_plain(const oc_onnx_value *v) {
  for (int i = 0; i < v->shape.rank; i++)
    if (v->perm[i] != i) return false;
  return true;
}

/* The node with the zeros that are meant around it. Erf is only a step of gelu. */
static oc_status take_node(oc_onnx_reader *r, const oc_onnx_value *v, oc_node *out) {
  *out = v->node;
  if (v->step > OC_ONNX_SCALED) return oc_onnx_unsupported(r, "'%.60s' is Erf, but not in Gelu", v->name);
  return oc_onnx_padded(r, out, v->pad, 0);
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
  TRY(take_node(r, v, &node));
  *out = v->flat[0] ? reorder_features(r->out->g, v, node) : oc_onnx_reordered(r->out->g, node, v->perm);
  return oc_graph_status(r->out->g, r->err);
}

oc_status oc_onnx_image(oc_onnx_reader *r, const oc_onnx_value *v, int64_t pad[4], oc_node *out) {
  static const int axes[4] = {0, 2, 3, 1}; /* of ONNX, in our order */
  int perm[4];
  bool lies = true;
  oc_node node;
  if (v->shape.rank != 4 || v->shape.dim[0] != OC_BATCH)
    return oc_onnx_unsupported(r, "'%.60s' is not an image (batch, channels, height, width)", v->name);
  for (int i = 0; i < 4; i++) {
    perm[i] = v->perm[axes[i]];
    lies = lies && perm[i] == i;
  }
  if (pad) memset(pad, 0, 4 * sizeof *pad);
  if (pad && lies) {
    oc_onnx_value bare = *v;
    memcpy(pad, v->pad, 4 * sizeof *pad);
    memset(bare.pad, 0, sizeof bare.pad);
    return take_node(r, &bare, out);
  }
  TRY(take_node(r, v, &node));
  *out = oc_onnx_reordered(r->out->g, node, perm);
  return oc_graph_status(r->out->g, r->err);
}

oc_status oc_onnx_axis(const oc_onnx_reader *r, int64_t axis, int rank, int *out) {
  *out = (int)(axis < 0 ? axis + rank : axis);
  if (axis >= -rank && axis < rank) return OC_OK;
  return oc_onnx_invalid(r, "axis %lld of %d axes", (long long)axis, rank);
}

oc_status oc_onnx_gathered(oc_onnx_reader *r, const oc_onnx_value *v, const oc_onnx_steps *s,
                           oc_onnx_value *out) {
  const int rank = s->shape.rank;
  int64_t index[OC_MAX_RANK] = {0}, from = s->begin;
  const size_t size = v->real ? sizeof *v->real : sizeof *v->whole;
  void *room;
  *out = (oc_onnx_value){.shape = s->shape, .weight = v->weight};
  TRY(oc_onnx_take_room(r, &s->shape, size, &room));
  for (int64_t n = oc_onnx_count(out), i = 0; i < n; i++) {
    if (v->real) ((float *)room)[i] = v->real[from];
    if (v->whole) ((int64_t *)room)[i] = v->whole[from];
    for (int axis = rank - 1; axis >= 0; axis--) {
      from += s->step[axis];
      if (++index[axis] < s->shape.dim[axis]) break;
      from -= s->step[axis] * s->shape.dim[axis];
      index[axis] = 0;
    }
  }
  if (v->real) out->real = room;
  if (v->whole) out->whole = room;
  return OC_OK;
}

oc_onnx_steps oc_onnx_steps_permuted(const oc_onnx_value *v, const int *perm) {
  int64_t step[OC_MAX_RANK], below = 1;
  oc_onnx_steps s = {.shape = v->shape};
  for (int i = v->shape.rank - 1; i >= 0; below *= v->shape.dim[i--]) step[i] = below;
  for (int i = 0; i < v->shape.rank; i++) {
    s.shape.dim[i] = v->shape.dim[perm ? perm[i] : i];
    s.step[i] = step[perm ? perm[i] : i];
  }
  return s;
}

oc_status oc_onnx_permuted(oc_onnx_reader *r, const oc_onnx_value *v, const int *perm, oc_shape *shape,
                           const float **out) {
  const oc_onnx_steps s = oc_onnx_steps_permuted(v, perm);
  oc_onnx_value y;
  TRY(oc_onnx_gathered(r, v, &s, &y));
  *shape = y.shape;
  *out = y.real;
  return OC_OK;
}
