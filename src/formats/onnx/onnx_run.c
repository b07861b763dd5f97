/* onnx_run.c: reads what a run needs of an ONNX graph: the values that lead to its fetches, with the
 * shapes of its feeds. A value that is fed is not computed, whatever computes it in the file. */
#include "formats/onnx/onnx_reader.h"
#include "base/checked.h"
#include <string.h>

typedef struct run {
  oc_onnx_reader r;
  const oc_run_request *request;
  bool batched;
  int64_t samples; /* of the batch */
  int fetch_count;
} run;

static oc_status fail_name(const oc_onnx_reader *r, const char *name, const char *hint, const char *why) {
  return oc_fail(r->err, OC_E_ARGUMENT, name, hint, "%s", why);
}

static const char *fetch_name(const run *u, int i) {
  return u->request->fetch_count ? u->request->fetches[i] : u->r.graph->output[i]->name;
}

/* ---- feeds --------------------------------------------------------------------------------------------- */

static const OcOnnx__ValueInfoProto *declared(const oc_onnx_reader *r, const char *name) {
  for (size_t i = 0; i < r->graph->n_input; i++)
    if (r->graph->input[i]->name && strcmp(r->graph->input[i]->name, name) == 0) return r->graph->input[i];
  return NULL;
}

static bool is_real_type(int type) {
  return type == OC_ONNX_FLOAT || type == OC_ONNX_DOUBLE || type == OC_ONNX_FLOAT16 ||
         type == OC_ONNX_BFLOAT16;
}

/* The type and the sizes that the file declares for an input. */
static oc_status check_feed(const oc_onnx_reader *r, const oc_feed *feed, bool is_real) {
  const OcOnnx__ValueInfoProto *info = declared(r, feed->name);
  const oc_shape *have = &feed->value.shape;
  char text[192], other[192];
  oc_shape want;
  bool fits = true;
  if (!info || !oc_onnx_sizes(info, &want)) return OC_OK;
  if (is_real_type(info->type->tensor_type->elem_type) != is_real)
    return fail_name(r, feed->name, "Convert it with NumPy: array.astype.",
                     is_real ? "got real numbers, expected integers" : "got integers, expected real numbers");
  for (int i = 0; i < want.rank; i++) fits = fits && (want.dim[i] < 0 || want.dim[i] == have->dim[i]);
  if (have->rank == want.rank && fits) return OC_OK;
  return oc_fail(r->err, OC_E_ARGUMENT, feed->name, "Feed the shape that the file declares.",
                 "got shape %s, expected %s", oc_shape_text(have, text, sizeof text),
                 oc_shape_text(&want, other, sizeof other));
}

/* The elements as the reader has constants: float32 or int64. */
static oc_status take_elements(run *u, const oc_tensor_view *t, oc_onnx_value *to) {
  void *room;
  const bool is_real = t->dtype == OC_F32 || t->dtype == OC_F64;
  to->shape = t->shape;
  if (t->dtype == OC_F32) to->real = t->data;
  if (t->dtype == OC_I64) to->whole = t->data;
  if (to->real || to->whole) return OC_OK;
  TRY(oc_onnx_take_room(&u->r, &t->shape, is_real ? sizeof(float) : sizeof(int64_t), &room));
  for (int64_t i = 0, n = oc_onnx_count(to); i < n; i++) {
    if (is_real) ((float *)room)[i] = (float)((const double *)t->data)[i];
    if (t->dtype == OC_U8) ((int64_t *)room)[i] = ((const uint8_t *)t->data)[i];
    if (t->dtype == OC_I32) ((int64_t *)room)[i] = ((const int32_t *)t->data)[i];
  }
  if (is_real) to->real = room;
  if (!is_real) to->whole = room;
  return OC_OK;
}

