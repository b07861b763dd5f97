/* model_load.c: loads a model from its file.
 *
 * Tensors: each variable under its name ("conv_1/_weights"); input/mean (h,w,c) and input/deviation
 * (float64, a scalar), or both (c): the standardization. Metadata besides the frame's: graph, net where the
 * graph was made from one, image_shape "HxWxC", preprocessing (a JSON object), classes (a JSON list); after
 * training also trained_epochs, valid_accuracy and provenance (a JSON object). Before format 4 there was no
 * preprocessing. Other tensors and other keys are left alone. Before format 3 the net defined the graph,
 * and image_shape had the key `picture`. */
#include "base/json.h"
#include "base/kind.h"
#include "model/model.h"
#include <stdlib.h>
#include <string.h>

#define DAMAGED "Copy or train the model again: the file is damaged or was edited."

static bool is_checkpoint(const oc_metadata *d) {
  const char *kind = oc_metadata_get(d, "kind");
  return kind && strcmp(kind, "checkpoint") == 0;
}

/* An error in the description of the network is an error of the file. */
static oc_status in_file(oc_status status, const char *path, oc_error *err) {
  if (status != OC_E_NET && status != OC_E_DATA) return status;
  if (err && strcmp(err->where, path) == 0) return status;
  if (err) {
    char where[sizeof err->where];
    memcpy(where, err->where, sizeof where);
    (void)snprintf(err->where, sizeof err->where, "%.160s: %.90s", path, where);
    err->code = OC_E_DATA;
  }
  return OC_E_DATA;
}

/* ---- the metadata -------------------------------------------------------------------------------------- */

/* What it answers, and what it was trained for. */
static oc_status take_outputs(oc_model *m, const oc_model_source *from, oc_error *err) {
  const char *classes = oc_metadata_get(&m->metadata, "classes"),
             *outputs = oc_metadata_get(&m->metadata, "outputs");
  if (!classes && !outputs) return oc_model_missing(from, "classes", err);
  if (classes && outputs)
    return oc_fail(err, OC_E_DATA, from->where, DAMAGED, "the metadata has both classes and outputs");
  return in_file(oc_outputs_read(m, classes, outputs, from->where, err), from->where, err);
}

static oc_status take_heads(oc_model *m, const oc_model_source *from, oc_error *err) {
  const char *text = oc_metadata_get(&m->metadata, "heads");
  json_t *list;
  if (!text) return OC_OK;
  TRY(oc_json_parse(text, strlen(text), from->where, DAMAGED, &list, err));
  const oc_status status = oc_heads_parse(m, list, &m->heads, err);
  json_decref(list);
  if (status == OC_OK) (void)oc_metadata_set(&m->metadata, "heads", NULL); /* saving writes it again */
  return status;
}

/* "28x28x1", each 1 .. OC_MODEL_MAX_SIDE. */
static bool parse_image(const char *text, oc_image_shape *out) {
  long n[3];
  for (int i = 0; i < 3; i++) {
    char *end;
    if (*text < '0' || *text > '9') return false;
    n[i] = strtol(text, &end, 10);
    if (n[i] < 1 || n[i] > OC_MODEL_MAX_SIDE || *end != (i < 2 ? 'x' : '\0')) return false;
    text = end + 1;
  }
  *out = (oc_image_shape){n[0], n[1], n[2]};
  return true;
}

static oc_status take_description(oc_model *m, const oc_model_source *from, oc_error *err) {
  const bool has_graph = oc_metadata_version(&from->file.metadata) >= 3;
  const char *key = has_graph ? "image_shape" : "picture",
             *image = oc_metadata_get(&from->file.metadata, key);
  if (!image) return oc_model_missing(from, key, err);
  if (!parse_image(image, &m->size))
    return oc_fail(err, OC_E_DATA, from->where, DAMAGED, "%s must be HxWxC, each 1 to %d, got '%.60s'", key,
                   OC_MODEL_MAX_SIDE, image);
  if (!oc_metadata_set(&m->metadata, key, NULL) || !oc_metadata_set(&m->metadata, "image_shape", image))
    return oc_fail_memory(err, strlen(image));
  TRY(oc_preprocessing_read(m, from->where, err));
  TRY(oc_training_images_read(m, from->where, err));
  TRY(oc_threshold_read(m, from->where, err));
  return take_outputs(m, from, err);
}

/* The text is the graph's description where there is both: it must be one, and its canonical form. */
static oc_status take_net(oc_model *m, const oc_model_source *from, const char *net, oc_error *err) {
  const oc_net_options options = {.registry = m->options.registry};
  TRY(oc_net_canonicalize(net, m->outputs[0].size, &options, &m->net, err));
  if (strcmp(net, m->net) == 0) return OC_OK;
  return oc_fail(err, OC_E_DATA, from->where, DAMAGED, "the metadata's net is not in its canonical form");
}

