/* nonfinite.c: finds the layer where a value stopped being finite. The batch that showed it is run again,
 * forward only, with every tensor fetched; the graph is in order of computation, so the first bad one is
 * where it began. */
#include "graph/graph.h"
#include "model/model.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A tensor worth looking at: real, computed, and changing nothing. */
static bool is_computed(const oc_graph *g, int32_t op) {
  const oc_op_info *info = oc_graph_info(g, op);
  return !info->op->is_source && info->op->updates == 0 && info->n_out > 0 &&
         info->out[0].dtype == oc_graph_real(g);
}

/* The first value that is not finite, or 0. */
static double first_bad(const oc_tensor_view *t) {
  int64_t count = 0;
  if (oc_shape_count(&t->shape, 1, &count, NULL) != OC_OK) return 0;
  for (int64_t i = 0; i < count; i++) {
    const double x = t->dtype == OC_F64 ? ((const double *)t->data)[i] : (double)((const float *)t->data)[i];
    if (!isfinite(x)) return isnan(x) ? NAN : x; /* without the sign that some have */
  }
  return 0;
}

/* "conv_1" for "conv_1/_weights". */
static oc_status report(const char *name, double value, oc_error *err) {
  const char *slash = strrchr(name, '/');
  char layer[128];
  (void)snprintf(layer, sizeof layer, "%.*s", slash ? (int)(slash - name) : (int)strlen(name), name);
  return oc_fail(err, OC_E_NOT_FINITE, layer, "", "first seen in %.100s (%g)", name, value);
}

static oc_status find_first(const oc_nonfinite *a, const bool *wanted, const oc_plan *plan, oc_error *err) {
  const oc_graph *g = a->session->g;
  int fetched = 0;
  for (int32_t op = 0; op <= oc_node_index(a->until); op++) {
    oc_tensor_view t;
    if (!wanted[op]) continue;
    const int variable = g->nodes[op].variable;
    if (variable >= 0)
      t = oc_variable_view(a->session, variable);
    else if (is_computed(g, op)) {
      const oc_tensor made = oc_plan_result(plan, fetched++);
      t = (oc_tensor_view){made.dtype, made.shape, made.data};
    } else
      continue;
    const double bad = first_bad(&t);
    if (bad != 0) return report(oc_node_name(g, oc_node_of(op, 0)), bad, err);
  }
  return oc_fail(err, OC_E_NOT_FINITE, oc_node_name(g, a->until), "", "no single layer produced it");
}

static oc_status run_and_look(const oc_nonfinite *a, const bool *wanted, const oc_node *fetches, int count,
                              oc_error *err) {
  const oc_plan_request request = {.session = a->session,
                                   .nodes = a->nodes,
                                   .fetches = fetches,
                                   .count = count,
                                   .training = a->training,
                                   .heads = a->heads,
                                   .feed = a->feed};
  oc_plan *plan;
  TRY(oc_model_plan_bound(&request, a->input, &plan, err));
  oc_status status = OC_OK;
  for (int i = 0; status == OC_OK && i < a->bound_count; i++)
    if (oc_node_valid(a->bound[i])) status = oc_plan_bind(plan, a->bound[i], a->values[i], err);
  if (status == OC_OK) status = oc_plan_run(plan, a->samples, a->position, err);
  if (status == OC_OK) status = find_first(a, wanted, plan, err);
  oc_plan_free(plan);
  return status;
}

/* What leads to the end from what is fed: inputs come before their users, so one walk backward meets each
 * after all its users. */
static void want(const oc_graph *g, oc_node until, oc_node feed, bool *wanted) {
  const int32_t fed = oc_node_valid(feed) ? oc_node_index(feed) : -1;
  wanted[oc_node_index(until)] = true;
  for (int32_t op = oc_node_index(until); op >= 0; op--)
    for (int i = 0; op != fed && wanted[op] && i < oc_graph_info(g, op)->n_in; i++)
      wanted[oc_node_index(oc_graph_input(g, op, i))] = true;
}

oc_status oc_nonfinite_find(const oc_nonfinite *a, oc_error *err) {
  const oc_graph *g = a->session->g;
  const size_t room = (size_t)oc_node_index(a->until) + 1;
  oc_node *fetches = oc_memory_array(room, sizeof *fetches);
  bool *wanted = oc_memory_array(room, sizeof *wanted);
  oc_status status = fetches && wanted ? OC_OK : oc_fail_memory(err, room * sizeof *fetches);
  int count = 0;
  if (status == OC_OK) want(g, a->until, a->feed, wanted);
  for (int32_t op = 0; status == OC_OK && op <= oc_node_index(a->until); op++)
    if (wanted[op] && is_computed(g, op)) fetches[count++] = oc_node_of(op, 0);
  if (status == OC_OK) status = run_and_look(a, wanted, fetches, count, err);
  oc_memory_free(fetches);
  oc_memory_free(wanted);
  return status;
}

/* ---- an answer of a model ------------------------------------------------------------------------------ */

static bool is_answer(const oc_model *m, oc_node node) {
  for (int i = 0; i < m->output_count; i++)
    if (m->nodes.outputs[i].answer.number == node.number) return true;
  return false;
}

oc_status oc_model_find_nonfinite(oc_model *m, const oc_input *input, int64_t samples, oc_node until,
                                  oc_error *err) {
  const bool loss = until.number == m->nodes.loss.number;
  const oc_nonfinite a = {.session = m->session,
                          .nodes = &m->nodes,
                          .input = input,
                          .samples = samples,
                          .until = until,
                          .heads = loss ? &m->heads : NULL};
  oc_error found = {0};
  pthread_mutex_lock(&m->lock); /* it makes a plan */
  const oc_status status = oc_nonfinite_find(&a, &found);
  pthread_mutex_unlock(&m->lock);
  if (status != OC_E_NOT_FINITE) {
    if (err) *err = found;
    return status;
  }
  return oc_fail(err, status, found.where,
                 "Use the model of an earlier epoch, or train again with a lower learning rate.",
                 "the model's %.100s is not finite; %s",
                 loss                  ? "loss"
                 : is_answer(m, until) ? "answer"
                                       : oc_node_name(m->graph, until),
                 found.message);
}

/* ---- variables ----------------------------------------------------------------------------------------- */

oc_status oc_session_check_finite(const oc_session *s, oc_error *err) {
  NEED(s);
  for (int i = 0; i < oc_variable_count(s); i++) {
    const oc_tensor_view t = oc_variable_view(s, i);
    const double bad = t.dtype == OC_F32 || t.dtype == OC_F64 ? first_bad(&t) : 0;
    if (bad != 0)
      return oc_fail(err, OC_E_NOT_FINITE, oc_variable_name(s, i),
                     "Lower the learning rate, limit gradients (clip_norm 1), or check the data.",
                     "an element of this variable is %g: a step overflowed", bad);
  }
  return OC_OK;
}
