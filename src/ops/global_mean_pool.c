/* global_mean_pool: the mean of each channel over the whole image, (n,h,w,c) -> (n,c) (Lin, Chen and Yan
 * 2013). global_mean_pool_grad (dy) -> dx: dy/(h*w) at every position. */
#include "ops/reference.h"
#include "ops/shape_rules.h"

typedef struct target_attrs {
  oc_shape target; /* of x */
} target_attrs;

static oc_status global_mean_pool_infer(oc_op_info *info, oc_error *err) {
  TRY(oc_expect_reals(info, 1, OC_REAL_DTYPE, err));
  TRY(oc_expect_rank(info, 0, "x", 4, "(n, rows, columns, channels)", err));
  const oc_shape *x = &info->in[0].shape;
  if (x->dim[1] < 1 || x->dim[2] < 1)
    return oc_fail(err, OC_E_NET, info->name, "Check the layers before it.",
                   "pooling needs at least 1x1 elements, got %lldx%lld", (long long)x->dim[1],
                   (long long)x->dim[2]);
  return oc_infer_output(info, 0, OC_REAL_DTYPE, OC_SHAPE(x->dim[0], x->dim[3]), err);
}

static oc_status global_mean_pool_grad_infer(oc_op_info *info, oc_error *err) {
  const target_attrs *a = info->attrs;
  const oc_shape y = OC_SHAPE(a->target.dim[0], a->target.dim[3]);
  TRY(oc_expect_reals(info, 1, OC_REAL_DTYPE, err));
  TRY(oc_expect_shape(info, 0, "dy", &y, err));
  return oc_infer_output(info, 0, OC_REAL_DTYPE, a->target, err);
}

static void global_mean_pool_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  const target_attrs a = {oc_node_shape(g, oc_graph_input(g, node, 0))};
  dx[0] = oc_graph_add(g, OC_OP(g, global_mean_pool_grad), dy, 1, &a);
}

static oc_cost global_mean_pool_cost(const oc_op_info *info, int64_t batch) {
  return (oc_cost){(double)oc_value_count(&info->in[0], batch), oc_io_bytes(info, batch)};
}
static oc_cost global_mean_pool_grad_cost(const oc_op_info *info, int64_t batch) {
  return (oc_cost){(double)oc_value_count(&info->in[0], batch), oc_io_bytes(info, batch)};
}

static size_t global_mean_pool_scratch(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return oc_scratch_bytes(oc_last_dim(&info->out[0].shape), sizeof(double));
}

static void global_mean_pool_run(const oc_call *c) {
  const oc_shape *s = &c->info->in[0].shape;
  const int64_t pixels = s->dim[1] * s->dim[2], channels = s->dim[3],
                images = oc_call_rows(c, &c->info->in[0]);
  const real *x = c->in[0];
  real *y = c->out[0];
  double *sums = c->scratch;
  for (int64_t n = 0; n < images; n++) {
    oc_clear_sums(sums, channels);
    oc_add_rows(x + n * pixels * channels, pixels, channels, sums);
    for (int64_t j = 0; j < channels; j++) y[n * channels + j] = (real)(sums[j] / (double)pixels);
  }
}

static void global_mean_pool_grad_run(const oc_call *c) {
  const oc_shape *s = &c->info->out[0].shape;
  const int64_t pixels = s->dim[1] * s->dim[2], channels = s->dim[3],
                images = oc_call_rows(c, &c->info->in[0]);
  const real *dy = c->in[0];
  real *dx = c->out[0];
  for (int64_t n = 0; n < images; n++)
    for (int64_t i = 0; i < pixels; i++)
      for (int64_t j = 0; j < channels; j++)
        dx[(n * pixels + i) * channels + j] = dy[n * channels + j] / (real)pixels;
}

#ifdef OC_OPS_FLOAT
oc_node oc_global_mean_pool(oc_graph *g, oc_node x) {
  return oc_graph_add(g, OC_OP(g, global_mean_pool), &x, 1, NULL);
}
#endif

OC_DEFINE_OP(global_mean_pool, .terms = OC_TERMS_MEAN_OF_ALL, .tf_name = "Mean",
             .infer = global_mean_pool_infer, .gradient = global_mean_pool_gradient,
             .cost = global_mean_pool_cost, .scratch = global_mean_pool_scratch, .run = global_mean_pool_run);
OC_DEFINE_OP(global_mean_pool_grad, .tf_name = "MeanGrad", .attr_size = sizeof(target_attrs),
             .infer = global_mean_pool_grad_infer, .cost = global_mean_pool_grad_cost,
             .run = global_mean_pool_grad_run);
