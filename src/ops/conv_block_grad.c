/* conv_block_grad (x, w, y, dy [, arg]) -> dw, db [, dx]: the gradient of conv_block, summed over the samples
 * for dw and db. For each image: dy goes back through pooling (to the element in arg) and through the
 * activation (whose derivative depends on y). This gives dz, the gradient of the output of convolution and
 * bias. */
#include "ops/conv_block.h"
#include "ops/shape_rules.h"

enum { X, W, Y, DY, ARG };

static oc_status conv_block_grad_infer(oc_op_info *info, oc_error *err) {
  const oc_conv_block_attrs *a = info->attrs;
  oc_shape z, y;
  TRY(oc_expect_inputs(info, a->pooled ? 5 : 4, err));
  static const char *const names[] = {"x", "w", "y", "dy", "arg"};
  for (int i = 0; i < info->n_in; i++)
    TRY(oc_expect_dtype(info, i, names[i], i == ARG ? OC_U8 : OC_REAL_DTYPE, err));
  TRY(oc_expect_fixed(info, W, "w", err));
  TRY(oc_conv_block_shapes(a, &info->in[X].shape, &info->in[W].shape, info->name, &z, &y, err));
  for (int i = Y; i < info->n_in; i++) TRY(oc_expect_shape(info, i, names[i], &y, err));
  TRY(oc_infer_output(info, 0, OC_REAL_DTYPE, info->in[W].shape, err));
  TRY(oc_infer_output(info, 1, OC_REAL_DTYPE, OC_SHAPE(oc_last_dim(&z)), err));
  return a->needs_dx ? oc_infer_output(info, 2, OC_REAL_DTYPE, info->in[X].shape, err) : OC_OK;
}

static oc_conv_block_dims dims_of(const oc_op_info *info) {
  return oc_conv_block_dims_of(info->attrs, &info->in[X].shape, &info->in[W].shape);
}

static oc_cost conv_block_grad_cost(const oc_op_info *info, int64_t batch) {
  const oc_conv_block_attrs *a = info->attrs;
  const oc_conv_block_dims d = dims_of(info);
  const int64_t images = oc_batch_rows(&info->in[X], batch);
  const double once = oc_conv_flops(&d.conv, images), bias = (double)images * (double)oc_conv_y_size(&d.conv);
  return (oc_cost){(a->needs_dx ? 2 : 1) * once + 2 * bias, oc_io_bytes(info, batch)};
}

/* Pieces of scratch, in bytes from its start. */
typedef struct pieces {
  size_t dw, db, dx, end; /* dz comes first */
} pieces;

static pieces pieces_of(const oc_conv_dims *d) {
  pieces p = {.dw = oc_scratch_bytes(oc_conv_y_size(d), sizeof(real))};
  p.db = p.dw + oc_scratch_bytes(oc_conv_w_size(d), sizeof(double));
  p.dx = p.db + oc_scratch_bytes(d->oc, sizeof(double));
  p.end = p.dx + oc_scratch_bytes(d->ic, sizeof(double));
  return p;
}

static size_t conv_block_grad_scratch(const oc_op_info *info, int64_t samples) {
  (void)samples;
  const oc_conv_block_dims d = dims_of(info);
  return pieces_of(&d.conv).end;
}

/* dz of one image without pooling. */
static void back(const oc_conv_block_attrs *a, const oc_conv_block_dims *d, const real *y, const real *dy,
                 real *dz) {
  for (int64_t i = 0; i < oc_conv_y_size(&d->conv); i++)
    dz[i] = oc_activate_back(a->act, a->slope, y[i], dy[i]);
}

/* dz of one image with pooling. */
static void back_pooled(const oc_conv_block_attrs *a, const oc_conv_block_dims *d, const real *y,
                        const real *dy, const uint8_t *arg, real *dz) {
  const oc_pool_dims *p = &d->pool;
  for (int64_t i = 0; i < oc_pool_x_size(p); i++) dz[i] = 0;
  for (int64_t oy = 0; oy < p->oh; oy++)
    for (int64_t ox = 0; ox < p->ow; ox++)
      for (int64_t j = 0; j < p->c; j++) {
        const int64_t i = (oy * p->ow + ox) * p->c + j;
        dz[oc_pool_index(p, oy, ox, arg[i]) * p->c + j] += oc_activate_back(a->act, a->slope, y[i], dy[i]);
      }
}

static void conv_block_grad_run(const oc_call *c) {
  const oc_conv_block_attrs *a = c->info->attrs;
  const oc_conv_block_dims d = dims_of(c->info);
  const pieces p = pieces_of(&d.conv);
  const int64_t images = oc_call_rows(c, &c->info->in[X]), x_size = oc_conv_x_size(&d.conv);
  const int64_t y_size = oc_conv_block_y_size(a, &d), w_size = oc_conv_w_size(&d.conv);
  const real *x = c->in[X], *y = c->in[Y], *dy = c->in[DY];
  real *dz = c->scratch;
  double *dw = (double *)((char *)c->scratch + p.dw), *db = (double *)((char *)c->scratch + p.db);
  double *dx_sums = (double *)((char *)c->scratch + p.dx);
  oc_clear_sums(dw, w_size);
  oc_clear_sums(db, d.conv.oc);
  for (int64_t n = 0; n < images; n++) {
    if (a->pooled)
      back_pooled(a, &d, y + n * y_size, dy + n * y_size, (const uint8_t *)c->in[ARG] + n * y_size, dz);
    else
      back(a, &d, y + n * y_size, dy + n * y_size, dz);
    OC_REFERENCE(conv2d_grad_w)(&d.conv, x + n * x_size, dz, dw);
    oc_add_rows(dz, d.conv.oh * d.conv.ow, d.conv.oc, db);
    if (a->needs_dx)
      OC_REFERENCE(conv2d_grad_x)(&d.conv, dz, c->in[W], (real *)c->out[2] + n * x_size, dx_sums);
  }
  oc_store_sums(dw, w_size, c->out[0]);
  oc_store_sums(db, d.conv.oc, c->out[1]);
}

OC_DEFINE_OP(conv_block_grad, .tf_name = "ConvBlockGrad", .attr_size = sizeof(oc_conv_block_attrs),
             .infer = conv_block_grad_infer, .cost = conv_block_grad_cost, .scratch = conv_block_grad_scratch,
             .run = conv_block_grad_run);
