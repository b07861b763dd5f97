/* onnx_along.c: matrices along an axis, of which Resize and LRN are made, and padding. Both are convolutions
 * of 1x1 with numbers that are not trained, so that they need no operations of their own. */
#include "formats/onnx/onnx_reader.h"
#include <string.h>

oc_node oc_onnx_made_weight(oc_onnx_reader *r, const char *name, oc_shape shape, const float *values) {
  oc_onnx_import *o = r->out;
  const oc_init init = {.kind = OC_INIT_ZEROS, .not_trainable = true};
  const oc_node node = oc_variable(o->g, name, shape, init);
  if (!oc_memory_reserve(&o->weights, o->weight_count, &o->weight_capacity, sizeof *o->weights))
    return oc_graph_fail(o->g, OC_E_MEMORY, name, "", "no memory for a weight");
  o->weights[o->weight_count++] = (oc_onnx_weight){node, values};
  return node;
}

oc_status oc_onnx_along(oc_onnx_reader *r, oc_node *x, int axis, const float *matrix, int64_t out) {
  oc_graph *g = r->out->g;
  const int64_t in = oc_node_shape(g, *x).dim[axis];
  const oc_conv2d_options o = oc_conv2d_defaults();
  int perm[] = {0, 1, 2, 3}; /* exchanges the axis with the last one, there and back */
  perm[axis] = 3;
  perm[3] = axis;
  const oc_node weights = oc_onnx_made_weight(r, "matrix", OC_SHAPE(1, 1, in, out), matrix);
  const oc_node last = axis == 3 ? *x : oc_transpose(g, *x, perm), y = oc_conv2d(g, last, weights, &o);
  *x = axis == 3 ? y : oc_transpose(g, y, perm);
  return oc_graph_status(g, r->err);
}

oc_status oc_onnx_add_along(oc_onnx_reader *r, oc_node *x, int axis, const float *values) {
  oc_graph *g = r->out->g;
  const oc_shape s = oc_node_shape(g, *x);
  oc_shape shape = {.rank = s.rank - axis, .dim = {s.dim[axis]}};
  for (int i = 1; i < shape.rank; i++) shape.dim[i] = 1;
  *x = oc_add(g, *x, oc_onnx_made_weight(r, "filler", shape, values));
  return oc_graph_status(g, r->err);
}

/* A channel of a convolution with a kernel of a single 1 stays as it is, and has zeros where padding is. */
oc_status oc_onnx_padded(oc_onnx_reader *r, oc_node *image, const int64_t pad[4]) {
  oc_graph *g = r->out->g;
  oc_conv2d_options o = oc_conv2d_defaults();
  void *ones;
  if (!(pad[0] || pad[1] || pad[2] || pad[3])) return OC_OK;
  const oc_shape shape = OC_SHAPE(1, 1, 1, oc_node_shape(g, *image).dim[3]);
  TRY(oc_graph_status(g, r->err));
  TRY(oc_onnx_take_room(r, &shape, sizeof(float), &ones));
  for (int64_t i = 0; i < shape.dim[3]; i++) ((float *)ones)[i] = 1;
  o.groups = shape.dim[3];
  o.padding = OC_PAD_EXPLICIT;
  memcpy(o.pad, pad, sizeof o.pad);
  *image = oc_conv2d(g, *image, oc_onnx_made_weight(r, "ones", shape, ones), &o);
  return oc_graph_status(g, r->err);
}
