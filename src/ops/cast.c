/* cast: between the real type, int64, int32 and uint8. A real becomes an integer by cutting its fraction and
 * limiting it to the type's range (NaN: 0); an integer becomes a narrower one by limiting. */
#include "ops/elementwise.h"
#include "ops/ops.h"

/* A graph has one real type; the other one would be read as if it were an integer. */
static bool can_cast(oc_dtype dtype) {
  return dtype == OC_REAL_DTYPE || dtype == OC_U8 || dtype == OC_I32 || dtype == OC_I64;
}

static oc_status cast_infer(oc_op_info *info, oc_error *err) {
  const oc_cast_attrs *a = info->attrs;
  TRY(oc_expect_inputs(info, 1, err));
  if (!can_cast(info->in[0].dtype) || !can_cast(a->dtype))
    return oc_fail(err, OC_E_NET, info->name, "Use the graph's real type, uint8, int32 or int64.",
                   "unsupported conversion from type %s to %s", oc_dtype_name(info->in[0].dtype),
                   oc_dtype_name(a->dtype));
  return oc_infer_output(info, 0, a->dtype, info->in[0].shape, err);
}

static void cast_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  if (oc_graph_info(g, node)->in[0].dtype == OC_REAL_DTYPE) dx[0] = dy[0];
}

static oc_cost cast_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 1);
}

/* The fraction is cut. 2^63 is the first number beyond the range. */
static int64_t cut(real x) {
  if (x != x) return 0;
  if (x >= (real)0x1p63) return INT64_MAX;
  return x <= (real)-0x1p63 ? INT64_MIN : (int64_t)x;
}

static int64_t load_element(const void *x, oc_dtype dtype, int64_t i) {
  if (dtype == OC_U8) return ((const uint8_t *)x)[i];
  if (dtype == OC_I32) return ((const int32_t *)x)[i];
  if (dtype == OC_I64) return ((const int64_t *)x)[i];
  return cut(((const real *)x)[i]);
}

static void to_real(const oc_call *c, oc_span s) {
  const oc_dtype from = c->info->in[0].dtype;
  const real *x = c->in[0];
  real *y = c->out[0];
  for (int64_t i = s.begin; i < s.end; i++)
    y[i] = from == OC_REAL_DTYPE ? x[i] : (real)load_element(x, from, i);
}

static void cast_run(const oc_call *c) {
  const oc_dtype from = c->info->in[0].dtype, to = c->info->out[0].dtype;
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  if (to == OC_REAL_DTYPE) {
    to_real(c, s);
    return;
  }
  for (int64_t i = s.begin; i < s.end; i++) {
    const int64_t x = load_element(c->in[0], from, i);
    if (to == OC_U8)
      ((uint8_t *)c->out[0])[i] = (uint8_t)oc_max_i64(0, oc_min_i64(x, UINT8_MAX));
    else if (to == OC_I32)
      ((int32_t *)c->out[0])[i] = (int32_t)oc_max_i64(INT32_MIN, oc_min_i64(x, INT32_MAX));
    else
      ((int64_t *)c->out[0])[i] = x;
  }
}

#ifdef OC_OPS_FLOAT
oc_node oc_cast(oc_graph *g, oc_node x, oc_dtype dtype) {
  if (oc_graph_failed(g)) return OC_NO_NODE;
  if (oc_dtype_size(dtype) == 0)
    return oc_graph_fail(g, OC_E_ARGUMENT, "cast", "Use OC_F32, OC_U8, OC_I32 or OC_I64.", "unknown type %d",
                         (int)dtype);
  const oc_cast_attrs attrs = {dtype == OC_F32 || dtype == OC_F64 ? oc_graph_real(g) : dtype};
  return oc_graph_add(g, OC_OP(g, cast), &x, 1, &attrs);
}
#endif

static void cast_describe(const oc_op_info *info, const oc_attribute_sink *sink) {
  sink->type(sink->to, "SrcT", info->in[0].dtype);
  sink->type(sink->to, "DstT", info->out[0].dtype);
}

static const oc_attribute cast_attributes[] = {OC_FIELD(DTYPE, oc_cast_attrs, dtype), {0}};
OC_DEFINE_OP(cast, .describe = cast_describe, .attributes = cast_attributes, .tf_name = "Cast",
             .attr_size = sizeof(oc_cast_attrs), .infer = cast_infer, .gradient = cast_gradient,
             .cost = cast_cost, .parts = oc_elementwise_parts, .run = cast_run);
