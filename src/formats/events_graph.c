/* events_graph.c: a graph in TensorFlow's words. Names with their scopes are ours already; here operations
 * get the type, the inputs and the attributes that TensorFlow writes for them, and _output_shapes, which
 * TensorBoard writes on the edges. Operations that TensorFlow does not have keep their own name as type. */
#include "formats/events_message.h"
#include "base/error.h"
#include "graph/graph.h"
#include "ops/ops.h"
#include "ops/window.h"
#include <stdio.h>
#include <string.h>

/* Where the default name of an operation is not the type of what TensorFlow has for it. */
static const struct {
  const char *op, *type;
} types[] = {{"add", "AddV2"},  {"clip", "ClipByValue"}, {"concat", "ConcatV2"},    {"dropout", "Dropout"},
             {"group", "NoOp"}, {"one_hot", "OneHot"},   {"transpose", "Transpose"}};

const char *oc_events_op_type(const oc_graph *g, int32_t op) {
  const oc_op *o = oc_graph_info(g, op)->op;
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (strcmp(o->name, types[i].op) == 0) return types[i].type;
  return o->tf_name ? o->tf_name : o->name;
}

#if OC_HAVE_PROTOBUF_C

enum { MAX_ATTRS = 12, MAX_VALUES = 64 };

/* Everything a message is made of lies in the arena; `failed`: there was no memory. */
typedef struct writer {
  const oc_graph *g;
  oc_arena arena;
  bool failed;
} writer;

static void *take(writer *w, size_t count, size_t size) {
  void *memory = w->failed ? NULL : oc_arena_alloc(&w->arena, count ? count * size : 1);
  w->failed |= !memory;
  return memory;
}

/* ---- attributes ---------------------------------------------------------------------------------------- */

typedef OcPb__AttrValue attribute;

/* A new attribute of the node; its value is the caller's to set. NULL: no memory. */
static attribute *add(writer *w, OcPb__NodeDef *n, const char *key) {
  OcPb__NodeDef__AttrEntry *entry = take(w, 1, sizeof *entry);
  attribute *value = take(w, 1, sizeof *value);
  if (!value || n->n_attr == MAX_ATTRS) return NULL;
  oc_pb__node_def__attr_entry__init(entry);
  oc_pb__attr_value__init(value);
  entry->key = (char *)(uintptr_t)key;
  entry->value = value;
  n->attr[n->n_attr++] = entry;
  return value;
}

static void add_text(writer *w, OcPb__NodeDef *n, const char *key, const char *text) {
  attribute *a = add(w, n, key);
  if (!a) return;
  a->value_case = OC_PB__ATTR_VALUE__VALUE_S;
  a->s = (ProtobufCBinaryData){strlen(text), (uint8_t *)(uintptr_t)text};
}

static void add_flag(writer *w, OcPb__NodeDef *n, const char *key, bool value) {
  attribute *a = add(w, n, key);
  if (!a) return;
  a->value_case = OC_PB__ATTR_VALUE__VALUE_B;
  a->b = value;
}

static void add_real(writer *w, OcPb__NodeDef *n, const char *key, double value) {
  attribute *a = add(w, n, key);
  if (!a) return;
  a->value_case = OC_PB__ATTR_VALUE__VALUE_F;
  a->f = (float)value;
}

static void add_whole(writer *w, OcPb__NodeDef *n, const char *key, int64_t value) {
  attribute *a = add(w, n, key);
  if (!a) return;
  a->value_case = OC_PB__ATTR_VALUE__VALUE_I;
  a->i = value;
}

static OcPb__DataType type_of(oc_dtype dtype) {
  switch (dtype) {
  case OC_F32:
    return OC_PB__DATA_TYPE__DT_FLOAT;
  case OC_F64:
    return OC_PB__DATA_TYPE__DT_DOUBLE;
  case OC_U8:
    return OC_PB__DATA_TYPE__DT_UINT8;
  case OC_I32:
    return OC_PB__DATA_TYPE__DT_INT32;
  case OC_I64:
    return OC_PB__DATA_TYPE__DT_INT64;
  }
  return OC_PB__DATA_TYPE__DT_INVALID;
}

static void add_type(writer *w, OcPb__NodeDef *n, const char *key, oc_dtype dtype) {
  attribute *a = add(w, n, key);
  if (!a) return;
  a->value_case = OC_PB__ATTR_VALUE__VALUE_TYPE;
  a->type = type_of(dtype);
}

