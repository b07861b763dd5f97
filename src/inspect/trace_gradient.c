/* trace_gradient.c: traces one weight's gradient back to its sum. It uses two graphs of the model's network.
 * The engine's, in float32 with gradients, gives x, dy and its own gradient. Another, in float64, gives the
 * losses for the finite difference, which uses no gradients. */
#include "inspect/trace.h"
#include "model/model.h"
#include "ops/ops.h"
#include "train/fit.h"
#include <math.h>
#include <string.h>

typedef struct graph_run {
  oc_graph *g;
  oc_model_nodes nodes;
  oc_session *session;
  oc_plan *plan;
} graph_run;

typedef struct gradient {
  oc_trace_gradient t; /* first: what the caller sees */
  oc_arena arena;
  oc_model *model;
  oc_input input;
  double *x; /* input in float64 */
  graph_run engine, precise;
  oc_node variable, sum; /* in both graphs: the weight's, and the operation it goes into */
} gradient;

static void run_release(graph_run *r) {
  oc_plan_free(r->plan);
  oc_session_free(r->session);
  oc_graph_free(r->g);
  *r = (graph_run){0};
}

void oc_trace_gradient_free(oc_trace_gradient *t) {
  gradient *whole = (gradient *)t;
  if (!t) return;
  run_release(&whole->engine);
  run_release(&whole->precise);
  oc_input_release(&whole->input);
  oc_memory_free(whole->x);
  oc_arena_free(&whole->arena);
  oc_memory_free(whole);
}

/* ---- the sum ------------------------------------------------------------------------------------------- */

/* The one operation that reads the weight as its input 1. */
static oc_status find_sum(gradient *t, oc_error *err) {
  const oc_graph *g = t->engine.g;
  for (int32_t op = oc_node_index(t->variable) + 1; op < oc_graph_op_count(g); op++) {
    const oc_op_info *info = oc_graph_info(g, op);
    const oc_terms terms = info->op->terms;
    const bool known = terms == OC_TERMS_CONVOLUTION || terms == OC_TERMS_BIAS ||
                       (terms == OC_TERMS_PRODUCT && !((const oc_matmul_attrs *)info->attrs)->transpose_a &&
                        !((const oc_matmul_attrs *)info->attrs)->transpose_b);
    if (!known || oc_graph_input(g, op, 1).number != t->variable.number) continue;
    t->sum = oc_node_of(op, 0);
    return OC_OK;
  }
  return oc_fail(err, OC_E_UNSUPPORTED, oc_node_name(g, t->variable),
                 "Name the _weights or _biases of a convolution or a dense layer.",
                 "tracing its gradient is unsupported");
}

/* An element of one image of a tensor. */
typedef struct element {
  const float *data; /* NULL: 1, of a bias */
  const oc_shape *shape;
  int64_t at;
} element;

static void set_place(const element *e, int64_t *place) {
  int64_t at = e->at;
  for (int i = e->shape->rank - 1; i > 0; at /= e->shape->dim[i--]) place[i - 1] = at % e->shape->dim[i];
}

static void add_position(oc_trace_step *s, element x, element dy) {
  oc_trace_term *term = oc_trace_add(s, x.data ? (double)x.data[x.at] : 1, (double)dy.data[dy.at]);
  term->bias = !x.data;
  if (x.data) set_place(&x, term->x);
  set_place(&dy, term->w);
}

static void conv_terms(oc_trace_step *s, const oc_op_info *info, const float *x, const float *dy) {
  const oc_conv2d_attrs *a = info->attrs;
  const oc_shape *xs = &info->in[0].shape, *ws = &info->in[1].shape, *ys = &info->out[0].shape;
  const int64_t out = s->index[3], channel = out / (ws->dim[3] / a->groups) * ws->dim[2] + s->index[2];
  const int64_t ky = a->flip ? ws->dim[0] - 1 - s->index[0] : s->index[0];
  const int64_t kx = a->flip ? ws->dim[1] - 1 - s->index[1] : s->index[1];
  for (int64_t i = 0; i < ys->dim[1] * ys->dim[2]; i++) {
    const int64_t row = i / ys->dim[2] * a->stride[0] + ky * a->dilation[0] - a->pad[0];
    const int64_t column = i % ys->dim[2] * a->stride[1] + kx * a->dilation[1] - a->pad[2];
    if (row < 0 || row >= xs->dim[1] || column < 0 || column >= xs->dim[2])
      s->outside++;
    else
      add_position(s, (element){x, xs, (row * xs->dim[2] + column) * xs->dim[3] + channel},
                   (element){dy, ys, i * ys->dim[3] + out});
  }
}

