/* optimizer.c: adds the slots of optimizers. Each slot has the name of its variable as a prefix. */
#include "graph/sources.h"
#include "train/optimizer.h"
#include <stdio.h>
#include <string.h>

void oc_minimizer_enter(oc_graph *g, const char *prefix, oc_node variable, oc_scope *saved) {
  memcpy(saved->text, g->scope, sizeof g->scope);
  const char *name = oc_node_name(g, variable);
  const int length = snprintf(g->scope, sizeof g->scope, "%s%s", prefix, name);
  if (length >= (int)sizeof g->scope)
    oc_graph_fail(g, OC_E_ARGUMENT, name, "Use shorter names.",
                  "name is too long for a scope: the limit is %d characters",
                  (int)(sizeof g->scope - strlen(prefix)) - 1);
}

void oc_minimizer_leave(oc_graph *g, const oc_scope *saved) {
  memcpy(g->scope, saved->text, sizeof g->scope);
}

oc_node oc_minimizer_slot(oc_minimizer *m, oc_node variable, const char *name) {
  if (!m || !oc_graph_expect(m->g, variable, "oc_minimizer_slot")) return OC_NO_NODE;
  oc_scope saved;
  oc_init zeros = oc_init_of(OC_INIT_ZEROS);
  zeros.not_trainable = true;
  oc_minimizer_enter(m->g, "", variable, &saved);
  const oc_node slot = oc_variable(m->g, name, oc_node_shape(m->g, variable), zeros);
  oc_graph_note_slot(m->g, slot, variable);
  oc_minimizer_leave(m->g, &saved);
  return slot;
}
