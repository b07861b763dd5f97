/* model.c: a model's life: making and freeing, checks of data, plans. */
#include "base/json.h"
#include "base/options.h"
#include "base/text.h"
#include "model/model.h"
#include <jansson.h>
#include <string.h>

oc_model_options oc_model_defaults(void) {
  return (oc_model_options){.struct_size = sizeof(oc_model_options), .net = "lecture"};
}

oc_status oc_model_start(oc_model *m, oc_error *err) {
  TRY(oc_session_create(m->graph, &m->options, &m->session, err));
  m->options.kernels = m->session->options.kernels; /* the caller's text need not stay */
  return OC_OK;
}

/* ---- creating ------------------------------------------------------------------------------------------ */

static oc_status check_like(const oc_dataset *train_data, oc_error *err) {
  const char *hint = "Train on labeled images: a folder with MNIST's files, digits, xo.";
  if (!train_data) return oc_fail(err, OC_E_ARGUMENT, "dataset", hint, "must not be NULL");
  if (!oc_dataset_labeled(train_data))
    return oc_fail(err, OC_E_DATA, "dataset", hint, "its images have no labels");
  if (oc_dataset_classes(train_data) < 2)
    return oc_fail(err, OC_E_DATA, "dataset", hint, "expected at least 2 classes, got %d",
                   oc_dataset_classes(train_data));
  return OC_OK;
}

bool oc_class_name_is_sound(const char *name) {
  for (const char *c = name; *c; c++)
    if ((unsigned char)*c < 0x20 || *c == 0x7f) return false;
  return oc_text_is_utf8(name);
}

/* Refuses now what a model file cannot store, not only when training saves it. */
static oc_status check_limits(const oc_dataset *train_data, oc_error *err) {
  const oc_image_shape s = oc_dataset_image_shape(train_data);
  if (s.height > OC_MODEL_MAX_SIDE || s.width > OC_MODEL_MAX_SIDE || s.channels > OC_MODEL_MAX_SIDE)
    return oc_fail(err, OC_E_DATA, "dataset", "Use smaller images.",
                   "image shape %lldx%lldx%lld is too large: the limit is %d per axis", (long long)s.height,
                   (long long)s.width, (long long)s.channels, OC_MODEL_MAX_SIDE);
  const int classes = oc_dataset_classes(train_data);
  if (classes > OC_MODEL_MAX_CLASSES)
    return oc_fail(err, OC_E_DATA, "dataset", "", "too many classes: %d; the limit is %d", classes,
                   OC_MODEL_MAX_CLASSES);
  for (int i = 0; i < classes; i++)
    if (!oc_class_name_is_sound(oc_dataset_class_name(train_data, i)))
      return oc_fail(err, OC_E_DATA, "class names", "Name classes in UTF-8, without control characters.",
                     "the name of class %d is not valid UTF-8, or has control characters", i);
  return OC_OK;
}

static oc_status copy_classes(oc_model *m, const oc_dataset *train_data, oc_error *err) {
  TRY(check_limits(train_data, err));
  m->classes = oc_dataset_classes(train_data);
  m->class_names = oc_memory_array((size_t)m->classes, sizeof *m->class_names);
  if (!m->class_names) return oc_fail_memory(err, (size_t)m->classes * sizeof *m->class_names);
  for (int i = 0; i < m->classes; i++) {
    m->class_names[i] = oc_memory_string(oc_dataset_class_name(train_data, i));
    if (!m->class_names[i]) return oc_fail_memory(err, 1);
  }
  return OC_OK;
}

static oc_status set_net(oc_model *m, const oc_model_options *o, oc_error *err) {
  oc_net_options net = oc_net_defaults();
  net.dropout = o->dropout;
  net.dropout_set = o->dropout_set;
  return oc_net_canonicalize(o->net ? o->net : "lecture", m->classes, &net, &m->net, err);
}

