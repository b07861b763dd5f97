/* run_file.c: runs the graph of a model's file or of an ONNX file once, with any tensors. */
#include "base/error.h"
#include "formats/onnx_import.h"
#include "model/model.h"
#include "ocellus/run.h"
#include <string.h>

/* ---- results ------------------------------------------------------------------------------------------- */

void oc_run_results_release(oc_run_results *results) {
  if (!results) return;
  for (int i = 0; i < results->count; i++) {
    oc_memory_free((char *)(uintptr_t)results->values[i].name);
    oc_tensor_release(&results->values[i].value);
  }
  oc_memory_free(results->values);
  *results = (oc_run_results){0};
}

static oc_status begin_results(int count, oc_run_results *out, oc_error *err) {
  out->values = oc_memory_array((size_t)count, sizeof *out->values);
  return out->values ? OC_OK : oc_fail_memory(err, (size_t)count * sizeof *out->values);
}

/* A copy; narrow integers become int64. */
static oc_status add_result(oc_run_results *to, const char *name, const oc_tensor_view *t, oc_error *err) {
  oc_named_tensor_value *v = &to->values[to->count++];
  int64_t count;
  TRY(oc_shape_count(&t->shape, 1, &count, err));
  v->name = oc_memory_string(name);
  if (!v->name) return oc_fail_memory(err, strlen(name) + 1);
  TRY(oc_tensor_create(t->dtype == OC_F32 ? OC_F32 : OC_I64, t->shape, &v->value, err));
  for (int64_t i = 0; i < count; i++) {
    if (t->dtype == OC_F32) ((float *)v->value.data)[i] = ((const float *)t->data)[i];
    if (t->dtype == OC_I64) ((int64_t *)v->value.data)[i] = ((const int64_t *)t->data)[i];
    if (t->dtype == OC_I32) ((int64_t *)v->value.data)[i] = ((const int32_t *)t->data)[i];
    if (t->dtype == OC_U8) ((int64_t *)v->value.data)[i] = ((const uint8_t *)t->data)[i];
  }
  return OC_OK;
}

/* ---- a model of ours ----------------------------------------------------------------------------------- */

/* A feed in the type of its placeholder; `memory` is its own if that is another one. */
static oc_status convert_feed(const oc_session *s, oc_feed *feed, oc_tensor *memory, oc_error *err) {
  const oc_node node = oc_find(s->g, feed->name);
  const oc_dtype have = feed->value.dtype, want = oc_node_valid(node) ? oc_node_dtype(s->g, node) : have;
  int64_t count;
  if (have == want || !((have == OC_F64 && want == OC_F32) || (have == OC_I64 && want == OC_I32)))
    return OC_OK;
  TRY(oc_tensor_create(want, feed->value.shape, memory, err));
  TRY(oc_shape_count(&feed->value.shape, 1, &count, err));
  for (int64_t i = 0; i < count; i++) {
    if (want == OC_F32) {
      ((float *)memory->data)[i] = (float)((const double *)feed->value.data)[i];
      continue;
    }
    const int64_t value = ((const int64_t *)feed->value.data)[i];
    if (value < INT32_MIN || value > INT32_MAX)
      return oc_fail(err, OC_E_ARGUMENT, feed->name, "Feed numbers of int32.", "%lld is out of range",
                     (long long)value);
    ((int32_t *)memory->data)[i] = (int32_t)value;
  }
  feed->value = (oc_tensor_view){want, memory->shape, memory->data};
  return OC_OK;
}

/* A name with ":0" and without is one node. */
static oc_status check_fed_once(const oc_session *s, const oc_run_request *q, oc_error *err) {
  for (int i = 0; i < q->feed_count; i++) {
    const oc_node node = oc_find(s->g, q->feeds[i].name);
    for (int j = 0; oc_node_valid(node) && j < i; j++)
      if (oc_find(s->g, q->feeds[j].name).number == node.number)
        return oc_fail(err, OC_E_ARGUMENT, q->feeds[i].name, "Feed each name once.", "fed twice");
  }
  return OC_OK;
}

