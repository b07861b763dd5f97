/* emit_element.c: operations on single elements, and softmax. */
#include "export/onnx/onnx_writer.h"
#include <math.h>
#include <string.h>

static const char *input(oc_onnx_writer *w, int32_t op, int i) {
  return oc_onnx_value(w, oc_graph_input(w->g, op, i));
}

static OcOnnx__NodeProto *emit_one(oc_onnx_writer *w, int32_t op, const char *type) {
  const char *x = input(w, op, 0);
  return oc_onnx_node(w, type, &x, 1, oc_onnx_name(w, op));
}

#define DEFINE_ONE(name, type)                                                                               \
  void oc_onnx_emit_##name(oc_onnx_writer *w, int32_t op) {                                                  \
    emit_one(w, op, type);                                                                                   \
  }
DEFINE_ONE(relu, "Relu")
DEFINE_ONE(sigmoid, "Sigmoid")
DEFINE_ONE(tanh, "Tanh")
DEFINE_ONE(softplus, "Softplus")
DEFINE_ONE(exp, "Exp")
DEFINE_ONE(log, "Log")
DEFINE_ONE(sqrt, "Sqrt")

void oc_onnx_emit_leaky_relu(oc_onnx_writer *w, int32_t op) {
  const oc_leaky_relu_attrs *a = oc_graph_info(w->g, op)->attrs;
  oc_onnx_float(w, emit_one(w, op, "LeakyRelu"), "alpha", a->slope);
}

/* Dropout and others that do nothing to a prediction: the value of its input. */
void oc_onnx_emit_same(oc_onnx_writer *w, int32_t op) {
  w->names[op] = input(w, op, 0);
  w->image_of[op] = w->image_of[oc_node_index(oc_graph_input(w->g, op, 0))];
}

/* ---- limits -------------------------------------------------------------------------------------------- */

static void emit_limits(oc_onnx_writer *w, int32_t op, double low, double high) {
  const char *name = oc_onnx_name(w, op);
  const char *in[3] = {input(w, op, 0), "", ""}; /* "": no limit */
  if (isfinite(low)) in[1] = oc_onnx_scalar(w, oc_onnx_text(w, "%s:low", name), low);
  if (isfinite(high)) in[2] = oc_onnx_scalar(w, oc_onnx_text(w, "%s:high", name), high);
  oc_onnx_node(w, "Clip", in, isfinite(high) ? 3 : isfinite(low) ? 2 : 1, name);
}

void oc_onnx_emit_relu6(oc_onnx_writer *w, int32_t op) {
  emit_limits(w, op, 0, 6);
}

void oc_onnx_emit_clip(oc_onnx_writer *w, int32_t op) {
  const oc_clip_attrs *a = oc_graph_info(w->g, op)->attrs;
  emit_limits(w, op, a->low, a->high);
}

/* ---- products with a function of x --------------------------------------------------------------------- */

/* x * type(x). */
static OcOnnx__NodeProto *emit_gated(oc_onnx_writer *w, int32_t op, const char *type) {
  const char *x = input(w, op, 0), *name = oc_onnx_name(w, op), *gate = oc_onnx_text(w, "%s:gate", name);
  OcOnnx__NodeProto *node = oc_onnx_node(w, type, &x, 1, gate);
  oc_onnx_node(w, "Mul", (const char *[]){x, gate}, 2, name);
  return node;
}

void oc_onnx_emit_silu(oc_onnx_writer *w, int32_t op) {
  emit_gated(w, op, "Sigmoid");
}

/* min(max(x / 6 + 1/2, 0), 1) is the gate; HardSwish itself came with opset 14. */
void oc_onnx_emit_hard_swish(oc_onnx_writer *w, int32_t op) {
  OcOnnx__NodeProto *gate = emit_gated(w, op, "HardSigmoid");
  oc_onnx_float(w, gate, "alpha", 1.0 / 6);
  oc_onnx_float(w, gate, "beta", 0.5);
}

/* x * (1 + erf(x / sqrt(2))) / 2; Gelu itself came with opset 20. */
void oc_onnx_emit_gelu(oc_onnx_writer *w, int32_t op) {
  const char *x = input(w, op, 0), *name = oc_onnx_name(w, op), *at = oc_onnx_text(w, "%s:scaled", name),
             *erf_at = oc_onnx_text(w, "%s:erf", name), *sum = oc_onnx_text(w, "%s:sum", name),
             *twice = oc_onnx_text(w, "%s:twice", name);
  const char *root = oc_onnx_scalar(w, oc_onnx_text(w, "%s:root", name), sqrt(0.5)),
             *one = oc_onnx_scalar(w, oc_onnx_text(w, "%s:one", name), 1),
             *half = oc_onnx_scalar(w, oc_onnx_text(w, "%s:half", name), 0.5);
  oc_onnx_node(w, "Mul", (const char *[]){x, root}, 2, at);
  oc_onnx_node(w, "Erf", &at, 1, erf_at);
  oc_onnx_node(w, "Add", (const char *[]){erf_at, one}, 2, sum);
  oc_onnx_node(w, "Mul", (const char *[]){x, sum}, 2, twice);
  oc_onnx_node(w, "Mul", (const char *[]){twice, half}, 2, name);
}

/* ---- of two tensors ------------------------------------------------------------------------------------ */

static void emit_pair(oc_onnx_writer *w, int32_t op, const char *type) {
  const bool image = oc_onnx_is_image(&oc_graph_info(w->g, op)->out[0].shape);
  const char *in[2];
  for (int i = 0; i < 2; i++)
    in[i] = image ? oc_onnx_beside_image(w, oc_graph_input(w->g, op, i)) : input(w, op, i);
  oc_onnx_node(w, type, in, 2, oc_onnx_name(w, op));
}

#define DEFINE_PAIR(name, type)                                                                              \
  void oc_onnx_emit_##name(oc_onnx_writer *w, int32_t op) {                                                  \
    emit_pair(w, op, type);                                                                                  \
  }
DEFINE_PAIR(add, "Add")
DEFINE_PAIR(subtract, "Sub")
DEFINE_PAIR(multiply, "Mul")
DEFINE_PAIR(divide, "Div")
DEFINE_PAIR(maximum, "Max")
DEFINE_PAIR(prelu, "PRelu")

/* A factor for each channel of each image: (n,c) as (n,c,1,1). */
void oc_onnx_emit_channel_scale(oc_onnx_writer *w, int32_t op) {
  const char *name = oc_onnx_name(w, op), *factors = oc_onnx_text(w, "%s:factors", name);
  const char *axes = oc_onnx_index(w, oc_onnx_text(w, "%s:axes", name), (int64_t[]){2, 3}, 2);
  oc_onnx_node(w, "Unsqueeze", (const char *[]){input(w, op, 1), axes}, 2, factors);
  oc_onnx_node(w, "Mul", (const char *[]){input(w, op, 0), factors}, 2, name);
}

/* ---- softmax ------------------------------------------------------------------------------------------- */

/* Along the channels. */
static void emit_softmax(oc_onnx_writer *w, int32_t op, const char *type) {
  const bool image = oc_onnx_is_image(&oc_graph_info(w->g, op)->out[0].shape);
  oc_onnx_int(w, emit_one(w, op, type), "axis", image ? 1 : -1);
}

void oc_onnx_emit_softmax(oc_onnx_writer *w, int32_t op) {
  emit_softmax(w, op, "Softmax");
}

void oc_onnx_emit_log_softmax(oc_onnx_writer *w, int32_t op) {
  emit_softmax(w, op, "LogSoftmax");
}
