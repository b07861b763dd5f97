/* trace.c: traces one value back to its sum. The operations on the way are known before any value is: so
 * one run of the engine fetches all that the steps need. */
#include "inspect/trace.h"
#include "inspect/activations.h"
#include <math.h>
#include <string.h>

enum { MAX_STEPS = 64 };

typedef struct trace {
  oc_trace t; /* first: what the caller sees */
  oc_arena arena;
  oc_model *model;
  oc_node nodes[MAX_STEPS + 1]; /* of the steps, then the input of the last */
  oc_activations look;
} trace;

void oc_trace_free(oc_trace *t) {
  trace *whole = (trace *)t;
  if (!t) return;
  oc_arena_free(&whole->arena);
  oc_memory_free(whole);
}

static oc_status find_nodes(trace *t, oc_node node, oc_error *err) {
  const oc_graph *g = t->model->graph;
  bool goes_on = true;
  while (goes_on && t->t.count < MAX_STEPS &&
         oc_trace_known(oc_graph_info(g, oc_node_index(node)), &goes_on)) {
    t->nodes[t->t.count++] = node;
    node = oc_graph_input(g, oc_node_index(node), 0);
  }
  t->nodes[t->t.count] = node;
  if (t->t.count) return OC_OK;
  return oc_fail(err, OC_E_UNSUPPORTED, oc_node_name(g, node),
                 "Trace the convolution, product, pooling or activation before it.",
                 "tracing %s is unsupported", oc_node_op(g, node));
}

/* Values of the variable or constant that an operation has as its input 1, or NULL. */
static const float *weights_of(const trace *t, const oc_op_info *info, int32_t op, oc_trace_step *s) {
  const oc_graph *g = t->model->graph;
  const oc_terms terms = info->op->terms;
  if (terms != OC_TERMS_CONVOLUTION && terms != OC_TERMS_PRODUCT && terms != OC_TERMS_BIAS) return NULL;
  s->weights = oc_node_name(g, oc_graph_input(g, op, 1));
  s->weights_rank = info->in[1].shape.rank;
  const int index = oc_variable_index(t->model->session, s->weights);
  return index < 0 ? NULL : oc_variable_view(t->model->session, index).data;
}

static double element(const oc_tensor *value, const int64_t *index) {
  int64_t at = 0;
  for (int i = 1; i < value->shape.rank; i++) at = at * value->shape.dim[i] + index[i - 1];
  return (double)((const float *)value->data)[at] + 0.0; /* no -0, which would look like an error */
}

static oc_status take_step(trace *t, int i, int64_t *index, oc_error *err) {
  const oc_graph *g = t->model->graph;
  const oc_op_info *info = oc_graph_info(g, oc_node_index(t->nodes[i]));
  oc_trace_step *s = &t->t.steps[i];
  const oc_tensor y = oc_plan_result(t->look.plan, i);
  *s = (oc_trace_step){.name = info->name,
                       .op = info->op->name,
                       .input = oc_node_name(g, t->nodes[i + 1]),
                       .rank = info->out[0].shape.rank - 1,
                       .input_rank = info->in[0].shape.rank - 1,
                       .value = element(&y, index)};
  memcpy(s->index, index, sizeof s->index);
  oc_trace_work work = {.info = info, .arena = &t->arena, .step = s};
  work.x = oc_plan_result(t->look.plan, i + 1).data;
  work.w = weights_of(t, info, oc_node_index(t->nodes[i]), s);
  if (s->weights && !work.w)
    return oc_fail(err, OC_E_UNSUPPORTED, info->name, "", "%s is not a variable", s->weights);
  if (!oc_trace_terms(&work)) return oc_fail_memory(err, sizeof *s->terms);
  memcpy(index, work.next, sizeof work.next);
  return OC_OK;
}

static oc_status fill_trace(trace *t, const uint8_t *pixels, const char *address, oc_error *err) {
  oc_node node;
  int64_t index[OC_MAX_RANK] = {0};
  TRY(oc_trace_address(t->model->graph, address, false, &node, index, err));
  TRY(find_nodes(t, node, err));
  TRY(oc_trace_field(t->model->graph, node, index, t->model->nodes.x, &t->t, err));
  t->t.steps = oc_arena_alloc(&t->arena, (size_t)t->t.count * sizeof *t->t.steps);
  if (!t->t.steps) return oc_fail_memory(err, (size_t)t->t.count * sizeof *t->t.steps);
  TRY(oc_activations_fetch(&t->look, t->model, pixels, t->nodes, t->t.count + 1, err));
  for (int i = 0; i < t->t.count; i++) TRY(take_step(t, i, index, err));
  for (int i = 0; i < t->t.count; i++)
    if (!isfinite(t->t.steps[i].value) || !isfinite(t->t.steps[i].computed))
      return oc_model_find_nonfinite(t->model, &t->look.input, 1, t->nodes[i], err);
  return OC_OK;
}

oc_status oc_trace_create(oc_model *m, const uint8_t *pixels, const char *address, oc_trace **out,
                          oc_error *err) {
  NEED(m, pixels, address, out);
  *out = NULL;
  if (!m || !pixels || !address)
    return oc_fail(err, OC_E_ARGUMENT, "oc_trace_create", "", "model, pixels and address must not be NULL");
  trace *t = oc_memory_array(1, sizeof *t);
  if (!t) return oc_fail_memory(err, sizeof *t);
  t->model = m;
  const oc_status status = fill_trace(t, pixels, address, err);
  oc_activations_release(&t->look);
  if (status == OC_OK)
    *out = &t->t;
  else
    oc_trace_free(&t->t);
  return status;
}
