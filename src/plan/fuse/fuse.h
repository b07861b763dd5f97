/* fuse.h: defines fusions, and finds neighbors for them. To add one: a file fuse_NAME.c that ends in
 * OC_DEFINE_FUSION(NAME, ...), and a row in fusions.def. */
#ifndef OC_PLAN_FUSE_H
#define OC_PLAN_FUSE_H
#include "ops/ops.h"
#include "plan/plan.h"

typedef struct oc_fusion {
  const char *name;
  const char *op;      /* of the steps that it is tried at */
  const char *summary; /* what becomes what */
  /* Tries at one step of this operation, and leaves the plan as it is where it does not fit; a failed memory
   * request is the only error. */
  oc_status (*apply)(oc_plan *p, int32_t step, oc_error *err);
} oc_fusion;

#define OC_DEFINE_FUSION(id, ...)                                                                            \
  extern const oc_fusion oc_fusion_##id;                                                                     \
  const oc_fusion oc_fusion_##id = {.name = #id, __VA_ARGS__}

/* The i-th row of fusions.def, NULL past the end. */
const oc_fusion *oc_fusion_at(int index);

enum { OC_MAX_USERS = 8 };
/* Steps that read a value, or a view of it. */
typedef struct oc_users {
  int count; /* OC_MAX_USERS + 1: more than fit */
  int32_t step[OC_MAX_USERS];
} oc_users;
oc_users oc_users_of(const oc_plan *p, int32_t value);
/* True if this value may vanish when all its users are fused: not if it is fetched or read through a view. */
bool oc_value_hidden(const oc_plan *p, int32_t value);
bool oc_step_is(const oc_plan *p, int32_t step, const char *op);
/* The one user of a hidden value if it is such an operation with the value as first input, else -1. */
int32_t oc_only_user(const oc_plan *p, int32_t value, const char *op);
/* A user of the value (a view or not) that is such an operation and has it as input `slot`; -1 if there is
 * none. */
int32_t oc_user_as(const oc_plan *p, int32_t value, const char *op, int slot);
/* Slope of a leaky relu step. */
double oc_activation_slope(const oc_plan *p, int32_t step);

#endif
