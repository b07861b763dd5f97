/* onnx_values.c: the values of an ONNX graph by name, and the results of its nodes. Each name has one value
 * (static single assignment), so one sorted table holds them all. */
#include "formats/onnx/onnx_reader.h"
#include "base/checked.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the table ----------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b) {
  return strcmp(((const oc_onnx_value *)a)->name, ((const oc_onnx_value *)b)->name);
}

static void add_name(oc_onnx_reader *r, const char *name) {
  if (name && *name) r->values[r->value_count++].name = name;
}

static void add_names(oc_onnx_reader *r) {
  const OcOnnx__GraphProto *g = r->graph;
  for (size_t i = 0; i < g->n_initializer; i++) add_name(r, g->initializer[i]->name);
  for (size_t i = 0; i < g->n_node; i++)
    for (size_t k = 0; k < g->node[i]->n_output; k++) add_name(r, g->node[i]->output[k]);
}

/* Before version 4 of the format, initializers are listed among the inputs too. */
static void add_inputs(oc_onnx_reader *r) {
  const OcOnnx__GraphProto *g = r->graph;
  const int64_t before = r->value_count;
  qsort(r->values, (size_t)before, sizeof *r->values, by_name);
  for (size_t i = 0; i < g->n_input; i++) {
    const oc_onnx_value key = {.name = g->input[i]->name};
    if (key.name && !bsearch(&key, r->values, (size_t)before, sizeof key, by_name)) add_name(r, key.name);
  }
  qsort(r->values, (size_t)r->value_count, sizeof *r->values, by_name);
}

static void count_readers(oc_onnx_reader *r) {
  const OcOnnx__GraphProto *g = r->graph;
  for (size_t i = 0; i < g->n_node; i++)
    for (size_t k = 0; k < g->node[i]->n_input; k++) {
      oc_onnx_value *v = oc_onnx_value_find(r, g->node[i]->input[k]);
      if (v) v->readers++;
    }
  for (size_t i = 0; i < g->n_output; i++) {
    oc_onnx_value *v = g->output[i]->name ? oc_onnx_value_find(r, g->output[i]->name) : NULL;
    if (v) v->readers++;
  }
}

oc_status oc_onnx_values_create(oc_onnx_reader *r) {
  const OcOnnx__GraphProto *g = r->graph;
  size_t most = g->n_initializer + g->n_input;
  for (size_t i = 0; i < g->n_node; i++) most += g->node[i]->n_output;
  r->values = oc_memory_array(most, sizeof *r->values);
  if (!r->values) return oc_fail_memory(r->err, most * sizeof *r->values);
  add_names(r);
  add_inputs(r);
  for (int64_t i = 1; i < r->value_count; i++)
    if (by_name(&r->values[i - 1], &r->values[i]) == 0)
      return oc_fail(r->err, OC_E_DATA, r->where, "Export the model again.", "two values are called '%.120s'",
                     r->values[i].name);
  count_readers(r);
  return OC_OK;
}

oc_onnx_value *oc_onnx_value_find(const oc_onnx_reader *r, const char *name) {
  const oc_onnx_value key = {.name = name};
  return r->value_count ? bsearch(&key, r->values, (size_t)r->value_count, sizeof key, by_name) : NULL;
}

/* ---- constants ----------------------------------------------------------------------------------------- */

bool oc_onnx_elements(const oc_shape *shape, int64_t *count) {
  int64_t product = 1;
  bool empty = false;
  for (int i = 0; i < shape->rank; i++) {
    if (shape->dim[i] < 0 || !oc_mul_i64(product, oc_max_i64(1, shape->dim[i]), &product)) return false;
    empty = empty || shape->dim[i] == 0;
  }
  *count = empty ? 0 : product;
  return true;
}

int64_t oc_onnx_count(const oc_onnx_value *v) {
  int64_t count = 1;
  for (int i = 0; i < v->shape.rank; i++) count *= v->shape.dim[i]; /* checked when it was made */
  return count;
}

