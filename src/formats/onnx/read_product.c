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
  if (x->shape.rank != 2) return oc_onnx_unsupported(r, "a product of anything but (batch, features)");
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

/* Matrix `i` of a stack. */
static oc_node matrix_at(oc_graph *g, oc_node stack, int64_t i) {
  const oc_shape s = oc_node_shape(g, stack);
  return oc_reshape(g, oc_slice(g, stack, 0, i, i + 1), OC_SHAPE(s.dim[1], s.dim[2]));
}

/* A value as a stack of matrices; `count` of them. */
static oc_status read_stack(oc_onnx_reader *r, const oc_onnx_value *v, oc_node *out, int64_t *count) {
  const int rank = v->shape.rank;
  if (rank < 2 || oc_onnx_is_batched(v))
    return oc_onnx_unsupported(r, "a product of '%.60s' with its axes", v->name);
  *count = 1;
  for (int i = 0; i < rank - 2; i++) *count *= v->shape.dim[i];
  TRY(oc_onnx_plain(r, v, out));
  *out = oc_reshape(r->out->g, *out, OC_SHAPE(*count, v->shape.dim[rank - 2], v->shape.dim[rank - 1]));
  return oc_graph_status(r->out->g, r->err);
}

/* Products of matrices in stacks of the same axes, or of one matrix with each of a stack. */
static oc_status multiply_stacks(oc_onnx_reader *r, const oc_onnx_value *a, const oc_onnx_value *b) {
  enum { PRODUCTS_MAX = 256 };
  oc_graph *g = r->out->g;
  oc_node x, y, parts[PRODUCTS_MAX];
  int64_t n, m;
  TRY(read_stack(r, a, &x, &n));
  TRY(read_stack(r, b, &y, &m));
  const oc_onnx_value *larger = a->shape.rank >= b->shape.rank ? a : b;
  const int64_t count = n > m ? n : m;
  for (int i = 0; i < larger->shape.rank - 2; i++)
    if (a->shape.rank > 2 && b->shape.rank > 2 &&
        (a->shape.rank != b->shape.rank || a->shape.dim[i] != b->shape.dim[i]))
      return oc_onnx_unsupported(r, "stacks of several shapes");
  if (count < 1 || count > PRODUCTS_MAX) return oc_onnx_unsupported(r, "%lld products", (long long)count);
  oc_shape shape = larger->shape;
  shape.dim[shape.rank - 2] = a->shape.dim[a->shape.rank - 2];
  shape.dim[shape.rank - 1] = b->shape.dim[b->shape.rank - 1];
  for (int64_t i = 0; i < count; i++)
    parts[i] = oc_matmul(g, matrix_at(g, x, n == 1 ? 0 : i), matrix_at(g, y, m == 1 ? 0 : i), false, false);
  return oc_onnx_give_plain(r, oc_reshape(g, oc_concat(g, parts, (int)count, 0), shape));
}

oc_status oc_onnx_read_MatMul(oc_onnx_reader *r) {
  const oc_onnx_value *a, *b;
  oc_node y;
  int64_t units;
  TRY(oc_onnx_only(r, (const char *const[]){NULL}));
  TRY(oc_onnx_need(r, 0, &a));
  TRY(oc_onnx_need(r, 1, &b));
  if (oc_onnx_is_batched(a) && (a->shape.rank == 3 || a->shape.rank == 4)) return product_of_last(r, a);
  if (!b->real || oc_onnx_is_constant(a) || a->shape.rank != 2) return multiply_stacks(r, a, b);
  TRY(read_product(r, false, 1, &y, &units));
  return oc_onnx_give_plain(r, y);
}

typedef struct gemm {
  int64_t across, by_units;
  double alpha, beta;
} gemm;

/* alpha A B + beta C, of any matrices. */
static oc_status multiply_any(oc_onnx_reader *r, const gemm *m) {
  const oc_onnx_value *v;
  oc_graph *g = r->out->g;
  oc_node in[3];
  for (int i = 0; i < 3 && (i < 2 || oc_onnx_input(r, i)); i++) {
    TRY(oc_onnx_need(r, i, &v));
    TRY(oc_onnx_plain(r, v, &in[i]));
  }
  oc_node y = oc_matmul(g, in[0], in[1], m->across != 0, m->by_units != 0);
  if (m->alpha != 1) y = oc_multiply(g, y, oc_scalar(g, m->alpha));
  if (!oc_onnx_input(r, 2)) return oc_onnx_give_plain(r, y);
  if (m->beta != 1) in[2] = oc_multiply(g, in[2], oc_scalar(g, m->beta));
  return oc_onnx_give_plain(r, oc_add(g, y, in[2]));
}

/* (batch, features) by a constant plus a vector. */
static bool is_layer(const oc_onnx_reader *r, const gemm *m) {
  const oc_onnx_value *x = oc_onnx_input(r, 0), *w = oc_onnx_input(r, 1), *c = oc_onnx_input(r, 2);
  const bool vector =
      !c || (m->beta == 1 && c->real && (c->shape.rank < 2 || (c->shape.rank == 2 && c->shape.dim[0] == 1)));
  return !m->across && x && !oc_onnx_is_constant(x) && w && w->real && vector;
}

oc_status oc_onnx_read_Gemm(oc_onnx_reader *r) {
  const oc_onnx_value *c;
  int64_t units;
  gemm m;
  oc_node y, bias;
  TRY(oc_onnx_only(r, (const char *const[]){"alpha", "beta", "broadcast", "transA", "transB", NULL}));
  TRY(oc_onnx_get_int(r, "transA", 0, &m.across));
  TRY(oc_onnx_get_int(r, "transB", 0, &m.by_units));
  TRY(oc_onnx_get_float(r, "alpha", 1, &m.alpha));
  TRY(oc_onnx_get_float(r, "beta", 1, &m.beta));
  if (!is_layer(r, &m)) return multiply_any(r, &m);
  TRY(read_product(r, m.by_units != 0, m.alpha, &y, &units));
  if (!oc_onnx_input(r, 2)) return oc_onnx_give_plain(r, y);
  TRY(oc_onnx_need_real(r, 2, &c));
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
  TRY(oc_onnx_channels_last(r, x, &in));
  TRY(read_parameters(r, x->shape.dim[1], &o));
  const oc_node y = oc_batch_norm(r->out->g, in, &o);
  return x->shape.rank > 2 ? oc_onnx_give_image(r, y) : oc_onnx_give_plain(r, y);
}
