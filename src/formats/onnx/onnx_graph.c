/* onnx_graph.c: reads an ONNX graph in one pass over its nodes, which stand in the order of computation. */
#include "formats/onnx/onnx_reader.h"
#include <stdio.h>
#include <string.h>

enum { OPSET_MIN = 6, OPSET_MAX = 26 };

static const struct {
  const char *type;
  oc_onnx_read_fn *read;
} operators[] = {
#define OC_ROW(name) {#name, oc_onnx_read_##name},
#include "formats/onnx/onnx_ops.def"
#undef OC_ROW
};

/* ---- errors -------------------------------------------------------------------------------------------- */

oc_status oc_onnx_fail_file(const oc_onnx_reader *r, oc_status code, const char *why, const char *name) {
  return oc_fail(r->err, code, r->where, "Export the model in another way.", "%s%.120s", why,
                 name ? name : "");
}

oc_status oc_onnx_in_file(const oc_onnx_reader *r, oc_status status) {
  char where[256], message[400];
  if (status != OC_E_NET && status != OC_E_ARGUMENT) return status;
  if (!r->err) return OC_E_DATA;
  (void)snprintf(message, sizeof message, "%.390s", r->err->message);
  return oc_fail(r->err, OC_E_DATA, oc_onnx_place(r, where), "Export the model again.", "%s", message);
}

/* ---- the frame ----------------------------------------------------------------------------------------- */

static bool is_default_domain(const char *domain) {
  return !domain || !*domain || strcmp(domain, "ai.onnx") == 0;
}

static oc_status check_frame(oc_onnx_reader *r, const OcOnnx__ModelProto *m) {
  r->graph = m->graph;
  if (!m->graph) return oc_onnx_fail_file(r, OC_E_DATA, "not an ONNX model: it has no graph", NULL);
  if (m->n_functions) return oc_onnx_fail_file(r, OC_E_UNSUPPORTED, "unsupported: functions", NULL);
  if (m->graph->n_sparse_initializer)
    return oc_onnx_fail_file(r, OC_E_UNSUPPORTED, "unsupported: sparse tensors", NULL);
  for (size_t i = 0; i < m->n_opset_import; i++)
    if (is_default_domain(m->opset_import[i]->domain)) r->opset = m->opset_import[i]->version;
  if (r->opset >= OPSET_MIN && r->opset <= OPSET_MAX) return OC_OK;
  return oc_fail(r->err, OC_E_UNSUPPORTED, r->where, "Export the model for opset 17.",
                 "unsupported opset %lld: supported are %d to %d", (long long)r->opset, OPSET_MIN, OPSET_MAX);
}

/* The keys of a model file; a file may have any number of others. */
static bool is_ours(const char *key) {
  static const char *const keys[] = {"classes", "outputs", "preprocessing", "training_images"};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (strcmp(key, keys[i]) == 0) return true;
  return false;
}

static oc_status take_metadata(oc_onnx_reader *r, const OcOnnx__ModelProto *m) {
  for (size_t i = 0; i < m->n_metadata_props; i++) {
    const OcOnnx__StringStringEntryProto *e = m->metadata_props[i];
    if (e->key && e->value && is_ours(e->key) && !oc_metadata_set(&r->out->metadata, e->key, e->value))
      return oc_fail_memory(r->err, strlen(e->value));
  }
  return OC_OK;
}

static oc_status take_initializers(oc_onnx_reader *r) {
  for (size_t i = 0; i < r->graph->n_initializer; i++) {
    const OcOnnx__TensorProto *t = r->graph->initializer[i];
    if (!t->name || !*t->name) return oc_onnx_fail_file(r, OC_E_DATA, "an initializer has no name", NULL);
    oc_onnx_value *v = oc_onnx_value_find(r, t->name);
    TRY(oc_onnx_tensor(r, t, v));
    v->known = v->weight = true;
  }
  return OC_OK;
}

/* ---- the input ----------------------------------------------------------------------------------------- */

bool oc_onnx_sizes(const OcOnnx__ValueInfoProto *info, oc_shape *out) {
  const OcOnnx__TypeProto__Tensor *t = info->type ? info->type->tensor_type : NULL;
  if (!t || !t->shape || t->shape->n_dim > OC_MAX_RANK) return false;
  out->rank = (int)t->shape->n_dim;
  for (int i = 0; i < out->rank; i++) {
    const OcOnnx__TensorShapeProto__Dimension *d = t->shape->dim[i];
    const bool given = d->value_case == OC_ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
    out->dim[i] = given && d->dim_value > 0 ? d->dim_value : -1;
  }
  return true;
}

static bool may_be_channels(int64_t size) {
  return size == 1 || size == 3;
}