static OcPb__AttrValue__ListValue *add_list(writer *w, OcPb__NodeDef *n, const char *key) {
  attribute *a = add(w, n, key);
  OcPb__AttrValue__ListValue *list = take(w, 1, sizeof *list);
  if (!a || !list) return NULL;
  oc_pb__attr_value__list_value__init(list);
  a->value_case = OC_PB__ATTR_VALUE__VALUE_LIST;
  a->list = list;
  return list;
}

static void add_wholes(writer *w, OcPb__NodeDef *n, const char *key, const int64_t *values, size_t count) {
  OcPb__AttrValue__ListValue *list = add_list(w, n, key);
  int64_t *copy = list ? take(w, count, sizeof *copy) : NULL;
  if (!copy) return;
  memcpy(copy, values, count * sizeof *copy);
  list->i = copy;
  list->n_i = count;
}

/* Rows and columns, between 1 for the sample and 1 for the channel. */
static void add_window(writer *w, OcPb__NodeDef *n, const char *key, const int64_t rows_columns[2]) {
  add_wholes(w, n, key, (const int64_t[]){1, rows_columns[0], rows_columns[1], 1}, 4);
}

/* ---- shapes and values --------------------------------------------------------------------------------- */

static OcPb__TensorShapeProto *shape_of(writer *w, const oc_shape *shape) {
  const size_t rank = (size_t)shape->rank;
  OcPb__TensorShapeProto *s = take(w, 1, sizeof *s);
  OcPb__TensorShapeProto__Dim *dim = take(w, rank, sizeof *dim), **dims = take(w, rank, sizeof *dims);
  if (w->failed) return NULL;
  oc_pb__tensor_shape_proto__init(s);
  for (size_t i = 0; i < rank; i++) {
    oc_pb__tensor_shape_proto__dim__init(&dim[i]);
    dim[i].size = shape->dim[i]; /* OC_BATCH is -1, as in TensorFlow */
    dims[i] = &dim[i];
  }
  s->n_dim = rank;
  s->dim = dims;
  return s;
}

static void add_shape(writer *w, OcPb__NodeDef *n, const oc_shape *shape) {
  attribute *a = add(w, n, "shape");
  OcPb__TensorShapeProto *s = shape_of(w, shape);
  if (!a || !s) return;
  a->value_case = OC_PB__ATTR_VALUE__VALUE_SHAPE;
  a->shape = s;
}

static void add_output_shapes(writer *w, OcPb__NodeDef *n, const oc_op_info *info) {
  const size_t count = (size_t)info->n_out;
  OcPb__AttrValue__ListValue *list = count ? add_list(w, n, "_output_shapes") : NULL;
  OcPb__TensorShapeProto **shapes = list ? take(w, count, sizeof(void *)) : NULL;
  for (size_t i = 0; shapes && i < count; i++) shapes[i] = shape_of(w, &info->out[i].shape);
  if (w->failed || !list) return;
  list->n_shape = count;
  list->shape = shapes;
}

/* A constant with its values, if they are few and no integers. */
static void add_value(writer *w, OcPb__NodeDef *n, const oc_tensor_desc *type, const void *data) {
  const int64_t count = oc_tensor_desc_row(type);
  if (count > MAX_VALUES || (type->dtype != OC_F32 && type->dtype != OC_F64)) return;
  attribute *a = add(w, n, "value");
  OcPb__TensorProto *tensor = take(w, 1, sizeof *tensor);
  OcPb__TensorShapeProto *shape = shape_of(w, &type->shape);
  void *copy = take(w, (size_t)count, oc_dtype_size(type->dtype));
  if (!a || w->failed) return;
  memcpy(copy, data, (size_t)count * oc_dtype_size(type->dtype));
  oc_pb__tensor_proto__init(tensor);
  tensor->dtype = type_of(type->dtype);
  tensor->tensor_shape = shape;
  if (type->dtype == OC_F64) {
    tensor->n_double_val = (size_t)count;
    tensor->double_val = copy;
  } else {
    tensor->n_float_val = (size_t)count;
    tensor->float_val = copy;
  }
  a->value_case = OC_PB__ATTR_VALUE__VALUE_TENSOR;
  a->tensor = tensor;
}

/* ---- what each kind of operation has ------------------------------------------------------------------- */

