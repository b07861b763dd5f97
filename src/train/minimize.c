/* minimize.c: adds a training step: gradients of all trainable variables, their global norm if it is limited,
 * one update each, the step counter after them, moving averages; all under one operation, train_op. */
#include "base/memory.h"
#include "base/options.h"
#include "graph/graph.h"
#include "train/optimizer.h"
#include "train/settings.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

oc_optimizer_options oc_optimizer_defaults(void) {
  return (oc_optimizer_options){
      .struct_size = sizeof(oc_optimizer_options), .name = "adam", .learning_rate = 1e-4};
}

static oc_optimizer_options resolve_options(const oc_optimizer_options *given) {
  const oc_optimizer_options defaults = oc_optimizer_defaults();
  oc_optimizer_options o = defaults;
  if (given) OC_OPTIONS_READ(o, given);
  if (!o.name) o.name = defaults.name;
  if (o.learning_rate == 0) o.learning_rate = defaults.learning_rate;
  return o;
}

/* ---- checks -------------------------------------------------------------------------------------------- */

static oc_status check_options(oc_minimizer *m, oc_error *err) {
  const oc_optimizer_options *o = &m->options;
  const oc_settings settings = {o->settings, o->setting_count};
  TRY(oc_options_check(o->struct_size, sizeof *o, "oc_optimizer_options", err));
  oc_registry_close(o->registry);
  const oc_registry *r = o->registry ? o->registry : m->g->registry;
  TRY(oc_optimizer_find(r, o->name, &m->optimizer, err));
  if (!oc_node_valid(o->learning_rate_node) && !(o->learning_rate > 0 && isfinite(o->learning_rate)))
    return oc_fail(err, OC_E_ARGUMENT, "learning rate", "Use, for example, 1e-4 to 1e-2.",
                   "must be above 0 and finite, got %g", o->learning_rate);
  if (!(o->clip_norm >= 0 && isfinite(o->clip_norm)))
    return oc_fail(err, OC_E_ARGUMENT, "clip norm", "Use 0 to turn it off.",
                   "must be at least 0 and finite, got %g", o->clip_norm);
  TRY(oc_settings_check(settings, r, m->optimizer, NULL, err));
  return oc_settings_read(settings, m->optimizer->hyperparameters, m->values, err);
}

/* ---- building ------------------------------------------------------------------------------------------ */

/* One operation that depends on nodes[0..count-1]. */
static oc_node add_group(oc_graph *g, const char *name, const oc_node *nodes, int count) {
  return oc_graph_add_named(g, OC_OP(g, group), name, nodes, count, NULL);
}

/* The factor that brings the norm of all gradients together down to max_norm. The sums are doubles: the norm
 * of gradients that float32 can hold does not overflow. */
static oc_node clip_scale(oc_graph *g, const oc_node *gradients, int count, double max_norm) {
  oc_node total = OC_NO_NODE;
  for (int i = 0; i < count; i++) {
    const oc_node squares = oc_graph_add(g, OC_OP(g, sum_squares), &gradients[i], 1, NULL);
    total = i ? oc_graph_add(g, OC_OP(g, add_squares), (oc_node[]){total, squares}, 2, NULL) : squares;
  }
  return oc_graph_add(g, OC_OP(g, clip_scale), &total, 1, &(oc_clip_scale_attrs){max_norm});
}

/* The variables that a list names. */
static int named_variables(oc_graph *g, const oc_optimizer_options *o, oc_node *out) {
  const char *where = "variables", *hint = "Pass what oc_variable returned, each once.";
  if (o->variable_count > oc_graph_variable_count(g) || o->variable_count < 0 || !o->variables) {
    oc_graph_fail(g, OC_E_ARGUMENT, where, hint, "%d variables in %s; the graph has %d", o->variable_count,
                  o->variables ? "the list" : "a list that is NULL", oc_graph_variable_count(g));
    return 0;
  }
  for (int i = 0; i < o->variable_count; i++) {
    const oc_node v = o->variables[i];
    if (!oc_graph_has(g, v) || g->nodes[oc_node_index(v)].variable < 0)
      oc_graph_fail(g, OC_E_ARGUMENT, where, hint, "variables[%d] is not a variable", i);
    for (int k = 0; k < i; k++)
      if (o->variables[k].number == v.number)
        oc_graph_fail(g, OC_E_ARGUMENT, where, hint, "variables[%d] is variables[%d] again", i, k);
    out[i] = v;
  }
  return oc_graph_failed(g) ? 0 : o->variable_count;
}

static int trainable(oc_graph *g, const oc_optimizer_options *o, oc_node *out) {
  int count = 0;
  if (o->variable_count || o->variables) return named_variables(g, o, out);
  for (int i = 0; i < oc_graph_variable_count(g); i++)
    if (!oc_graph_variable_init(g, i)->not_trainable) out[count++] = oc_graph_variable_at(g, i);
  return count;
}

