/* equal: two of int32, int64 or uint8 -> uint8, 1 where the two are equal. */
#include "ops/elementwise.h"
#include "ops/ops.h"

static oc_status equal_infer(oc_op_info *info, oc_error *err) {
  TRY(oc_expect_inputs(info, 2, err));
  const oc_dtype type = info->in[0].dtype;
  if (type != OC_U8 && type != OC_I64) TRY(oc_expect_dtype(info, 0, "a", OC_I32, err));
  TRY(oc_expect_dtype(info, 1, "b", type, err));
  TRY(oc_expect_shape(info, 1, "b", &info->in[0].shape, err));
  return oc_infer_output(info, 0, OC_U8, info->in[0].shape, err);
}

static oc_cost equal_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 1);
}

#define DEFINE_COMPARE(type)                                                                                 \
  static void compare_##type(const type *a, const type *b, uint8_t *y, oc_span s) {                          \
    for (int64_t i = s.begin; i < s.end; i++) y[i] = a[i] == b[i];                                           \
  }
DEFINE_COMPARE(uint8_t)
DEFINE_COMPARE(int32_t)
DEFINE_COMPARE(int64_t)

static void equal_run(const oc_call *c) {
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  const oc_dtype dtype = c->info->in[0].dtype;
  if (dtype == OC_U8)
    compare_uint8_t(c->in[0], c->in[1], c->out[0], s);
  else if (dtype == OC_I64)
    compare_int64_t(c->in[0], c->in[1], c->out[0], s);
  else
    compare_int32_t(c->in[0], c->in[1], c->out[0], s);
}

#ifdef OC_OPS_FLOAT
oc_node oc_equal(oc_graph *g, oc_node a, oc_node b) {
  return oc_graph_add(g, OC_OP(g, equal), (oc_node[]){a, b}, 2, NULL);
}
#endif

OC_DEFINE_OP(equal, .stored = true, .tf_name = "Equal", .infer = equal_infer, .cost = equal_cost,
             .parts = oc_elementwise_parts, .run = equal_run);
