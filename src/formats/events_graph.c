/* events_graph.c: writes a graph in TensorFlow's terms. Names with their scopes are the same; here operations
 * get the type, the inputs and the attributes that TensorFlow writes for them, and _output_shapes, which
 * TensorBoard writes on the edges. Operations that TensorFlow does not have keep their own name as type. */
#include "formats/events_message.h"
#include "base/error.h"
#include "graph/graph.h"
#include "ops/ops.h"
#include <stdio.h>
#include <string.h>

const char *oc_events_op_type(const oc_graph *g, int32_t op) {
  const oc_op *o = oc_graph_info(g, op)->op;
  return o->tf_type ? o->tf_type : o->tf_name ? o->tf_name : o->name;
}

#if OC_HAVE_PROTOBUF_C

enum { MAX_ATTRS = 12, MAX_VALUES = 64 };

/* Everything a message is made of lies in the arena; `failed`: there was no memory. */
typedef struct writer {
  const oc_graph *g;
  oc_arena arena;
  bool failed;
} writer;

static void *writer_alloc(writer *w, size_t count, size_t size) {
  void *memory = w->failed ? NULL : oc_arena_alloc(&w->arena, count ? count * size : 1);
  w->failed |= !memory;
  return memory;
}

/* ---- attributes ---------------------------------------------------------------------------------------- */

typedef OcPb__AttrValue attribute;

/* A new attribute of the node; its value is the caller's to set. NULL: no memory. */
static attribute *add_attribute(writer *w, OcPb__NodeDef *n, const char *key) {
  OcPb__NodeDef__AttrEntry *entry = writer_alloc(w, 1, sizeof *entry);
  attribute *value = writer_alloc(w, 1, sizeof *value);
  if (!value || n->n_attr == MAX_ATTRS) return NULL;
  oc_pb__node_def__attr_entry__init(entry);
  oc_pb__attr_value__init(value);
  entry->key = (char *)(uintptr_t)key;
  entry->value = value;
  n->attr[n->n_attr++] = entry;
  return value;
}

static void add_text(writer *w, OcPb__NodeDef *n, const char *key, const char *text) {
  attribute *a = add_attribute(w, n, key);
  if (!a) return;
  a->value_case = OC_PB__ATTR_VALUE__VALUE_S;
  a->s = (ProtobufCBinaryData){strlen(text), (uint8_t *)(uintptr_t)text};
}

static void add_flag(writer *w, OcPb__NodeDef *n, const char *key, bool value) {
  attribute *a = add_attribute(w, n, key);
  if (!a) return;
  a->value_case = OC_PB__ATTR_VALUE__VALUE_B;
  a->b = value;
}

static void add_real(writer *w, OcPb__NodeDef *n, const char *key, double value) {
  attribute *a = add_attribute(w, n, key);
  if (!a) return;
  a->value_case = OC_PB__ATTR_VALUE__VALUE_F;
  a->f = (float)value;
}

static void add_whole(writer *w, OcPb__NodeDef *n, const char *key, int64_t value) {
  attribute *a = add_attribute(w, n, key);
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
  attribute *a = add_attribute(w, n, key);
  if (!a) return;
  a->value_case = OC_PB__ATTR_VALUE__VALUE_TYPE;
  a->type = type_of(dtype);
}

static OcPb__AttrValue__ListValue *add_list(writer *w, OcPb__NodeDef *n, const char *key) {
  attribute *a = add_attribute(w, n, key);
  OcPb__AttrValue__ListValue *list = writer_alloc(w, 1, sizeof *list);
  if (!a || !list) return NULL;
  oc_pb__attr_value__list_value__init(list);
  a->value_case = OC_PB__ATTR_VALUE__VALUE_LIST;
  a->list = list;
  return list;
}

static void add_wholes(writer *w, OcPb__NodeDef *n, const char *key, const int64_t *values, size_t count) {
  OcPb__AttrValue__ListValue *list = add_list(w, n, key);
  int64_t *copy = list ? writer_alloc(w, count, sizeof *copy) : NULL;
  if (!copy) return;
  memcpy(copy, values, count * sizeof *copy);
  list->i = copy;
  list->n_i = count;
}

/* ---- shapes and values --------------------------------------------------------------------------------- */

static OcPb__TensorShapeProto *shape_of(writer *w, const oc_shape *shape) {
  const size_t rank = (size_t)shape->rank;
  OcPb__TensorShapeProto *s = writer_alloc(w, 1, sizeof *s);
  OcPb__TensorShapeProto__Dim *dim = writer_alloc(w, rank, sizeof *dim),
                              **dims = writer_alloc(w, rank, sizeof *dims);
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
  attribute *a = add_attribute(w, n, "shape");
  OcPb__TensorShapeProto *s = shape_of(w, shape);
  if (!a || !s) return;
  a->value_case = OC_PB__ATTR_VALUE__VALUE_SHAPE;
  a->shape = s;
}

