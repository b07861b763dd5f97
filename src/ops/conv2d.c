/* conv2d: a kernel slides over an image, and every output is the sum of the products under it.
 *
 *   y[n,oy,ox,o] = sum over ky,kx,i of w[ky,kx,i,o] * x[n, oy*sh + ky*dh - ph, ox*sw + kx*dw - pw, g*icg + i]
 *
 * where o is in group g, and x is 0 outside the image. With `flip`, w is flipped in both directions first:
 * the true convolution of mathematics; without it, cross-correlation, which networks call convolution.
 * Source: lecture, "Performing a Discrete Convolution in 2D", "Working with Multiple Input or Color
 * Channels". */
#include "ops/reference.h"
#include "base/options.h"
#include "ops/shape_rules.h"
#include "ops/window.h"

static oc_status conv2d_infer(oc_op_info *info, oc_error *err) {
  oc_shape y;
  TRY(oc_expect_reals(info, 2, OC_REAL_DTYPE, err));
  TRY(oc_expect_fixed(info, 1, "w", err));
  TRY(oc_conv2d_shape(info->attrs, &info->in[0].shape, &info->in[1].shape, info->name, &y, err));
  return oc_infer_output(info, 0, OC_REAL_DTYPE, y, err);
}

static void conv2d_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  oc_conv2d_attrs a = *(const oc_conv2d_attrs *)oc_graph_info(g, node)->attrs;
  const oc_node x = oc_graph_input(g, node, 0), w = oc_graph_input(g, node, 1);
  a.target = oc_node_shape(g, x);
  dx[0] = oc_graph_add(g, OC_OP(g, conv2d_grad_x), (oc_node[]){dy[0], w}, 2, &a);
  a.target = oc_node_shape(g, w);
  dx[1] = oc_graph_add(g, OC_OP(g, conv2d_grad_w), (oc_node[]){x, dy[0]}, 2, &a);
}

static oc_conv_dims dims_of(const oc_op_info *info) {
  return oc_conv_dims_of(info->attrs, &info->in[0].shape, &info->out[0].shape);
}

static oc_cost conv2d_cost(const oc_op_info *info, int64_t batch) {
  const oc_conv_dims d = dims_of(info);
  return (oc_cost){oc_conv_flops(&d, oc_batch_rows(&info->in[0], batch)), oc_io_bytes(info, batch)};
}

static size_t conv2d_scratch(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return oc_scratch_bytes(oc_last_dim(&info->out[0].shape), sizeof(double));
}

/* Adds the products of one tap to the sums of all output channels at one position. */
static void add_tap(const oc_conv_dims *d, const real *x, const real *w, double *sums) {
  for (int64_t g = 0; g < d->groups; g++)
    for (int64_t i = 0; i < d->icg; i++) {
      const double value = (double)x[g * d->icg + i];
      for (int64_t o = g * d->ocg; o < (g + 1) * d->ocg; o++) sums[o] += value * (double)w[i * d->oc + o];
    }
}

void OC_REFERENCE(conv2d)(const oc_conv_dims *d, const real *x, const real *w, real *y, double *sums) {
  for (int64_t oy = 0; oy < d->oh; oy++)
    for (int64_t ox = 0; ox < d->ow; ox++) {
      oc_clear_sums(sums, d->oc);
      for (int64_t ky = 0; ky < d->kh; ky++)
        for (int64_t kx = 0; kx < d->kw; kx++) {
          const int64_t iy = oy * d->sh + ky * d->dil_h - d->ph, ix = ox * d->sw + kx * d->dil_w - d->pw;
          if (iy < 0 || iy >= d->ih || ix < 0 || ix >= d->iw) continue;
          add_tap(d, x + (iy * d->iw + ix) * d->ic, w + oc_conv_tap(d, ky, kx), sums);
        }
      oc_store_sums(sums, d->oc, y + (oy * d->ow + ox) * d->oc);
    }
}

static void conv2d_run(const oc_call *c) {
  const oc_conv_dims d = dims_of(c->info);
  const real *x = c->in[0], *w = c->in[1];
  real *y = c->out[0];
  const int64_t images = oc_call_rows(c, &c->info->in[0]);
  for (int64_t n = 0; n < images; n++)
    OC_REFERENCE(conv2d)(&d, x + n * oc_conv_x_size(&d), w, y + n * oc_conv_y_size(&d), c->scratch);
}

#ifdef OC_OPS_FLOAT
oc_conv2d_options oc_conv2d_defaults(void) {
  return (oc_conv2d_options){.struct_size = sizeof(oc_conv2d_options),
                             .stride = {1, 1},
                             .dilation = {1, 1},
                             .groups = 1,
                             .padding = OC_PAD_VALID};
}

oc_node oc_conv2d(oc_graph *g, oc_node x, oc_node w, const oc_conv2d_options *options) {
  oc_conv2d_options o = oc_conv2d_defaults();
  oc_error err;
  if (options) OC_OPTIONS_READ(o, options);
  if (oc_options_check(o.struct_size, sizeof o, "oc_conv2d_options", &err) != OC_OK)
    return oc_graph_fail(g, err.code, err.where, err.hint, "%s", err.message);
  oc_conv2d_attrs a = {.groups = o.groups ? o.groups : 1, .flip = o.flip};
  const oc_shape xs = oc_node_shape(g, x), ws = oc_node_shape(g, w);
  if ((int)o.padding < OC_PAD_VALID || o.padding > OC_PAD_EXPLICIT)
    return oc_graph_fail(g, OC_E_ARGUMENT, "oc_conv2d_options.padding", "Use one of enum oc_padding.",
                         "unknown padding mode %d", (int)o.padding);
  for (int i = 0; i < 2; i++) {
    a.kernel[i] = ws.rank == 4 ? ws.dim[i] : 0;
    a.stride[i] = o.stride[i] ? o.stride[i] : 1;
    a.dilation[i] = o.dilation[i] ? o.dilation[i] : 1;
    if (o.padding == OC_PAD_EXPLICIT) {
      a.pad[2 * i] = o.pad[2 * i];
      a.pad[2 * i + 1] = o.pad[2 * i + 1];
    } else if (xs.rank == 4) {
      oc_window_padding(o.padding, xs.dim[1 + i], a.kernel[i], a.stride[i], a.dilation[i], a.pad + 2 * i);
    }
  }
  return oc_graph_add(g, OC_OP(g, conv2d), (oc_node[]){x, w}, 2, &a);
}
#endif

static void conv2d_describe(const oc_op_info *info, const oc_attribute_sink *sink) {
  oc_describe_conv2d(info->attrs, &info->in[0].shape, sink);
}

static const oc_attribute conv2d_attributes[] = {OC_FIELDS(I64, oc_conv2d_attrs, kernel),
                                                 OC_FIELDS(I64, oc_conv2d_attrs, stride),
                                                 OC_FIELDS(I64, oc_conv2d_attrs, dilation),
                                                 OC_FIELDS(I64, oc_conv2d_attrs, pad),
                                                 OC_FIELD(I64, oc_conv2d_attrs, groups),
                                                 OC_FIELD(BOOL, oc_conv2d_attrs, flip),
                                                 {0}};
OC_DEFINE_OP(conv2d, .terms = OC_TERMS_CONVOLUTION, .describe = conv2d_describe,
             .attributes = conv2d_attributes, .tf_name = "Conv2D", .attr_size = sizeof(oc_conv2d_attrs),
             .infer = conv2d_infer, .gradient = conv2d_gradient, .cost = conv2d_cost,
             .scratch = conv2d_scratch, .run = conv2d_run);
