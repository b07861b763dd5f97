/* onnx_writer.c: adds nodes, attributes and initializers to an ONNX graph. */
#include "export/onnx/onnx_writer.h"
#include "base/checked.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ATTRIBUTES_MAX = 8, FLOAT = 1, UINT8 = 2, INT32 = 6, INT64 = 7, DOUBLE = 11 };

/* ---- errors and memory --------------------------------------------------------------------------------- */

void oc_onnx_refuse(oc_onnx_writer *w, int32_t op, const char *why) {
  const oc_op_info *info = oc_graph_info(w->g, op);
  if (w->status != OC_OK) return;
  w->status = oc_fail(w->err, OC_E_UNSUPPORTED, info->name, "Export a network without it.",
                      "cannot write %s as ONNX: %s", info->op->name, why);
}

void *oc_onnx_alloc(oc_onnx_writer *w, size_t count, size_t size) {
  size_t bytes = 0;
  void *memory = oc_mul_size(count, size, &bytes) ? oc_arena_alloc(&w->arena, bytes) : NULL;
  if (!memory && w->status == OC_OK) w->status = oc_fail_memory(w->err, bytes);
  return memory;
}

bool oc_onnx_append(oc_onnx_writer *w, oc_onnx_list *list, void *item) {
  if (w->status != OC_OK) return false;
  if (!oc_memory_reserve(&list->items, list->count, &list->capacity, sizeof *list->items))
    w->status = oc_fail_memory(w->err, (size_t)list->capacity * 2 * sizeof *list->items);
  else
    list->items[list->count++] = item;
  return w->status == OC_OK;
}

const char *oc_onnx_text(oc_onnx_writer *w, const char *format, ...) {
  char text[OC_NAME_BYTES + 64];
  va_list args;
  va_start(args, format);
  const int length = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  const size_t bytes = length > 0 && (size_t)length < sizeof text ? (size_t)length + 1 : 1;
  char *copy = oc_onnx_alloc(w, bytes, 1);
  if (!copy) return "";
  memcpy(copy, text, bytes - 1);
  return copy;
}

/* ---- operations of the graph -----------------------------------------------------------------------------
 * */

int32_t oc_onnx_sole(const oc_onnx_writer *w, oc_node node, const char *kind) {
  const int32_t op = oc_node_index(node);
  const bool is = node.out == 0 && strcmp(oc_node_op(w->g, node), kind) == 0;
  return is && w->users[op] == 1 ? op : -1;
}

const char *oc_onnx_name(oc_onnx_writer *w, int32_t op) {
  return w->names[op] = oc_graph_info(w->g, op)->name;
}

/* ---- nodes --------------------------------------------------------------------------------------------- */

static void fill_node(oc_onnx_writer *w, OcOnnx__NodeProto *node, const char *const *in, int n_in,
                      const char *out) {
  node->input = oc_onnx_alloc(w, (size_t)n_in, sizeof *node->input);
  node->output = oc_onnx_alloc(w, 1, sizeof *node->output);
  node->attribute = oc_onnx_alloc(w, ATTRIBUTES_MAX, sizeof(OcOnnx__AttributeProto *));
  if (!node->input || !node->output || !node->attribute) return;
  for (int i = 0; i < n_in; i++) node->input[node->n_input++] = oc_onnx_chars(in[i]);
  node->output[node->n_output++] = oc_onnx_chars(out);
  node->name = oc_onnx_chars(out);
}

OcOnnx__NodeProto *oc_onnx_node(oc_onnx_writer *w, const char *type, const char *const *in, int n_in,
                                const char *out) {
  OcOnnx__NodeProto *node = oc_onnx_alloc(w, 1, sizeof *node);
  if (!node) return NULL;
  oc_onnx__node_proto__init(node);
  node->op_type = oc_onnx_chars(type);
  fill_node(w, node, in, n_in, out);
  return oc_onnx_append(w, &w->nodes, node) ? node : NULL;
}

