/* train.h: a training step as one operation of the graph.
 *
 *   oc_optimizer_options how = oc_optimizer_defaults();
 *   how.name = "momentum";
 *   oc_node train_op = oc_minimize(g, loss, &how);
 *
 * Running train_op once is one step: gradients of all trainable variables, their updates, moving averages.
 * Optimizer state lives in variables that are not trainable ("conv_1/_weights/Adam", "train/step"), so that
 * saving a session's variables saves all that training needs to go on. */
#ifndef OCELLUS_TRAIN_H
#define OCELLUS_TRAIN_H
#include "graph.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef struct oc_optimizer_options {
  /* "sgd"       w -= lr g
   * "momentum"  m = momentum m + g;  w -= lr m                     (as TensorFlow's)
   * "nesterov"  m = momentum m + g;  w -= lr (g + momentum m)
   * "adam"      Kingma and Ba 2015 (default)
   * "adamw"     the same, with a weight decay of 0.01 by default    (Loshchilov and Hutter 2019) */
  const char *name;     /* NULL: "adam" */
  double learning_rate; /* > 0 and finite; 0: 1e-4 (default) */
  oc_node
      learning_rate_node;    /* a scalar to take the rate from instead, such as a placeholder; default none */
  double momentum;           /* momentum, nesterov; in [0,1); default 0.9 */
  bool momentum_set;         /* a momentum of 0 is meant */
  double beta1, beta2;       /* adam, adamw; in [0,1); default 0.9 and 0.999 */
  bool beta1_set, beta2_set; /* a beta of 0 is meant */
  double epsilon;            /* adam, adamw; > 0; 0: 1e-8 (default) */
  /* Decoupled: kernels and matrices (two axes or more) also shrink by lr * weight_decay of themselves; >= 0;
   * default 0, and 0.01 for adamw. */
  double weight_decay;
  bool weight_decay_set; /* a weight decay of 0 is meant, of adamw too */
  double clip_norm;      /* gradients are scaled down to this global norm; 0 (default): off */
} oc_optimizer_options;
OC_API oc_optimizer_options oc_optimizer_defaults(void);
/* Name of the i-th optimizer, or NULL past the end. */
OC_API const char *oc_optimizer_name(int index);

/* Adds to `g` all that one step of minimizing the scalar `loss` needs, and returns the operation that does
 * it, named "train_op"; it has no result. `options` may be NULL for the defaults. Mistakes mark the graph as
 * failed. */
OC_API oc_node oc_minimize(oc_graph *g, oc_node loss, const oc_optimizer_options *options);

#ifdef __cplusplus
}
#endif
#endif
