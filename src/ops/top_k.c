/* top_k: the k largest elements of the last axis, the largest first, and their places; the first of equal
 * ones first, NaN is largest. With `smallest` the smallest ones. There is no gradient. */
#include "ops/elementwise.h"
#include "ops/ops.h"

static oc_status top_k_infer(oc_op_info *info, oc_error *err) {
  char text[128];
  const oc_top_k_attrs *a = info->attrs;
  TRY(oc_expect_reals(info, 1, OC_REAL_DTYPE, err));
  oc_shape y = info->in[0].shape;
  const int64_t last = oc_last_dim(&y);
  if (y.rank == 0 || a->k < 0 || a->k > last || last > INT32_MAX)
    return oc_fail(err, OC_E_NET, info->name, "Ask for at most as many elements as the last axis has.",
                   "the %lld largest of the last axis of %s", (long long)a->k,
                   oc_shape_text(&y, text, sizeof text));
  y.dim[y.rank - 1] = a->k;
  TRY(oc_infer_output(info, 0, OC_REAL_DTYPE, y, err));
  return oc_infer_output(info, 1, OC_I32, y, err);
}

static oc_cost top_k_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, (double)((const oc_top_k_attrs *)info->attrs)->k);
}

/* True if x, at place i, comes before y, at place j. */
static bool before(real x, int64_t i, real y, int64_t j, bool smallest) {
  const bool x_nan = x != x, y_nan = y != y;
  if (x_nan || y_nan) return x_nan && y_nan ? i < j : x_nan != smallest;
  return x == y ? i < j : smallest ? x < y : x > y;
}

/* Each time the first one that comes after the last. */
static void select_row(const real *x, int64_t n, const oc_top_k_attrs *a, real *y, int32_t *places) {
  for (int64_t k = 0, last = -1; k < a->k; k++) {
    int64_t best = -1;
    for (int64_t i = 0; i < n; i++) {
      if (last >= 0 && !before(x[last], last, x[i], i, a->smallest)) continue;
      if (best < 0 || before(x[i], i, x[best], best, a->smallest)) best = i;
    }
    y[k] = x[best];
    places[k] = (int32_t)best;
    last = best;
  }
}

static void top_k_run(const oc_call *c) {
  const oc_top_k_attrs *a = c->info->attrs;
  const real *x = c->in[0];
  const int64_t n = oc_last_dim(&c->info->in[0].shape);
  if (!a->k) return;
  const int64_t rows = oc_call_count(c, &c->info->out[0]) / a->k;
  for (int64_t r = 0; r < rows; r++)
    select_row(x + r * n, n, a, (real *)c->out[0] + r * a->k, (int32_t *)c->out[1] + r * a->k);
}

static const oc_attribute top_k_attributes[] = {
    OC_FIELD(I64, oc_top_k_attrs, k), OC_FIELD(BOOL, oc_top_k_attrs, smallest), {0}};
OC_DEFINE_OP(top_k, .stored = true, .attributes = top_k_attributes, .inputs = 1, .tf_name = "TopKV2",
             .attr_size = sizeof(oc_top_k_attrs), .infer = top_k_infer, .cost = top_k_cost, .run = top_k_run);
