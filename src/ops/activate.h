/* activate.h: computes the activations whose derivative follows from their own result, one element at a time,
 * as the fused operations compute them: the same formulas as in relu.c, relu6.c, leaky_relu.c,
 * sigmoid.c and tanh.c. */
#ifndef OC_OPS_ACTIVATE_H
#define OC_OPS_ACTIVATE_H
#include "ops/ops.h"
#include <tgmath.h>

static inline bool oc_activation_fusable(oc_act act) {
  return act == OC_ACT_NONE || act == OC_ACT_RELU || act == OC_ACT_RELU6 || act == OC_ACT_LEAKY_RELU ||
         act == OC_ACT_SIGMOID || act == OC_ACT_TANH;
}

/* True if it may be computed twice, as a gradient of batch_norm_block does. */
static inline bool oc_activation_repeatable(oc_act act) {
  return oc_activation_fusable(act) && act != OC_ACT_SIGMOID && act != OC_ACT_TANH;
}

static inline real oc_activate(oc_act act, double slope, real x) {
  switch (act) {
  case OC_ACT_RELU:
    return x <= 0 ? 0 : x;
  case OC_ACT_RELU6:
    return x <= 0 ? 0 : x >= 6 ? 6 : x;
  case OC_ACT_LEAKY_RELU:
    return x > 0 ? x : (real)slope * x;
  case OC_ACT_SIGMOID:
    return 1 / (1 + exp(-x));
  case OC_ACT_TANH:
    return tanh(x);
  default:
    return x;
  }
}

/* dy times the derivative at the x that gave y. */
static inline real oc_activate_back(oc_act act, double slope, real y, real dy) {
  switch (act) {
  case OC_ACT_RELU:
    return y > 0 ? dy : 0;
  case OC_ACT_RELU6:
    return y > 0 && y < 6 ? dy : 0;
  case OC_ACT_LEAKY_RELU:
    return y > 0 ? dy : (real)slope * dy;
  case OC_ACT_SIGMOID:
    return dy * y * (1 - y);
  case OC_ACT_TANH:
    return dy * (1 - y * y);
  default:
    return dy;
  }
}

#endif
