/* optimizers.c: the list of optimizers. */
#include "graph/graph.h"
#include "train/optimizer.h"
#include <stdio.h>
#include <string.h>

#define OC_ROW(name) &oc_optimizer_##name,
static const oc_optimizer *const optimizers[] = {
#include "train/optimizers.def"
};
#undef OC_ROW
#define OPTIMIZERS ((int)(sizeof optimizers / sizeof *optimizers))

const char *oc_optimizer_name(int index) {
  return index >= 0 && index < OPTIMIZERS ? optimizers[index]->name : NULL;
}

const oc_optimizer *oc_optimizer_find(oc_graph *g, const char *name) {
  char names[200] = "Use one of";
  for (int i = 0; i < OPTIMIZERS; i++) {
    if (name && strcmp(optimizers[i]->name, name) == 0) return optimizers[i];
    const size_t used = strlen(names);
    snprintf(names + used, sizeof names - used, " %s", optimizers[i]->name);
  }
  oc_graph_fail(g, OC_E_ARGUMENT, "optimizer", names, "there is no optimizer \"%s\"", name ? name : "(NULL)");
  return NULL;
}
