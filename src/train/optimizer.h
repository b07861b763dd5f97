/* optimizer.h: defines optimizers: a descriptor at the end of a file, and a row in optimizers.def. */
#ifndef OC_TRAIN_OPTIMIZER_H
#define OC_TRAIN_OPTIMIZER_H
#include "ocellus/registry.h"
#include "ocellus/train.h"
#include "base/hyperparameter.h"
#include "base/registry.h"
#include "graph/graph.h"
#include "ops/ops.h"
#include <math.h>

/* A training step while it is being built. */
struct oc_optimizer;

struct oc_minimizer {
  oc_graph *g;
  oc_optimizer_options options;
  double values[OC_HYPERPARAMETERS_MAX]; /* of the optimizer's hyperparameters, in their order */
  oc_node learning_rate;                 /* scalars */
  oc_node scale;                         /* what gradients are multiplied with: 1, or less when clipped */
  oc_node step;                          /* variable: how many steps have been finished */
  oc_node *gradients;                    /* NULL, or what oc_minimize_keeping was given */
  const struct oc_optimizer *optimizer;
};

typedef struct oc_optimizer {
  const char *name;
  const char *summary; /* one line for help, without a period: the update, or its name and source */
  /* All that it takes besides the learning rate. What several optimizers take has one name, range and help in
   * all of them. */
  oc_hyperparameter hyperparameters[OC_HYPERPARAMETERS_MAX];
  /* Adds the operation that updates `variable`, with slots if it needs any. `decay` is the weight decay of
   * this variable: 0 where weights do not decay. */
  oc_node (*apply)(oc_minimizer *m, oc_node variable, oc_node gradient, double decay);
} oc_optimizer;

#define OC_ROW(name) extern const oc_optimizer oc_optimizer_##name;
#include "train/optimizers.def"
#undef OC_ROW

/* The row of a decoupled weight decay: kernels and matrices (two axes or more) shrink by learning rate *
 * weight decay of themselves in each step. */
#define OC_WEIGHT_DECAY(usual)                                                                               \
  { .name = "weight_decay", .high = INFINITY, .fallback = (usual), .help = "decoupled weight decay" }

/* optimizers.c: by name, among the built-in ones and those of a registry (NULL: none). OC_E_ARGUMENT if there
 * is none. */
oc_status oc_optimizer_find(const oc_registry *r, const char *name, const oc_optimizer **out, oc_error *err);
/* The i-th optimizer, the built-in ones first; NULL past the end. */
const oc_optimizer *oc_optimizer_at(const oc_registry *r, int index);
/* A scope to come back to. */
typedef struct oc_scope {
  char text[OC_SCOPE_BYTES];
} oc_scope;
/* Goes into the scope of `variable` (below `prefix`). */
void oc_minimizer_enter(oc_graph *g, const char *prefix, oc_node variable, oc_scope *saved);
void oc_minimizer_leave(oc_graph *g, const oc_scope *saved);
/* Like oc_minimize; gradients[i] becomes the gradient of the i-th trainable variable, before it is clipped.
 * NULL: they are not wanted. */
oc_node oc_minimize_keeping(oc_graph *g, oc_node loss, const oc_optimizer_options *options,
                            oc_node *gradients);

#endif
