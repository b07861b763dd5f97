/* elementwise.h: shares code of elementwise operations: shape rules, the division of work without a batch,
 * and cost. */
#ifndef OC_OPS_ELEMENTWISE_H
#define OC_OPS_ELEMENTWISE_H
#include "base/checked.h"
#include "ops/shape_rules.h"

/* Elements of one part of an operation without batched input; fixed, so that parts never depend on threads.
 */
#define OC_PART_ELEMENTS 4096

typedef struct oc_span {
  int64_t begin, end;
} oc_span;

/* The elements of `v` that this call works on: its samples, or its part of the whole. */
static inline oc_span oc_call_span(const oc_call *c, const oc_tensor_desc *v) {
  const int64_t count = oc_call_count(c, v);
  if (c->parts <= 1) return (oc_span){0, count};
  const int64_t begin = c->part * OC_PART_ELEMENTS;
  return (oc_span){begin, oc_min_i64(begin + OC_PART_ELEMENTS, count)};
}

/* The `parts` of an operation whose calls use oc_call_span on input 0. */
static inline int64_t oc_elementwise_parts(const oc_op_info *info) {
  return oc_max_i64(1, oc_ceil_div(oc_value_count(&info->in[0], 1), OC_PART_ELEMENTS));
}

/* All inputs are real and of one shape, and so is the output. */
static inline oc_status oc_infer_same(oc_op_info *info, oc_error *err) {
  TRY(oc_expect_reals(info, info->n_in, OC_REAL_DTYPE, err));
  for (int i = 1; i < info->n_in; i++)
    TRY(oc_expect_shape(info, i, oc_input_name(i).text, &info->in[0].shape, err));
  return oc_infer_output(info, 0, OC_REAL_DTYPE, info->in[0].shape, err);
}

/* `each` flops for an element of input 0. */
static inline oc_cost oc_cost_each(const oc_op_info *info, int64_t batch, double each) {
  return (oc_cost){each * (double)oc_value_count(&info->in[0], batch), oc_io_bytes(info, batch)};
}

#endif
