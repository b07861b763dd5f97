/* onnx_layout.c: gives images and weights the axes of ONNX. */
#include "export/onnx/onnx_writer.h"
#include <string.h>

const oc_shape *oc_onnx_shape(const oc_onnx_writer *w, oc_node node) {
  return &oc_graph_value(w->g, node)->shape;
}

int64_t oc_onnx_image_axis(int axis) {
  static const int64_t axes[] = {0, 2, 3, 1};
  return axes[axis];
}

/* ---- variables and constants --------------------------------------------------------------------------- */

bool oc_onnx_is_source(const oc_onnx_writer *w, oc_node node) {
  const char *op = oc_node_op(w->g, node);
  return strcmp(op, "variable") == 0 || strcmp(op, "constant") == 0;
}

static oc_tensor_view data_of(const oc_onnx_writer *w, oc_node node) {
  const oc_op_info *info = oc_graph_info(w->g, oc_node_index(node));
  if (strcmp(info->op->name, "variable") == 0)
    return oc_variable_view(w->session, oc_variable_index(w->session, info->name));
  const oc_constant_attrs *a = info->attrs;
  return (oc_tensor_view){info->out[0].dtype, info->out[0].shape, a->data};
}

/* What is read where: a walk over the axes of the result. Axis i has size[i] elements, step[i] apart. */
typedef struct walk {
  int64_t size[4], step[4], begin;
} walk;

static void copy_floats(const walk *k, const float *from, float *to) {
  for (int64_t a = 0; a < k->size[0]; a++)
    for (int64_t b = 0; b < k->size[1]; b++)
      for (int64_t c = 0; c < k->size[2]; c++)
        for (int64_t d = 0; d < k->size[3]; d++)
          *to++ = from[k->begin + a * k->step[0] + b * k->step[1] + c * k->step[2] + d * k->step[3]];
}

/* The walk that makes (o,i,kh,kw) of (kh,kw,i,o). */
static walk kernel_walk(const int64_t *d, bool flipped) {
  const int64_t row = d[1] * d[2] * d[3], column = d[2] * d[3];
  walk k = {{d[3], d[2], d[0], d[1]}, {1, d[3], row, column}, 0};
  if (!flipped) return k;
  k.begin = (d[0] - 1) * row + (d[1] - 1) * column;
  k.step[2] = -row;
  k.step[3] = -column;
  return k;
}

/* The walk that makes (1,c,h,w) of at most four axes, the last of which are (h,w,c). */
static walk image_walk(const oc_shape *s) {
  int64_t d[4] = {1, 1, 1, 1};
  for (int i = 0; i < s->rank; i++) d[4 - s->rank + i] = s->dim[i];
  return (walk){{d[0], d[3], d[1], d[2]}, {d[1] * d[2] * d[3], 1, d[2] * d[3], d[3]}, 0};
}

static const char *add_walked(oc_onnx_writer *w, const char *name, const oc_tensor_view *v, const walk *k,
                              oc_shape shape) {
  float *to = oc_onnx_alloc(w, (size_t)(k->size[0] * k->size[1] * k->size[2] * k->size[3]), sizeof *to);
  if (!to) return name;
  copy_floats(k, v->data, to);
  return oc_onnx_initializer(w, name, &(oc_tensor_view){OC_F32, shape, to});
}

const char *oc_onnx_form_of(oc_onnx_writer *w, const char *name, const oc_tensor_view *v, oc_onnx_form form) {
  walk k;
  switch (form) {
  case OC_ONNX_KERNEL:
  case OC_ONNX_FLIPPED:
    k = kernel_walk(v->shape.dim, form == OC_ONNX_FLIPPED);
    break;
  case OC_ONNX_CHANNELS:
    return oc_onnx_initializer(w, name,
                               &(oc_tensor_view){v->dtype, OC_SHAPE(v->shape.dim[0], 1, 1), v->data});
  case OC_ONNX_IMAGE:
    k = image_walk(&v->shape);
    break;
  default:
    return oc_onnx_initializer(w, name, v);
  }
  return add_walked(w, name, v, &k, OC_SHAPE(k.size[0], k.size[1], k.size[2], k.size[3]));
}

/* One that is used in several forms is stored in each, and the first has its name. True in *there: it is
 * stored already. */
