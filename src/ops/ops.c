/* ops.c: lists all operations, from ops.def. Compiled once, with the float operations. */
#include "ops/ops.h"
#include <string.h>

#ifdef OC_OPS_FLOAT
#define COUNT(list) ((int)(sizeof(list) / sizeof *(list)))

#define OC_ROW(name) &oc_op_##name##_f32,
static const oc_op *const float_ops[] = {
#include "ops/ops.def"
};
#undef OC_ROW
#define OC_ROW(name) &oc_op_##name##_f64,
static const oc_op *const double_ops[] = {
#include "ops/ops.def"
};
#undef OC_ROW

const oc_op *const *oc_ops_list(oc_dtype real_type, int *count) {
  *count = COUNT(float_ops);
  return real_type == OC_F64 ? double_ops : float_ops;
}

const oc_op *oc_ops_find(oc_dtype real_type, const char *name) {
  int count;
  const oc_op *const *list = oc_ops_list(real_type, &count);
  for (int i = 0; i < count; i++)
    if (strcmp(list[i]->name, name) == 0) return list[i];
  return NULL;
}

const oc_op *oc_ops_find_in(const oc_registry *r, oc_dtype real_type, const char *name) {
  const oc_op *op = oc_ops_find(real_type, name);
  const oc_custom_rows *custom = op ? NULL : oc_registry_find(r, OC_ROW_OP, name);
  return custom ? &custom->rows[real_type == OC_F64] : op;
}

const oc_op *oc_ops_twin(const oc_op *op, oc_dtype real_type) {
  return op->custom ? &op->custom->rows[real_type == OC_F64] : oc_ops_find(real_type, op->name);
}

#endif