static bool fill_terms(gradient *t, const float *x, const float *dy) {
  const oc_op_info *info = oc_graph_info(t->engine.g, oc_node_index(t->sum));
  const oc_shape *xs = &info->in[0].shape, *ys = &info->out[0].shape;
  oc_trace_step *s = &t->t.sum;
  const int64_t columns = ys->dim[ys->rank - 1], positions = oc_tensor_desc_row(&info->out[0]) / columns;
  const size_t bytes = (size_t)positions * sizeof *s->terms;
  s->terms = oc_arena_alloc(&t->arena, bytes);
  if (!s->terms) return false;
  memset(s->terms, 0, bytes);
  if (info->op->terms == OC_TERMS_CONVOLUTION)
    conv_terms(s, info, x, dy);
  else if (info->op->terms == OC_TERMS_PRODUCT)
    add_position(s, (element){x, xs, s->index[0]}, (element){dy, ys, s->index[1]});
  else
    for (int64_t i = 0; i < positions; i++)
      add_position(s, (element){NULL, xs, 0}, (element){dy, ys, i * columns + s->index[0]});
  return true;
}

/* ---- runs ---------------------------------------------------------------------------------------------- */

static oc_status start_run(gradient *t, graph_run *r, oc_dtype type, oc_error *err) {
  oc_session_options options = t->model->options;
  TRY(oc_model_graph_with(t->model, &t->model->heads, type, &r->g, &r->nodes, err));
  oc_model_skip_init(r->g);
  options.reference_only = options.reference_only || type == OC_F64;
  return oc_session_create(r->g, &options, &r->session, err);
}

static int64_t variable_place(const oc_shape *shape, const int64_t *index) {
  int64_t at = 0;
  for (int i = 0; i < shape->rank; i++) at = at * shape->dim[i] + index[i];
  return at;
}

static oc_status run_engine(gradient *t, oc_error *err) {
  graph_run *r = &t->engine;
  const oc_node wanted[] = {t->variable, t->sum};
  oc_node d[2];
  oc_variables_copy(r->session, t->model->session, oc_variable_count(t->model->session));
  oc_gradients(r->g, r->nodes.loss, wanted, 2, d);
  TRY(oc_graph_status(r->g, err));
  const oc_node fetches[] = {d[0], d[1], oc_graph_input(r->g, oc_node_index(t->sum), 0)};
  const oc_plan_request request = {
      .session = r->session, .nodes = &r->nodes, .fetches = fetches, .count = 3, .heads = &t->model->heads};
  TRY(oc_model_plan_bound(&request, &t->input, &r->plan, err));
  TRY(oc_plan_run(r->plan, 1, (oc_rng_counter){0, 0}, err));
  const oc_op_info *info = oc_graph_info(r->g, oc_node_index(t->sum));
  oc_trace_step *s = &t->t.sum;
  s->name = oc_node_name(r->g, t->variable);
  s->op = info->op->name;
  s->input = oc_node_name(r->g, fetches[2]);
  s->weights = oc_node_name(r->g, d[1]);
  t->t.of = oc_node_name(r->g, t->sum);
  s->rank = info->in[1].shape.rank;
  s->input_rank = info->in[0].shape.rank - 1;
  s->weights_rank = info->out[0].shape.rank - 1;
  s->value =
      (double)((const float *)oc_plan_result(r->plan, 0).data)[variable_place(&info->in[1].shape, s->index)] +
      0.0;
  if (fill_terms(t, oc_plan_result(r->plan, 2).data, oc_plan_result(r->plan, 1).data)) return OC_OK;
  return oc_fail_memory(err, sizeof *s->terms);
}

static oc_status loss_at(gradient *t, double *weight, double value, double *loss, oc_error *err) {
  const double before = *weight;
  *weight = value;
  const oc_status status = oc_plan_run(t->precise.plan, 1, (oc_rng_counter){0, 0}, err);
  *weight = before;
  if (status == OC_OK) *loss = *(const double *)oc_plan_result(t->precise.plan, 0).data;
  return status;
}

static void copy_to_double(const oc_session *from, oc_session *to) {
  for (int i = 0; i < oc_variable_count(from); i++) {
    const oc_tensor_view a = oc_variable_view(from, i);
    const oc_tensor b = oc_variable_value(to, i);
    int64_t n = 0;
    if (oc_shape_count(&a.shape, 1, &n, NULL) != OC_OK) continue;
    for (int64_t k = 0; k < n; k++) ((double *)b.data)[k] = (double)((const float *)a.data)[k];
  }
}

