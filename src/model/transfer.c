/* transfer.c: makes a model of another one's layers for the classes of other images. The part of the graph
 * that leads to the last dense layer is copied as through a file, and gets a new dense layer. */
#include "data/dataset.h"
#include "formats/graph_text.h"
#include "model/frozen.h"
#include <string.h>

/* ---- the data ------------------------------------------------------------------------------------------ */

static oc_status check_shape(const oc_model *base, const oc_dataset *d, oc_error *err) {
  const oc_image_shape is = oc_dataset_image_shape(d), must = base->size;
  if (is.height == must.height && is.width == must.width && is.channels == must.channels) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "train_data",
                 "Open the data by the model's rule (oc_model_preprocessing).",
                 "its images are %lldx%lldx%lld; the model takes %lldx%lldx%lld", (long long)is.height,
                 (long long)is.width, (long long)is.channels, (long long)must.height, (long long)must.width,
                 (long long)must.channels);
}

static oc_status take_rule(oc_model *m, const oc_model *base, const oc_dataset *d, oc_error *err) {
  const oc_standardizer *from = &base->standardizer;
  const size_t means = (size_t)(from->deviations ? from->channels : from->count);
  oc_standardizer *s = &m->standardizer;
  m->preprocessing = base->preprocessing;
  m->mixed_sizes = oc_dataset_original_shape(d).height == 0;
  *s = *from;
  s->mean = oc_memory_copy(from->mean, means * sizeof *s->mean);
  s->deviations = from->deviations ? oc_memory_copy(from->deviations, means * sizeof *s->deviations) : NULL;
  return s->mean && (s->deviations || !from->deviations) ? OC_OK
                                                         : oc_fail_memory(err, means * sizeof *s->mean);
}

/* What the new images look like; how they are standardized is not up to them. */
static oc_status look_at(oc_model *m, const oc_dataset *d, oc_error *err) {
  oc_image_statistics statistics = {0};
  oc_standardizer unused;
  TRY(oc_standardizer_fit_with(d, m->standardizer.how, &statistics, &unused, err));
  oc_standardizer_release(&unused);
  oc_training_images_take(m, &statistics, d);
  return oc_training_images_note(m, err);
}

/* ---- the network --------------------------------------------------------------------------------------- */

/* The scope of an operation: "fc_3" of "fc_3/MatMul"; "head" where it has none. */
static void scope_of(const oc_graph *g, int32_t op, char scope[OC_SCOPE_BYTES]) {
  const char *name = oc_graph_info(g, op)->name, *slash = strrchr(name, '/');
  (void)snprintf(scope, OC_SCOPE_BYTES, "%.*s", slash ? (int)(slash - name) : 4, slash ? name : "head");
}

static oc_node add_dense(oc_graph *g, const char *scope, oc_node x, int64_t classes) {
  oc_scope_push(g, scope);
  const oc_node w = oc_variable(g, "_weights", OC_SHAPE(oc_node_shape(g, x).dim[1], classes),
                                oc_init_of(OC_INIT_GLOROT_UNIFORM));
  const oc_node b = oc_variable(g, "_biases", OC_SHAPE(classes), oc_init_of(OC_INIT_ZEROS));
  const oc_node y = oc_named(g, oc_bias_add(g, oc_matmul(g, x, w, false, false), b), "net_pre-activation");
  oc_scope_pop(g);
  return y;
}

/* *copied: the variables of the layers that were copied. */
static oc_status take_graph(oc_model *m, const oc_model *base, const oc_last_dense *last, int *copied,
                            oc_error *err) {
  const oc_graph_ends ends = {base->nodes.x, &last->features, 1};
  char *text, scope[OC_SCOPE_BYTES];
  oc_graph_reading reading = {0};
  TRY(oc_graph_write(base->graph, &base->network, &ends, &text, err));
  const oc_status status = oc_graph_read(text, m->options.registry, &reading, err);
  oc_memory_free(text);
  m->graph = reading.g;
  TRY(status);
  scope_of(base->graph, last->product, scope);
  *copied = oc_graph_variable_count(m->graph);
  m->nodes.x = reading.input;
  m->nodes.outputs[0].node = add_dense(m->graph, scope, reading.outputs[0], m->outputs[0].size);
  TRY(oc_graph_status(m->graph, err));
  return oc_model_finish_graph(m, err);
}

