/* model_file.c: a model as one safetensors file.
 *
 * Tensors: each variable under its name ("conv_1/_weights"); input/mean (h,w,c) and input/deviation (float64,
 * a scalar): the standardisation. Metadata: format "ocellus", format_version, kind ("model"; "checkpoint" for
 * the state of a run), version of the library, net, picture "HxWxC", classes (a JSON list), sha256 of all
 * bytes after the header; after training also trained_epochs, valid_accuracy and provenance (a JSON object).
 */
#include "model/model.h"
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DAMAGED "The file is damaged or was changed by hand: copy or train it again."
enum { MOST_CLASSES = 65536 };

/* ---- writing ------------------------------------------------------------------------------------------- */

static bool set_frame(oc_metadata *d, const char *hex) {
  char version[16];
  (void)snprintf(version, sizeof version, "%d", OC_MODEL_FORMAT_VERSION);
  return oc_metadata_set(d, "format", "ocellus") && oc_metadata_set(d, "format_version", version) &&
         oc_metadata_set(d, "version", oc_version()) && oc_metadata_set(d, "sha256", hex);
}

oc_status oc_model_write(const char *path, const char *kind, const oc_tensor_table *t,
                         const oc_metadata *metadata, oc_error *err) {
  char hex[65];
  oc_metadata all = {0};
  TRY(oc_safetensors_hash(t->rows, t->count, hex, err));
  oc_status status = OC_OK;
  if (oc_metadata_copy(&all, metadata) && oc_metadata_set(&all, "kind", kind) && set_frame(&all, hex))
    status = oc_safetensors_write(path, t->rows, t->count, &all, err);
  else
    status = oc_fail_memory(err, sizeof hex);
  oc_metadata_release(&all);
  return status;
}

oc_status oc_model_save(const oc_model *m, const char *path, oc_error *err) {
  if (!m || !path) return oc_fail(err, OC_E_ARGUMENT, "oc_model_save", "", "model and path must not be NULL");
  oc_tensor_table t = {0};
  oc_status status = oc_model_tensors(m, &t, err);
  if (status == OC_OK) status = oc_model_write(path, "model", &t, &m->metadata, err);
  oc_tensor_table_release(&t);
  return status;
}

/* ---- reading: the frame -------------------------------------------------------------------------------- */

static oc_status missing(const char *path, const char *key, oc_error *err) {
  return oc_fail(err, OC_E_DATA, path, DAMAGED, "the metadata has no %s", key);
}

static oc_status check_version(const oc_metadata *d, const char *path, oc_error *err) {
  const char *format = oc_metadata_get(d, "format"), *text = oc_metadata_get(d, "format_version");
  if (!format || strcmp(format, "ocellus") != 0)
    return oc_fail(err, OC_E_DATA, path, "Give a model.safetensors that `ocellus train` wrote.",
                   "a safetensors file, but not a model of Ocellus (no format \"ocellus\" in its metadata)");
  char *end = NULL;
  const long version = text ? strtol(text, &end, 10) : 0;
  if (version < 1 || *end)
    return oc_fail(err, OC_E_DATA, path, DAMAGED, "format_version is \"%.40s\"; a whole number >= 1",
                   text ? text : "");
  if (version > OC_MODEL_FORMAT_VERSION)
    return oc_fail(err, OC_E_UNSUPPORTED, path, "Use a newer Ocellus.",
                   "format version %ld; this build (%s) reads versions up to %d", version, oc_version(),
                   OC_MODEL_FORMAT_VERSION);
  return OC_OK;
}

static oc_status check_kind(const oc_metadata *d, const char *path, const char *kind, oc_error *err) {
  const char *found = oc_metadata_get(d, "kind");
  if (!found) return missing(path, "kind", err);
  if (strcmp(found, kind) == 0) return OC_OK;
  return oc_fail(err, OC_E_DATA, path, "", "a file of kind \"%.40s\" where a %s is needed", found, kind);
}

static oc_status check_hash(const oc_safetensors *file, const char *path, oc_error *err) {
  char hex[65];
  const char *said = oc_metadata_get(&file->metadata, "sha256");
  if (!said) return missing(path, "sha256", err);
  oc_safetensors_hash_read(file, hex);
  if (strcmp(said, hex) == 0) return OC_OK;
  return oc_fail(err, OC_E_DATA, path, DAMAGED,
                 "the tensors have SHA-256 %.16s.., but the metadata says %.16s..", hex, said);
}