/* Padding in numbers back to TensorFlow's words. `x`: shape of the image. */
static void add_padding(writer *w, OcPb__NodeDef *n, const oc_conv2d_attrs *c, const oc_shape *x) {
  int64_t same[4];
  bool none = true;
  for (int i = 0; i < 4; i++) none &= c->pad[i] == 0;
  for (int i = 0; i < 2; i++)
    oc_window_padding(OC_PAD_SAME, x->dim[1 + i], c->kernel[i], c->stride[i], c->dilation[i], same + 2 * i);
  const bool is_same = memcmp(same, c->pad, sizeof same) == 0;
  add_text(w, n, "padding", none ? "VALID" : is_same ? "SAME" : "EXPLICIT");
  if (none || is_same) return;
  const int64_t pads[] = {0, 0, c->pad[0], c->pad[1], c->pad[2], c->pad[3], 0, 0};
  add_wholes(w, n, "explicit_paddings", pads, 8);
}

static void describe_conv(writer *w, OcPb__NodeDef *n, const oc_op_info *info) {
  const oc_conv2d_attrs *c = info->attrs;
  const bool grad_x = strcmp(info->op->name, "conv2d_grad_x") == 0;
  add_window(w, n, "strides", c->stride);
  add_window(w, n, "dilations", c->dilation);
  add_padding(w, n, c, grad_x ? &c->target : &info->in[0].shape);
  add_text(w, n, "data_format", "NHWC");
  if (c->groups > 1) add_whole(w, n, "groups", c->groups);
  if (c->flip) add_flag(w, n, "flip", true);
}

static void describe_pool(writer *w, OcPb__NodeDef *n, const oc_op_info *info) {
  const oc_pool_attrs *p = info->attrs;
  const bool mean_grad = strcmp(info->op->name, "mean_pool_grad") == 0;
  oc_conv2d_attrs c = {
      .kernel = {p->size[0], p->size[1]}, .stride = {p->stride[0], p->stride[1]}, .dilation = {1, 1}};
  memcpy(c.pad, p->pad, sizeof c.pad);
  add_window(w, n, "ksize", p->size);
  add_window(w, n, "strides", p->stride);
  add_padding(w, n, &c, mean_grad ? &p->target : &info->in[0].shape);
  add_text(w, n, "data_format", "NHWC");
}

static void describe_matmul(writer *w, OcPb__NodeDef *n, const oc_op_info *info) {
  const oc_matmul_attrs *m = info->attrs;
  add_flag(w, n, "transpose_a", m->transpose_a);
  add_flag(w, n, "transpose_b", m->transpose_b);
}

static void describe_bias(writer *w, OcPb__NodeDef *n, const oc_op_info *info) {
  (void)info;
  add_text(w, n, "data_format", "NHWC");
}

static void describe_batch_norm(writer *w, OcPb__NodeDef *n, const oc_op_info *info) {
  add_real(w, n, "epsilon", ((const oc_batch_norm_attrs *)info->attrs)->epsilon);
}

static void describe_leaky_relu(writer *w, OcPb__NodeDef *n, const oc_op_info *info) {
  add_real(w, n, "alpha", ((const oc_leaky_relu_attrs *)info->attrs)->slope);
}

static void describe_cast(writer *w, OcPb__NodeDef *n, const oc_op_info *info) {
  add_type(w, n, "SrcT", info->in[0].dtype);
  add_type(w, n, "DstT", info->out[0].dtype);
}

static void describe_adam(writer *w, OcPb__NodeDef *n, const oc_op_info *info) {
  const oc_apply_adam_attrs *a = info->attrs;
  add_real(w, n, "beta1", a->beta1);
  add_real(w, n, "beta2", a->beta2);
  add_real(w, n, "epsilon", a->epsilon);
  if (a->weight_decay > 0) add_real(w, n, "weight_decay", a->weight_decay);
}

static void describe_source(writer *w, OcPb__NodeDef *n, const oc_op_info *info) {
  add_shape(w, n, &info->out[0].shape);
  if (info->attrs) add_value(w, n, &info->out[0], ((const oc_constant_attrs *)info->attrs)->data);
}

static const struct {
  const char *op;
  void (*describe)(writer *w, OcPb__NodeDef *n, const oc_op_info *info);
} descriptions[] = {{"placeholder", describe_source},    {"variable", describe_source},
                    {"constant", describe_source},       {"conv2d", describe_conv},
                    {"conv2d_grad_x", describe_conv},    {"conv2d_grad_w", describe_conv},
                    {"max_pool", describe_pool},         {"max_pool_grad", describe_pool},
                    {"mean_pool", describe_pool},        {"mean_pool_grad", describe_pool},
                    {"matmul", describe_matmul},         {"bias_add", describe_bias},
                    {"bias_grad", describe_bias},        {"batch_norm", describe_batch_norm},
                    {"leaky_relu", describe_leaky_relu}, {"cast", describe_cast},
                    {"apply_adam", describe_adam}};