oc_status oc_onnx_take_room(oc_onnx_reader *r, const oc_shape *shape, size_t size, void **out) {
  int64_t count;
  size_t bytes = 0;
  *out = NULL;
  const bool fits =
      oc_onnx_elements(shape, &count) && oc_mul_size((size_t)count, size, &bytes) && bytes + 64 <= r->room;
  if (!fits)
    return oc_fail(r->err, OC_E_UNSUPPORTED, r->where, "Export the model in another way.",
                   "its constants need more memory than 8 times the file and 1 MB");
  r->room -= bytes + 64;
  *out = oc_arena_alloc(&r->out->arena, bytes);
  return *out ? OC_OK : oc_fail_memory(r->err, bytes);
}

/* ---- inputs -------------------------------------------------------------------------------------------- */

int oc_onnx_inputs(const oc_onnx_reader *r) {
  return (int)r->node->n_input;
}

const oc_onnx_value *oc_onnx_input(const oc_onnx_reader *r, int i) {
  const bool given = i >= 0 && (size_t)i < r->node->n_input && *r->node->input[i];
  return given ? oc_onnx_value_find(r, r->node->input[i]) : NULL;
}

oc_status oc_onnx_need(const oc_onnx_reader *r, int i, const oc_onnx_value **out) {
  *out = oc_onnx_input(r, i);
  return *out ? OC_OK : oc_onnx_invalid(r, "input %d is missing", i);
}

oc_status oc_onnx_need_node(const oc_onnx_reader *r, int i, const oc_onnx_value **out) {
  TRY(oc_onnx_need(r, i, out));
  return oc_onnx_is_constant(*out) ? oc_onnx_unsupported(r, "input %d is a constant", i) : OC_OK;
}

oc_status oc_onnx_need_real(const oc_onnx_reader *r, int i, const oc_onnx_value **out) {
  TRY(oc_onnx_need(r, i, out));
  if ((*out)->fed) *out = (*out)->fed;
  if ((*out)->real) return OC_OK;
  return oc_onnx_unsupported(r, "input %d, '%.60s', is not a constant of real numbers", i, (*out)->name);
}

oc_status oc_onnx_need_whole(const oc_onnx_reader *r, int i, const oc_onnx_value **out) {
  TRY(oc_onnx_need(r, i, out));
  if ((*out)->whole) return OC_OK;
  return oc_onnx_unsupported(r, "input %d, '%.60s', is not a constant of integers", i, (*out)->name);
}

/* ---- names in the graph -------------------------------------------------------------------------------- */

/* At most 100 of the characters that names may have; others become _. */
const char *oc_onnx_graph_name(const char *name, char out[101]) {
  static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-/";
  size_t n = 0;
  name += strspn(name, "/"); /* PyTorch's begin with one */
  for (; name[n] && n < 100; n++) out[n] = strchr(good, name[n]) ? name[n] : '_';
  out[n] = 0;
  if (!n) memcpy(out, "value", 6);
  return out;
}

/* The scope of a node's operations is what stands before the last / of its output, as in a net text: those of
 * "conv_1/activation" are in conv_1. Else the output is the scope. */
void oc_onnx_open_scope(oc_onnx_reader *r) {
  char text[101];
  (void)oc_onnx_graph_name(r->node->output[0], text);
  char *slash = strrchr(text, '/');
  if (slash) *slash = 0;
  oc_scope_push(r->out->g, text);
}

static oc_node named(const oc_onnx_reader *r, oc_node node) {
  char text[101];
  const char *full = oc_onnx_graph_name(r->node->output[0], text), *slash = strrchr(full, '/');
  return slash && slash[1] ? oc_named(r->out->g, node, slash + 1) : node;
}