static oc_status check_frame(const oc_safetensors *file, const char *path, const char *kind, oc_error *err) {
  TRY(check_version(&file->metadata, path, err));
  return check_kind(&file->metadata, path, kind, err);
}

oc_status oc_model_read(const char *path, const char *kind, oc_safetensors *out, oc_error *err) {
  TRY(oc_safetensors_read(path, OC_MODEL_MAX_BYTES, false, out, err));
  oc_status status = check_frame(out, path, kind, err);
  if (status == OC_OK) status = check_hash(out, path, err);
  if (status != OC_OK) oc_safetensors_release(out);
  return status;
}

static bool is_checkpoint(const oc_metadata *d) {
  const char *kind = oc_metadata_get(d, "kind");
  return kind && strcmp(kind, "checkpoint") == 0;
}

/* ---- reading: tensors ---------------------------------------------------------------------------------- */

oc_status oc_model_expect(const oc_safetensors *file, const char *path, const char *name, oc_dtype dtype,
                          const oc_shape *shape, oc_error *err) {
  const oc_tensor *t = oc_safetensors_find(file, name);
  char found[128], wanted[128];
  if (!t) return oc_fail(err, OC_E_DATA, path, DAMAGED, "tensor \"%.120s\" is missing", name);
  if (t->dtype == dtype && oc_shape_equal(&t->shape, shape)) return OC_OK;
  return oc_fail(err, OC_E_DATA, path, DAMAGED, "tensor \"%.120s\" is %s %s; the network needs %s %s", name,
                 oc_dtype_name(t->dtype), oc_shape_text(&t->shape, found, sizeof found), oc_dtype_name(dtype),
                 oc_shape_text(shape, wanted, sizeof wanted));
}

/* By the largest of the numbers' bits without sign, in which exponents of infinity and NaN stand above all others. */
static bool all_finite(const oc_tensor *t, int64_t count) {
  uint32_t most = 0;
  uint64_t most_long = 0;
  for (int64_t i = 0; i < count && t->dtype == OC_F32; i++) {
    uint32_t bits;
    memcpy(&bits, (const float *)t->data + i, sizeof bits);
    bits &= UINT32_MAX >> 1;
    most = bits > most ? bits : most;
  }
  for (int64_t i = 0; i < count && t->dtype == OC_F64; i++) {
    uint64_t bits;
    memcpy(&bits, (const double *)t->data + i, sizeof bits);
    bits &= UINT64_MAX >> 1;
    most_long = bits > most_long ? bits : most_long;
  }
  return most < 0x7f800000u && most_long < UINT64_C(0x7ff0000000000000);
}

oc_status oc_model_take(const oc_safetensors *file, const char *path, const char *name, const oc_tensor *to,
                        oc_error *err) {
  int64_t count;
  TRY(oc_model_expect(file, path, name, to->dtype, &to->shape, err));
  TRY(oc_shape_count(&to->shape, 1, &count, err));
  memcpy(to->data, oc_safetensors_find(file, name)->data, (size_t)count * oc_dtype_size(to->dtype));
  if (all_finite(to, count)) return OC_OK;
  return oc_fail(err, OC_E_DATA, path, DAMAGED, "tensor \"%.120s\" holds a value that is not finite", name);
}

oc_status oc_model_take_variables(const oc_safetensors *file, const char *path, const char *prefix,
                                  oc_session *s, int count, oc_error *err) {
  for (int i = 0; i < count; i++) {
    char name[320];
    (void)snprintf(name, sizeof name, "%.20s%.280s", prefix, oc_variable_name(s, i));
    const oc_tensor to = oc_variable_value(s, i);
    TRY(oc_model_take(file, path, name, &to, err));
  }
  return OC_OK;
}

/* ---- reading: the model -------------------------------------------------------------------------------- */

static bool is_clean(const char *text) {
  for (; *text; text++)
    if ((unsigned char)*text < 0x20 || *text == 0x7f) return false;
  return true;
}