/* A placeholder for reals that may be computed with. */
static oc_status make_placeholder(run *u, int index, oc_onnx_value *v) {
  oc_onnx_reader *r = &u->r;
  char name[101];
  oc_onnx_value *fed = oc_arena_copy(&r->out->arena, v, sizeof *v);
  if (!fed) return oc_fail_memory(r->err, sizeof *v);
  v->real = NULL;
  if (u->batched) {
    u->samples = v->shape.dim[0];
    r->fixed_batch = u->samples == 1;
    v->shape.dim[0] = OC_BATCH;
  } else {
    v->fed = fed;
  }
  for (int i = 0; i < v->shape.rank; i++) v->perm[i] = i;
  v->node = oc_placeholder(r->out->g, oc_onnx_graph_name(v->name, name), OC_F32, v->shape);
  r->out->fed[index] = v->node;
  return oc_graph_status(r->out->g, r->err);
}

static oc_status take_feed(run *u, int index) {
  oc_onnx_reader *r = &u->r;
  const oc_feed *feed = &u->request->feeds[index];
  const bool is_real = feed->value.dtype == OC_F32 || feed->value.dtype == OC_F64;
  oc_onnx_value *v = oc_onnx_value_find(r, feed->name), as = {.known = true, .wanted = true};
  int64_t count;
  if (!v)
    return fail_name(r, feed->name, "See the names of the file.", "the file has no tensor of this name");
  for (int i = 0; i < index; i++)
    if (strcmp(u->request->feeds[i].name, feed->name) == 0)
      return fail_name(r, feed->name, "Feed each name once.", "fed twice");
  if (!oc_onnx_elements(&feed->value.shape, &count)) return fail_name(r, feed->name, "", "not a tensor");
  TRY(check_feed(r, feed, is_real));
  as.name = v->name;
  as.readers = v->readers;
  *v = as;
  TRY(take_elements(u, &feed->value, v));
  const bool batch = u->batched && !u->samples && v->shape.rank > 0 && count > 0;
  return is_real && (batch || !u->batched) ? make_placeholder(u, index, v) : OC_OK;
}

static oc_status take_feeds(run *u) {
  const oc_run_request *q = u->request;
  oc_onnx_import *o = u->r.out;
  const size_t bytes = (size_t)q->feed_count * sizeof *o->fed;
  o->fed = oc_arena_alloc(&o->arena, bytes);
  if (!o->fed) return oc_fail_memory(u->r.err, bytes);
  for (int i = 0; i < q->feed_count; i++) {
    o->fed[i] = OC_NO_NODE;
    TRY(take_feed(u, i));
  }
  return OC_OK;
}

/* ---- what is needed ------------------------------------------------------------------------------------ */

static oc_status mark_fetches(run *u) {
  u->fetch_count = u->request->fetch_count ? u->request->fetch_count : (int)u->r.graph->n_output;
  for (int i = 0; i < u->fetch_count; i++) {
    const char *name = fetch_name(u, i);
    oc_onnx_value *v = name ? oc_onnx_value_find(&u->r, name) : NULL;
    if (!v)
      return fail_name(&u->r, name ? name : "", "See the names of the file.",
                       "the file has no tensor of this name");
    v->wanted = true;
  }
  return OC_OK;
}

/* True if a result is wanted that no feed gave. */
static bool is_needed(const oc_onnx_reader *r, const OcOnnx__NodeProto *n) {
  for (size_t k = 0; k < n->n_output; k++) {
    const oc_onnx_value *v = *n->output[k] ? oc_onnx_value_find(r, n->output[k]) : NULL;
    if (v && v->wanted && !v->known) return true;
  }
  return false;
}

/* From the last node to the first. */
static void mark_needed(run *u) {
  for (size_t i = u->r.graph->n_node; i-- > 0;) {
    const OcOnnx__NodeProto *n = u->r.graph->node[i];
    if (!is_needed(&u->r, n)) continue;
    for (size_t k = 0; k < n->n_input; k++) {
      oc_onnx_value *v = oc_onnx_value_find(&u->r, n->input[k]);
      if (v) v->wanted = true;
    }
  }
}

static oc_status check_inputs(const oc_onnx_reader *r) {
  for (size_t i = 0; i < r->graph->n_input; i++) {
    const char *name = r->graph->input[i]->name;
    const oc_onnx_value *v = name ? oc_onnx_value_find(r, name) : NULL;
    if (v && v->wanted && !v->known)
      return fail_name(r, name, "Feed a tensor for each input of the file.", "this input is not fed");
  }
  return OC_OK;
}