oc_node oc_onnx_weight_of(oc_onnx_reader *r, const oc_onnx_value *from, oc_shape shape, const float *values,
                          bool trainable) {
  oc_onnx_import *o = r->out;
  char text[101];
  const oc_init init = {.kind = OC_INIT_ZEROS, .not_trainable = !trainable};
  oc_scope_pop(o->g); /* its name is whole */
  const oc_node node = oc_variable(o->g, oc_onnx_graph_name(from->name, text), shape, init);
  oc_onnx_open_scope(r);
  if (!oc_memory_reserve(&o->weights, o->weight_count, &o->weight_capacity, sizeof *o->weights))
    return oc_graph_fail(o->g, OC_E_MEMORY, from->name, "", "no memory for a weight");
  o->weights[o->weight_count++] = (oc_onnx_weight){node, values};
  return node;
}

oc_status oc_onnx_vector(oc_onnx_reader *r, const oc_onnx_value *v, int64_t count, bool trainable,
                         oc_node *out) {
  const int64_t have = oc_onnx_count(v);
  const float *values = v->real;
  if (have != count && have != 1)
    return oc_onnx_invalid(r, "'%.60s' has %lld elements, not %lld", v->name, (long long)have,
                           (long long)count);
  if (have != count) {
    void *room;
    const oc_shape shape = OC_SHAPE(count);
    TRY(oc_onnx_take_room(r, &shape, sizeof *values, &room));
    for (int64_t i = 0; i < count; i++) ((float *)room)[i] = v->real[0];
    values = room;
  }
  *out = oc_onnx_weight_of(r, v, OC_SHAPE(count), values, trainable);
  return oc_graph_status(r->out->g, r->err);
}

/* ---- results ------------------------------------------------------------------------------------------- */

oc_status oc_onnx_give(oc_onnx_reader *r, const oc_onnx_value *value) {
  return oc_onnx_give_at(r, 0, value);
}

oc_status oc_onnx_give_at(oc_onnx_reader *r, size_t i, const oc_onnx_value *value) {
  if (i >= r->node->n_output || !*r->node->output[i]) return OC_OK;
  oc_onnx_value *v = oc_onnx_value_find(r, r->node->output[i]);
  const char *name = v->name;
  const int64_t readers = v->readers;
  *v = *value;
  v->name = name;
  v->readers = readers;
  v->known = true;
  v->fed = NULL;
  return OC_OK;
}

oc_status oc_onnx_value_of(const oc_onnx_reader *r, oc_node node, bool image, oc_onnx_value *out) {
  *out = (oc_onnx_value){.node = node};
  const oc_shape shape = oc_node_shape(r->out->g, node);
  TRY(oc_graph_status(r->out->g, r->err));
  out->shape.rank = shape.rank;
  for (int i = 0; i < shape.rank; i++) {
    out->perm[i] = !image || i == 0 ? i : i == 1 ? shape.rank - 1 : i - 1;
    out->shape.dim[i] = shape.dim[out->perm[i]];
  }
  return OC_OK;
}

static oc_status give(oc_onnx_reader *r, oc_node node, bool image) {
  oc_onnx_value v;
  TRY(oc_onnx_value_of(r, node, image, &v));
  v.node = named(r, node);
  return oc_onnx_give(r, &v);
}

oc_status oc_onnx_give_plain(oc_onnx_reader *r, oc_node node) {
  return give(r, node, false);
}

oc_status oc_onnx_give_image(oc_onnx_reader *r, oc_node node) {
  return give(r, node, true);
}

oc_status oc_onnx_give_image_of(oc_onnx_reader *r, oc_node node, const oc_onnx_value *x) {
  if (x->shape.rank != 3) return give(r, node, true);
  const oc_shape s = oc_node_shape(r->out->g, node);
  return give(r, oc_reshape(r->out->g, node, OC_SHAPE(s.dim[0], s.dim[2], s.dim[3])), true);
}

oc_status oc_onnx_give_like(oc_onnx_reader *r, oc_node node, const oc_onnx_value *like) {
  oc_onnx_value v = *like;
  TRY(oc_graph_status(r->out->g, r->err));
  v.node = named(r, node);
  v.weight = false;
  v.step = OC_ONNX_NO_STEP;
  memset(v.pad, 0, sizeof v.pad);
  return oc_onnx_give(r, &v);
}
