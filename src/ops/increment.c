/* increment (counter [, after]): adds 1 to a variable. `after` may be any operation, also one without a
 * result: it is not looked at, but comes before (the updates that read the counter). */
#include "ops/ops.h"
#include "ops/update.h"

static oc_status increment_infer(oc_op_info *info, oc_error *err) {
  TRY(oc_expect_dtype(info, 0, "the counter", OC_REAL_DTYPE, err));
  TRY(oc_expect_fixed(info, 0, "the counter", err));
  info->n_out = 0;
  return OC_OK;
}

static void increment_run(const oc_call *c) {
  real *counter = oc_call_update(c, 0);
  const int64_t n = oc_call_count(c, &c->info->in[0]);
  for (int64_t i = 0; i < n; i++) counter[i] += 1;
}

OC_DEFINE_OP(increment, .tf_name = "AssignAdd", .infer = increment_infer, .run = increment_run,
             .updates = 1u << 0);