/* The names of the classes as a JSON list; the caller gives it up. */
static oc_status list_classes(const oc_model *m, json_t **list, oc_error *err) {
  *list = json_array();
  for (int i = 0; i < m->classes; i++)
    if (json_array_append_new(*list, json_string_nocheck(m->class_names[i])) != 0) {
      json_decref(*list);
      return oc_fail_memory(err, strlen(m->class_names[i]));
    }
  return OC_OK;
}

/* What the model file says about the model, besides what training adds. */
oc_status oc_model_note(oc_model *m, oc_error *err) {
  char image[96];
  (void)snprintf(image, sizeof image, "%lldx%lldx%lld", (long long)m->size.height, (long long)m->size.width,
                 (long long)m->size.channels);
  json_t *list;
  TRY(list_classes(m, &list, err));
  char *classes = oc_json_text(list, JSON_COMPACT);
  json_decref(list);
  const bool whole = classes && oc_metadata_set(&m->metadata, "net", m->net) &&
                     oc_metadata_set(&m->metadata, "classes", classes) &&
                     oc_metadata_set(&m->metadata, "image_shape", image);
  oc_memory_free(classes);
  return whole ? OC_OK : oc_fail_memory(err, sizeof image);
}

static oc_status fill(oc_model *m, const oc_dataset *train_data, const oc_model_options *o, oc_error *err) {
  m->size = oc_dataset_image_shape(train_data);
  m->options = oc_session_resolve(o->session);
  TRY(copy_classes(m, train_data, err));
  TRY(set_net(m, o, err));
  TRY(oc_model_note(m, err));
  TRY(oc_model_build(m, err)); /* before the data is read: errors in a net show immediately */
  TRY(oc_standardizer_fit(train_data, &m->standardizer, err));
  return oc_model_start(m, err);
}

oc_status oc_model_create(const oc_dataset *train_data, const oc_model_options *options, oc_model **out,
                          oc_error *err) {
  NEED(train_data, out);
  *out = NULL;
  oc_model_options o = oc_model_defaults();
  if (options) OC_OPTIONS_READ(o, options);
  TRY(oc_options_check(o.struct_size, sizeof o, "oc_model_options", err));
  TRY(check_like(train_data, err));
  oc_model *m;
  TRY(oc_model_new(&m, err));
  const oc_status status = fill(m, train_data, &o, err);
  if (status == OC_OK)
    *out = m;
  else
    oc_model_free(m);
  return status;
}

oc_status oc_model_new(oc_model **out, oc_error *err) {
  *out = oc_memory_alloc(sizeof **out);
  if (!*out) return oc_fail_memory(err, sizeof **out);
  pthread_mutex_init(&(*out)->lock, NULL); /* cannot fail on Linux with default attributes */
  return OC_OK;
}

static void free_use(oc_model_use *u) {
  if (!u) return;
  oc_plan_free(u->plan);
  oc_input_release(&u->input);
  oc_memory_free(u);
}

void oc_model_free(oc_model *m) {
  if (!m) return;
  for (int i = 0; i < OC_USES; i++)
    while (m->idle[i]) {
      oc_model_use *next = m->idle[i]->next;
      free_use(m->idle[i]);
      m->idle[i] = next;
    }
  pthread_mutex_destroy(&m->lock);
  oc_session_free(m->session);
  oc_graph_free(m->graph);
  for (int i = 0; m->class_names && i < m->classes; i++) oc_memory_free(m->class_names[i]);
  oc_memory_free(m->class_names);
  oc_memory_free(m->net);
  oc_standardizer_release(&m->standardizer);
  oc_metadata_release(&m->metadata);
  oc_memory_free(m);
}

/* ---- checks and plans ---------------------------------------------------------------------------------- */

