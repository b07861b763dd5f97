/* onnx_model.c: a model as an ONNX file: standardization, network, answers, metadata. */
#include "export/export.h"
#include "export/onnx/onnx_writer.h"
#include <string.h>

enum { FLOAT = 1, KEYS = 5 };

#define PIXELS                                                                                               \
  "float32 pixels of 0 to 255, (batch, channels, height, width), red before green before blue; "             \
  "standardization is part of the graph"

/* Versions of the file's messages that came with the versions of the operators. */
static int64_t ir_version_of(int opset) {
  return opset >= 21 ? 10 : opset >= 19 ? 9 : opset >= 15 ? 8 : 7;
}

/* ---- input and outputs --------------------------------------------------------------------------------- */

/* `wanted`, unless an operation other than `own` has that name. */
static const char *free_name(oc_onnx_writer *w, const char *wanted, int32_t own) {
  const int32_t op = oc_graph_lookup(w->g, wanted);
  return op < 0 || op == own || op >= w->count ? wanted : oc_onnx_text(w, "%s:model", wanted);
}

static OcOnnx__TensorShapeProto__Dimension *dimension_of(oc_onnx_writer *w, int64_t size) {
  OcOnnx__TensorShapeProto__Dimension *d = oc_onnx_alloc(w, 1, sizeof *d);
  if (!d) return NULL;
  oc_onnx__tensor_shape_proto__dimension__init(d);
  if (size == OC_BATCH) {
    d->value_case = OC_ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
    d->dim_param = oc_onnx_chars("batch");
  } else {
    d->value_case = OC_ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
    d->dim_value = size;
  }
  return d;
}

/* What an input or an output is; the struct keeps its parts together. */
typedef struct value_info {
  OcOnnx__ValueInfoProto value;
  OcOnnx__TypeProto type;
  OcOnnx__TypeProto__Tensor tensor;
  OcOnnx__TensorShapeProto shape;
  OcOnnx__TensorShapeProto__Dimension *dims[OC_MAX_RANK];
} value_info;

static OcOnnx__ValueInfoProto *describe_value(oc_onnx_writer *w, const char *name, oc_shape shape) {
  value_info *v = oc_onnx_alloc(w, 1, sizeof *v);
  if (!v) return NULL;
  oc_onnx__value_info_proto__init(&v->value);
  oc_onnx__type_proto__init(&v->type);
  oc_onnx__type_proto__tensor__init(&v->tensor);
  oc_onnx__tensor_shape_proto__init(&v->shape);
  for (int i = 0; i < shape.rank; i++) v->dims[i] = dimension_of(w, shape.dim[i]);
  v->shape.n_dim = (size_t)shape.rank;
  v->shape.dim = v->dims;
  v->tensor.has_elem_type = true;
  v->tensor.elem_type = FLOAT;
  v->tensor.shape = &v->shape;
  v->type.tensor_type = &v->tensor;
  v->value.type = &v->type;
  v->value.name = oc_onnx_chars(name);
  return &v->value;
}

/* (x - mean) / deviation, as the model's input is made. */
static void emit_standardization(oc_onnx_writer *w, const oc_model *m, const char *image) {
  const oc_standardizer *s = &m->standardizer;
  const int32_t x = oc_node_index(m->nodes.x);
  const int64_t channels = m->size.channels;
  const oc_shape pixels = OC_SHAPE(m->size.height, m->size.width, channels);
  float *deviations = oc_onnx_alloc(w, (size_t)channels, sizeof *deviations);
  if (!deviations) return;
  for (int64_t c = 0; c < channels; c++)
    deviations[c] = (float)(s->deviations ? s->deviations[c] : s->deviation);
  const oc_tensor_view mean = {OC_F32, s->deviations ? OC_SHAPE(channels) : pixels, s->mean},
                       deviation = {OC_F32, s->deviations ? OC_SHAPE(channels) : OC_SHAPE(1), deviations};
  const char *centered = oc_onnx_text(w, "%s:centered", oc_graph_info(w->g, x)->name);
  w->names[x] = oc_onnx_text(w, "%s:standardized", oc_graph_info(w->g, x)->name);
  oc_onnx_form_of(w, "input/mean", &mean, OC_ONNX_IMAGE);
  oc_onnx_form_of(w, "input/deviation", &deviation, OC_ONNX_IMAGE);
  oc_onnx_node(w, "Sub", (const char *[]){image, "input/mean"}, 2, centered);
  oc_onnx_node(w, "Div", (const char *[]){centered, "input/deviation"}, 2, w->names[x]);
}

static OcOnnx__ValueInfoProto *add_output(oc_onnx_writer *w, const oc_model *m, int i) {
  const oc_node answer = m->nodes.outputs[i].answer;
  const char *is = oc_onnx_value(w, answer), *name = oc_model_plain(m) ? "probabilities" : m->outputs[i].name;
  if (strcmp(is, name) != 0) {
    name = free_name(w, name, -1);
    oc_onnx_node(w, "Identity", &is, 1, name);
  }
  return describe_value(w, name, OC_SHAPE(OC_BATCH, m->outputs[i].size));
}

/* ---- the file ------------------------------------------------------------------------------------------ */