/* The gradient of each variable, in the graph's memory; NULL if there is no memory. */
static const oc_graph_gradient *pair_gradients(oc_graph *g, const oc_node *variables,
                                               const oc_node *gradients, int count) {
  oc_graph_gradient *pairs = oc_arena_alloc(&g->arena, (size_t)count * sizeof *pairs);
  if (!pairs) oc_graph_fail(g, OC_E_MEMORY, "oc_minimize", "", "no memory for %d gradients", count);
  for (int i = 0; pairs && i < count; i++)
    pairs[i] = (oc_graph_gradient){g->nodes[oc_node_index(variables[i])].variable, gradients[i]};
  return pairs;
}

static void add_updates(oc_minimizer *m, const oc_node *variables, oc_node *gradients, int count) {
  const int at = oc_hyperparameter_find(m->optimizer->hyperparameters, "weight_decay");
  const double decay = at < 0 ? 0 : m->values[at];
  for (int i = 0; i < count; i++) {
    oc_scope saved;
    const bool decays = oc_node_shape(m->g, variables[i]).rank >= 2;
    oc_minimizer_enter(m->g, "train/", variables[i], &saved);
    gradients[i] = m->optimizer->apply(m, variables[i], gradients[i], decays ? decay : 0);
    oc_minimizer_leave(m->g, &saved);
  }
}

/* `variables` and `gradients` have room for all variables and registered updates. */
static oc_node build_step(oc_minimizer *m, oc_node loss, oc_node *variables, oc_node *gradients) {
  oc_graph *g = m->g;
  const oc_optimizer_options *o = &m->options;
  oc_init zero = oc_init_of(OC_INIT_ZEROS);
  zero.not_trainable = true;
  const int count = trainable(g, o, variables);
  if (count == 0)
    return oc_graph_fail(g, OC_E_ARGUMENT, oc_node_name(g, loss), "Add variables, or layers with weights.",
                         "the graph has no trainable variables");
  const int32_t first = g->count;
  oc_gradients(g, loss, variables, count, gradients);
  if (oc_graph_failed(g)) return OC_NO_NODE;
  const oc_graph_gradient *pairs = pair_gradients(g, variables, gradients, count);
  if (m->gradients) memcpy(m->gradients, gradients, (size_t)count * sizeof *gradients);
  oc_scope_push(g, "train");
  m->step = oc_variable(g, "step", OC_SCALAR_SHAPE, zero);
  m->learning_rate =
      oc_node_valid(o->learning_rate_node) ? o->learning_rate_node : oc_scalar(g, o->learning_rate);
  m->scale = o->clip_norm > 0 ? clip_scale(g, gradients, count, o->clip_norm) : oc_scalar(g, 1);
  oc_scope_pop(g);
  add_updates(m, variables, gradients, count);
  oc_scope_push(g, "train");
  const oc_node counted[] = {m->step, add_group(g, "updates", gradients, count)};
  oc_node *last = variables;
  int n = 0;
  last[n++] = oc_graph_add(g, OC_OP(g, increment), counted, 2, NULL);
  for (int i = 0; i < oc_graph_update_count(g); i++) last[n++] = oc_graph_update_at(g, i);
  oc_scope_pop(g);
  const oc_node train_op = add_group(g, "train_op", last, n);
  oc_graph_add_step(g, &(oc_graph_step){.first = first,
                                        .last = oc_node_index(train_op),
                                        .loss = loss,
                                        .scale = o->clip_norm > 0 ? m->scale : OC_NO_NODE,
                                        .gradients = pairs,
                                        .gradient_count = count});
  return train_op;
}

oc_node oc_minimize(oc_graph *g, oc_node loss, const oc_optimizer_options *options) {
  return oc_minimize_keeping(g, loss, options, NULL);
}

oc_node oc_minimize_keeping(oc_graph *g, oc_node loss, const oc_optimizer_options *options, oc_node *kept) {
  if (oc_graph_failed(g)) return OC_NO_NODE;
  oc_minimizer m = {.g = g, .options = resolve_options(options), .gradients = kept};
  oc_error err = {0};
  if (check_options(&m, &err) != OC_OK)
    return oc_graph_fail(g, err.code, err.where, err.hint, "%s", err.message);
  const size_t room = (size_t)oc_graph_variable_count(g) + (size_t)oc_graph_update_count(g) + 1;
  oc_node *variables = oc_memory_array(room, sizeof *variables);
  oc_node *gradients = oc_memory_array(room, sizeof *gradients);
  oc_node train_op = OC_NO_NODE;
  const oc_graph_mark before = oc_graph_mark_now(g);
  if (variables && gradients)
    train_op = build_step(&m, loss, variables, gradients);
  else
    oc_graph_fail(g, OC_E_MEMORY, "oc_minimize", "", "no memory for %zu variables", room);
  if (oc_graph_failed(g)) oc_graph_back(g, before);
  oc_memory_free(variables);
  oc_memory_free(gradients);
  return train_op;
}
