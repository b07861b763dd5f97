/* read_normalize.c: LayerNormalization, InstanceNormalization, LRN. */
#include "formats/onnx/onnx_reader.h"
#include "ops/window.h"

/* ---- by the mean and the variance of some axes --------------------------------------------------------- */

/* y = (x - mean) / deviation, which is sqrt(variance + epsilon), both over the axes in `mask` (Ba, Kiros and
 * Hinton 2016). */
typedef struct normalized {
  oc_node y, mean, deviation;
} normalized;

static normalized normalize(oc_graph *g, oc_node x, unsigned mask, double epsilon) {
  oc_shape ones = oc_node_shape(g, x);
  for (int i = 0; i < ones.rank; i++)
    if (mask >> i & 1) ones.dim[i] = 1;
  const oc_node mean = oc_reshape(g, oc_reduce_mean(g, x, mask), ones), centered = oc_subtract(g, x, mean),
                variance = oc_reduce_mean(g, oc_multiply(g, centered, centered), mask),
                deviation = oc_reshape(g, oc_sqrt(g, oc_add(g, variance, oc_scalar(g, epsilon))), ones);
  return (normalized){oc_divide(g, centered, deviation), mean, deviation};
}

/* y * scale + bias, inputs 1 and 2 of the node, which have `shape`; the bias may be missing. */
static oc_status scale_and_shift(oc_onnx_reader *r, oc_shape shape, oc_node *y) {
  for (int i = 1; i <= 2; i++) {
    const oc_onnx_value *v;
    if (i == 2 && !oc_onnx_input(r, i)) break;
    TRY(oc_onnx_need_real(r, i, &v));
    if (!oc_shape_equal(&v->shape, &shape))
      return oc_onnx_unsupported(r, "'%.60s' has another shape than the axes", v->name);
    const oc_node w = oc_onnx_weight_of(r, v, shape, v->real, true);
    *y = i == 1            ? oc_multiply(r->out->g, *y, w)
         : shape.rank == 1 ? oc_bias_add(r->out->g, *y, w)
                           : oc_add(r->out->g, *y, w);
  }
  return oc_graph_status(r->out->g, r->err);
}

/* Outputs 1 and 2 of LayerNormalization: the mean and 1 / deviation, in which all axes from `axis` on have
 * size 1. */
static oc_status give_statistics(oc_onnx_reader *r, const normalized *n, const oc_onnx_value *x, int axis) {
  oc_onnx_value v = {.shape = x->shape};
  for (int i = 0; i < v.shape.rank; i++) {
    v.perm[i] = x->perm[i];
    if (i >= axis) v.shape.dim[i] = 1;
  }
  v.node = n->mean;
  TRY(oc_onnx_give_at(r, 1, &v));
  if (r->node->n_output < 3) return OC_OK;
  v.node = oc_divide(r->out->g, oc_scalar(r->out->g, 1), n->deviation);
  TRY(oc_graph_status(r->out->g, r->err));
  return oc_onnx_give_at(r, 2, &v);
}

oc_status oc_onnx_read_LayerNormalization(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  int64_t given;
  int axis;
  double epsilon;
  oc_node in;
  TRY(oc_onnx_only(r, (const char *const[]){"axis", "epsilon", "stash_type", NULL}));
  TRY(oc_onnx_get_int(r, "axis", -1, &given));
  TRY(oc_onnx_get_float(r, "epsilon", 1e-5, &epsilon));
  TRY(oc_onnx_need_node(r, 0, &x));
  TRY(oc_onnx_axis(r, given, x->shape.rank, &axis));
  if (axis == 0 && oc_onnx_is_batched(x)) return oc_onnx_unsupported(r, "the batch among its axes");
  const int rank = x->shape.rank;
  const bool lies = axis == rank - 1 && x->perm[axis] == axis && !x->flat[0];
  TRY(lies ? oc_onnx_as_it_lies(r, x, &in) : oc_onnx_plain(r, x, &in));
  oc_shape shape = {.rank = rank - axis};
  for (int i = axis; i < rank; i++) shape.dim[i - axis] = x->shape.dim[i];
  normalized n = normalize(r->out->g, in, ((1u << rank) - 1) & ~((1u << axis) - 1), epsilon);
  TRY(oc_graph_status(r->out->g, r->err));
  TRY(scale_and_shift(r, shape, &n.y));
  oc_onnx_value like = *x;
  for (int i = 0; !lies && i < rank; i++) like.perm[i] = i;
  like.flat[0] = 0;
  TRY(give_statistics(r, &n, &like, axis));
  return oc_onnx_give_like(r, n.y, &like);
}

