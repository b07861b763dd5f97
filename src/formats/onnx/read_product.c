/* read_product.c: Gemm, MatMul, BatchNormalization. */
#include "formats/onnx/onnx_reader.h"

/* ---- products ------------------------------------------------------------------------------------------ */

/* A matrix as a variable (features, units), in the order in which the features of x lie. `by_units`: it is
 * (units, features). */
static oc_status read_matrix(oc_onnx_reader *r, const oc_onnx_value *x, bool by_units, double alpha,
                             oc_node *out) {
  const oc_onnx_value *b;
  oc_shape shape;
  const float *values;
  TRY(oc_onnx_need_real(r, 1, &b));
  if (b->shape.rank != 2) return oc_onnx_unsupported(r, "weights of %d axes", b->shape.rank);
  const int64_t features = b->shape.dim[by_units ? 1 : 0], units = b->shape.dim[by_units ? 0 : 1];
  if (x->shape.rank != 2 || x->shape.dim[0] != OC_BATCH)
    return oc_onnx_unsupported(r, "a product of anything but (batch, features)");
  if (x->shape.dim[1] != features)
    return oc_onnx_invalid(r, "%lld features times a matrix for %lld", (long long)x->shape.dim[1],
                           (long long)features);
  const int64_t h = x->flat[0] ? x->flat[0] : 1, w = x->flat[0] ? x->flat[1] : 1, c = features / (h * w);
  oc_onnx_value as = *b;
  as.shape = by_units ? OC_SHAPE(units, c, h, w) : OC_SHAPE(c, h, w, units);
  TRY(oc_onnx_permuted(r, &as, by_units ? (const int[]){2, 3, 1, 0} : (const int[]){1, 2, 0, 3}, &shape,
                       &values));
  for (int64_t i = 0; alpha != 1 && i < features * units; i++)
    ((float *)(uintptr_t)values)[i] = (float)(alpha * (double)values[i]);
  *out = oc_onnx_weight_of(r, b, OC_SHAPE(features, units), values, true);
  return oc_graph_status(r->out->g, r->err);
}

static oc_status read_product(oc_onnx_reader *r, bool by_units, double alpha, oc_node *y, int64_t *units) {
  const oc_onnx_value *x;
  oc_node in, weights;
  TRY(oc_onnx_need_node(r, 0, &x));
  TRY(oc_onnx_as_it_lies(r, x, &in));
  TRY(read_matrix(r, x, by_units, alpha, &weights));
  *units = oc_node_shape(r->out->g, weights).dim[1];
  *y = oc_matmul(r->out->g, in, weights, false, false);
  return OC_OK;
}

/* A product of the last axis of three or four, which is a convolution of 1x1. */
static oc_status product_of_last(oc_onnx_reader *r, const oc_onnx_value *x) {
  const oc_onnx_value *b;
  const int last = x->shape.rank - 1;
  const oc_conv2d_options o = oc_conv2d_defaults();
  oc_onnx_value y = *x;
  oc_node in;
  oc_graph *g = r->out->g;
  TRY(oc_onnx_need_real(r, 1, &b));
  if (b->shape.rank != 2) return oc_onnx_unsupported(r, "weights of %d axes", b->shape.rank);
  const bool lies = x->perm[last] == last;
  TRY(lies ? oc_onnx_as_it_lies(r, x, &in) : oc_onnx_plain(r, x, &in));
  for (int i = 0; !lies && i <= last; i++) y.perm[i] = i;
  const oc_shape s = oc_node_shape(g, in), kernel = OC_SHAPE(1, 1, b->shape.dim[0], b->shape.dim[1]);
  if (last == 2) in = oc_reshape(g, in, OC_SHAPE(OC_BATCH, 1, s.dim[1], s.dim[2]));
  y.node = oc_conv2d(g, in, oc_onnx_weight_of(r, b, kernel, b->real, true), &o);
  if (last == 2) y.node = oc_reshape(g, y.node, OC_SHAPE(OC_BATCH, s.dim[1], b->shape.dim[1]));
  y.shape.dim[last] = b->shape.dim[1];
  return oc_onnx_give_like(r, y.node, &y);
}