/* (n,c,h,w); (n,h,w,c) where only that can be images of one or three channels. */
static oc_status define_input(oc_onnx_reader *r, const OcOnnx__ValueInfoProto *info) {
  oc_shape s = {0};
  oc_onnx_value *v = oc_onnx_value_find(r, info->name);
  if (!oc_onnx_sizes(info, &s) || info->type->tensor_type->elem_type != OC_ONNX_FLOAT || s.rank != 4)
    return oc_onnx_fail_file(r, OC_E_UNSUPPORTED, "the input must be float32 with four axes: ", info->name);
  for (int i = 1; i < 4; i++)
    if (s.dim[i] < 1 || s.dim[i] > 65536)
      return oc_onnx_fail_file(r, OC_E_UNSUPPORTED,
                               "height, width and channels must be fixed, 1 to 65536: input ", info->name);
  if (s.dim[0] > 1)
    return oc_onnx_fail_file(r, OC_E_UNSUPPORTED, "the batch must be free or 1: input ", info->name);
  r->fixed_batch = s.dim[0] == 1;
  const bool last = may_be_channels(s.dim[3]) && !may_be_channels(s.dim[1]);
  const oc_shape image = last ? OC_SHAPE(OC_BATCH, s.dim[1], s.dim[2], s.dim[3])
                              : OC_SHAPE(OC_BATCH, s.dim[2], s.dim[3], s.dim[1]);
  r->out->input = oc_placeholder(r->out->g, "image", OC_F32, image);
  s.dim[0] = OC_BATCH;
  *v = (oc_onnx_value){
      .name = v->name, .readers = v->readers, .known = true, .shape = s, .node = r->out->input};
  for (int i = 0; i < 4; i++) v->perm[i] = last ? i : (const int[]){0, 3, 1, 2}[i];
  return oc_graph_status(r->out->g, r->err);
}

static oc_status take_input(oc_onnx_reader *r) {
  const OcOnnx__ValueInfoProto *input = NULL;
  for (size_t i = 0; i < r->graph->n_input; i++) {
    const OcOnnx__ValueInfoProto *info = r->graph->input[i];
    const oc_onnx_value *v = info->name ? oc_onnx_value_find(r, info->name) : NULL;
    if (!v) return oc_onnx_fail_file(r, OC_E_DATA, "an input has no name", NULL);
    if (v->known) continue; /* an initializer */
    if (input) return oc_onnx_fail_file(r, OC_E_UNSUPPORTED, "it has more than one input: ", info->name);
    input = info;
  }
  return input ? define_input(r, input) : oc_onnx_fail_file(r, OC_E_UNSUPPORTED, "it has no input", NULL);
}

/* ---- standardization ----------------------------------------------------------------------------------- */

/* Node `index` if it is `type` of `x`, which nothing else reads, and a constant. */
static const OcOnnx__NodeProto *find_step(const oc_onnx_reader *r, size_t index, const char *type,
                                          const char *x, const oc_onnx_value **constant) {
  const OcOnnx__NodeProto *n = index < r->graph->n_node ? r->graph->node[index] : NULL;
  if (!n || !n->op_type || strcmp(n->op_type, type) != 0 || n->n_input != 2 || n->n_output != 1) return NULL;
  const oc_onnx_value *v = oc_onnx_value_find(r, n->input[0]);
  *constant = oc_onnx_value_find(r, n->input[1]);
  const bool fits = *n->output[0] && v && v->readers == 1 && strcmp(n->input[0], x) == 0 && *constant &&
                    (*constant)->known && (*constant)->real && (*constant)->shape.rank == 4;
  return fits ? n : NULL;
}

static bool is_of_channels(const oc_onnx_value *v, int64_t channels) {
  const int64_t *d = v->shape.dim;
  return d[0] == 1 && d[1] == channels && d[2] == 1 && d[3] == 1;
}

static bool all_above_0(const oc_onnx_value *v) {
  for (int64_t i = 0; i < oc_onnx_count(v); i++)
    if (!(v->real[i] > 0) || !isfinite(v->real[i])) return false;
  return true;
}

/* A file that begins with (x - mean) / deviation, as those of Ocellus do: both belong to the model, not to
 * its graph. Returns how many nodes that were. */
static oc_status take_standardization(oc_onnx_reader *r, size_t *first) {
  const oc_onnx_value *mean = NULL, *deviation = NULL;
  const oc_shape image = oc_node_shape(r->out->g, r->out->input);
  const OcOnnx__NodeProto *sub = NULL, *div = NULL;
  *first = 0;
  for (int64_t i = 0; i < r->value_count && !sub; i++)
    if (r->values[i].known && !oc_onnx_is_constant(&r->values[i]))
      sub = find_step(r, 0, "Sub", r->values[i].name, &mean);
  if (sub) div = find_step(r, 1, "Div", sub->output[0], &deviation);
  if (!div || !all_above_0(deviation)) return OC_OK;
  const int64_t h = image.dim[1], w = image.dim[2], c = image.dim[3];
  const bool channels = is_of_channels(mean, c) && is_of_channels(deviation, c);
  const bool pixels = mean->shape.dim[0] == 1 && mean->shape.dim[1] == c && mean->shape.dim[2] == h &&
                      mean->shape.dim[3] == w && oc_onnx_count(deviation) == 1;
  if (!channels && !pixels) return OC_OK;
  oc_shape shape;
  TRY(oc_onnx_permuted(r, mean, (const int[]){0, 2, 3, 1}, &shape, &r->out->mean));
  r->out->deviation = deviation->real;
  r->out->per_channel = channels;
  const oc_onnx_value *x = oc_onnx_value_find(r, sub->input[0]);
  r->node = div;
  *first = 2;
  return oc_onnx_give(r, x);
}

