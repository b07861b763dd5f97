/* features.c: returns the weights of a layer, and its output for an image. Layers are found by their scope in
 * the graph, so that those within residual blocks are layers too. */
#include "ocellus/features.h"
#include "base/text.h"
#include "inspect/activations.h"
#include <string.h>

void oc_layer_values_release(oc_layer_values *v) {
  if (!v) return;
  oc_tensor_release(&v->values);
  *v = (oc_layer_values){0};
}

static bool in_scope(const char *name, const char *scope) {
  const size_t length = strlen(scope);
  return strncmp(name, scope, length) == 0 && name[length] == '/';
}

/* True if operation `op` has filters: a convolution or product whose input 1 is a variable. */
static bool has_filters(const oc_graph *g, int32_t op) {
  const char *kind = oc_node_op(g, oc_node_at(g, op));
  if (strcmp(kind, "conv2d") != 0 && strcmp(kind, "matmul") != 0) return false;
  return strcmp(oc_node_op(g, oc_graph_input(g, op, 1)), "variable") == 0;
}

static const char *weights_name(const oc_graph *g, int32_t op) {
  return oc_node_name(g, oc_graph_input(g, op, 1));
}

/* ---- which layer --------------------------------------------------------------------------------------- */

/* "conv_1/_weights, conv_2/_weights": the filters of a scope, or of the whole network (NULL). */
static oc_status fail_filters(const oc_graph *g, const char *scope, const char *layer, const char *why,
                              oc_error *err) {
  enum { MAX = 8 };
  oc_text names = {0};
  int count = 0;
  for (int32_t op = 0; op < oc_graph_op_count(g); op++) {
    if (!has_filters(g, op) || (scope && !in_scope(weights_name(g, op), scope)) || count++ >= MAX) continue;
    oc_text_add(&names, "%s%s", count > 1 ? ", " : "Use one of ", weights_name(g, op));
  }
  if (count > MAX) oc_text_add(&names, " and %d more", count - MAX);
  if (count > 0) oc_text_add(&names, ".");
  char *hint = oc_text_take(&names);
  if (!hint) return oc_fail_memory(err, 1);
  const oc_status status = oc_fail(err, OC_E_ARGUMENT, layer ? layer : "", hint, "%s", why);
  oc_memory_free(hint);
  return status;
}

/* The first convolution, or else the first product. */
static int32_t first_filters(const oc_graph *g) {
  int32_t first = -1;
  for (int32_t op = 0; op < oc_graph_op_count(g); op++) {
    if (!has_filters(g, op)) continue;
    if (strcmp(oc_node_op(g, oc_node_at(g, op)), "conv2d") == 0) return op;
    if (first < 0) first = op;
  }
  return first;
}

static oc_status find_filters(const oc_graph *g, const char *layer, int32_t *found, oc_error *err) {
  int count = 0;
  if (!layer) {
    *found = first_filters(g);
    return *found >= 0 ? OC_OK : fail_filters(g, NULL, NULL, "the network has no filters", err);
  }
  const oc_node exact = oc_find(g, layer); /* conv_1/_weights, also with :0 */
  for (int32_t op = 0; op < oc_graph_op_count(g); op++) {
    if (!has_filters(g, op)) continue;
    const bool is = oc_node_valid(exact) && oc_graph_input(g, op, 1).number == exact.number;
    if (!is && !in_scope(weights_name(g, op), layer)) continue;
    *found = op;
    count++;
  }
  if (count == 1) return OC_OK;
  if (count) return fail_filters(g, layer, layer, "has several layers with filters: name one of them", err);
  return fail_filters(g, NULL, layer, "is not a layer with filters: a convolution or dense layer", err);
}

/* "conv_1, maxpool_1, ..": the scopes of the network, in order. */
static oc_status fail_features(const oc_graph *g, const char *layer, oc_error *err) {
  enum { MAX = 16 };
  oc_text names = {0};
  const char *before = "";
  size_t before_length = 0;
  int count = 0;
  for (int32_t op = 0; op < oc_graph_op_count(g); op++) {
    const char *name = oc_node_name(g, oc_node_at(g, op));
    const size_t length = strcspn(name, "/");
    if (!name[length] || (length == before_length && strncmp(name, before, length) == 0)) continue;
    before = name;
    before_length = length;
    if (count++ < MAX) oc_text_add(&names, "%s%.*s", count > 1 ? ", " : "Use one of ", (int)length, name);
  }
  if (count > MAX) oc_text_add(&names, " and %d more", count - MAX);
  if (count > 0) oc_text_add(&names, ".");
  char *hint = oc_text_take(&names);
  if (!hint) return oc_fail_memory(err, 1);
  const oc_status status =
      oc_fail(err, OC_E_ARGUMENT, layer, hint, "not a layer or a float32 tensor that depends on an image");
  oc_memory_free(hint);
  return status;
}

