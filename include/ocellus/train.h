/* train.h: adds a training step to the graph as one operation.
 *
 *   oc_optimizer_options options = oc_optimizer_defaults();
 *   options.name = "momentum";
 *   options.settings = (oc_setting[]){{"momentum", 0.5}};
 *   options.setting_count = 1;
 *   oc_node train_op = oc_minimize(g, loss, &options);
 *
 * Running train_op once is one step: gradients of all trainable variables, their updates, moving averages.
 * Optimizer state lives in variables that are not trainable ("conv_1/_weights/Adam", "train/step"), so that
 * saving a session's variables saves everything that training needs to continue.
 *
 * Threads: the names and hyperparameters may be read from any thread; oc_minimize requires exclusive use of
 * its graph. */
#ifndef OCELLUS_TRAIN_H
#define OCELLUS_TRAIN_H
#include "graph.h"
#include "hyperparameter.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef struct oc_optimizer_options {
  size_t struct_size;   /* sizeof(oc_optimizer_options); 0: that of version 0.1 */
  const char *name;     /* of an optimizer (oc_optimizer_name); NULL: "adam" (default) */
  double learning_rate; /* > 0 and finite; 0: 1e-4 (default) */
  /* a scalar to take the rate from instead, such as a placeholder; default none */
  oc_node learning_rate_node;
  double clip_norm; /* gradients are scaled down to this global norm; 0 (default): off */
  /* The optimizer's own hyperparameters by name, setting_count of them, such as {{"momentum", 0.5}}; of two
   * with one name the later counts; missing ones have their defaults. oc_optimizer_hyperparameter_at lists
   * them, with ranges and defaults. */
  const oc_setting *settings;
  int setting_count;
  /* The variables to train, variable_count of them, each once; NULL and 0 (default): all trainable ones of
   * the graph. The others keep their values; moving averages of batch normalization are updated all the same.
   * Read during the call only. */
  const oc_node *variables;
  int variable_count;
  struct oc_registry *registry; /* optimizers of the caller; NULL (default): those of the graph's registry */
} oc_optimizer_options;
/* Returns the defaults; a zeroed struct means the same. */
OC_API oc_optimizer_options oc_optimizer_defaults(void);
/* Name of the i-th optimizer, or NULL past the end. Static storage. */
OC_API const char *oc_optimizer_name(int index);
/* One line about an optimizer, for help; NULL if there is none of this name. Static storage. */
OC_API const char *oc_optimizer_summary(const char *name);
/* The index-th hyperparameter of an optimizer, or NULL past the end or if there is none of this name. Static
 * storage. */
OC_API const oc_hyperparameter *oc_optimizer_hyperparameter_at(const char *name, int index);

/* Adds to `g` the operations of one step that minimizes the scalar `loss`, and returns the operation that
 * runs them, named "train_op"; it has no result. `options` may be NULL for the defaults. Errors mark the
 * graph as failed. */
OC_API oc_node oc_minimize(oc_graph *g, oc_node loss, const oc_optimizer_options *options);

#ifdef __cplusplus
}
#endif
#endif