/* ---- the nodes ----------------------------------------------------------------------------------------- */

static oc_status check_inputs(const oc_onnx_reader *r) {
  for (size_t i = 0; i < r->node->n_input; i++) {
    const char *name = r->node->input[i];
    if (!*name) continue;
    const oc_onnx_value *v = oc_onnx_value_find(r, name);
    if (!v) return oc_onnx_invalid(r, "input '%.60s' does not exist", name);
    if (!v->known) return oc_onnx_invalid(r, "input '%.60s' is computed later, or from this node", name);
  }
  return OC_OK;
}

oc_status oc_onnx_read_node(oc_onnx_reader *r) {
  const char *type = r->node->op_type ? r->node->op_type : "";
  if (!is_default_domain(r->node->domain)) return oc_onnx_unsupported(r, "domain '%.60s'", r->node->domain);
  if (r->node->n_output < 1 || !*r->node->output[0]) return oc_onnx_invalid(r, "it has no output");
  TRY(check_inputs(r));
  for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
    if (strcmp(operators[i].type, type) != 0) continue;
    oc_onnx_open_scope(r);
    const oc_status status = oc_onnx_in_file(r, operators[i].read(r));
    oc_scope_pop(r->out->g);
    return status;
  }
  return oc_onnx_unsupported(r, "this operator");
}

static oc_status take_outputs(oc_onnx_reader *r) {
  oc_onnx_import *o = r->out;
  if (r->graph->n_output < 1 || r->graph->n_output > OC_ONNX_IMPORT_OUTPUTS)
    return oc_onnx_fail_file(r, OC_E_UNSUPPORTED, "it must have 1 to 16 outputs", NULL);
  for (size_t i = 0; i < r->graph->n_output; i++) {
    const char *name = r->graph->output[i]->name;
    const oc_onnx_value *v = name ? oc_onnx_value_find(r, name) : NULL;
    if (!v || !v->known) return oc_onnx_fail_file(r, OC_E_DATA, "no node computes the output ", name);
    if (oc_onnx_is_constant(v))
      return oc_onnx_fail_file(r, OC_E_UNSUPPORTED, "a constant as the output ", name);
    TRY(oc_onnx_in_file(r, oc_onnx_plain(r, v, &o->outputs[o->output_count])));
    o->output_names[o->output_count] = oc_arena_string(&o->arena, name);
    if (!o->output_names[o->output_count++]) return oc_fail_memory(r->err, strlen(name) + 1);
  }
  return OC_OK;
}

oc_status oc_onnx_begin(oc_onnx_reader *r, const OcOnnx__ModelProto *m) {
  TRY(check_frame(r, m));
  TRY(take_metadata(r, m));
  TRY(oc_graph_create(NULL, &r->out->g, r->err));
  TRY(oc_onnx_values_create(r));
  return take_initializers(r);
}

static oc_status read_graph(oc_onnx_reader *r, const OcOnnx__ModelProto *m) {
  size_t first;
  TRY(oc_onnx_begin(r, m));
  TRY(take_input(r));
  TRY(take_standardization(r, &first));
  for (size_t i = first; i < r->graph->n_node; i++) {
    r->node = r->graph->node[i];
    TRY(oc_onnx_read_node(r));
  }
  if (!r->node) return oc_onnx_fail_file(r, OC_E_UNSUPPORTED, "it has no nodes", NULL);
  return take_outputs(r);
}

oc_status oc_onnx_import_bytes(const void *bytes, size_t size, const char *where, const char *folder,
                               oc_onnx_import *out, oc_error *err) {
  enum { TIMES = 8, BASE = 1 << 20 };
  oc_arena messages = {0};
  OcOnnx__ModelProto *m;
  oc_onnx_reader r = {.where = where, .folder = folder, .out = out, .err = err};
  *out = (oc_onnx_import){0};
  r.room = size > (SIZE_MAX - BASE) / TIMES ? SIZE_MAX : size * TIMES + BASE;
  oc_status status = oc_onnx_unpack(bytes, size, where, &messages, &m, err);
  if (status == OC_OK) status = read_graph(&r, m);
  oc_memory_free(r.values);
  oc_arena_free(&messages);
  if (status != OC_OK) oc_onnx_import_release(out);
  return status;
}
