/* fit_autopsy.c: where a value that is not finite came from. The batch that showed it is run once more,
 * forward only, with every tensor fetched; the graph is in order of computation, so the first bad one is
 * where it began. */
#include "train/fit.h"
#include <math.h>
#include <string.h>

/* A tensor worth looking at: real, computed, and changing nothing. */
static bool is_computed(const oc_graph *g, int32_t op) {
  const oc_op_info *info = oc_graph_info(g, op);
  return !info->op->is_source && info->op->updates == 0 && info->n_out > 0 &&
         info->out[0].dtype == oc_graph_real(g);
}

/* The first value that is not finite, or 0. */
static double first_bad(const oc_tensor *t) {
  int64_t count = 0;
  if (oc_shape_count(&t->shape, 1, &count, NULL) != OC_OK) return 0;
  const float *x = t->data;
  for (int64_t i = 0; i < count; i++)
    if (!isfinite(x[i])) return x[i];
  return 0;
}

/* "conv_1" for "conv_1/_weights". */
static oc_status report(const oc_graph *g, oc_node node, double value, oc_error *err) {
  const char *name = oc_node_name(g, node), *slash = strrchr(name, '/');
  char layer[128];
  (void)snprintf(layer, sizeof layer, "%.*s", slash ? (int)(slash - name) : (int)strlen(name), name);
  return oc_fail(err, OC_E_NOT_FINITE, layer, "", "first seen in %.100s (%g)", name, value);
}

static oc_status look(oc_fit *f, const oc_plan *plan, oc_error *err) {
  int fetched = 0;
  for (int32_t op = 0; op <= oc_node_index(f->loss); op++) {
    oc_tensor t;
    const int variable = f->graph->nodes[op].variable;
    if (variable >= 0)
      t = oc_variable_value(f->session, variable);
    else if (is_computed(f->graph, op))
      t = oc_plan_result(plan, fetched++);
    else
      continue;
    const double bad = first_bad(&t);
    if (bad != 0) return report(f->graph, oc_node_of(op, 0), bad, err);
  }
  return oc_fail(err, OC_E_NOT_FINITE, oc_node_name(f->graph, f->loss), "", "no single layer shows it");
}

static oc_status run_and_look(oc_fit *f, const oc_node *fetches, int count, int64_t samples, oc_error *err) {
  const oc_plan_request request = {.session = f->session,
                                   .nodes = &f->nodes,
                                   .fetches = fetches,
                                   .count = count,
                                   .training = true,
                                   .labels = true};
  oc_plan *plan;
  TRY(oc_model_plan_bound(&request, &f->input, &plan, err));
  oc_status status =
      oc_plan_run(plan, samples, (oc_position){(uint64_t)f->at.epoch, (uint64_t)f->at.sample}, err);
  if (status == OC_OK) status = look(f, plan, err);
  oc_plan_free(plan);
  return status;
}

oc_status oc_fit_autopsy(oc_fit *f, int64_t samples, oc_error *err) {
  oc_node *fetches = oc_memory_array((size_t)oc_node_index(f->loss) + 1, sizeof *fetches);
  if (!fetches) return oc_fail_memory(err, ((size_t)oc_node_index(f->loss) + 1) * sizeof *fetches);
  int count = 0;
  for (int32_t op = 0; op <= oc_node_index(f->loss); op++)
    if (is_computed(f->graph, op)) fetches[count++] = oc_node_of(op, 0);
  const oc_status status = run_and_look(f, fetches, count, samples, err);
  oc_memory_free(fetches);
  return status;
}