static OcOnnx__AttributeProto *attribute(oc_onnx_writer *w, OcOnnx__NodeProto *node, const char *name,
                                         OcOnnx__AttributeProto__AttributeType type) {
  OcOnnx__AttributeProto *a = oc_onnx_alloc(w, 1, sizeof *a);
  if (w->status != OC_OK || !a || !node) return NULL;
  oc_onnx__attribute_proto__init(a);
  a->name = oc_onnx_chars(name);
  a->has_type = true;
  a->type = type;
  node->attribute[node->n_attribute++] = a;
  return a;
}

void oc_onnx_int(oc_onnx_writer *w, OcOnnx__NodeProto *node, const char *name, int64_t value) {
  OcOnnx__AttributeProto *a = attribute(w, node, name, OC_ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
  if (!a) return;
  a->has_i = true;
  a->i = value;
}

void oc_onnx_float(oc_onnx_writer *w, OcOnnx__NodeProto *node, const char *name, double value) {
  OcOnnx__AttributeProto *a = attribute(w, node, name, OC_ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
  if (!a) return;
  a->has_f = true;
  a->f = (float)value;
}

void oc_onnx_ints(oc_onnx_writer *w, OcOnnx__NodeProto *node, const char *name, const int64_t *values,
                  int count) {
  OcOnnx__AttributeProto *a = attribute(w, node, name, OC_ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
  int64_t *copy = oc_onnx_alloc(w, (size_t)count, sizeof *copy);
  if (!a || !copy) return;
  memcpy(copy, values, (size_t)count * sizeof *copy);
  a->ints = copy;
  a->n_ints = (size_t)count;
}

/* ---- initializers -------------------------------------------------------------------------------------- */

static int type_of(oc_dtype dtype) {
  static const int types[] = {
      [OC_F32] = FLOAT, [OC_F64] = DOUBLE, [OC_U8] = UINT8, [OC_I32] = INT32, [OC_I64] = INT64};
  return types[dtype];
}

const char *oc_onnx_initializer(oc_onnx_writer *w, const char *name, const oc_tensor_view *value) {
  int64_t count = 0;
  OcOnnx__TensorProto *t = oc_onnx_alloc(w, 1, sizeof *t);
  int64_t *dims = oc_onnx_alloc(w, (size_t)value->shape.rank, sizeof *dims);
  if (!t || !dims || oc_shape_count(&value->shape, 1, &count, NULL) != OC_OK) return name;
  memcpy(dims, value->shape.dim, (size_t)value->shape.rank * sizeof *dims);
  oc_onnx__tensor_proto__init(t);
  t->name = oc_onnx_chars(name);
  t->dims = dims;
  t->n_dims = (size_t)value->shape.rank;
  t->has_data_type = t->has_raw_data = true;
  t->data_type = type_of(value->dtype);
  t->raw_data =
      (ProtobufCBinaryData){(size_t)count * oc_dtype_size(value->dtype), (uint8_t *)(uintptr_t)value->data};
  (void)oc_onnx_append(w, &w->initializers, t);
  return name;
}

const char *oc_onnx_scalar(oc_onnx_writer *w, const char *name, double value) {
  float *single = oc_onnx_alloc(w, 1, sizeof *single);
  if (!single) return name;
  *single = (float)value;
  return oc_onnx_initializer(w, name, &(oc_tensor_view){OC_F32, OC_SCALAR_SHAPE, single});
}

const char *oc_onnx_index(oc_onnx_writer *w, const char *name, const int64_t *values, int count) {
  int64_t *copy = oc_onnx_alloc(w, (size_t)count, sizeof *copy);
  if (!copy) return name;
  memcpy(copy, values, (size_t)count * sizeof *copy);
  return oc_onnx_initializer(w, name, &(oc_tensor_view){OC_I64, OC_SHAPE(count), copy});
}
