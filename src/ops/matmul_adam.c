/* matmul_adam (w, m, v, x, d, lr, scale, step): apply_adam with the gradient x' d, a sum over samples, which
 * is never stored as a whole. Its chunks are added along the tree of base/tree.h, as a plan adds the sums of
 * chunks. Made by the planner from the gradient of a dense layer's weights and its apply_adam. */
#include "base/checked.h"
#include "base/tree.h"
#include "ops/reference.h"
#include "ops/update.h"

static oc_status matmul_adam_infer(oc_op_info *info, oc_error *err) {
  TRY(oc_expect_reals(info, 8, OC_REAL_DTYPE, err));
  TRY(oc_expect_rank(info, 0, "the variable", 2, "(features, units)", err));
  TRY(oc_expect_fixed(info, 0, "the variable", err));
  for (int i = 1; i < 3; i++) TRY(oc_expect_shape(info, i, "a slot", &info->in[0].shape, err));
  for (int i = 0; i < 2; i++) {
    const oc_shape must = OC_SHAPE(OC_BATCH, info->in[0].shape.dim[i]);
    TRY(oc_expect_shape(info, 3 + i, i ? "the gradient" : "x", &must, err));
  }
  for (int i = 5; i < 8; i++) TRY(oc_expect_scalar(info, i, "learning rate, scale or step", err));
  info->n_out = 0;
  return OC_OK;
}

static oc_cost matmul_adam_cost(const oc_op_info *info, int64_t batch) {
  const double weights = (double)oc_value_count(&info->in[0], 1);
  return (oc_cost){weights * (2.0 * (double)batch + 15), oc_io_bytes(info, batch)};
}

/* Places of the sums of up to `samples` chunks. */
static int64_t places_of(int64_t samples) {
  int64_t levels = 1;
  for (; samples > 1; samples = oc_ceil_div(samples, 2)) levels++;
  return levels;
}

static size_t matmul_adam_scratch(const oc_op_info *info, int64_t samples) {
  const size_t row = sizeof(double) + (size_t)places_of(samples) * sizeof(real);
  return oc_scratch_bytes(oc_last_dim(&info->in[0].shape), row);
}

/* Row i of the gradient, at `sums`, after which other sums wait. */
static void gradient_row(const oc_call *c, int64_t i, double *products, real *sums) {
  const int64_t rows = c->info->in[0].shape.dim[0], cols = c->info->in[0].shape.dim[1];
  const int64_t chunks = oc_ceil_div(c->samples, c->chunk);
  for (int64_t k = 0; k < chunks; k++) {
    const int64_t first = k * c->chunk;
    int place = oc_tree_place(k);
    OC_REFERENCE(matmul_row)
    (oc_min_i64(c->chunk, c->samples - first), cols, (const real *)c->in[3] + first * rows + i, rows,
     (const real *)c->in[4] + first * cols, sums + place * cols, products);
    for (int joins = oc_tree_joins(k, chunks); joins > 0; joins--, place--)
      for (int64_t j = 0; j < cols; j++) sums[(place - 1) * cols + j] += sums[place * cols + j];
  }
}

static void matmul_adam_run(const oc_call *c) {
  const int64_t rows = c->info->in[0].shape.dim[0], cols = c->info->in[0].shape.dim[1];
  const oc_adam a = oc_adam_of(c, 5);
  real *gradient = (real *)((double *)c->scratch + cols);
  for (int64_t i = 0; i < rows; i++) {
    const int64_t at = i * cols;
    gradient_row(c, i, c->scratch, gradient);
    oc_adam_update(&a, oc_call_update(c, 0) + at, oc_call_update(c, 1) + at, oc_call_update(c, 2) + at,
                   gradient, cols);
  }
}

OC_DEFINE_OP(matmul_adam, .tf_name = "MatMulApplyAdam", .attr_size = sizeof(oc_apply_adam_attrs),
             .infer = matmul_adam_infer, .cost = matmul_adam_cost, .scratch = matmul_adam_scratch,
             .run = matmul_adam_run, .updates = 1u << 0 | 1u << 1 | 1u << 2);