/* A class of the data that the model has under another number: its scores and its learning would be of other classes. */
static oc_status check_order(const oc_model *m, const oc_dataset *d, const char *what, oc_error *err) {
  const int classes = oc_dataset_classes(d);
  for (int i = 0; i < classes; i++) {
    const char *name = oc_dataset_class_name(d, i);
    if (i < m->classes && strcmp(name, m->class_names[i]) == 0) continue;
    for (int k = 0; k < m->classes; k++)
      if (strcmp(name, m->class_names[k]) == 0)
        return oc_fail(err, OC_E_DATA, what,
                       "Number the classes as the model does, or train a model for this data.",
                       "class '%.60s' has index %d, but %d in the model", name, i, k);
  }
  return OC_OK;
}

/* True if the names are the class numbers, as where a file gives none. */
static bool is_numbered(const oc_dataset *d) {
  char number[16];
  for (int i = 0; i < oc_dataset_classes(d); i++) {
    (void)snprintf(number, sizeof number, "%d", i);
    if (strcmp(oc_dataset_class_name(d, i), number) != 0) return false;
  }
  return true;
}

oc_status oc_model_check_training(const oc_model *m, const oc_dataset *d, const char *what, oc_error *err) {
  const char *hint = "Train on the classes that the model was made for, or create a model for these.";
  TRY(oc_model_check_data(m, d, what, err));
  const int classes = oc_dataset_classes(d);
  if (classes > m->classes)
    return oc_fail(err, OC_E_DATA, what, hint, "too many classes: %d; the model has %d", classes, m->classes);
  if (is_numbered(d)) return OC_OK;
  for (int i = 0; i < classes; i++)
    if (strcmp(oc_dataset_class_name(d, i), m->class_names[i]) != 0)
      return oc_fail(err, OC_E_DATA, what, hint, "class %d is '%.60s', but '%.60s' in the model", i,
                     oc_dataset_class_name(d, i), m->class_names[i]);
  return OC_OK;
}

oc_status oc_model_check_data(const oc_model *m, const oc_dataset *d, const char *what, oc_error *err) {
  const oc_image_shape s = m->size;
  if (!d) return oc_fail(err, OC_E_ARGUMENT, what, "", "must not be NULL");
  const oc_image_shape t = oc_dataset_image_shape(d);
  if (t.height != s.height || t.width != s.width || t.channels != s.channels)
    return oc_fail(err, OC_E_DATA, what, "Use images of the model's size, or train a model for these.",
                   "image shape is %lldx%lldx%lld; the model expects %lldx%lldx%lld", (long long)t.height,
                   (long long)t.width, (long long)t.channels, (long long)s.height, (long long)s.width,
                   (long long)s.channels);
  if (oc_dataset_count(d) < 1) return oc_fail(err, OC_E_DATA, what, "", "has no images");
  if (!oc_dataset_labeled(d))
    return oc_fail(err, OC_E_DATA, what, "Put the labels file next to the images file, or only predict.",
                   "its images have no labels");
  return check_order(m, d, what, err);
}

oc_status oc_model_plan_bound(const oc_plan_request *r, const oc_input *input, oc_plan **out, oc_error *err) {
  const oc_plan_options options = {.batch = input->capacity, .training = r->training};
  TRY(oc_plan_create(r->session, r->fetches, r->count, &options, out, err));
  oc_status status = oc_plan_bind(*out, r->nodes->x, input->x, err);
  if (status == OC_OK && r->labels) status = oc_plan_bind(*out, r->nodes->y, input->y, err);
  if (status == OC_OK) return OC_OK;
  oc_plan_free(*out);
  *out = NULL;
  return status;
}

/* Bytes of all values of one image: more than a plan takes, which gives memory to more than one of them. */
static double values_of_image(const oc_graph *g) {
  double bytes = 0;
  for (int32_t op = 0; op < g->count; op++)
    for (int i = 0; i < g->nodes[op].info.n_out; i++) {
      const oc_tensor_desc *v = &g->nodes[op].info.out[i];
      if (oc_tensor_desc_batched(v)) bytes += (double)oc_tensor_desc_row(v) * (double)oc_dtype_size(v->dtype);
    }
  return bytes;
}

