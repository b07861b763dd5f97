/* model_onnx.c: makes a model of an ONNX file. Names of classes and the rule for images are in the metadata
 * of files that Ocellus wrote; of a file without them only the computation is known, and the model answers
 * nothing until it has both. */
#include "base/file.h"
#include "base/kind.h"
#include "formats/onnx_import.h"
#include "model/model.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* protobuf's messages have fewer than 2 GiB. */
#define ONNX_MAX_BYTES ((size_t)INT32_MAX)

/* ---- which files --------------------------------------------------------------------------------------- */

bool oc_model_is_onnx(const char *path) {
  unsigned char first[OC_KIND_BYTES];
  int fd;
  size_t size;
  if (oc_file_open(path, &fd, &size, NULL) != OC_OK) return false;
  const ssize_t got = read(fd, first, sizeof first);
  close(fd);
  return got > 0 && oc_kind_is_onnx(first, (size_t)got, size);
}

bool oc_model_is_file(const char *path) {
  unsigned char first[10];
  int fd;
  size_t size;
  if (!path || oc_file_open(path, &fd, &size, NULL) != OC_OK) return false;
  const ssize_t got = read(fd, first, sizeof first);
  close(fd);
  return (got == sizeof first && memcmp(first + 8, "{\"", 2) == 0) || oc_model_is_onnx(path);
}

/* ---- weights ------------------------------------------------------------------------------------------- */

static oc_status check_weights(const oc_onnx_import *from, const char *where, oc_error *err) {
  for (int64_t i = 0; i < from->weight_count; i++) {
    const oc_shape shape = oc_node_shape(from->g, from->weights[i].variable);
    const oc_tensor values = {OC_F32, shape, (void *)(uintptr_t)from->weights[i].values};
    int64_t count;
    TRY(oc_shape_count(&shape, 1, &count, err));
    if (!oc_tensor_finite(&values, count))
      return oc_fail(err, OC_E_DATA, where, "Export the model again.",
                     "tensor '%.120s' has a value that is not finite",
                     oc_node_name(from->g, from->weights[i].variable));
  }
  return OC_OK;
}

/* ---- outputs ------------------------------------------------------------------------------------------- */

/* Answers are the softmax or sigmoid of what the model's outputs are. */
static oc_node before(const oc_graph *g, oc_node node, const char *op) {
  return strcmp(oc_node_op(g, node), op) == 0 ? oc_graph_input(g, oc_node_index(node), 0) : node;
}

static oc_target_kind kind_of(const oc_onnx_import *from, oc_node node) {
  const char *op = oc_node_op(from->g, node);
  const oc_shape s = oc_node_shape(from->g, node);
  if (strcmp(op, "sigmoid") == 0) return OC_TARGET_CLASSES;
  const bool class = strcmp(op, "softmax") == 0 || from->output_count == 1;
  return class && s.dim[s.rank ? s.rank - 1 : 0] > 1 ? OC_TARGET_CLASS : OC_TARGET_VECTOR;
}

/* Letters, digits and _, as an output's name must be. */
static const char *output_name(const oc_onnx_import *from, int i, char out[64]) {
  static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
  const char *name = from->output_names[i];
  size_t n = 0;
  if (from->output_count == 1) return "label";
  if (!name[strspn(name, good)] && strlen(name) < 60 && strchr(good, *name) < good + 52) return name;
  for (out[n++] = 'o', out[n++] = '_'; *name && n < 60; name++) out[n++] = strchr(good, *name) ? *name : '_';
  (void)snprintf(out + n, 64 - n, "%d", i);
  return out;
}

/* `named` has the outputs in the metadata, if there are any. */
static oc_status list_outputs(const oc_onnx_import *from, const oc_model *named, const char *where,
                              char names[][64], oc_output *list, oc_error *err) {
  if (named->output_count && named->output_count != from->output_count)
    return oc_fail(err, OC_E_DATA, where, "", "its metadata names %d outputs, but it has %d",
                   named->output_count, from->output_count);
  for (int i = 0; i < from->output_count; i++) {
    const oc_node node = from->outputs[i];
    oc_target *t = &list[i].answers;
    if (named->output_count)
      *t = named->outputs[i];
    else
      *t = (oc_target){.name = output_name(from, i, names[i]), .kind = kind_of(from, node)};
    list[i].node = t->kind == OC_TARGET_CLASS     ? before(from->g, node, "softmax")
                   : t->kind == OC_TARGET_CLASSES ? before(from->g, node, "sigmoid")
                                                  : node;
  }
  return OC_OK;
}

static oc_status read_names(const oc_onnx_import *from, const char *where, oc_model *named, oc_error *err) {
  const char *classes = oc_metadata_get(&from->metadata, "classes"),
             *outputs = oc_metadata_get(&from->metadata, "outputs");
  return classes || outputs ? oc_outputs_read(named, classes, outputs, where, err) : OC_OK;
}

/* ---- what the file says of images ---------------------------------------------------------------------- */