static oc_status take_class_names(oc_model *m, const json_t *list, const char *path, oc_error *err) {
  const size_t count = json_array_size(list);
  if (count < 2 || count > MOST_CLASSES)
    return oc_fail(err, OC_E_DATA, path, DAMAGED, "classes must be a list of 2 to %d names", MOST_CLASSES);
  m->class_names = oc_memory_array(count, sizeof *m->class_names);
  if (!m->class_names) return oc_fail_memory(err, count * sizeof *m->class_names);
  m->classes = (int)count;
  for (size_t i = 0; i < count; i++) {
    const char *name = json_string_value(json_array_get(list, i));
    if (!name || !is_clean(name))
      return oc_fail(err, OC_E_DATA, path, DAMAGED,
                     "the name of class %zu is no text, or has control characters", i);
    m->class_names[i] = oc_memory_string(name);
    if (!m->class_names[i]) return oc_fail_memory(err, strlen(name) + 1);
  }
  return OC_OK;
}

static oc_status take_classes(oc_model *m, const char *path, oc_error *err) {
  const char *text = oc_metadata_get(&m->metadata, "classes");
  if (!text) return missing(path, "classes", err);
  json_t *list = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
  const oc_status status = take_class_names(m, list, path, err);
  json_decref(list);
  return status;
}

/* "28x28x1", each 1..65536. */
static bool parse_picture(const char *text, oc_picture_size *out) {
  long n[3];
  for (int i = 0; i < 3; i++) {
    char *end;
    if (*text < '0' || *text > '9') return false;
    n[i] = strtol(text, &end, 10);
    if (n[i] < 1 || n[i] > 65536 || *end != (i < 2 ? 'x' : '\0')) return false;
    text = end + 1;
  }
  *out = (oc_picture_size){n[0], n[1], n[2]};
  return true;
}

static oc_status take_description(oc_model *m, const char *path, oc_error *err) {
  const char *net = oc_metadata_get(&m->metadata, "net"), *picture = oc_metadata_get(&m->metadata, "picture");
  if (!net) return missing(path, "net", err);
  if (!picture) return missing(path, "picture", err);
  if (!parse_picture(picture, &m->size))
    return oc_fail(err, OC_E_DATA, path, DAMAGED, "picture is \"%.60s\"; HxWxC with whole numbers 1 to 65536",
                   picture);
  m->net = oc_memory_string(net);
  if (!m->net) return oc_fail_memory(err, strlen(net) + 1);
  return take_classes(m, path, err);
}

/* Before memory is taken for what a net text asks for: the file must really hold it, and nothing else. A checkpoint also
 * holds the optimiser's state and the weights of the best epoch. */
static oc_status check_tensors(const oc_model *m, const oc_safetensors *file, const char *path,
                               oc_error *err) {
  const int count = oc_graph_variable_count(m->graph);
  for (int i = 0; i < count; i++) {
    const oc_node v = oc_graph_variable_at(m->graph, i);
    const oc_shape shape = oc_node_shape(m->graph, v);
    TRY(oc_model_expect(file, path, oc_node_name(m->graph, v), OC_F32, &shape, err));
  }
  const oc_shape mean = OC_SHAPE(m->size.height, m->size.width, m->size.channels), scalar = OC_SCALAR_SHAPE;
  TRY(oc_model_expect(file, path, "input/mean", OC_F32, &mean, err));
  TRY(oc_model_expect(file, path, "input/deviation", OC_F64, &scalar, err));
  if (file->count == count + 2 || is_checkpoint(&file->metadata)) return OC_OK;
  for (int i = 0; i < file->count; i++) {
    const char *name = file->tensors[i].name;
    const int32_t op = oc_graph_lookup(m->graph, name);
    const bool known = (op >= 0 && m->graph->nodes[op].variable >= 0) || strcmp(name, "input/mean") == 0 ||
                       strcmp(name, "input/deviation") == 0;
    if (!known)
      return oc_fail(err, OC_E_DATA, path, DAMAGED, "tensor \"%.120s\" belongs to no layer of the network",
                     name);
  }
  return OC_OK;
}

