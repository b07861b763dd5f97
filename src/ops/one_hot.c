/* one_hot: label k -> a row of `depth` zeros with a 1 at k; a label outside 0..depth-1 gives zeros
 * alone, but is refused where it is fed: a loss of 0 would be learned from it. */
#include "ops/elementwise.h"
#include "ops/ops.h"
#include <string.h>

typedef struct one_hot_attrs {
  int64_t depth;
} one_hot_attrs;

static oc_status one_hot_infer(oc_op_info *info, oc_error *err) {
  const one_hot_attrs *a = info->attrs;
  TRY(oc_expect_inputs(info, 1, err));
  if (info->in[0].dtype != OC_I64) TRY(oc_expect_dtype(info, 0, "labels", OC_I32, err));
  TRY(oc_expect_rank(info, 0, "labels", 1, "(n)", err));
  if (a->depth < 1)
    return oc_fail(err, OC_E_ARGUMENT, info->name, "Give the number of classes.",
                   "depth must be at least 1, got %lld", (long long)a->depth);
  return oc_infer_output(info, 0, OC_REAL_DTYPE, OC_SHAPE(info->in[0].shape.dim[0], a->depth), err);
}

static int64_t label_at(const oc_op_info *info, const void *labels, int64_t i) {
  return info->in[0].dtype == OC_I64 ? ((const int64_t *)labels)[i] : ((const int32_t *)labels)[i];
}

static void one_hot_run(const oc_call *c) {
  const one_hot_attrs *a = c->info->attrs;
  real *y = c->out[0];
  const int64_t n = oc_call_count(c, &c->info->in[0]);
  memset(y, 0, (size_t)(n * a->depth) * sizeof *y);
  for (int64_t i = 0; i < n; i++) {
    const int64_t label = label_at(c->info, c->in[0], i);
    if (label >= 0 && label < a->depth) y[i * a->depth + label] = 1;
  }
}

static oc_status one_hot_accept(const oc_op_info *info, const char *name, const void *data, int64_t count,
                                oc_error *err) {
  const one_hot_attrs *a = info->attrs;
  for (int64_t i = 0; i < count; i++) {
    const int64_t label = label_at(info, data, i);
    if (label < 0 || label >= a->depth)
      return oc_fail(err, OC_E_DATA, name, "Use labels from 0 to the number of classes - 1.",
                     "label %lld of sample %lld is out of range: there are %lld classes", (long long)label,
                     (long long)i, (long long)a->depth);
  }
  return OC_OK;
}

#ifdef OC_OPS_FLOAT
oc_node oc_one_hot(oc_graph *g, oc_node labels, int64_t depth) {
  return oc_graph_add(g, OC_OP(g, one_hot), &labels, 1, &(one_hot_attrs){depth});
}
#endif

static const oc_attribute one_hot_attributes[] = {OC_FIELD(I64, one_hot_attrs, depth), {0}};
OC_DEFINE_OP(one_hot, .tf_type = "OneHot", .attributes = one_hot_attributes, .stored = true,
             .tf_name = "one_hot", .attr_size = sizeof(one_hot_attrs), .infer = one_hot_infer,
             .accept = one_hot_accept, .run = one_hot_run);