static const char *form_name(oc_onnx_writer *w, int32_t op, oc_onnx_form form, bool *there) {
  static const char *const suffix[] = {"as_is", "kernel", "flipped", "channels", "image", "rows"};
  const char *name = oc_graph_info(w->g, op)->name;
  *there = w->forms[op] == (int)form + 1 && form != OC_ONNX_ROWS; /* whose order depends on an image */
  if (*there) return name;
  if (w->forms[op] == 0) return w->forms[op] = (int)form + 1, name;
  if (form == OC_ONNX_ROWS) return oc_onnx_text(w, "%s:rows%d", name, (int)w->nodes.count);
  name = oc_onnx_text(w, "%s:%s", name, suffix[form]);
  for (int64_t i = 0; i < w->initializers.count && !*there; i++)
    *there = strcmp(((const OcOnnx__TensorProto *)w->initializers.items[i])->name, name) == 0;
  return name;
}

const char *oc_onnx_source(oc_onnx_writer *w, oc_node node, oc_onnx_form form) {
  const oc_tensor_view v = data_of(w, node);
  const int32_t op = oc_node_index(node);
  bool there;
  if (form != OC_ONNX_AS_IS && (v.dtype != OC_F32 || v.shape.rank > 4)) {
    oc_onnx_refuse(w, op, "it is combined with an image, but is not an image");
    return "";
  }
  const char *name = form_name(w, op, form, &there);
  return there || w->status != OC_OK ? name : oc_onnx_form_of(w, name, &v, form);
}

const char *oc_onnx_rows(oc_onnx_writer *w, oc_node node, const oc_shape *image, bool transposed) {
  const oc_tensor_view v = data_of(w, node);
  const int64_t *d = image->dim, units = v.shape.dim[transposed ? 0 : 1], rows = d[1] * d[2] * d[3];
  walk k = {{d[3], d[1], d[2], units}, {units, d[2] * d[3] * units, d[3] * units, 1}, 0};
  if (transposed) k = (walk){{units, d[3], d[1], d[2]}, {rows, 1, d[2] * d[3], d[3]}, 0};
  bool there;
  const char *name = form_name(w, oc_node_index(node), OC_ONNX_ROWS, &there);
  return w->status == OC_OK ? add_walked(w, name, &v, &k, v.shape) : name;
}

/* ---- values -------------------------------------------------------------------------------------------- */

static const char *add_transpose(oc_onnx_writer *w, const char *x, const int64_t *perm, const char *name) {
  oc_onnx_ints(w, oc_onnx_node(w, "Transpose", &x, 1, name), "perm", perm, 4);
  return name;
}

const char *oc_onnx_value(oc_onnx_writer *w, oc_node node) {
  if (oc_onnx_is_source(w, node)) return oc_onnx_source(w, node, OC_ONNX_AS_IS);
  const char *name = node.out == 0 ? w->names[oc_node_index(node)] : NULL;
  if (name) return name;
  oc_onnx_refuse(w, oc_node_index(node), "one of its outputs has no counterpart");
  return "";
}

const char *oc_onnx_plain_value(oc_onnx_writer *w, oc_node node) {
  const char *x = oc_onnx_value(w, node);
  if (!oc_onnx_is_image(oc_onnx_shape(w, node))) return x;
  return add_transpose(w, x, (int64_t[]){0, 2, 3, 1}, oc_onnx_text(w, "%s:nhwc%d", x, (int)w->nodes.count));
}

const char *oc_onnx_beside_image(oc_onnx_writer *w, oc_node node) {
  const oc_shape *s = oc_onnx_shape(w, node);
  if (oc_onnx_is_image(s)) return oc_onnx_value(w, node);
  if (s->rank == 0) return oc_onnx_value(w, node);
  if (oc_onnx_is_source(w, node))
    return oc_onnx_source(w, node, s->rank == 1 ? OC_ONNX_CHANNELS : OC_ONNX_IMAGE);
  oc_onnx_refuse(w, oc_node_index(node), "it is combined with an image, but is not an image");
  return "";
}

void oc_onnx_finish_plain(oc_onnx_writer *w, int32_t op, const char *name) {
  if (oc_onnx_is_image(&oc_graph_info(w->g, op)->out[0].shape))
    add_transpose(w, name, (int64_t[]){0, 3, 1, 2}, oc_onnx_name(w, op));
}
