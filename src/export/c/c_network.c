/* c_network.c: makes steps of the operations that the probabilities of one image need. The planner's first
 * pass finds them, in order, as they are without training: dropout is gone, batch normalization reads its
 * moving averages. */
#include "export/c/c_network.h"
#include "export/c/c_emit.h"
#include <limits.h>
#include <math.h>
#include <string.h>

#define ONE_CLASS "Export a model with one output that is a class."
/* Numbers of one value, so that every index is an int. */
enum { MOST = INT_MAX / 4 };

/* ---- values -------------------------------------------------------------------------------------------- */

static oc_status check_value(const oc_plan_value *v, oc_error *err) {
  const int64_t count = oc_tensor_desc_row(&v->type);
  if (v->type.dtype != OC_F32)
    return oc_fail(err, OC_E_UNSUPPORTED, v->name, "Export it to ONNX.",
                   "cannot write a tensor of type %s as C: only float32", oc_dtype_name(v->type.dtype));
  if (count >= 1 && count <= MOST) return OC_OK;
  return oc_fail(err, OC_E_UNSUPPORTED, v->name, "Use smaller images or smaller layers.",
                 "cannot write a tensor of %lld numbers as C: only 1 to %d", (long long)count, MOST);
}

/* A copy of a variable or constant, in row order. */
static oc_status take_constant(oc_c_network *n, int32_t value, oc_error *err) {
  const oc_plan_value *from = &n->plan->values[value];
  oc_c_value *v = &n->values[value];
  const int variable = oc_plan_variable(n->plan, value);
  TRY(check_value(from, err));
  float *data = oc_c_floats(n, v->count);
  if (!data) return oc_fail_memory(err, (size_t)v->count * sizeof *data);
  if (variable >= 0)
    oc_variable_copy_rows(n->model->session, variable, data, (size_t)v->count * sizeof *data);
  else
    memcpy(data, from->data, (size_t)v->count * sizeof *data);
  for (int64_t i = 0; i < v->count; i++)
    if (!isfinite(data[i]))
      return oc_fail(err, OC_E_NOT_FINITE, from->name, "Train the model again, with a lower learning rate.",
                     "element %lld is NaN or infinite", (long long)i);
  v->data = data;
  v->place = OC_C_CONSTANT;
  return OC_OK;
}

static bool same_shape(const oc_c_network *n, int32_t a, int32_t b) {
  return oc_shape_equal(oc_c_shape(n, a), oc_c_shape(n, b));
}

static oc_status take_value(oc_c_network *n, int32_t value, oc_error *err) {
  const oc_plan_value *from = &n->plan->values[value];
  oc_c_value *v = &n->values[value];
  *v = (oc_c_value){.type = from->type, .count = oc_tensor_desc_row(&from->type), .same_as = from->view_of};
  if (from->storage == OC_STORE_FEED) {
    v->place = OC_C_INPUT;
    n->input = value;
  }
  return from->storage == OC_STORE_PERSISTENT ? take_constant(n, value, err) : OC_OK;
}

/* The value itself, not a view of the same shape, such as what dropout leaves. */
static int32_t without_view(const oc_c_network *n, int32_t value) {
  while (n->values[value].same_as >= 0 && same_shape(n, value, n->values[value].same_as))
    value = n->values[value].same_as;
  return value;
}

/* ---- steps --------------------------------------------------------------------------------------------- */

static oc_status take_step(oc_c_network *n, const oc_plan_step *from, oc_error *err) {
  oc_c_step *s = &n->steps[n->step_count++];
  *s = (oc_c_step){.info = &from->info, .out = from->out[0], .in = from->in};
  s->emitter = oc_c_emitter_of(from->info.op->name);
  if (!s->emitter || from->info.n_out != 1)
    return oc_fail(err, OC_E_UNSUPPORTED, from->info.name, "Export it to ONNX, or use another layer.",
                   "no C for the operation '%s'", from->info.op->name);
  for (int i = 0; i < from->info.n_in; i++) {
    TRY(check_value(&n->plan->values[from->in[i]], err));
    s->in[i] = without_view(n, s->in[i]);
    n->values[s->in[i]].users++;
  }
  TRY(check_value(&n->plan->values[s->out], err));
  return s->emitter->prepare ? s->emitter->prepare(n, s, err) : OC_OK;
}

static oc_status take_plan(oc_c_network *n, oc_error *err) {
  const oc_plan *p = n->plan;
  n->values = oc_arena_alloc(&n->arena, (size_t)p->value_count * sizeof *n->values);
  n->steps = oc_arena_alloc(&n->arena, (size_t)(p->step_count + 1) * sizeof *n->steps);
  if (!n->values || !n->steps) return oc_fail_memory(err, (size_t)p->value_count * sizeof *n->values);
  n->value_count = p->value_count;
  for (int32_t v = 0; v < p->value_count; v++) TRY(take_value(n, v, err));
  for (int32_t v = 0; v < p->value_count; v++)
    if (n->values[v].same_as >= 0 && without_view(n, v) == v) n->values[n->values[v].same_as].users++;
  for (int32_t i = 0; i < p->step_count; i++) TRY(take_step(n, &p->steps[i], err));
  n->output = without_view(n, p->fetches[0]);
  n->values[n->output].users++;
  return OC_OK;
}

/* A plan of one image that is never run: its values and steps alone. */
static oc_status make_plan(const oc_model *m, oc_plan **out, oc_error *err) {
  oc_plan *p = *out = oc_memory_alloc(sizeof *p);
  if (!p) return oc_fail_memory(err, sizeof *p);
  p->s = m->session;
  p->options = (oc_plan_options){.struct_size = sizeof p->options, .batch = 1};
  return oc_plan_build(p, &m->nodes.outputs[0].answer, 1, err);
}

static oc_status check_model(const oc_model *m, oc_error *err) {
  if (m->output_count != 1)
    return oc_fail(err, OC_E_UNSUPPORTED, "model", ONE_CLASS,
                   "only one output can be written as C, but the model has %d", m->output_count);
  if (m->outputs[0].kind != OC_TARGET_CLASS)
    return oc_fail(err, OC_E_UNSUPPORTED, m->outputs[0].name, ONE_CLASS,
                   "only a class can be written as C, but this output is %s",
                   oc_target_kind_words(m->outputs[0].kind));
  return OC_OK;
}

oc_status oc_c_network_build(const oc_model *m, oc_c_network *n, oc_error *err) {
  *n = (oc_c_network){.model = m, .input = -1};
  TRY(check_model(m, err));
  TRY(make_plan(m, &n->plan, err));
  TRY(take_plan(n, err));
  if (n->input >= 0 && n->step_count > 0) return OC_OK;
  return oc_fail(err, OC_E_UNSUPPORTED, "model", "Export a network with layers.",
                 "the probabilities do not follow from the image");
}

void oc_c_network_release(oc_c_network *n) {
  oc_plan_free(n->plan);
  oc_arena_free(&n->arena);
  *n = (oc_c_network){0};
}
