/* ops.h: declares every operation by name (from ops.def), and the attribute structs that kernels and the
 * planner share. */
#ifndef OC_OPS_OPS_H
#define OC_OPS_OPS_H
#include "base/registry.h"
#include "graph/op.h"
#include <math.h>

#define OC_ROW(name) extern const oc_op oc_op_##name##_f32, oc_op_##name##_f64;
#include "ops/ops.def"
#undef OC_ROW

/* All operations of one real type; *count rows. */
const oc_op *const *oc_ops_list(oc_dtype real, int *count);
/* NULL if there is none of this name. */
const oc_op *oc_ops_find(oc_dtype real, const char *name);
/* The same among the built-in ones and those of a registry (NULL: none). */
const oc_op *oc_ops_find_in(const oc_registry *r, oc_dtype real, const char *name);
/* The row of this operation for another real type. */
const oc_op *oc_ops_twin(const oc_op *op, oc_dtype real);

/* A caller's operation, made by custom_op.c: what it gave, and the rows for float32 and float64. */
typedef struct oc_custom_rows {
  oc_custom_op is;
  oc_op rows[2];
} oc_custom_rows;

/* ---- attributes ---------------------------------------------------------------------------------------- */

/* conv2d, conv2d_grad_x, conv2d_grad_w, conv2d_grad: padding already turned into numbers when the node is
 * made. */
typedef struct oc_conv2d_attrs {
  int64_t kernel[2];   /* kh, kw */
  int64_t stride[2];   /* sh, sw */
  int64_t dilation[2]; /* dh, dw */
  int64_t pad[4];      /* top, bottom, left, right */
  int64_t groups;
  bool flip;
  oc_shape target; /* conv2d_grad_x: shape of x; conv2d_grad_w: shape of w; else unused */
} oc_conv2d_attrs;

/* True if it is the same convolution. Compares field by field, because padding bytes are undefined; `target`
 * belongs to a gradient. */
static inline bool oc_conv2d_same(const oc_conv2d_attrs *a, const oc_conv2d_attrs *b) {
  for (int i = 0; i < 2; i++)
    if (a->kernel[i] != b->kernel[i] || a->stride[i] != b->stride[i] || a->dilation[i] != b->dilation[i])
      return false;
  for (int i = 0; i < 4; i++)
    if (a->pad[i] != b->pad[i]) return false;
  return a->groups == b->groups && a->flip == b->flip;
}

/* max_pool, mean_pool and their gradients. */
typedef struct oc_pool_attrs {
  int64_t size[2], stride[2];
  int64_t pad[4];  /* top, bottom, left, right */
  oc_shape target; /* mean_pool_grad: shape of x; else unused */
} oc_pool_attrs;

typedef struct oc_matmul_attrs {
  bool transpose_a, transpose_b;
} oc_matmul_attrs;

/* batch_norm (x, gamma, beta, mean, variance, moving_mean, moving_variance) -> y batch_norm_grad_sums (x, dy,
 * mean, variance, moving_mean, moving_variance) -> dgamma, dbeta batch_norm_grad_x (x, dy, mean, variance,
 * gamma, dgamma, dbeta, moving_variance) -> dx In a plan without training the moving values replace mean and
 * variance, and are constants for the gradient. */
typedef struct oc_batch_norm_attrs {
  double epsilon;
} oc_batch_norm_attrs;

/* fold_batch_norm (w, gamma, beta, mean, variance) -> w', b': made by the planner (fold_batch_norm.c), with
 * these attributes, too. */

/* update_moving (moving, value): moving = momentum * moving + (1 - momentum) * value. */
typedef struct oc_moving_attrs {
  double momentum;
} oc_moving_attrs;

typedef struct oc_cast_attrs {
  oc_dtype dtype;
} oc_cast_attrs;

typedef struct oc_leaky_relu_attrs {
  double slope; /* in [0,1) */
} oc_leaky_relu_attrs;

/* reduce_sum, reduce_mean, broadcast. */
typedef struct oc_reduce_attrs {
  unsigned axes; /* bit i: axis i is summed; as given to the builder, but 0 has become all axes */
  bool mean;     /* broadcast only: divide by how many elements a sum had */
} oc_reduce_attrs;