/* The text of a model that has one, with another last layer; none where that does not stand alone in it. */
static oc_status take_net(oc_model *m, const oc_model *base, oc_error *err) {
  static const char dense[] = "dense CLASSES";
  const char *text = base->net, *bar = text ? strrchr(text, '|') : NULL;
  const size_t kept = bar ? (size_t)(bar + 2 - text) : 0;
  if (!text || strchr(text + kept, '}') || strncmp(text + kept, "dense ", 6) != 0) return OC_OK;
  char *changed = oc_memory_alloc(kept + sizeof dense);
  if (!changed) return oc_fail_memory(err, kept + sizeof dense);
  memcpy(changed, text, kept);
  memcpy(changed + kept, dense, sizeof dense);
  const oc_net_options options = {.registry = m->options.registry};
  const oc_status status = oc_net_canonicalize(changed, m->outputs[0].size, &options, &m->net, err);
  oc_memory_free(changed);
  return status;
}

/* Of the first `count` variables, which are those of the layers that were copied. */
static oc_status take_weights(oc_model *m, const oc_session *from, int count, oc_error *err) {
  for (int i = 0; i < count; i++) {
    oc_variable_info v;
    (void)oc_variable_entry(m->session, i, &v);
    TRY(oc_variable_get(from, oc_variable_index(from, v.name), oc_variable_value(m->session, i).data, v.bytes,
                        err));
  }
  return OC_OK;
}

/* ---- the model ----------------------------------------------------------------------------------------- */

static oc_status check_data(const oc_dataset *d, oc_error *err) {
  const oc_target *t = oc_dataset_target_count(d) == 1 ? oc_dataset_target(d, 0) : NULL;
  if (t && t->kind == OC_TARGET_CLASS && t->size >= 2) return OC_OK;
  return oc_fail(err, OC_E_DATA, "dataset", "Train on a folder with a folder of images for each class.",
                 "the images must have one label each, of at least 2 classes");
}

/* The license of the weights is that of the new model too. */
static oc_status take_license(oc_model *m, const oc_model *base, oc_error *err) {
  const char *license = oc_metadata_get(&base->metadata, "license");
  return !license || oc_metadata_set(&m->metadata, "license", license) ? OC_OK
                                                                       : oc_fail_memory(err, strlen(license));
}

static oc_status fill_model(oc_model *m, const oc_model *base, const oc_dataset *d, oc_error *err) {
  oc_last_dense last;
  int copied;
  TRY(oc_last_dense_find(base, &last, err));
  m->size = base->size;
  if (!m->options.registry) m->options.registry = base->graph->registry;
  TRY(oc_model_add_output(m, oc_dataset_target(d, 0), err));
  TRY(take_rule(m, base, d, err));
  TRY(take_net(m, base, err));
  TRY(oc_model_note(m, err));
  TRY(take_license(m, base, err));
  TRY(take_graph(m, base, &last, &copied, err));
  TRY(look_at(m, d, err));
  TRY(oc_model_start(m, err));
  return take_weights(m, base->session, copied, err);
}

oc_status oc_model_transfer(const oc_model *base, const oc_dataset *train_data,
                            const oc_session_options *session, oc_model **out, oc_error *err) {
  NEED(base, train_data, out);
  *out = NULL;
  oc_model *m;
  TRY(check_data(train_data, err));
  TRY(check_shape(base, train_data, err));
  TRY(oc_model_new(&m, err));
  m->options = oc_session_resolve(session);
  const oc_status status = fill_model(m, base, train_data, err);
  if (status == OC_OK)
    *out = m;
  else
    oc_model_free(m);
  return status;
}
