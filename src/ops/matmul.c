/* matmul: y = a b, either of them transposed first.
 *
 *   y[i,j] = sum over p of a[i,p] * b[p,j]   (a[p,i] with transpose_a, b[j,p] with transpose_b)
 *
 * Batched: a alone, not transposed (rows of y are samples), or a and b with transpose_a (p runs over the
 * samples, and y is a sum over them: the gradient of a weight). */
#include "ops/reference.h"
#include "ops/shape_rules.h"

typedef struct matmul_dims {
  int64_t m, k, n;
} matmul_dims;

static matmul_dims dims_of(const oc_op_info *info, int64_t samples) {
  const oc_matmul_attrs *t = info->attrs;
  const oc_tensor_desc *a = &info->in[0], *b = &info->in[1];
  const int64_t rows = oc_batch_rows(a, samples), columns = a->shape.dim[1];
  return (matmul_dims){t->transpose_a ? columns : rows, t->transpose_a ? rows : columns,
                       b->shape.dim[t->transpose_b ? 0 : 1]};
}

static oc_status check_batch(const oc_op_info *info, oc_error *err) {
  const oc_matmul_attrs *t = info->attrs;
  const bool a = oc_tensor_desc_batched(&info->in[0]), b = oc_tensor_desc_batched(&info->in[1]);
  if ((!a && !b) || (a && !b && !t->transpose_a) || (a && b && t->transpose_a && !t->transpose_b))
    return OC_OK;
  return oc_fail(
      err, OC_E_NET, info->name, "Put the samples on the left, and fixed weights on the right.",
      "a%s is%s batched and b%s is%s batched; allowed are a alone without transpose, or both with a "
      "transposed",
      t->transpose_a ? " (transposed)" : "", a ? "" : " not", t->transpose_b ? " (transposed)" : "",
      b ? "" : " not");
}

static oc_status matmul_infer(oc_op_info *info, oc_error *err) {
  const oc_matmul_attrs *t = info->attrs;
  TRY(oc_expect_reals(info, 2, OC_REAL_DTYPE, err));
  TRY(oc_expect_rank(info, 0, "a", 2, "(rows, columns)", err));
  TRY(oc_expect_rank(info, 1, "b", 2, "(rows, columns)", err));
  TRY(check_batch(info, err));
  const int64_t *a = info->in[0].shape.dim, *b = info->in[1].shape.dim;
  const int64_t a_inner = a[t->transpose_a ? 0 : 1], b_inner = b[t->transpose_b ? 1 : 0];
  if (a_inner != b_inner)
    return oc_fail(err, OC_E_NET, info->name,
                   "Make the weights (features, units), or flatten the images first.",
                   "a%s has %lld columns, but b%s has %lld rows", t->transpose_a ? " (transposed)" : "",
                   (long long)a_inner, t->transpose_b ? " (transposed)" : "", (long long)b_inner);
  return oc_infer_output(info, 0, OC_REAL_DTYPE,
                         OC_SHAPE(a[t->transpose_a ? 1 : 0], b[t->transpose_b ? 0 : 1]), err);
}

/* With A and B for a and b as they are multiplied: dA = dy B^T and dB = A^T dy, transposed back where needed.
 */
static void matmul_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  const oc_matmul_attrs t = *(const oc_matmul_attrs *)oc_graph_info(g, node)->attrs;
  const oc_node a = oc_graph_input(g, node, 0), b = oc_graph_input(g, node, 1);
  dx[0] = t.transpose_a ? oc_matmul(g, b, dy[0], t.transpose_b, true)
                        : oc_matmul(g, dy[0], b, false, !t.transpose_b);
  dx[1] = t.transpose_b ? oc_matmul(g, dy[0], a, true, t.transpose_a)
                        : oc_matmul(g, a, dy[0], !t.transpose_a, false);
}

static oc_cost matmul_cost(const oc_op_info *info, int64_t batch) {
  const matmul_dims d = dims_of(info, batch);
  return (oc_cost){2.0 * (double)d.m * (double)d.k * (double)d.n, oc_io_bytes(info, batch)};
}

static size_t matmul_scratch(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return oc_scratch_bytes(oc_last_dim(&info->out[0].shape), sizeof(double));
}

void OC_REFERENCE(matmul_row)(int64_t k, int64_t n, const real *x, int64_t x_step, const real *w, real *y,
                              double *sums) {
  oc_clear_sums(sums, n);
  for (int64_t p = 0; p < k; p++) {
    const double value = (double)x[p * x_step];
    for (int64_t j = 0; j < n; j++) sums[j] += value * (double)w[p * n + j];
  }
  oc_store_sums(sums, n, y);
}

void OC_REFERENCE(matmul_row_transposed)(int64_t k, int64_t n, const real *x, int64_t x_step, const real *w,
                                         real *y) {
  for (int64_t j = 0; j < n; j++) {
    double sum = 0;
    for (int64_t p = 0; p < k; p++) sum += (double)x[p * x_step] * (double)w[j * k + p];
    y[j] = (real)sum;
  }
}

static void matmul_run(const oc_call *c) {
  const oc_matmul_attrs *t = c->info->attrs;
  const matmul_dims d = dims_of(c->info, c->samples);
  const real *a = c->in[0], *b = c->in[1];
  real *y = c->out[0];
  const int64_t row = t->transpose_a ? 1 : d.k, step = t->transpose_a ? d.m : 1;
  for (int64_t i = 0; i < d.m; i++) {
    if (t->transpose_b)
      OC_REFERENCE(matmul_row_transposed)(d.k, d.n, a + i * row, step, b, y + i * d.n);
    else
      OC_REFERENCE(matmul_row)(d.k, d.n, a + i * row, step, b, y + i * d.n, c->scratch);
  }
}

#ifdef OC_OPS_FLOAT
oc_node oc_matmul(oc_graph *g, oc_node a, oc_node b, bool transpose_a, bool transpose_b) {
  const oc_matmul_attrs t = {transpose_a, transpose_b};
  return oc_graph_add(g, OC_OP(g, matmul), (oc_node[]){a, b}, 2, &t);
}
#endif

static void matmul_describe(const oc_op_info *info, const oc_attribute_sink *sink) {
  const oc_matmul_attrs *a = info->attrs;
  sink->flag(sink->to, "transpose_a", a->transpose_a);
  sink->flag(sink->to, "transpose_b", a->transpose_b);
}

static const oc_attribute matmul_attributes[] = {
    OC_FIELD(BOOL, oc_matmul_attrs, transpose_a), OC_FIELD(BOOL, oc_matmul_attrs, transpose_b), {0}};
OC_DEFINE_OP(matmul, .terms = OC_TERMS_PRODUCT, .describe = matmul_describe, .attributes = matmul_attributes,
             .tf_name = "MatMul", .attr_size = sizeof(oc_matmul_attrs), .infer = matmul_infer,
             .gradient = matmul_gradient, .cost = matmul_cost, .scratch = matmul_scratch, .run = matmul_run);