static oc_status take_graph(oc_model *m, const oc_model_source *from, oc_error *err) {
  const oc_metadata *d = &from->file.metadata;
  const char *net = oc_metadata_get(d, "net"), *graph = oc_metadata_get(d, "graph");
  if (oc_metadata_version(d) < 3) {
    if (!net) return oc_model_missing(from, "net", err);
    m->net = oc_memory_string(net);
    return m->net ? oc_model_build(m, err) : oc_fail_memory(err, strlen(net) + 1);
  }
  if (!graph) return oc_model_missing(from, "graph", err);
  (void)oc_metadata_set(&m->metadata, "graph", NULL); /* saving writes it again */
  TRY(oc_model_read_graph(m, graph,
                          err)); /* first: what it says of an operation that is not known is plainer */
  return net ? take_net(m, from, net, err) : OC_OK;
}

/* The weights of a checkpoint are those of its last epoch, so the metadata of the best epoch does not
 * apply. */
static oc_status take_epochs(oc_model *m, const oc_model_source *from, oc_error *err) {
  const char *text = oc_metadata_get(&from->file.metadata, "progress");
  char epoch[16];
  json_t *progress = NULL;
  if (text) TRY(oc_json_parse(text, strlen(text), from->where, DAMAGED, &progress, err));
  json_int_t epochs = -1;
  const bool known = progress && json_unpack(progress, "{s:I}", "epoch", &epochs) == 0;
  json_decref(progress);
  if (!known || epochs < 0 || epochs > INT32_MAX)
    return oc_fail(err, OC_E_DATA, from->where, DAMAGED, "invalid 'progress' in the metadata");
  (void)snprintf(epoch, sizeof epoch, "%d", (int)epochs);
  return oc_metadata_set(&m->metadata, "trained_epochs", epoch) ? OC_OK : oc_fail_memory(err, sizeof epoch);
}

static oc_status take_metadata(oc_model *m, const oc_model_source *from, oc_error *err) {
  const oc_safetensors *file = &from->file;
  if (!oc_metadata_copy(&m->metadata, &file->metadata)) return oc_fail_memory(err, file->header_size);
  if (!is_checkpoint(&file->metadata)) return OC_OK;
  static const char *const others[] = {"options", "progress", "metrics", "valid_accuracy", "threshold"};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
    (void)oc_metadata_set(&m->metadata, others[i], NULL);
  return take_epochs(m, from, err);
}

/* ---- tensors ------------------------------------------------------------------------------------------- */

static bool is_models(const oc_model *m, const char *name) {
  const int32_t op = oc_graph_lookup(m->graph, name);
  return (op >= 0 && m->graph->nodes[op].variable >= 0) || strcmp(name, "input/mean") == 0 ||
         strcmp(name, "input/deviation") == 0;
}

/* True if the means are those of channels. Before format 4 they were those of pixels. */
static bool is_per_channel(const oc_model_source *from) {
  const oc_named_tensor *mean = oc_safetensors_find(&from->file, "input/mean");
  return mean && mean->tensor.shape.rank == 1 && oc_metadata_version(&from->file.metadata) >= 4;
}

/* Checks, before memory is allocated for a net text, that the file has its tensors. Other tensors are
 * ignored, except where no sum can prove that they were there from the beginning: then none are allowed. */
static oc_status check_tensors(const oc_model *m, oc_model_source *from, oc_error *err) {
  const int count = oc_graph_variable_count(m->graph);
  for (int i = 0; i < count; i++) {
    const oc_node v = oc_graph_variable_at(m->graph, i);
    const oc_shape shape = oc_node_shape(m->graph, v);
    TRY(oc_model_expect(from, oc_node_name(m->graph, v), OC_F32, &shape, err));
  }
  const oc_standardizer like = {.deviations = is_per_channel(from) ? &(double){0} : NULL};
  oc_tensor mean, deviation;
  oc_standardizer_as_tensors(&like, m->size, &mean, &deviation);
  TRY(oc_model_expect(from, "input/mean", OC_F32, &mean.shape, err));
  TRY(oc_model_expect(from, "input/deviation", OC_F64, &deviation.shape, err));
  if (!from->converted || is_checkpoint(&from->file.metadata)) return OC_OK;
  for (int i = 0; i < from->file.count; i++)
    if (!is_models(m, from->file.tensors[i].name))
      return oc_fail(err, OC_E_DATA, from->where, DAMAGED, "unexpected tensor '%.120s'",
                     from->file.tensors[i].name);
  return OC_OK;
}

static oc_status reserve_standardizer(oc_standardizer *s, oc_image_shape size, bool per_channel,
                                      oc_error *err) {
  *s = (oc_standardizer){.count = size.height * size.width * size.channels, /* each at most 2^16 */
                         .channels = size.channels,
                         .how = per_channel ? OC_STANDARDIZE_CHANNEL : OC_STANDARDIZE_PIXEL};
  const size_t means = (size_t)(per_channel ? s->channels : s->count);
  s->mean = oc_memory_array(means, sizeof *s->mean);
  if (per_channel) s->deviations = oc_memory_array(means, sizeof *s->deviations);
  return s->mean && (s->deviations || !per_channel) ? OC_OK : oc_fail_memory(err, means * sizeof *s->mean);
}

