/* update.h: what the operations that change variables share. They have no output; a training step depends on
 * them. */
#ifndef OC_OPS_UPDATE_H
#define OC_OPS_UPDATE_H
#include "ops/elementwise.h"

/* The first `like` inputs (variable, its slots, its gradient) have one fixed shape; those after them are
 * scalars. */
static inline oc_status oc_infer_update(oc_op_info *info, int n_in, int like, oc_error *err) {
  TRY(oc_expect_reals(info, n_in, OC_REAL_DTYPE, err));
  TRY(oc_expect_fixed(info, 0, "the variable", err));
  for (int i = 1; i < like; i++)
    TRY(oc_expect_shape(info, i, i + 1 < like ? "a slot" : "the gradient", &info->in[0].shape, err));
  for (int i = like; i < n_in; i++) TRY(oc_expect_scalar(info, i, "learning rate, scale or step", err));
  info->n_out = 0;
  return OC_OK;
}

/* The memory of input i, to be changed. */
static inline real *oc_call_update(const oc_call *c, int i) {
  return (real *)(uintptr_t)c->in[i];
}
/* The value of the scalar input i. */
static inline real oc_call_scalar(const oc_call *c, int i) {
  return *(const real *)c->in[i];
}

#endif