static oc_status run_precise(gradient *t, oc_error *err) {
  graph_run *r = &t->precise;
  const oc_plan_options options = {.batch = 1};
  double up, down;
  copy_to_double(t->model->session, r->session);
  TRY(oc_plan_create(r->session, &r->nodes.loss, 1, &options, &r->plan, err));
  TRY(oc_plan_bind(r->plan, r->nodes.x, t->x, err));
  TRY(oc_plan_bind(r->plan, r->nodes.targets[0], t->input.targets[0], err));
  const oc_tensor v = oc_variable_value(r->session, oc_variable_index(r->session, t->t.sum.name));
  double *weight = (double *)v.data + variable_place(&v.shape, t->t.sum.index);
  t->t.weight = *weight;
  t->t.h = 1e-6 * fmax(1, fabs(*weight));
  TRY(loss_at(t, weight, *weight, &t->t.loss, err));
  TRY(loss_at(t, weight, *weight + t->t.h, &up, err));
  TRY(loss_at(t, weight, *weight - t->t.h, &down, err));
  t->t.difference = (up - down) / (2 * t->t.h);
  return OC_OK;
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

static int32_t largest(const float *p, int classes) {
  int32_t best = 0;
  for (int32_t i = 1; i < classes; i++)
    if (p[i] > p[best]) best = i;
  return best;
}

static oc_status read_input(gradient *t, const uint8_t *pixels, int32_t label, oc_error *err) {
  oc_model *m = t->model;
  const oc_images from = {.pixels = pixels};
  float *p = oc_arena_alloc(&t->arena, (size_t)m->classes * sizeof *p);
  if (!p) return oc_fail_memory(err, (size_t)m->classes * sizeof *p);
  if (label < -1 || label >= m->classes)
    return oc_fail(err, OC_E_ARGUMENT, "label", "", "%d is not one of 0 to %d", (int)label, m->classes - 1);
  TRY(oc_model_predict(m, pixels, 1, p, err));
  if (label < 0) label = largest(p, m->classes);
  TRY(oc_model_input(m, 1, &m->heads, &t->input, err));
  TRY(oc_input_fill(&t->input, &from, 0, 1, &m->standardizer, NULL, err));
  t->x = oc_memory_array((size_t)t->input.image, sizeof *t->x);
  if (!t->x) return oc_fail_memory(err, (size_t)t->input.image * sizeof *t->x);
  for (int64_t i = 0; i < t->input.image; i++) t->x[i] = (double)t->input.x[i];
  *(int32_t *)t->input.targets[0] = t->t.label = label;
  return OC_OK;
}

/* A label is enough for the loss only if the loss is of one class. */
static oc_status check_heads(const oc_model *m, oc_error *err) {
  if (m->heads.count == 1 && oc_heads_count(&m->heads) && m->heads.list[0].output == 0) return OC_OK;
  return oc_fail(err, OC_E_UNSUPPORTED, "gradient", "Trace a value of the network instead.",
                 "the model's loss needs more than a class label");
}

static oc_status fill_gradient(gradient *t, const uint8_t *pixels, const char *address, int32_t label,
                               oc_error *err) {
  TRY(check_heads(t->model, err));
  TRY(start_run(t, &t->engine, OC_F32, err));
  TRY(oc_trace_address(t->engine.g, address, true, &t->variable, t->t.sum.index, err));
  TRY(find_sum(t, err));
  TRY(read_input(t, pixels, label, err));
  TRY(run_engine(t, err));
  if (!isfinite(t->t.sum.value) || !isfinite(t->t.sum.computed))
    return oc_fail(err, OC_E_NOT_FINITE, t->t.sum.name, "Trace a weight of a layer nearer to the loss.",
                   "its gradient is not finite (%g)", t->t.sum.value);
  TRY(start_run(t, &t->precise, OC_F64, err));
  return run_precise(t, err);
}

oc_status oc_trace_gradient_create(oc_model *m, const uint8_t *pixels, const char *address, int32_t label,
                                   oc_trace_gradient **out, oc_error *err) {
  NEED(m, pixels, address, out);
  *out = NULL;
  if (!m || !pixels || !address)
    return oc_fail(err, OC_E_ARGUMENT, "oc_trace_gradient_create", "",
                   "model, pixels and address must not be NULL");
  gradient *t = oc_memory_array(1, sizeof *t);
  if (!t) return oc_fail_memory(err, sizeof *t);
  t->model = m;
  const oc_status status = fill_gradient(t, pixels, address, label, err);
  if (status == OC_OK)
    *out = &t->t;
  else
    oc_trace_gradient_free(&t->t);
  return status;
}
