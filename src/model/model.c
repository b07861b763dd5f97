/* model.c: makes and frees models, checks their data, and makes their plans. */
#include "base/options.h"
#include "model/model.h"
#include "plan/plan.h"
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
  const int targets = oc_dataset_target_count(train_data);
  if (targets == 0) return oc_fail(err, OC_E_DATA, "dataset", hint, "its images have no labels");
  if (targets > 1)
    return oc_fail(err, OC_E_DATA, "dataset",
                   "Build a graph with an output for each (oc_model_from_outputs).",
                   "expected one target, for the network's last layer, got %d", targets);
  const oc_target *t = oc_dataset_target(train_data, 0);
  if (t->kind == OC_TARGET_CLASS && t->size < 2)
    return oc_fail(err, OC_E_DATA, "dataset", hint, "expected at least 2 classes, got %lld",
                   (long long)t->size);
  return OC_OK;
}

/* Refuses now what a model file cannot store, not only when training saves it. */
static oc_status check_limits(const oc_dataset *train_data, oc_error *err) {
  const oc_image_shape s = oc_dataset_image_shape(train_data);
  if (s.height > OC_MODEL_MAX_SIDE || s.width > OC_MODEL_MAX_SIDE || s.channels > OC_MODEL_MAX_SIDE)
    return oc_fail(err, OC_E_DATA, "dataset", "Use smaller images.",
                   "image shape %lldx%lldx%lld is too large: the limit is %d per axis", (long long)s.height,
                   (long long)s.width, (long long)s.channels, OC_MODEL_MAX_SIDE);
  return OC_OK;
}

static oc_status set_net(oc_model *m, const oc_model_options *o, oc_error *err) {
  oc_net_options net = oc_net_defaults();
  net.dropout = o->dropout;
  net.dropout_set = o->dropout_set;
  net.registry = m->options.registry;
  return oc_net_canonicalize(o->net ? o->net : "lecture", m->outputs[0].size, &net, &m->net, err);
}

/* Sets the metadata of the model file, without those that training adds. */
oc_status oc_model_note(oc_model *m, oc_error *err) {
  char image[96];
  (void)snprintf(image, sizeof image, "%lldx%lldx%lld", (long long)m->size.height, (long long)m->size.width,
                 (long long)m->size.channels);
  if (!oc_metadata_set(&m->metadata, "net", m->net)) return oc_fail_memory(err, sizeof image);
  TRY(oc_outputs_note(m, err));
  TRY(oc_preprocessing_note(m, err));
  return oc_metadata_set(&m->metadata, "image_shape", image) ? OC_OK : oc_fail_memory(err, sizeof image);
}

static oc_status fill_model(oc_model *m, const oc_dataset *train_data, const oc_model_options *o,
                            oc_error *err) {
  m->size = oc_dataset_image_shape(train_data);
  m->options = oc_session_resolve(o->session);
  TRY(check_limits(train_data, err));
  TRY(oc_model_add_output(m, oc_dataset_target(train_data, 0), err));
  TRY(set_net(m, o, err));
  oc_preprocessing_take(m, train_data);
  TRY(oc_model_note(m, err));
  TRY(oc_model_build(m, err)); /* before the data is read: errors in a net show immediately */
  TRY(oc_model_look_at(m, train_data, o->standardize, err));
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
  const oc_status status = fill_model(m, train_data, &o, err);
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

void oc_model_forget_uses(oc_model *m) {
  for (int i = 0; i < OC_USES; i++)
    while (m->idle[i]) {
      oc_model_use *next = m->idle[i]->next;
      free_use(m->idle[i]);
      m->idle[i] = next;
    }
}

void oc_model_set_heads(oc_model *m, const oc_heads *h, const oc_model_nodes *nodes) {
  if (oc_heads_equal(h, &m->heads)) return;
  m->earlier_heads = m->heads;
  m->earlier_nodes = m->nodes;
  m->heads = *h;
  m->nodes = *nodes;
  oc_model_forget_uses(m);
}

void oc_model_free(oc_model *m) {
  if (!m) return;
  oc_model_forget_uses(m);
  pthread_mutex_destroy(&m->lock);
  oc_session_free(m->session);
  oc_graph_free(m->graph);
  oc_arena_free(&m->names);
  oc_memory_free(m->net);
  oc_standardizer_release(&m->standardizer);
  oc_metadata_release(&m->metadata);
  oc_memory_free(m);
}

/* ---- plans --------------------------------------------------------------------------------------------- */

oc_status oc_model_input(const oc_model *m, int64_t capacity, const oc_heads *h, oc_input *out,
                         oc_error *err) {
  return oc_model_input_of(m->size, capacity, h, out, err);
}

oc_status oc_model_input_of(oc_image_shape size, int64_t capacity, const oc_heads *h, oc_input *out,
                            oc_error *err) {
  size_t bytes[OC_TARGETS_MAX];
  const int count = h ? h->target_count : 0;
  for (int i = 0; i < count; i++)
    bytes[i] =
        h->targets[i].kind == OC_TARGET_CLASS ? sizeof(int32_t) : (size_t)h->targets[i].size * sizeof(float);
  return oc_input_create(capacity, size, bytes, count, out, err);
}

oc_status oc_model_plan_bound(const oc_plan_request *r, const oc_input *input, oc_plan **out, oc_error *err) {
  const oc_plan_options options = {.batch = input->capacity, .training = r->training, .feed = r->feed};
  TRY(oc_plan_create(r->session, r->fetches, r->count, &options, out, err));
  oc_status status = oc_plan_bind(*out, oc_node_valid(r->feed) ? r->feed : r->nodes->x, input->x, err);
  for (int i = 0; status == OC_OK && r->heads && i < r->heads->target_count; i++)
    status = oc_plan_bind(*out, r->nodes->targets[i], input->targets[i], err);
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
  oc_node fetches[2 + OC_SCORES_MAX];
  oc_plan_request request = {.session = m->session, .nodes = &m->nodes, .fetches = fetches};
  int64_t capacity = 1;
  if (use == OC_USE_SCORE) {
    request.heads = &m->heads;
    request.count = oc_heads_fetches(m, &m->heads, &m->nodes, fetches);
  } else {
    request.count = m->output_count;
    for (int i = 0; i < m->output_count; i++) fetches[i] = m->nodes.outputs[i].answer;
  }
  if (use != OC_USE_ONE) TRY(oc_model_capacity(&request, m->size, &capacity, err));
  TRY(oc_model_input(m, capacity, request.heads, &u->input, err));
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
  TRY(oc_model_need_rule(m, err));
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
const oc_standardizer *oc_model_standardizer(const oc_model *m) {
  return m ? &m->standardizer : NULL;
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