oc_status oc_onnx_read_InstanceNormalization(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  double epsilon;
  oc_node in;
  TRY(oc_onnx_only(r, (const char *const[]){"epsilon", NULL}));
  TRY(oc_onnx_get_float(r, "epsilon", 1e-5, &epsilon));
  TRY(oc_onnx_need_node(r, 0, &x));
  TRY(oc_onnx_image(r, x, NULL, &in));
  normalized n = normalize(r->out->g, in, 1u << 1 | 1u << 2, epsilon);
  TRY(oc_graph_status(r->out->g, r->err));
  TRY(scale_and_shift(r, OC_SHAPE(x->shape.dim[1]), &n.y));
  return oc_onnx_give_image(r, n.y);
}

/* ---- LRN ----------------------------------------------------------------------------------------------- */

/* Column k has `factor` in the `size` rows around k. */
static oc_status make_band(oc_onnx_reader *r, int64_t channels, int64_t size, double factor,
                           const float **out) {
  const oc_shape shape = OC_SHAPE(channels, channels);
  const int64_t before = (size - 1) / 2, after = size / 2;
  void *room;
  TRY(oc_onnx_take_room(r, &shape, sizeof(float), &room));
  for (int64_t i = 0; i < channels; i++)
    for (int64_t k = 0; k < channels; k++)
      ((float *)room)[i * channels + k] = i >= k - before && i <= k + after ? (float)factor : 0;
  *out = room;
  return OC_OK;
}

/* x / (bias + alpha / size * the sum of the squares of `size` channels)^beta (Krizhevsky et al. 2012). */
oc_status oc_onnx_read_LRN(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  double alpha, beta, bias;
  int64_t size;
  const float *band;
  oc_graph *g = r->out->g;
  oc_node in;
  TRY(oc_onnx_only(r, (const char *const[]){"alpha", "beta", "bias", "size", NULL}));
  TRY(oc_onnx_get_float(r, "alpha", 1e-4, &alpha));
  TRY(oc_onnx_get_float(r, "beta", 0.75, &beta));
  TRY(oc_onnx_get_float(r, "bias", 1, &bias));
  TRY(oc_onnx_get_int(r, "size", 0, &size));
  if (size < 1 || size > OC_MAX_WINDOW) return oc_onnx_invalid(r, "size %lld", (long long)size);
  if (!(alpha >= 0 && bias > 0)) return oc_onnx_unsupported(r, "alpha %g and bias %g", alpha, bias);
  TRY(oc_onnx_need_node(r, 0, &x));
  TRY(oc_onnx_image(r, x, NULL, &in));
  TRY(make_band(r, x->shape.dim[1], size, alpha / (double)size, &band));
  oc_node sums = oc_multiply(g, in, in);
  TRY(oc_graph_status(g, r->err));
  TRY(oc_onnx_along(r, &sums, 3, band, x->shape.dim[1]));
  const oc_node power = oc_multiply(g, oc_log(g, oc_add(g, sums, oc_scalar(g, bias))), oc_scalar(g, -beta));
  return oc_onnx_give_image(r, oc_multiply(g, in, oc_exp(g, power)));
}