static oc_status run_session(oc_session *s, const oc_run_request *q, const oc_feed *feeds,
                             oc_run_results *out, oc_error *err) {
  oc_tensor *values = oc_memory_array((size_t)q->fetch_count, sizeof *values);
  if (!values) return oc_fail_memory(err, (size_t)q->fetch_count * sizeof *values);
  oc_status status = oc_run(s, feeds, q->feed_count, q->fetches, q->fetch_count, values, err);
  if (status == OC_OK) status = begin_results(q->fetch_count, out, err);
  for (int i = 0; status == OC_OK && i < q->fetch_count; i++) {
    const oc_tensor_view view = {values[i].dtype, values[i].shape, values[i].data};
    status = add_result(out, q->fetches[i], &view, err);
  }
  oc_memory_free(values);
  return status;
}

static oc_status run_feeds(oc_session *s, const oc_run_request *q, oc_run_results *out, oc_error *err) {
  const size_t count = (size_t)q->feed_count;
  oc_feed *feeds = oc_memory_array(count, sizeof *feeds);
  oc_tensor *memory = oc_memory_array(count, sizeof *memory);
  oc_status status = feeds && memory ? check_fed_once(s, q, err)
                                     : oc_fail_memory(err, count * (sizeof *feeds + sizeof *memory));
  for (size_t i = 0; status == OC_OK && i < count; i++) {
    feeds[i] = q->feeds[i];
    status = convert_feed(s, &feeds[i], &memory[i], err);
  }
  if (status == OC_OK) status = run_session(s, q, feeds, out, err);
  for (size_t i = 0; memory && i < count; i++) oc_tensor_release(&memory[i]);
  oc_memory_free(memory);
  oc_memory_free(feeds);
  return status;
}

/* Without fetches: the answers. */
static oc_status run_model(const char *path, const oc_run_request *request, oc_run_results *out,
                           oc_error *err) {
  const char *answers[OC_TARGETS_MAX];
  oc_run_request q = *request;
  oc_model *m;
  TRY(oc_model_load(path, q.session, &m, err));
  for (int i = 0; i < m->output_count; i++) answers[i] = oc_node_name(m->graph, m->nodes.outputs[i].answer);
  if (!q.fetch_count) {
    q.fetches = answers;
    q.fetch_count = m->output_count;
  }
  const oc_status status = run_feeds(m->session, &q, out, err);
  oc_model_free(m);
  return status;
}

/* ---- a file of ONNX ------------------------------------------------------------------------------------ */

typedef struct onnx_run {
  oc_onnx_import from;
  const oc_run_request *request;
  int64_t samples;
  oc_node *fetches; /* of the results that are nodes */
  int fetch_count;
} onnx_run;

static oc_status list_fetches(onnx_run *u, oc_error *err) {
  const oc_onnx_import *from = &u->from;
  u->fetches = oc_memory_array((size_t)from->result_count, sizeof *u->fetches);
  if (!u->fetches) return oc_fail_memory(err, (size_t)from->result_count * sizeof *u->fetches);
  for (int i = 0; i < from->result_count; i++)
    if (oc_node_valid(from->results[i].node)) u->fetches[u->fetch_count++] = from->results[i].node;
  return OC_OK;
}

static oc_status bind_feeds(const onnx_run *u, oc_plan *plan, oc_error *err) {
  for (int i = 0; i < u->request->feed_count; i++)
    if (oc_node_valid(u->from.fed[i]))
      TRY(oc_plan_bind(plan, u->from.fed[i], u->request->feeds[i].value.data, err));
  return OC_OK;
}