/* TensorFlow says "dtype" of what has no inputs and "T" of the others. */
static void describe(writer *w, OcPb__NodeDef *n, const oc_op_info *info) {
  if (info->op->is_source)
    add_type(w, n, "dtype", info->out[0].dtype);
  else if (info->n_in > 0 && strcmp(info->op->name, "group") != 0)
    add_type(w, n, "T", info->in[0].dtype);
  for (size_t i = 0; i < sizeof descriptions / sizeof *descriptions; i++)
    if (strcmp(info->op->name, descriptions[i].op) == 0) descriptions[i].describe(w, n, info);
  add_output_shapes(w, n, info);
}

/* ---- nodes --------------------------------------------------------------------------------------------- */

/* "name", "name:1" for a further output, "^name" for an operation that only has to come before. */
static char *input_name(writer *w, oc_node in, bool before) {
  char text[512];
  const char *name = oc_node_name(w->g, in);
  if (before)
    (void)snprintf(text, sizeof text, "^%s", name);
  else if (in.out > 0)
    (void)snprintf(text, sizeof text, "%s:%d", name, in.out);
  else
    (void)snprintf(text, sizeof text, "%s", name);
  char *copy = take(w, strlen(text) + 1, 1);
  if (copy) memcpy(copy, text, strlen(text) + 1);
  return copy;
}

/* A NoOp reads nothing; and what has no result cannot be read. Such inputs stand behind the others. */
static void add_inputs(writer *w, OcPb__NodeDef *n, int32_t op) {
  const oc_op_info *info = oc_graph_info(w->g, op);
  const bool is_group = strcmp(info->op->name, "group") == 0;
  n->input = take(w, (size_t)info->n_in, sizeof *n->input);
  for (int pass = 0; pass < 2; pass++)
    for (int i = 0; i < info->n_in && !w->failed; i++) {
      const oc_node in = oc_graph_input(w->g, op, i);
      const bool before = is_group || oc_graph_info(w->g, oc_node_index(in))->n_out == 0;
      if (before == (pass == 1)) n->input[n->n_input++] = input_name(w, in, before);
    }
}

static OcPb__NodeDef *node_of(writer *w, int32_t op) {
  const oc_op_info *info = oc_graph_info(w->g, op);
  OcPb__NodeDef *n = take(w, 1, sizeof *n);
  OcPb__NodeDef__AttrEntry **attrs = take(w, MAX_ATTRS, sizeof *attrs);
  if (w->failed) return NULL;
  oc_pb__node_def__init(n);
  n->name = (char *)(uintptr_t)info->name;
  n->op = (char *)(uintptr_t)oc_events_op_type(w->g, op);
  n->attr = attrs;
  add_inputs(w, n, op);
  describe(w, n, info);
  return n;
}

static oc_status write_graph(writer *w, oc_tensorboard *t, oc_error *err) {
  const int count = oc_graph_op_count(w->g);
  OcPb__Event event;
  OcPb__GraphDef graph;
  OcPb__VersionDef version;
  oc_pb__graph_def__init(&graph);
  oc_pb__version_def__init(&version);
  version.producer = 24; /* of the time when graphs had these operations */
  graph.versions = &version;
  graph.node = take(w, (size_t)count, sizeof *graph.node);
  for (int i = 0; i < count && !w->failed; i++) graph.node[graph.n_node++] = node_of(w, i);
  const size_t size = w->failed ? 0 : oc_pb__graph_def__get_packed_size(&graph);
  uint8_t *bytes = take(w, size, 1);
  if (w->failed) return oc_fail_memory(err, size);
  oc_pb__graph_def__pack(&graph, bytes);
  oc_pb__event__init(&event);
  event.what_case = OC_PB__EVENT__WHAT_GRAPH_DEF;
  event.graph_def = (ProtobufCBinaryData){size, bytes};
  return oc_events_add(t, &event, err);
}

oc_status oc_events_add_graph(oc_tensorboard *t, const oc_graph *g, oc_error *err) {
  writer w = {.g = g};
  const oc_status status = write_graph(&w, t, err);
  oc_arena_free(&w.arena);
  return status;
}

#endif