static bool follows_from_image(const oc_graph *g, oc_node node) {
  const oc_shape shape = oc_node_shape(g, node);
  return oc_node_valid(node) && shape.rank > 1 && shape.dim[0] == OC_BATCH &&
         oc_node_dtype(g, node) == OC_F32;
}

static oc_status find_features(const oc_graph *g, const char *layer, oc_node *out, oc_error *err) {
  char scope[320];
  if (!layer) {
    int32_t op = -1;
    TRY(find_filters(g, NULL, &op, err));
    const char *weights = weights_name(g, op), *slash = strrchr(weights, '/');
    const size_t length = slash ? (size_t)(slash - weights) : 0;
    if (!length || length >= sizeof scope) return fail_features(g, weights, err);
    memcpy(scope, weights, length);
    scope[length] = 0;
    layer = scope;
  }
  *out = oc_find(g, layer);
  if (follows_from_image(g, *out)) return OC_OK;
  *out = OC_NO_NODE;
  for (int32_t op = 0; op < oc_graph_op_count(g); op++) {
    const oc_node node = oc_node_at(g, op);
    if (in_scope(oc_node_name(g, node), layer) && follows_from_image(g, node)) *out = node;
  }
  return oc_node_valid(*out) ? OC_OK : fail_features(g, layer, err);
}

/* ---- their numbers ------------------------------------------------------------------------------------- */

static oc_status copy_values(const char *name, const void *from, oc_shape shape, oc_layer_values *out,
                             oc_error *err) {
  int64_t count;
  TRY(oc_shape_count(&shape, 1, &count, err));
  TRY(oc_tensor_create(OC_F32, shape, &out->values, err));
  memcpy(out->values.data, from, (size_t)count * sizeof(float));
  out->name = name;
  return OC_OK;
}

/* A dense layer after maps has weights for each position of each map. */
static oc_shape filters_shape(const oc_graph *g, int32_t op, const oc_shape *weights) {
  const oc_node x = oc_graph_input(g, op, 0);
  if (weights->rank != 2 || strcmp(oc_node_op(g, x), "reshape") != 0) return *weights;
  const oc_shape maps = oc_node_shape(g, oc_graph_input(g, oc_node_index(x), 0));
  if (maps.rank != 4 || maps.dim[1] * maps.dim[2] * maps.dim[3] != weights->dim[0]) return *weights;
  return OC_SHAPE(maps.dim[1], maps.dim[2], maps.dim[3], weights->dim[1]);
}

oc_status oc_model_filters(oc_model *m, const char *layer, oc_layer_values *out, oc_error *err) {
  NEED(m, out);
  if (!m || !out)
    return oc_fail(err, OC_E_ARGUMENT, "oc_model_filters", "", "model and out must not be NULL");
  int32_t op = -1;
  TRY(find_filters(m->graph, layer, &op, err));
  const char *name = weights_name(m->graph, op);
  const oc_tensor_view weights = oc_variable_view(m->session, oc_variable_index(m->session, name));
  return copy_values(name, weights.data, filters_shape(m->graph, op, &weights.shape), out, err);
}

oc_status oc_model_features(oc_model *m, const uint8_t *pixels, const char *layer, oc_layer_values *out,
                            oc_error *err) {
  NEED(m, pixels, out);
  if (!m || !pixels || !out)
    return oc_fail(err, OC_E_ARGUMENT, "oc_model_features", "", "model, pixels and out must not be NULL");
  oc_node node;
  oc_activations look = {0};
  TRY(find_features(m->graph, layer, &node, err));
  oc_status status = oc_activations_fetch(&look, m, pixels, &node, 1, err);
  if (status == OC_OK) status = oc_activations_check(&look, m, 0, node, err);
  if (status == OC_OK) {
    const oc_tensor maps = oc_plan_result(look.plan, 0);
    oc_shape shape = {.rank = maps.shape.rank - 1};
    memcpy(shape.dim, maps.shape.dim + 1, (size_t)shape.rank * sizeof *shape.dim);
    status = copy_values(oc_node_name(m->graph, node), maps.data, shape, out, err);
  }
  oc_activations_release(&look);
  return status;
}