oc_status oc_model_capacity(const oc_plan_request *r, oc_image_shape size, int64_t *out, oc_error *err) {
  int64_t capacity = oc_input_capacity(size);
  const oc_graph *g = r->session->g;
  *out = capacity;
  if (values_of_image(g) * (double)capacity <= OC_PIECE_BYTES) return OC_OK; /* nearly all networks */
  for (size_t bytes = SIZE_MAX; capacity > 1 && bytes > OC_PIECE_BYTES;) {
    const oc_plan_options options = {.batch = capacity, .training = r->training};
    TRY(oc_plan_measure(r->session, r->fetches, r->count, &options, &bytes, err));
    if (bytes > OC_PIECE_BYTES) capacity = (capacity + 1) / 2;
  }
  *out = capacity;
  return OC_OK;
}

static oc_status make_use(oc_model *m, int use, oc_model_use *u, oc_error *err) {
  const oc_node score[] = {m->nodes.labels, m->nodes.loss}, predict[] = {m->nodes.probabilities};
  const oc_plan_request request = {.session = m->session,
                                   .nodes = &m->nodes,
                                   .fetches = use == OC_USE_SCORE ? score : predict,
                                   .count = use == OC_USE_SCORE ? 2 : 1,
                                   .labels = use == OC_USE_SCORE};
  int64_t capacity = 1;
  if (use != OC_USE_ONE) TRY(oc_model_capacity(&request, m->size, &capacity, err));
  TRY(oc_input_create(capacity, m->size, &u->input, err));
  return oc_model_plan_bound(&request, &u->input, &u->plan, err);
}

static oc_status borrow(oc_model *m, int use, oc_model_use **out, oc_error *err) {
  oc_model_use *u = m->idle[use];
  if (u) {
    m->idle[use] = u->next;
    *out = u;
    return OC_OK;
  }
  u = oc_memory_alloc(sizeof *u);
  if (!u) return oc_fail_memory(err, sizeof *u);
  const oc_status status = make_use(m, use, u, err);
  if (status == OC_OK)
    *out = u;
  else
    free_use(u);
  return status;
}

oc_status oc_model_borrow(oc_model *m, int use, oc_model_use **out, oc_error *err) {
  pthread_mutex_lock(&m->lock);
  const oc_status status = borrow(m, use, out, err);
  if (status == OC_OK) (*out)->asks = m->session;
  pthread_mutex_unlock(&m->lock);
  return status;
}

void oc_model_give_back(oc_model *m, int use, oc_model_use *borrowed) {
  pthread_mutex_lock(&m->lock);
  borrowed->next = m->idle[use];
  m->idle[use] = borrowed;
  pthread_mutex_unlock(&m->lock);
}

/* ---- looking ------------------------------------------------------------------------------------------- */

const char *oc_model_net(const oc_model *m) {
  if (!m || !m->net) return "";
  return m->net;
}
int oc_model_classes(const oc_model *m) {
  if (!m) return 0;
  return m->classes;
}
const char *oc_model_class_name(const oc_model *m, int label) {
  if (!m) return "";
  return label >= 0 && label < m->classes ? m->class_names[label] : "";
}
double oc_model_stddev(const oc_model *m) {
  return m ? m->standardizer.deviation : 0;
}
oc_image_shape oc_model_image_shape(const oc_model *m) {
  if (!m) return (oc_image_shape){0};
  return m->size;
}
oc_graph *oc_model_graph(oc_model *m) {
  if (!m) return NULL;
  return m->graph;
}
oc_session *oc_model_session(oc_model *m) {
  if (!m) return NULL;
  return m->session;
}
const char *oc_model_metadata(const oc_model *m, const char *key) {
  if (!m || !key) return NULL;
  return oc_metadata_get(&m->metadata, key);
}
