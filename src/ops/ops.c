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

#endif