/* The numbers of OC_STANDARDIZE_NONE are the only sign of it. */
static bool is_none(const oc_standardizer *s) {
  for (int64_t c = 0; c < s->channels; c++)
    if (s->mean[c] != 0 || s->deviations[c] != 255) return false;
  return true;
}

static oc_status take_standardizer(oc_model *m, oc_model_source *from, oc_error *err) {
  oc_standardizer *s = &m->standardizer;
  oc_tensor mean, deviation;
  TRY(reserve_standardizer(s, m->size, is_per_channel(from), err));
  oc_standardizer_as_tensors(s, m->size, &mean, &deviation);
  TRY(oc_model_take(from, "input/mean", &mean, err));
  TRY(oc_model_take(from, "input/deviation", &deviation, err));
  const double *deviations = deviation.data;
  for (int64_t i = 0; i < (s->deviations ? s->channels : 1); i++)
    if (!(deviations[i] > 0))
      return oc_fail(err, OC_E_DATA, from->where, DAMAGED, "input/deviation must be greater than 0, got %g",
                     deviations[i]);
  if (s->deviations && is_none(s)) s->how = OC_STANDARDIZE_NONE;
  return OC_OK;
}

/* ---- the model ----------------------------------------------------------------------------------------- */

static oc_status load_model(oc_model *m, oc_model_source *from, oc_error *err) {
  TRY(take_metadata(m, from, err));
  TRY(take_description(m, from, err));
  TRY(in_file(take_heads(m, from, err), from->where, err));
  TRY(in_file(take_graph(m, from, err), from->where, err));
  TRY(check_tensors(m, from, err));
  TRY(take_standardizer(m, from, err));
  oc_model_skip_init(m->graph);
  TRY(oc_model_start(m, err));
  return oc_model_take_variables(from, "", m->session, m->own.variable_count, err);
}

/* The errors of a damaged file do not matter: the message then reports its sum. Another sum is right if the
 * tensors are of other types than they were. */
static oc_status judge(oc_model *m, const oc_model_source *from, oc_status loaded, const oc_error *of_load,
                       oc_error *err) {
  const oc_status intact = oc_model_check_sum(from, from->converted ? NULL : err);
  if (intact == OC_E_DATA && from->converted)
    m->converted = from->converted;
  else if (intact != OC_OK)
    return from->converted ? oc_model_check_sum(from, err) : intact;
  if (loaded != OC_OK && err) *err = *of_load;
  return loaded;
}

oc_status oc_model_from(oc_model_source *from, const oc_session_options *session, oc_model **out,
                        oc_error *err) {
  *out = NULL;
  TRY(oc_model_check_frame(from, is_checkpoint(&from->file.metadata) ? "checkpoint" : "model", err));
  oc_model *m;
  TRY(oc_model_new(&m, err));
  m->options = oc_session_resolve(session);
  from->converts = true;
  oc_error of_load = {0};
  oc_status status = load_model(m, from, err ? &of_load : NULL);
  status = judge(m, from, status, &of_load, err);
  if (status == OC_OK)
    *out = m;
  else
    oc_model_free(m);
  return status;
}

oc_status oc_model_load(const char *path, const oc_session_options *session, oc_model **out, oc_error *err) {
  NEED(path, out);
  *out = NULL;
  if (!path) return oc_fail(err, OC_E_ARGUMENT, "oc_model_load", "", "path must not be NULL");
  if (oc_model_is_onnx(path)) return oc_model_load_onnx(path, session, out, err);
  oc_model_source from;
  const bool threads = !session || session->threads != 1;
  TRY(oc_model_source_file(path, threads, &from, err));
  const oc_status status = oc_model_from(&from, session, out, err);
  oc_model_source_release(&from);
  return status;
}

oc_status oc_model_load_memory(const void *bytes, size_t size, const oc_session_options *session,
                               oc_model **out, oc_error *err) {
  NEED(bytes, out);
  *out = NULL;
  if (!bytes) return oc_fail(err, OC_E_ARGUMENT, "oc_model_load_memory", "", "bytes must not be NULL");
  if (oc_kind_is_onnx(bytes, size, size))
    return oc_model_from_onnx(bytes, size, "model in memory", session, out, err);
  oc_model_source from;
  TRY(oc_model_source_memory(bytes, size, &from, err));
  const oc_status status = oc_model_from(&from, session, out, err);
  oc_model_source_release(&from);
  return status;
}

const char *oc_model_converted(const oc_model *m) {
  if (!m) return NULL;
  return m->converted;
}