/* `plan` is NULL if all results are constants. */
static oc_status take_results(const onnx_run *u, const oc_plan *plan, oc_run_results *out, oc_error *err) {
  int computed = 0;
  TRY(begin_results(u->from.result_count, out, err));
  for (int i = 0; i < u->from.result_count; i++) {
    const oc_onnx_result *r = &u->from.results[i];
    oc_tensor_view view = {r->real ? OC_F32 : OC_I64, r->shape, r->real ? (const void *)r->real : r->whole};
    if (oc_node_valid(r->node)) {
      const oc_tensor t = oc_plan_result(plan, computed++);
      view = (oc_tensor_view){t.dtype, t.shape, t.data};
    }
    TRY(add_result(out, r->name, &view, err));
  }
  return OC_OK;
}

static oc_status run_plan(const onnx_run *u, oc_session *s, oc_run_results *out, oc_error *err) {
  const oc_plan_options o = {.batch = u->samples};
  oc_plan *plan = NULL;
  if (!u->fetch_count) return take_results(u, NULL, out, err);
  TRY(oc_onnx_import_set(&u->from, s, err));
  TRY(oc_plan_create(s, u->fetches, u->fetch_count, &o, &plan, err));
  oc_status status = bind_feeds(u, plan, err);
  if (status == OC_OK) status = oc_plan_run(plan, u->samples, (oc_rng_counter){0, 0}, err);
  if (status == OC_OK) status = take_results(u, plan, out, err);
  oc_plan_free(plan);
  return status;
}

static oc_status run_import(onnx_run *u, oc_run_results *out, oc_error *err) {
  oc_session *s = NULL;
  u->samples = 1;
  for (int i = 0; i < u->request->feed_count; i++) {
    const oc_node node = u->from.fed[i];
    if (oc_node_valid(node) && oc_node_shape(u->from.g, node).rank &&
        oc_node_shape(u->from.g, node).dim[0] == OC_BATCH)
      u->samples = u->request->feeds[i].value.shape.dim[0];
  }
  oc_model_skip_init(u->from.g);
  TRY(list_fetches(u, err));
  TRY(oc_session_create(u->from.g, u->request->session, &s, err));
  const oc_status status = run_plan(u, s, out, err);
  oc_session_free(s);
  return status;
}

/* Once with a batch, as a prediction is computed; if the graph does not allow it, with fixed sizes. */
static oc_status run_bytes(const oc_onnx_bytes *bytes, const oc_run_request *request, oc_run_results *out,
                           oc_error *err) {
  onnx_run u = {.request = request};
  oc_status status = oc_onnx_import_run(bytes, request, true, &u.from, err);
  if (status == OC_E_UNSUPPORTED || status == OC_E_DATA)
    status = oc_onnx_import_run(bytes, request, false, &u.from, err);
  if (status == OC_OK) status = run_import(&u, out, err);
  oc_memory_free(u.fetches);
  oc_onnx_import_release(&u.from);
  return status;
}

static oc_status run_onnx(const char *path, const oc_run_request *request, oc_run_results *out,
                          oc_error *err) {
  oc_onnx_file_bytes f;
  oc_status status = oc_onnx_file_read(path, &f, err);
  const oc_onnx_bytes bytes = {f.bytes, f.size, path, f.folder};
  if (status == OC_OK) status = run_bytes(&bytes, request, out, err);
  oc_onnx_file_release(&f);
  return status;
}

oc_status oc_run_file(const char *path, const oc_run_request *request, oc_run_results *out, oc_error *err) {
  NEED(path, request, out);
  *out = (oc_run_results){0};
  if (request->feed_count < 0 || request->fetch_count < 0)
    return oc_fail(err, OC_E_ARGUMENT, "oc_run_request", "", "a count is negative");
  if (request->feed_count) NEED(request->feeds);
  if (request->fetch_count) NEED(request->fetches);
  const oc_status status = (oc_model_is_onnx(path) ? run_onnx : run_model)(path, request, out, err);
  if (status != OC_OK) oc_run_results_release(out);
  return status;
}
