/* shape_rules.c: checks that shape rules share. Compiled once, with the float operations. */
#include "ops/shape_rules.h"
#include "base/checked.h"
#include <stdio.h>

#ifdef OC_OPS_FLOAT
#define TEXT 128 /* always enough for oc_shape_text */

oc_input_text oc_input_name(int i) {
  oc_input_text name;
  (void)snprintf(name.text, sizeof name.text, "input %d", i);
  return name;
}

oc_status oc_expect_inputs(const oc_op_info *info, int count, oc_error *err) {
  if (info->n_in == count) return OC_OK;
  return oc_fail(err, OC_E_NET, info->name, "Pass as many inputs as the operation takes.",
                 "%s got %d inputs, expected %d", info->op->name, info->n_in, count);
}

oc_status oc_expect_dtype(const oc_op_info *info, int i, const char *what, oc_dtype dtype, oc_error *err) {
  if (info->in[i].dtype == dtype) return OC_OK;
  return oc_fail(err, OC_E_NET, info->name, "Convert it with oc_cast.", "%s of %s is %s, but must be %s",
                 what, info->op->name, oc_dtype_name(info->in[i].dtype), oc_dtype_name(dtype));
}

oc_status oc_expect_reals(const oc_op_info *info, int count, oc_dtype dtype, oc_error *err) {
  TRY(oc_expect_inputs(info, count, err));
  for (int i = 0; i < count; i++)
    if (info->in[i].dtype != dtype) return oc_expect_dtype(info, i, oc_input_name(i).text, dtype, err);
  return OC_OK;
}

oc_status oc_expect_rank(const oc_op_info *info, int i, const char *what, int rank, const char *axes,
                         oc_error *err) {
  char text[TEXT];
  if (info->in[i].shape.rank == rank) return OC_OK;
  return oc_fail(err, OC_E_NET, info->name, "Give it the right axes with oc_reshape or oc_flatten.",
                 "%s of %s has the shape %s, but must have %d axes: %s", what, info->op->name,
                 oc_shape_text(&info->in[i].shape, text, sizeof text), rank, axes);
}

oc_status oc_expect_shape(const oc_op_info *info, int i, const char *what, const oc_shape *shape,
                          oc_error *err) {
  char has[TEXT], must[TEXT];
  if (oc_shape_equal(&info->in[i].shape, shape)) return OC_OK;
  return oc_fail(err, OC_E_NET, info->name, "Make the two shapes agree.",
                 "%s of %s has the shape %s, but must have %s", what, info->op->name,
                 oc_shape_text(&info->in[i].shape, has, sizeof has), oc_shape_text(shape, must, sizeof must));
}

oc_status oc_expect_vector(const oc_op_info *info, int i, const char *what, int64_t length, oc_error *err) {
  const oc_shape vector = OC_SHAPE(length);
  return oc_expect_shape(info, i, what, &vector, err);
}

oc_status oc_expect_scalar(const oc_op_info *info, int i, const char *what, oc_error *err) {
  const oc_shape scalar = OC_SCALAR_SHAPE;
  return oc_expect_shape(info, i, what, &scalar, err);
}

oc_status oc_expect_fixed(const oc_op_info *info, int i, const char *what, oc_error *err) {
  char text[TEXT];
  if (!oc_tensor_desc_batched(&info->in[i])) return OC_OK;
  return oc_fail(err, OC_E_NET, info->name, "Pass a variable or a constant.",
                 "%s of %s has the shape %s, but must not have the batch as its first axis", what,
                 info->op->name, oc_shape_text(&info->in[i].shape, text, sizeof text));
}

oc_status oc_expect_elements(const oc_op_info *info, int i, const char *what, oc_error *err) {
  char text[TEXT];
  if (oc_tensor_desc_row(&info->in[i]) > 0) return OC_OK;
  return oc_fail(err, OC_E_NET, info->name, "Check the sizes of the layers before it.",
                 "%s of %s has the shape %s, but needs at least one element", what, info->op->name,
                 oc_shape_text(&info->in[i].shape, text, sizeof text));
}

oc_status oc_infer_output(oc_op_info *info, int i, oc_dtype dtype, oc_shape shape, oc_error *err) {
  int64_t count;
  char text[TEXT];
  if (oc_shape_count(&shape, 1, &count, NULL) != OC_OK || count > OC_MAX_ELEMENTS)
    return oc_fail(
        err, OC_E_NET, info->name, "Make it smaller: fewer channels, less padding, larger strides.",
        "the result of %s would have the shape %s, but a tensor holds at most 2^40 elements per sample",
        info->op->name, oc_shape_text(&shape, text, sizeof text));
  info->out[i] = (oc_tensor_desc){dtype, shape};
  if (info->n_out <= i) info->n_out = i + 1;
  return OC_OK;
}

double oc_io_bytes(const oc_op_info *info, int64_t batch) {
  double bytes = 0;
  for (int i = 0; i < info->n_in; i++)
    bytes += (double)oc_value_count(&info->in[i], batch) * (double)oc_dtype_size(info->in[i].dtype);
  for (int i = 0; i < info->n_out; i++)
    bytes += (double)oc_value_count(&info->out[i], batch) * (double)oc_dtype_size(info->out[i].dtype);
  return bytes;
}

#endif
