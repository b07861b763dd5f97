/* emit_conv.c: convolutions, pooling, products and their biases, batch normalization. */
#include "export/onnx/onnx_writer.h"
#include <string.h>

static oc_node input(const oc_onnx_writer *w, int32_t op, int i) {
  return oc_graph_input(w->g, op, i);
}

/* Weights must be known when the file is written. */
static bool need_source(oc_onnx_writer *w, int32_t op, oc_node node) {
  if (oc_onnx_is_source(w, node)) return true;
  oc_onnx_refuse(w, op, "its weights are computed");
  return false;
}

/* ---- convolution --------------------------------------------------------------------------------------- */

/* Top, bottom, left, right become top, left, bottom, right. */
static void add_window(oc_onnx_writer *w, OcOnnx__NodeProto *node, const int64_t *size, const int64_t *stride,
                       const int64_t *pad) {
  oc_onnx_ints(w, node, "kernel_shape", size, 2);
  oc_onnx_ints(w, node, "strides", stride, 2);
  oc_onnx_ints(w, node, "pads", (int64_t[]){pad[0], pad[2], pad[1], pad[3]}, 4);
}

/* `bias`: the bias_add of it, or -1. */
static void emit_convolution(oc_onnx_writer *w, int32_t op, int32_t bias) {
  const oc_conv2d_attrs *a = oc_graph_info(w->g, op)->attrs;
  const oc_node kernel = input(w, op, 1);
  if (!need_source(w, op, kernel)) return;
  const char *in[3] = {oc_onnx_value(w, input(w, op, 0)),
                       oc_onnx_source(w, kernel, a->flip ? OC_ONNX_FLIPPED : OC_ONNX_KERNEL)};
  if (bias >= 0) in[2] = oc_onnx_source(w, input(w, bias, 1), OC_ONNX_AS_IS);
  OcOnnx__NodeProto *node =
      oc_onnx_node(w, "Conv", in, bias >= 0 ? 3 : 2, oc_onnx_name(w, bias >= 0 ? bias : op));
  add_window(w, node, a->kernel, a->stride, a->pad);
  oc_onnx_ints(w, node, "dilations", a->dilation, 2);
  oc_onnx_int(w, node, "group", a->groups);
}

void oc_onnx_emit_conv2d(oc_onnx_writer *w, int32_t op) {
  emit_convolution(w, op, -1);
}

/* ---- pooling ------------------------------------------------------------------------------------------- */

void oc_onnx_emit_max_pool(oc_onnx_writer *w, int32_t op) {
  const oc_pool_attrs *a = oc_graph_info(w->g, op)->attrs;
  const char *x = oc_onnx_value(w, input(w, op, 0));
  add_window(w, oc_onnx_node(w, "MaxPool", &x, 1, oc_onnx_name(w, op)), a->size, a->stride, a->pad);
}

/* Padding is not counted in either. */
void oc_onnx_emit_mean_pool(oc_onnx_writer *w, int32_t op) {
  const oc_pool_attrs *a = oc_graph_info(w->g, op)->attrs;
  const char *x = oc_onnx_value(w, input(w, op, 0));
  add_window(w, oc_onnx_node(w, "AveragePool", &x, 1, oc_onnx_name(w, op)), a->size, a->stride, a->pad);
}

void oc_onnx_emit_global_mean_pool(oc_onnx_writer *w, int32_t op) {
  const char *x = oc_onnx_value(w, input(w, op, 0)), *name = oc_onnx_name(w, op);
  const char *mean = oc_onnx_text(w, "%s:mean", name); /* (n,c,1,1) */
  oc_onnx_node(w, "GlobalAveragePool", &x, 1, mean);
  oc_onnx_int(w, oc_onnx_node(w, "Flatten", &mean, 1, name), "axis", 1);
}

/* ---- products ------------------------------------------------------------------------------------------ */

/* Of a flattened image the weights follow its order in the file. */
static const char *matrix_of(oc_onnx_writer *w, int32_t op) {
  const oc_matmul_attrs *a = oc_graph_info(w->g, op)->attrs;
  const oc_shape *image = w->image_of[oc_node_index(input(w, op, 0))];
  return image ? oc_onnx_rows(w, input(w, op, 1), image, a->transpose_b) : oc_onnx_value(w, input(w, op, 1));
}

static void emit_product(oc_onnx_writer *w, int32_t op, int32_t bias) {
  const oc_matmul_attrs *a = oc_graph_info(w->g, op)->attrs;
  const char *in[3] = {oc_onnx_value(w, input(w, op, 0)), matrix_of(w, op)};
  if (bias >= 0) in[2] = oc_onnx_source(w, input(w, bias, 1), OC_ONNX_AS_IS);
  OcOnnx__NodeProto *node =
      oc_onnx_node(w, "Gemm", in, bias >= 0 ? 3 : 2, oc_onnx_name(w, bias >= 0 ? bias : op));
  if (a->transpose_a) oc_onnx_int(w, node, "transA", 1);
  if (a->transpose_b) oc_onnx_int(w, node, "transB", 1);
}

void oc_onnx_emit_matmul(oc_onnx_writer *w, int32_t op) {
  emit_product(w, op, -1);
}

/* ---- biases -------------------------------------------------------------------------------------------- */

void oc_onnx_emit_bias_add(oc_onnx_writer *w, int32_t op) {
  const oc_node x = input(w, op, 0), b = input(w, op, 1);
  const bool known = oc_onnx_is_source(w, b);
  const int32_t conv = oc_onnx_sole(w, x, "conv2d"), product = oc_onnx_sole(w, x, "matmul");
  if (known && conv >= 0) {
    emit_convolution(w, conv, op);
  } else if (known && product >= 0) {
    emit_product(w, product, op);
  } else {
    const bool image = oc_onnx_is_image(oc_onnx_shape(w, x));
    const char *const in[] = {oc_onnx_value(w, x), image ? oc_onnx_beside_image(w, b) : oc_onnx_value(w, b)};
    oc_onnx_node(w, "Add", in, 2, oc_onnx_name(w, op));
  }
}

/* ---- batch normalization ------------------------------------------------------------------------------- */

/* Channels are axis 1 there: those of an image, or the features of a matrix. */
void oc_onnx_emit_batch_norm(oc_onnx_writer *w, int32_t op) {
  const oc_op_info *info = oc_graph_info(w->g, op);
  const oc_batch_norm_attrs *a = info->attrs;
  const char *in[5];
  if (info->out[0].shape.rank != 2 && !oc_onnx_is_image(&info->out[0].shape)) {
    oc_onnx_refuse(w, op, "it is neither of images nor of vectors");
    return;
  }
  for (int i = 0; i < 5; i++) in[i] = oc_onnx_value(w, input(w, op, oc_op_input(info->op, i, false)));
  OcOnnx__NodeProto *node = oc_onnx_node(w, "BatchNormalization", in, 5, oc_onnx_name(w, op));
  oc_onnx_float(w, node, "epsilon", a->epsilon);
}