/* The message and what it points to. */
typedef struct file {
  OcOnnx__ModelProto model;
  OcOnnx__GraphProto graph;
  OcOnnx__OperatorSetIdProto opset, *opsets[1];
  OcOnnx__ValueInfoProto *inputs[1], *outputs[OC_TARGETS_MAX];
  OcOnnx__StringStringEntryProto entry[KEYS], *entries[KEYS];
} file;

/* Those keys of a model file that a prediction needs. */
static void add_metadata(file *f, const oc_metadata *d) {
  static const char *const keys[KEYS] = {"classes", "image_shape", "outputs", "preprocessing",
                                         "training_images"};
  f->model.metadata_props = f->entries;
  for (int i = 0; i < KEYS; i++) {
    const char *value = oc_metadata_get(d, keys[i]);
    OcOnnx__StringStringEntryProto *e = &f->entry[f->model.n_metadata_props];
    if (!value) continue;
    oc_onnx__string_string_entry_proto__init(e);
    e->key = oc_onnx_chars(keys[i]);
    e->value = oc_onnx_chars(value);
    f->entries[f->model.n_metadata_props++] = e;
  }
}

static void frame(file *f, int opset) {
  oc_onnx__model_proto__init(&f->model);
  oc_onnx__graph_proto__init(&f->graph);
  oc_onnx__operator_set_id_proto__init(&f->opset);
  f->opset.has_version = f->model.has_ir_version = true;
  f->opset.version = opset;
  f->opsets[0] = &f->opset;
  f->model.ir_version = ir_version_of(opset);
  f->model.producer_name = oc_onnx_chars("ocellus");
  f->model.producer_version = oc_onnx_chars(OC_VERSION);
  f->model.opset_import = f->opsets;
  f->model.n_opset_import = 1;
  f->model.graph = &f->graph;
  f->graph.name = oc_onnx_chars("model");
}

static void fill_graph(file *f, oc_onnx_writer *w, const oc_model *m) {
  const oc_image_shape *s = &m->size;
  const char *image = free_name(w, "image", oc_node_index(m->nodes.x));
  oc_node answers[OC_TARGETS_MAX];
  for (int i = 0; i < m->output_count; i++) answers[i] = m->nodes.outputs[i].answer;
  emit_standardization(w, m, image);
  oc_onnx_emit(w, answers, m->output_count);
  f->inputs[0] = describe_value(w, image, OC_SHAPE(OC_BATCH, s->channels, s->height, s->width));
  for (int i = 0; w->status == OC_OK && i < m->output_count; i++) f->outputs[i] = add_output(w, m, i);
  if (w->status != OC_OK) return;
  f->inputs[0]->doc_string = oc_onnx_chars(PIXELS);
  f->graph.input = f->inputs;
  f->graph.output = f->outputs;
  f->graph.n_input = 1;
  f->graph.n_output = (size_t)m->output_count;
  f->graph.node = (OcOnnx__NodeProto **)w->nodes.items;
  f->graph.n_node = (size_t)w->nodes.count;
  f->graph.initializer = (OcOnnx__TensorProto **)w->initializers.items;
  f->graph.n_initializer = (size_t)w->initializers.count;
}

/* protobuf's messages have fewer than 2 GiB. */
static oc_status pack(const file *f, unsigned char **bytes, size_t *size, oc_error *err) {
  *size = oc_onnx__model_proto__get_packed_size(&f->model);
  if (*size > INT32_MAX)
    return oc_fail(err, OC_E_UNSUPPORTED, "onnx", "Export a smaller network.",
                   "the file would have %zu bytes; the limit of ONNX is 2 GiB", *size);
  *bytes = oc_memory_alloc_uninitialized(*size);
  if (!*bytes) return oc_fail_memory(err, *size);
  (void)oc_onnx__model_proto__pack(&f->model, *bytes);
  return OC_OK;
}

static void reserve_tables(oc_onnx_writer *w) {
  const size_t count = (size_t)w->count;
  w->names = oc_onnx_alloc(w, count, sizeof *w->names);
  w->forms = oc_onnx_alloc(w, count, sizeof *w->forms);
  w->users = oc_onnx_alloc(w, count, sizeof *w->users);
  w->reader = oc_onnx_alloc(w, count, sizeof *w->reader);
  w->any_order = oc_onnx_alloc(w, count, sizeof *w->any_order);
  w->image_of = oc_onnx_alloc(w, count, sizeof *w->image_of);
}

oc_status oc_onnx_bytes(const oc_model *m, int opset, unsigned char **bytes, size_t *size, oc_error *err) {
  oc_onnx_writer w = {
      .g = m->graph, .session = m->session, .opset = opset, .count = m->network.count, .err = err};
  file f = {0};
  *bytes = NULL;
  *size = 0;
  reserve_tables(&w);
  frame(&f, opset);
  add_metadata(&f, &m->metadata);
  if (w.status == OC_OK) fill_graph(&f, &w, m);
  if (w.status == OC_OK) w.status = pack(&f, bytes, size, err);
  oc_memory_free(w.nodes.items);
  oc_memory_free(w.initializers.items);
  oc_arena_free(&w.arena);
  return w.status;
}
