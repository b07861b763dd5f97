/* shape_rules.h: shares code of shape rules: checks of inputs with one kind of message, and setting outputs.
 *
 * Every check names the operation (where), the value, the rule and what to do. They fail with OC_E_NET: the
 * network cannot be built as written. The real type is handed in (OC_REAL_DTYPE), since this is compiled once
 * only. */
#ifndef OC_OPS_SHAPE_RULES_H
#define OC_OPS_SHAPE_RULES_H
#include "graph/op.h"

/* Most elements of one tensor (of one sample, if it is batched), so that sizes in bytes and flops never
 * overflow. */
#define OC_MAX_ELEMENTS ((int64_t)1 << 40)

/* "input 3", for messages. */
typedef struct oc_input_text {
  char text[24];
} oc_input_text;
oc_input_text oc_input_name(int i);
/* There are exactly `count` inputs. */
oc_status oc_expect_inputs(const oc_op_info *info, int count, oc_error *err);
/* Input i is of type `dtype`; `what` is the input's name in the formula, such as "x". */
oc_status oc_expect_dtype(const oc_op_info *info, int i, const char *what, oc_dtype dtype, oc_error *err);
/* There are exactly `count` inputs, and all are of type `dtype`: the check most operations begin with. */
oc_status oc_expect_reals(const oc_op_info *info, int count, oc_dtype dtype, oc_error *err);
/* Input i has `rank` axes; `axes` describes them, such as "(n, rows, columns, channels)". */
oc_status oc_expect_rank(const oc_op_info *info, int i, const char *what, int rank, const char *axes,
                         oc_error *err);
/* Input i has exactly this shape (OC_BATCH in front equals only OC_BATCH). */
oc_status oc_expect_shape(const oc_op_info *info, int i, const char *what, const oc_shape *shape,
                          oc_error *err);
/* Input i is a vector of `length` elements, one for each channel or feature. */
oc_status oc_expect_vector(const oc_op_info *info, int i, const char *what, int64_t length, oc_error *err);
/* Input i is a scalar. */
oc_status oc_expect_scalar(const oc_op_info *info, int i, const char *what, oc_error *err);
/* Input i has no batch axis: weights, statistics. */
oc_status oc_expect_fixed(const oc_op_info *info, int i, const char *what, oc_error *err);
/* No axis of input i but the batch is 0: for means, which would divide by 0. */
oc_status oc_expect_elements(const oc_op_info *info, int i, const char *what, oc_error *err);

/* Sets output i, and n_out to at least i+1. Refuses shapes of more than OC_MAX_ELEMENTS. */
oc_status oc_infer_output(oc_op_info *info, int i, oc_dtype dtype, oc_shape shape, oc_error *err);

/* Bytes of all inputs and outputs for `batch` samples: the usual oc_cost.bytes. */
double oc_io_bytes(const oc_op_info *info, int64_t batch);

/* Length of the last axis: channels, classes. 1 for a scalar. */
static inline int64_t oc_last_dim(const oc_shape *shape) {
  return shape->rank ? shape->dim[shape->rank - 1] : 1;
}
/* How many rows of axis 0 of a value a call handles: its samples if the value is batched, else all there are.
 */
static inline int64_t oc_call_rows(const oc_call *c, const oc_tensor_desc *v) {
  if (oc_tensor_desc_batched(v)) return c->samples;
  return v->shape.rank ? v->shape.dim[0] : 1;
}
/* The same for the whole run. */
static inline int64_t oc_batch_rows(const oc_tensor_desc *v, int64_t batch) {
  if (oc_tensor_desc_batched(v)) return batch;
  return v->shape.rank ? v->shape.dim[0] : 1;
}

#endif