static oc_status take_standard(oc_model *m, const oc_safetensors *file, const char *path, oc_error *err) {
  const oc_picture_size s = m->size;
  m->standard.count = s.height * s.width * s.channels; /* each at most 2^16 */
  m->standard.mean = oc_memory_array((size_t)m->standard.count, sizeof(float));
  if (!m->standard.mean) return oc_fail_memory(err, (size_t)m->standard.count * sizeof(float));
  const oc_tensor mean = {OC_F32, OC_SHAPE(s.height, s.width, s.channels), m->standard.mean};
  const oc_tensor deviation = {OC_F64, OC_SCALAR_SHAPE, &m->standard.deviation};
  TRY(oc_model_take(file, path, "input/mean", &mean, err));
  TRY(oc_model_take(file, path, "input/deviation", &deviation, err));
  if (m->standard.deviation > 0) return OC_OK;
  return oc_fail(err, OC_E_DATA, path, DAMAGED, "input/deviation is %g; it must be greater than 0",
                 m->standard.deviation);
}

/* A mistake in the net text of a file is one of the file. */
static oc_status in_file(oc_status status, const char *path, oc_error *err) {
  if (status != OC_E_NET) return status;
  if (err) {
    char where[sizeof err->where];
    memcpy(where, err->where, sizeof where);
    (void)snprintf(err->where, sizeof err->where, "%.160s: %.90s", path, where);
    err->code = OC_E_DATA;
  }
  return OC_E_DATA;
}

/* The weights of a checkpoint are those of its last epoch: what is said of the best one does not hold for them. */
static oc_status take_metadata(oc_model *m, const oc_safetensors *file, const char *path, oc_error *err) {
  const oc_metadata *d = &file->metadata;
  char epoch[16];
  if (!oc_metadata_copy(&m->metadata, d)) return oc_fail_memory(err, file->size - file->data_size);
  if (!is_checkpoint(d)) return OC_OK;
  const char *text = oc_metadata_get(d, "progress");
  json_t *progress = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
  json_int_t epochs = -1;
  const bool known = progress && json_unpack(progress, "{s:I}", "epoch", &epochs) == 0;
  json_decref(progress);
  if (!known || epochs < 0 || epochs > INT32_MAX)
    return oc_fail(err, OC_E_DATA, path, DAMAGED,
                   "the metadata's \"progress\" does not say how many epochs were done");
  (void)snprintf(epoch, sizeof epoch, "%d", (int)epochs);
  static const char *const others[] = {"options", "progress", "metrics", "valid_accuracy"};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
    (void)oc_metadata_set(&m->metadata, others[i], NULL);
  return oc_metadata_set(&m->metadata, "trained_epochs", epoch) ? OC_OK : oc_fail_memory(err, sizeof epoch);
}

static oc_status load(oc_model *m, const oc_safetensors *file, const char *path, oc_error *err) {
  TRY(take_metadata(m, file, path, err));
  TRY(take_description(m, path, err));
  TRY(in_file(oc_model_build(m, NULL, &m->graph, &m->nodes, err), path, err));
  TRY(check_tensors(m, file, path, err));
  TRY(take_standard(m, file, path, err));
  oc_model_skip_init(m->graph);
  TRY(oc_model_start(m, err));
  return oc_model_take_variables(file, path, "", m->session, oc_variable_count(m->session), err);
}

/* What a damaged file makes of itself does not matter: its hash is what the message then says. */
oc_status oc_model_from(const oc_safetensors *file, const char *path, const oc_session_options *session,
                        oc_model **out, oc_error *err) {
  *out = NULL;
  TRY(check_frame(file, path, is_checkpoint(&file->metadata) ? "checkpoint" : "model", err));
  oc_model *m;
  TRY(oc_model_new(&m, err));
  m->options = session ? *session : oc_session_defaults();
  oc_error of_load;
  oc_status status = load(m, file, path, err ? &of_load : NULL);
  const oc_status intact = check_hash(file, path, err);
  if (intact == OC_OK && status != OC_OK && err) *err = of_load;
  if (intact != OC_OK) status = intact;
  if (status == OC_OK)
    *out = m;
  else
    oc_model_free(m);
  return status;
}

oc_status oc_model_load(const char *path, const oc_session_options *session, oc_model **out, oc_error *err) {
  *out = NULL;
  if (!path) return oc_fail(err, OC_E_ARGUMENT, "oc_model_load", "", "path must not be NULL");
  oc_safetensors file;
  const bool threads = !session || session->threads != 1;
  TRY(oc_safetensors_read(path, OC_MODEL_MAX_BYTES, threads, &file, err));
  const oc_status status = oc_model_from(&file, path, session, out, err);
  oc_safetensors_release(&file);
  return status;
}