oc_status oc_onnx_read_MatMul(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  oc_node y;
  int64_t units;
  TRY(oc_onnx_only(r, (const char *const[]){NULL}));
  TRY(oc_onnx_need_node(r, 0, &x));
  if (x->shape.rank == 3 || x->shape.rank == 4) return product_of_last(r, x);
  TRY(read_product(r, false, 1, &y, &units));
  return oc_onnx_give_plain(r, y);
}

oc_status oc_onnx_read_Gemm(oc_onnx_reader *r) {
  const oc_onnx_value *c;
  int64_t across, by_units, units;
  double alpha, beta;
  oc_node y, bias;
  TRY(oc_onnx_only(r, (const char *const[]){"alpha", "beta", "transA", "transB", NULL}));
  TRY(oc_onnx_get_int(r, "transA", 0, &across));
  TRY(oc_onnx_get_int(r, "transB", 0, &by_units));
  TRY(oc_onnx_get_float(r, "alpha", 1, &alpha));
  TRY(oc_onnx_get_float(r, "beta", 1, &beta));
  if (across) return oc_onnx_unsupported(r, "transA");
  TRY(read_product(r, by_units != 0, alpha, &y, &units));
  if (!oc_onnx_input(r, 2)) return oc_onnx_give_plain(r, y);
  TRY(oc_onnx_need_real(r, 2, &c));
  if (beta != 1) return oc_onnx_unsupported(r, "beta %g", beta);
  if (c->shape.rank > 2 || (c->shape.rank == 2 && c->shape.dim[0] != 1))
    return oc_onnx_unsupported(r, "a bias that is not a vector");
  TRY(oc_onnx_vector(r, c, units, true, &bias));
  return oc_onnx_give_plain(r, oc_bias_add(r->out->g, y, bias));
}

/* ---- BatchNormalization -------------------------------------------------------------------------------- */

static oc_status read_parameters(oc_onnx_reader *r, int64_t channels, oc_batch_norm_options *o) {
  oc_node *const to[] = {&o->gamma, &o->beta, &o->moving_mean, &o->moving_variance};
  for (int i = 0; i < 4; i++) {
    const oc_onnx_value *v;
    TRY(oc_onnx_need_real(r, 1 + i, &v));
    if (oc_onnx_count(v) != channels)
      return oc_onnx_invalid(r, "'%.60s' has %lld elements for %lld channels", v->name,
                             (long long)oc_onnx_count(v), (long long)channels);
    TRY(oc_onnx_vector(r, v, channels, i < 2, to[i]));
  }
  return OC_OK;
}

oc_status oc_onnx_read_BatchNormalization(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  oc_batch_norm_options o = oc_batch_norm_defaults();
  int64_t training, spatial, test;
  oc_node in;
  TRY(oc_onnx_only(
      r, (const char *const[]){"epsilon", "is_test", "momentum", "spatial", "training_mode", NULL}));
  TRY(oc_onnx_get_int(r, "training_mode", 0, &training));
  TRY(oc_onnx_get_int(r, "spatial", 1, &spatial));
  TRY(oc_onnx_get_int(r, "is_test", 0, &test)); /* of opset 6 */
  if (r->opset < 7 && !test) training = 1;
  TRY(oc_onnx_get_float(r, "epsilon", 1e-5, &o.epsilon));
  TRY(oc_onnx_get_float(r, "momentum", 0.9, &o.momentum));
  o.momentum_set = true;
  if (training || !spatial) return oc_onnx_unsupported(r, training ? "training_mode" : "spatial 0");
  if (!(o.momentum >= 0 && o.momentum <= 1)) return oc_onnx_invalid(r, "momentum %g", o.momentum);
  TRY(oc_onnx_need_node(r, 0, &x));
  const bool image = x->shape.rank == 4;
  if (!image && x->shape.rank != 2) return oc_onnx_unsupported(r, "%d axes", x->shape.rank);
  TRY(image ? oc_onnx_image(r, x, NULL, &in) : oc_onnx_plain(r, x, &in));
  TRY(read_parameters(r, x->shape.dim[1], &o));
  const oc_node y = oc_batch_norm(r->out->g, in, &o);
  return image ? oc_onnx_give_image(r, y) : oc_onnx_give_plain(r, y);
}
