/* softmax.h: shares code of softmax, log_softmax and softmax_cross_entropy: rows along the last axis,
 * computed in double and shifted by their maximum, so that exp never overflows and float results are the same
 * on every machine. */
#ifndef OC_OPS_SOFTMAX_H
#define OC_OPS_SOFTMAX_H
#include "ops/elementwise.h"
#include <math.h>

/* Input 0 has a last axis of at least one element that is not the batch; all inputs are real and like it. */
static inline oc_status oc_infer_rows(oc_op_info *info, oc_error *err) {
  char text[128];
  const oc_shape *x = &info->in[0].shape;
  if (x->rank == 0 || oc_last_dim(x) < 1)
    return oc_fail(err, OC_E_NET, info->name, "Give x the shape (n, classes).",
                   "the shape %s needs a last axis of at least one element besides the batch",
                   oc_shape_text(x, text, sizeof text));
  return oc_infer_same(info, err);
}

/* How many rows value v has in this call. */
static inline int64_t oc_row_count(const oc_call *c, const oc_tensor_desc *v) {
  return oc_call_count(c, v) / oc_last_dim(&v->shape);
}

static inline double oc_row_max(const real *x, int64_t n) {
  double max = (double)x[0];
  for (int64_t i = 1; i < n; i++)
    if ((double)x[i] > max) max = (double)x[i];
  return max;
}

/* log(sum(exp(x - max))). NaN in x gives NaN. */
static inline double oc_row_log_sum(const real *x, int64_t n, double max) {
  double sum = 0;
  for (int64_t i = 0; i < n; i++) sum += exp((double)x[i] - max);
  return log(sum);
}

#endif