static void add_output_shapes(writer *w, OcPb__NodeDef *n, const oc_op_info *info) {
  const size_t count = (size_t)info->n_out;
  OcPb__AttrValue__ListValue *list = count ? add_list(w, n, "_output_shapes") : NULL;
  OcPb__TensorShapeProto **shapes = list ? writer_alloc(w, count, sizeof(void *)) : NULL;
  for (size_t i = 0; shapes && i < count; i++) shapes[i] = shape_of(w, &info->out[i].shape);
  if (w->failed || !list) return;
  list->n_shape = count;
  list->shape = shapes;
}

/* A constant with its values, if they are few and no integers. */
static void add_value(writer *w, OcPb__NodeDef *n, const oc_tensor_desc *type, const void *data) {
  const int64_t count = oc_tensor_desc_row(type);
  if (count > MAX_VALUES || (type->dtype != OC_F32 && type->dtype != OC_F64)) return;
  attribute *a = add_attribute(w, n, "value");
  OcPb__TensorProto *tensor = writer_alloc(w, 1, sizeof *tensor);
  OcPb__TensorShapeProto *shape = shape_of(w, &type->shape);
  void *copy = writer_alloc(w, (size_t)count, oc_dtype_size(type->dtype));
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

/* Where an operation's own description goes. */
typedef struct target {
  writer *w;
  OcPb__NodeDef *n;
} target;

static void sink_text(void *to, const char *key, const char *value) {
  const target *t = to;
  add_text(t->w, t->n, key, value);
}
static void sink_flag(void *to, const char *key, bool value) {
  const target *t = to;
  add_flag(t->w, t->n, key, value);
}
static void sink_real(void *to, const char *key, double value) {
  const target *t = to;
  add_real(t->w, t->n, key, value);
}
static void sink_whole(void *to, const char *key, int64_t value) {
  const target *t = to;
  add_whole(t->w, t->n, key, value);
}
static void sink_wholes(void *to, const char *key, const int64_t *values, size_t count) {
  const target *t = to;
  add_wholes(t->w, t->n, key, values, count);
}
static void sink_type(void *to, const char *key, oc_dtype value) {
  const target *t = to;
  add_type(t->w, t->n, key, value);
}

static void describe_source(writer *w, OcPb__NodeDef *n, const oc_op_info *info) {
  add_shape(w, n, &info->out[0].shape);
  if (info->attrs) add_value(w, n, &info->out[0], ((const oc_constant_attrs *)info->attrs)->data);
}

/* TensorFlow uses "dtype" for operations without inputs and "T" for the others. */
static void describe_node(writer *w, OcPb__NodeDef *n, const oc_op_info *info) {
  if (info->op->is_source)
    add_type(w, n, "dtype", info->out[0].dtype);
  else if (info->n_in > 0 && !info->op->orders)
    add_type(w, n, "T", info->in[0].dtype);
  target t = {w, n};
  const oc_attribute_sink sink = {&t, sink_text, sink_flag, sink_real, sink_whole, sink_wholes, sink_type};
  if (info->op->is_source) describe_source(w, n, info);
  if (info->op->describe) info->op->describe(info, &sink);
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
  char *copy = writer_alloc(w, strlen(text) + 1, 1);
  if (copy) memcpy(copy, text, strlen(text) + 1);
  return copy;
}

/* A NoOp reads nothing, and an operation without a result cannot be read. Such inputs follow the others. */
static void add_inputs(writer *w, OcPb__NodeDef *n, int32_t op) {
  const oc_op_info *info = oc_graph_info(w->g, op);
  n->input = writer_alloc(w, (size_t)info->n_in, sizeof *n->input);
  for (int pass = 0; pass < 2; pass++)
    for (int i = 0; i < info->n_in && !w->failed; i++) {
      const oc_node in = oc_graph_input(w->g, op, i);
      const bool before = info->op->orders || oc_graph_info(w->g, oc_node_index(in))->n_out == 0;
      if (before == (pass == 1)) n->input[n->n_input++] = input_name(w, in, before);
    }
}

static OcPb__NodeDef *node_of(writer *w, int32_t op) {
  const oc_op_info *info = oc_graph_info(w->g, op);
  OcPb__NodeDef *n = writer_alloc(w, 1, sizeof *n);
  OcPb__NodeDef__AttrEntry **attrs = writer_alloc(w, MAX_ATTRS, sizeof *attrs);
  if (w->failed) return NULL;
  oc_pb__node_def__init(n);
  n->name = (char *)(uintptr_t)info->name;
  n->op = (char *)(uintptr_t)oc_events_op_type(w->g, op);
  n->attr = attrs;
  add_inputs(w, n, op);
  describe_node(w, n, info);
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
  graph.node = writer_alloc(w, (size_t)count, sizeof *graph.node);
  for (int i = 0; i < count && !w->failed; i++) graph.node[graph.n_node++] = node_of(w, i);
  const size_t size = w->failed ? 0 : oc_pb__graph_def__get_packed_size(&graph);
  uint8_t *bytes = writer_alloc(w, size, 1);
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