/* ---- results ------------------------------------------------------------------------------------------- */

/* Integers may hold the size of the batch. */
static oc_status take_constant(run *u, const oc_onnx_value *v, oc_onnx_result *to) {
  void *room;
  to->shape = v->shape;
  to->real = v->real;
  if (v->real) return OC_OK;
  TRY(oc_onnx_take_room(&u->r, &v->shape, sizeof(int64_t), &room));
  for (int64_t i = 0, n = oc_onnx_count(v); i < n; i++)
    ((int64_t *)room)[i] = v->whole[i] == OC_ONNX_BATCH_SIZE ? u->samples : v->whole[i];
  to->whole = room;
  return OC_OK;
}

static oc_status take_results(run *u) {
  oc_onnx_reader *r = &u->r;
  oc_onnx_import *o = r->out;
  o->results = oc_arena_alloc(&o->arena, (size_t)u->fetch_count * sizeof *o->results);
  if (!o->results) return oc_fail_memory(r->err, (size_t)u->fetch_count * sizeof *o->results);
  for (int i = 0; i < u->fetch_count; i++) {
    oc_onnx_result *to = &o->results[o->result_count++];
    const oc_onnx_value *v = oc_onnx_value_find(r, fetch_name(u, i));
    *to = (oc_onnx_result){.name = oc_arena_string(&o->arena, v->name)};
    if (!to->name) return oc_fail_memory(r->err, strlen(v->name) + 1);
    if (!v->known) return oc_onnx_fail_file(r, OC_E_DATA, "no node computes ", v->name);
    if (v->fed) v = v->fed;
    if (oc_onnx_is_constant(v))
      TRY(take_constant(u, v, to));
    else
      TRY(oc_onnx_in_file(r, oc_onnx_plain(r, v, &to->node)));
  }
  return OC_OK;
}

/* ---- the walk ------------------------------------------------------------------------------------------ */

static oc_status read_graph(run *u, const OcOnnx__ModelProto *m) {
  static const OcOnnx__NodeProto none = OC_ONNX__NODE_PROTO__INIT;
  oc_onnx_reader *r = &u->r;
  TRY(oc_onnx_begin(r, m));
  TRY(take_feeds(u));
  TRY(mark_fetches(u));
  mark_needed(u);
  TRY(check_inputs(r));
  r->node = &none;
  for (size_t i = 0; i < r->graph->n_node; i++) {
    if (!is_needed(r, r->graph->node[i])) continue;
    r->node = r->graph->node[i];
    TRY(oc_onnx_read_node(r));
  }
  return take_results(u);
}

/* Feeds justify constants as bytes of the file do. */
static size_t room_of(const oc_onnx_bytes *from, const oc_run_request *q) {
  enum { TIMES = 8, BASE = 1 << 20 };
  size_t bytes = from->size;
  for (int i = 0; i < q->feed_count; i++) {
    int64_t count = 0;
    (void)oc_onnx_elements(&q->feeds[i].value.shape, &count);
    bytes += (size_t)count * oc_dtype_size(q->feeds[i].value.dtype);
  }
  return bytes > (SIZE_MAX - BASE) / TIMES ? SIZE_MAX : bytes * TIMES + BASE;
}

oc_status oc_onnx_import_run(const oc_onnx_bytes *from, const oc_run_request *request, bool batched,
                             oc_onnx_import *out, oc_error *err) {
  oc_arena messages = {0};
  OcOnnx__ModelProto *m;
  run u = {.r = {.where = from->where, .folder = from->folder, .out = out, .err = err},
           .request = request,
           .batched = batched};
  *out = (oc_onnx_import){0};
  u.r.room = room_of(from, request);
  oc_status status = oc_onnx_unpack(from->bytes, from->size, from->where, &messages, &m, err);
  if (status == OC_OK) status = read_graph(&u, m);
  oc_memory_free(u.r.values);
  oc_arena_free(&messages);
  if (status != OC_OK) oc_onnx_import_release(out);
  return status;
}