typedef struct oc_top_k_attrs {
  int64_t k;     /* 0 to the size of the last axis */
  bool smallest; /* the smallest ones first */
} oc_top_k_attrs;

typedef struct oc_dropout_grad_attrs {
  uint64_t stream; /* of the dropout operation, whose mask is used again */
} oc_dropout_grad_attrs;

/* A sum of squares as sum_squares and add_squares hand it on: what a `real` holds of it, or the double where
 * that overflows. The sum of two floats in double, rounded to float, is the float sum. */
static inline double oc_rounded_sum(double sum) {
  const real rounded = (real)sum;
  return isfinite(rounded) ? (double)rounded : sum;
}

typedef struct oc_clip_scale_attrs {
  double max_norm; /* > 0 */
} oc_clip_scale_attrs;

/* weight_decay of the updates is decoupled: the variable shrinks by lr * weight_decay of itself in each
 * step. */
typedef struct oc_apply_sgd_attrs {
  double weight_decay;
} oc_apply_sgd_attrs;

typedef struct oc_apply_momentum_attrs {
  double momentum, weight_decay;
  bool nesterov;
} oc_apply_momentum_attrs;

typedef struct oc_apply_adam_attrs {
  double beta1, beta2, epsilon, weight_decay;
} oc_apply_adam_attrs;

/* conv_block and conv_block_grad, made by the planner out of conv2d + bias_add [+ activation] [+ max_pool].
 *   conv_block      (x, w, b)                -> y [, arg]
 *   conv_block_grad (x, w, y, dy [, arg])    -> dw, db [, dx]
 * arg (uint8, like y): which element of the pooling window, in row order, was the maximum. The activation's
 * derivative follows from y, so only NONE, RELU, RELU6, LEAKY_RELU, SIGMOID and TANH are fused. Pooling
 * windows hold at most 255. */
typedef struct oc_conv_block_attrs {
  oc_conv2d_attrs conv;
  oc_act act;
  double slope; /* of LEAKY_RELU */
  bool pooled;
  int64_t pool[2];  /* rows and columns of the windows, which neither overlap nor leave gaps nor are padded */
  bool save_argmax; /* conv_block: arg is needed (training) */
  bool needs_dx;    /* conv_block_grad: dx is needed */
} oc_conv_block_attrs;

/* Made by the planner out of batch_norm [+ add] [+ activation] and their gradients (batch_norm_block.c):
 *   batch_norm_block           (x, gamma, beta, mean, variance [, r])               -> y = act(norm(x) [+ r])
 *   batch_norm_block_grad_sums (x, dy, mean, variance, gamma, beta)                  -> dgamma, dbeta
 *   batch_norm_block_grad_x    (x, dy, mean, variance, gamma, dgamma, dbeta, beta)   -> dx
 *   batch_norm_block_grad_z    (x, dy, mean, variance, y [, dy2])                    -> dgamma, dbeta, dz
 * Only activations that oc_activation_repeatable (activate.h) allows are fused. */
typedef struct oc_batch_norm_block_attrs {
  oc_batch_norm_attrs norm; /* first: kernels read it from either */
  oc_act act;
  double slope; /* of LEAKY_RELU */
} oc_batch_norm_block_attrs;

/* dense_block (x, w, b [, keep_prob]) -> y = dropout(act(x w + b)); made by the planner out of matmul +
 * bias_add [+ activation] [+ dropout]. Dropout only after RELU, where y > 0 is all that the gradient needs:
 * relu_dropout_grad (y, dy, keep_prob) -> dz = y > 0 ? dy / keep_prob : 0. */
typedef struct oc_dense_block_attrs {
  oc_act act;
  double slope;
  bool dropout;
  uint64_t stream; /* of the dropout operation */
  bool transposed; /* w is (units, features), as a plan may store it */
} oc_dense_block_attrs;

/* The mask of dropout: element e of the sample at position `sample` of the epoch is kept iff word e%4 of
 * block(key(seed, stream), e/4, sample low, sample high, epoch) < keep_prob * 2^32 (all, if keep_prob is
 * 1). */
static inline bool oc_dropout_keeps(uint32_t word, double keep_prob) {
  return (double)word < keep_prob * 4294967296.0;
}

#endif
