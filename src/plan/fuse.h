/* fuse.h: what fusion rules share: finding neighbours, and replacing steps. */
#ifndef OC_PLAN_FUSE_H
#define OC_PLAN_FUSE_H
#include "ops/ops.h"
#include "plan/plan.h"

enum { OC_MAX_USERS = 8 };
/* Steps that read a value, or a view of it. */
typedef struct oc_users {
  int count; /* OC_MAX_USERS + 1: more than fit */
  int32_t step[OC_MAX_USERS];
} oc_users;
oc_users oc_users_of(const oc_plan *p, int32_t value);
/* May this value vanish when all its users are fused? Not if it is fetched or seen through a view. */
bool oc_value_hidden(const oc_plan *p, int32_t value);
bool oc_step_is(const oc_plan *p, int32_t step, const char *op);
/* The one user of a hidden value if it is such an operation with the value as first input, else -1. */
int32_t oc_only_user(const oc_plan *p, int32_t value, const char *op);
/* A user of the value (a view or not) that is such an operation and has it as input `slot`; -1 if there is none. */
int32_t oc_user_as(const oc_plan *p, int32_t value, const char *op, int slot);
/* The activation behind an operation's name, OC_ACT_NONE for none; those whose gradient needs only the
 * output. */
oc_activation oc_activation_of(const char *op, bool gradient);
/* Slope of a leaky relu step. */
double oc_activation_slope(const oc_plan *p, int32_t step);

#endif
