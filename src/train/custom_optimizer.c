/* custom_optimizer.c: optimizers that a caller adds at run time (ocellus/registry.h): a descriptor becomes
 * one like those of optimizers.def. The caller's step is made of operations that change variables, which a
 * plan guards as it does ours. */
#include "base/options.h"
#include "train/lr_schedule.h"
#include "train/optimizer.h"
#include <string.h>

#define ROW "oc_custom_optimizer"

typedef struct oc_custom_optimizer_row {
  oc_optimizer optimizer; /* first: an optimizer of this file is a row */
  oc_custom_optimizer is;
} oc_custom_optimizer_row;

static const oc_custom_optimizer *descriptor(const oc_minimizer *m) {
  return &((const oc_custom_optimizer_row *)(const void *)m->optimizer)->is;
}

/* ---- applying ------------------------------------------------------------------------------------------ */

static oc_node custom_apply(oc_minimizer *m, oc_node variable, oc_node gradient, double decay) {
  oc_graph *g = m->g;
  const int32_t depth = g->depth;
  if (m->options.clip_norm > 0) gradient = oc_multiply(g, gradient, m->scale);
  const oc_node step = descriptor(m)->apply(g, m, variable, gradient, decay);
  if (oc_graph_failed(g)) return OC_NO_NODE;
  if (g->depth != depth)
    return oc_graph_fail(g, OC_E_NET, m->optimizer->name, "End each oc_scope_push with oc_scope_pop.",
                         "optimizer %s leaves another scope than it found", m->optimizer->name);
  if (oc_graph_has(g, step)) return step;
  return oc_graph_fail(g, OC_E_NET, m->optimizer->name, "Return what oc_assign or oc_group gives.",
                       "optimizer %s has returned no node", m->optimizer->name);
}

double oc_minimizer_value(const oc_minimizer *m, int i) {
  return m && oc_hyperparameter_row(m->optimizer->hyperparameters, i) ? m->values[i] : 0;
}
oc_node oc_minimizer_learning_rate(const oc_minimizer *m) {
  return m ? m->learning_rate : OC_NO_NODE;
}
oc_node oc_minimizer_step(const oc_minimizer *m) {
  return m ? m->step : OC_NO_NODE;
}
void *oc_minimizer_context(const oc_minimizer *m) {
  return m && m->optimizer->apply == custom_apply ? descriptor(m)->context : NULL;
}

/* ---- adding -------------------------------------------------------------------------------------------- */

/* Under these names a run's record has something else (oc_fit_result_config), and a schedule its own
 * hyperparameters. */
static bool is_taken(const char *name) {
  static const char *const taken[] = {"version",
                                      "net",
                                      "optimizer",
                                      "batch",
                                      "learning_rate",
                                      "l2",
                                      "clip_norm",
                                      "seed",
                                      "session_seed",
                                      "shuffle",
                                      "instruction_set",
                                      "earlier_instruction_sets",
                                      "plain",
                                      "no_fusion",
                                      "refused_kernels",
                                      "kernels",
                                      "train_data",
                                      "valid_data",
                                      "schedule",
                                      "scheduled_epochs",
                                      "epochs",
                                      "arithmetic",
                                      "loss",
                                      "heads",
                                      "metrics",
                                      "targets"};
  const oc_lr_schedule *s;
  for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
    if (strcmp(name, taken[i]) == 0) return true;
  for (int i = 0; (s = oc_lr_schedule_at(i)); i++)
    if (oc_hyperparameter_find(s->hyperparameters, name) >= 0) return true;
  return false;
}

static oc_status check_hyperparameters(const oc_optimizer *o, oc_error *err) {
  const oc_hyperparameter *h;
  for (int i = 0; (h = oc_hyperparameter_row(o->hyperparameters, i)); i++) {
    if (h->required)
      return oc_fail(err, OC_E_ARGUMENT, ROW, "Give it a default.",
                     "hyperparameter '%s' of an optimizer must not be required", h->name);
    if (is_taken(h->name))
      return oc_fail(err, OC_E_ARGUMENT, ROW, "Use another name.",
                     "'%s' is an option of a training or of a schedule already", h->name);
  }
  return OC_OK;
}

static oc_status check_optimizer(const oc_registry *r, const oc_custom_optimizer *o, oc_error *err) {
  const oc_optimizer *built_in;
  TRY(oc_options_check(o->struct_size, sizeof *o, ROW, err));
  TRY(oc_registry_accepts(r, OC_ROW_OPTIMIZER, ROW, o->name, err));
  for (int i = 0; (built_in = oc_optimizer_at(NULL, i)); i++)
    if (strcmp(built_in->name, o->name) == 0)
      return oc_fail(err, OC_E_ARGUMENT, ROW, "Use a name with a dot, such as \"mine.adam\".",
                     "'%s' is a built-in optimizer", o->name);
  return o->apply ? OC_OK : oc_fail(err, OC_E_ARGUMENT, ROW, "Set apply.", "apply must not be NULL");
}

oc_status oc_registry_add_optimizer(oc_registry *r, const oc_custom_optimizer *optimizer, oc_error *err) {
  NEED(r, optimizer);
  oc_custom_optimizer is;
  OC_OPTIONS_READ(is, optimizer);
  TRY(check_optimizer(r, &is, err));
  oc_custom_optimizer_row *row = oc_arena_alloc(oc_registry_arena(r), sizeof *row);
  if (!row) return oc_fail_memory(err, sizeof *row);
  oc_optimizer *o = &row->optimizer;
  o->apply = custom_apply;
  const bool copied =
      oc_registry_text(r, is.name, NULL, &o->name) && oc_registry_text(r, is.summary, "", &o->summary);
  if (!copied) return oc_fail_memory(err, sizeof *row);
  TRY(oc_registry_hyperparameters(r, ROW, is.hyperparameters, o->hyperparameters, err));
  TRY(check_hyperparameters(o, err));
  row->is = is;
  return oc_registry_put(r, OC_ROW_OPTIMIZER, o->name, row, err);
}
