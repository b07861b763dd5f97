/* conv_block (x, w, b) -> y [, arg]: a convolution, its bias, an activation and optionally max pooling in one
 * step, image by image. Made by the planner; each part is the definition of the operation that it replaces.
 * arg (if pooled and save_argmax) has the index of each maximum in its window, for conv_block_grad. */
#include "ops/conv_block.h"
#include "ops/shape_rules.h"

static oc_status conv_block_infer(oc_op_info *info, oc_error *err) {
  const oc_conv_block_attrs *a = info->attrs;
  oc_shape z, y;
  TRY(oc_expect_reals(info, 3, OC_REAL_DTYPE, err));
  TRY(oc_expect_fixed(info, 1, "w", err));
  TRY(oc_conv_block_shapes(a, &info->in[0].shape, &info->in[1].shape, info->name, &z, &y, err));
  TRY(oc_expect_vector(info, 2, "b", oc_last_dim(&z), err));
  TRY(oc_infer_output(info, 0, OC_REAL_DTYPE, y, err));
  return a->pooled && a->save_argmax ? oc_infer_output(info, 1, OC_U8, y, err) : OC_OK;
}

static oc_cost conv_block_cost(const oc_op_info *info, int64_t batch) {
  const oc_conv_block_dims d = oc_conv_block_dims_of(info->attrs, &info->in[0].shape, &info->in[1].shape);
  const int64_t images = oc_batch_rows(&info->in[0], batch);
  const double after = 2.0 * (double)images * (double)oc_conv_y_size(&d.conv); /* bias and activation */
  return (oc_cost){oc_conv_flops(&d.conv, images) + after, oc_io_bytes(info, batch)};
}

/* One image before pooling, and the convolution's sums. */
static size_t conv_block_scratch(const oc_op_info *info, int64_t samples) {
  (void)samples;
  const oc_conv_block_dims d = oc_conv_block_dims_of(info->attrs, &info->in[0].shape, &info->in[1].shape);
  return oc_scratch_bytes(oc_conv_y_size(&d.conv), sizeof(real)) +
         oc_scratch_bytes(d.conv.oc, sizeof(double));
}

static void add_bias_and_activate(const oc_conv_block_attrs *a, const oc_conv_dims *d, const real *b,
                                  real *z) {
  for (int64_t i = 0; i < oc_conv_y_size(d); i += d->oc)
    for (int64_t j = 0; j < d->oc; j++) z[i + j] = oc_activate(a->act, a->slope, z[i + j] + b[j]);
}

static void conv_block_run(const oc_call *c) {
  const oc_conv_block_attrs *a = c->info->attrs;
  const oc_conv_block_dims d = oc_conv_block_dims_of(a, &c->info->in[0].shape, &c->info->in[1].shape);
  const int64_t images = oc_call_rows(c, &c->info->in[0]), row = oc_conv_block_y_size(a, &d);
  const real *x = c->in[0], *w = c->in[1], *b = c->in[2];
  real *y = c->out[0], *z = c->scratch;
  uint8_t *arg = c->info->n_out > 1 ? c->out[1] : NULL;
  double *sums = (double *)((char *)c->scratch + oc_scratch_bytes(oc_conv_y_size(&d.conv), sizeof(real)));
  for (int64_t n = 0; n < images; n++) {
    if (!a->pooled) z = y + n * row;
    OC_REFERENCE(conv2d)(&d.conv, x + n * oc_conv_x_size(&d.conv), w, z, sums);
    add_bias_and_activate(a, &d.conv, b, z);
    if (a->pooled) OC_REFERENCE(max_pool)(&d.pool, z, y + n * row, arg ? arg + n * row : NULL);
  }
}

OC_DEFINE_OP(conv_block, .tf_name = "ConvBlock", .attr_size = sizeof(oc_conv_block_attrs),
             .infer = conv_block_infer, .cost = conv_block_cost, .scratch = conv_block_scratch,
             .run = conv_block_run);