static oc_status take_standardizer(oc_model *m, const oc_onnx_import *from, oc_error *err) {
  oc_standardizer *s = &m->standardizer;
  if (!from->mean) return OC_OK;
  oc_standardizer_release(s);
  *s = (oc_standardizer){.count = m->size.height * m->size.width * m->size.channels,
                         .channels = m->size.channels,
                         .how = from->per_channel ? OC_STANDARDIZE_CHANNEL : OC_STANDARDIZE_PIXEL,
                         .deviation = from->per_channel ? 0 : (double)from->deviation[0]};
  const size_t means = (size_t)(from->per_channel ? s->channels : s->count);
  s->mean = oc_memory_copy(from->mean, means * sizeof *s->mean);
  s->deviations = from->per_channel ? oc_memory_array(means, sizeof *s->deviations) : NULL;
  if (!s->mean || (from->per_channel && !s->deviations)) return oc_fail_memory(err, means * sizeof *s->mean);
  for (size_t c = 0; from->per_channel && c < means; c++) s->deviations[c] = (double)from->deviation[c];
  return OC_OK;
}

static oc_status take_metadata(oc_model *m, const oc_onnx_import *from, const char *where, oc_error *err) {
  static const char *const keys[] = {"preprocessing", "training_images"};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    const char *value = oc_metadata_get(&from->metadata, keys[i]);
    if (value && !oc_metadata_set(&m->metadata, keys[i], value)) return oc_fail_memory(err, strlen(value));
  }
  m->no_rule = !oc_metadata_get(&from->metadata, "preprocessing");
  TRY(take_standardizer(m, from, err));
  TRY(oc_preprocessing_read(m, where, err));
  return oc_training_images_read(m, where, err);
}

/* ---- the model ----------------------------------------------------------------------------------------- */

static oc_status make_model(const oc_onnx_import *from, const oc_model *named, const char *where,
                            const oc_graph_model_options *o, oc_model **out, oc_error *err) {
  oc_output list[OC_ONNX_IMPORT_OUTPUTS] = {0};
  char names[OC_ONNX_IMPORT_OUTPUTS][64];
  TRY(list_outputs(from, named, where, names, list, err));
  const oc_status status = oc_model_from_outputs(from->g, from->input, list, from->output_count, o, out, err);
  if (status == OC_OK) return take_metadata(*out, from, where, err);
  if (err && status == OC_E_ARGUMENT) {
    char message[sizeof err->message];
    memcpy(message, err->message, sizeof message);
    return oc_fail(err, OC_E_UNSUPPORTED, where, "", "as a model: %.300s", message);
  }
  return status;
}

static oc_status make_with_weights(const oc_onnx_import *from, const char *where,
                                   const oc_session_options *session, oc_model **out, oc_error *err) {
  const oc_session_options one = {.threads = 1};
  oc_graph_model_options o = oc_graph_model_defaults();
  oc_session *weights = NULL;
  oc_model *named = NULL;
  oc_model_skip_init(from->g);
  oc_status status = oc_session_create(from->g, &one, &weights, err);
  if (status == OC_OK) status = check_weights(from, where, err);
  if (status == OC_OK) status = oc_onnx_import_set(from, weights, err);
  if (status == OC_OK) status = oc_model_new(&named, err);
  if (status == OC_OK) status = read_names(from, where, named, err);
  o.weights = weights;
  o.session = session;
  if (status == OC_OK) status = make_model(from, named, where, &o, out, err);
  oc_model_free(named);
  oc_session_free(weights);
  return status;
}

static oc_status read_model(const void *bytes, size_t size, const char *where, const char *folder,
                            const oc_session_options *session, oc_model **out, oc_error *err) {
  oc_onnx_import from;
  *out = NULL;
  TRY(oc_onnx_import_bytes(bytes, size, where, folder, &from, err));
  const oc_status status = make_with_weights(&from, where, session, out, err);
  oc_onnx_import_release(&from);
  if (status == OC_OK) return OC_OK;
  oc_model_free(*out);
  *out = NULL;
  return status;
}

oc_status oc_model_from_onnx(const void *bytes, size_t size, const char *where,
                             const oc_session_options *session, oc_model **out, oc_error *err) {
  return read_model(bytes, size, where, NULL, session, out, err);
}

/* The folder of a path, from the heap; NULL when there is no memory. */
static char *folder_of(const char *path) {
  const char *slash = strrchr(path, '/');
  char *folder = oc_memory_string(slash ? path : ".");
  if (folder && slash) folder[slash == path ? 1 : slash - path] = 0;
  return folder;
}

oc_status oc_onnx_file_read(const char *path, oc_onnx_file_bytes *out, oc_error *err) {
  *out = (oc_onnx_file_bytes){0};
  TRY(oc_file_read(path, ONNX_MAX_BYTES, &out->bytes, &out->size, err));
  out->folder = folder_of(path);
  return out->folder ? OC_OK : oc_fail_memory(err, strlen(path) + 1);
}

void oc_onnx_file_release(oc_onnx_file_bytes *f) {
  oc_memory_free(f->folder);
  oc_memory_free(f->bytes);
}

oc_status oc_model_load_onnx(const char *path, const oc_session_options *session, oc_model **out,
                             oc_error *err) {
  oc_onnx_file_bytes f;
  oc_status status = oc_onnx_file_read(path, &f, err);
  if (status == OC_OK) status = read_model(f.bytes, f.size, path, f.folder, session, out, err);
  oc_onnx_file_release(&f);
  return status;
}
