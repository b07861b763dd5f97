/* read_element.c: operators on single elements of one tensor, and softmax. */
#include "formats/onnx/onnx_reader.h"
#include <math.h>
#include <string.h>

typedef oc_node function(oc_graph *g, oc_node x);

/* The axes do not matter, so the value stays as it lies. */
static oc_status apply(oc_onnx_reader *r, function *f) {
  const oc_onnx_value *x;
  oc_node in;
  TRY(oc_onnx_need_node(r, 0, &x));
  TRY(oc_onnx_as_it_lies(r, x, &in));
  return oc_onnx_give_like(r, f(r->out->g, in), x);
}

#define DEFINE_ELEMENT(type, f)                                                                              \
  oc_status oc_onnx_read_##type(oc_onnx_reader *r) {                                                         \
    TRY(oc_onnx_only(r, (const char *const[]){NULL}));                                                       \
    return apply(r, f);                                                                                      \
  }
DEFINE_ELEMENT(Relu, oc_relu)
DEFINE_ELEMENT(Sigmoid, oc_sigmoid)
DEFINE_ELEMENT(Tanh, oc_tanh)
DEFINE_ELEMENT(Softplus, oc_softplus)
DEFINE_ELEMENT(HardSwish, oc_hard_swish)
DEFINE_ELEMENT(Exp, oc_exp)
DEFINE_ELEMENT(Log, oc_log)
DEFINE_ELEMENT(Sqrt, oc_sqrt)

oc_status oc_onnx_read_LeakyRelu(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  double slope;
  oc_node in;
  TRY(oc_onnx_only(r, (const char *const[]){"alpha", NULL}));
  TRY(oc_onnx_get_float(r, "alpha", 0.01, &slope));
  TRY(oc_onnx_need_node(r, 0, &x));
  TRY(oc_onnx_as_it_lies(r, x, &in));
  if (!(slope >= 0 && slope < 1)) return oc_onnx_unsupported(r, "alpha %g; it must be in [0,1)", slope);
  return oc_onnx_give_like(r, oc_leaky_relu(r->out->g, in, slope), x);
}

oc_status oc_onnx_read_HardSigmoid(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  double alpha, beta;
  oc_node in;
  oc_graph *g = r->out->g;
  TRY(oc_onnx_only(r, (const char *const[]){"alpha", "beta", NULL}));
  TRY(oc_onnx_get_float(r, "alpha", 0.2, &alpha));
  TRY(oc_onnx_get_float(r, "beta", 0.5, &beta));
  TRY(oc_onnx_need_node(r, 0, &x));
  TRY(oc_onnx_as_it_lies(r, x, &in));
  const oc_node line = oc_add(g, oc_multiply(g, in, oc_scalar(g, alpha)), oc_scalar(g, beta));
  return oc_onnx_give_like(r, oc_clip(g, line, 0, 1), x);
}

/* x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2. */
static oc_node gelu_by_tanh(oc_graph *g, oc_node x) {
  const oc_node cube = oc_multiply(g, oc_multiply(g, x, x), x);
  const oc_node sum = oc_add(g, x, oc_multiply(g, cube, oc_scalar(g, 0.044715)));
  const oc_node slope = oc_tanh(g, oc_multiply(g, sum, oc_scalar(g, 0.79788456080286535588)));
  return oc_multiply(g, oc_multiply(g, x, oc_scalar(g, 0.5)), oc_add(g, slope, oc_scalar(g, 1)));
}

oc_status oc_onnx_read_Gelu(oc_onnx_reader *r) {
  char approximate[32];
  TRY(oc_onnx_only(r, (const char *const[]){"approximate", NULL}));
  TRY(oc_onnx_get_text(r, "approximate", approximate));
  if (strcmp(approximate, "tanh") == 0) return apply(r, gelu_by_tanh);
  if (*approximate && *approximate != 'n') return oc_onnx_unsupported(r, "approximate '%s'", approximate);
  return apply(r, oc_gelu);
}

/* ---- Clip ---------------------------------------------------------------------------------------------- */

/* Limit i: an input since opset 11, an attribute before. */
static oc_status read_limit(oc_onnx_reader *r, int i, const char *name, double fallback, double *out) {
  const oc_onnx_value *v;
  if (r->opset < 11) return oc_onnx_get_float(r, name, fallback, out);
  *out = fallback;
  if (!oc_onnx_input(r, i)) return OC_OK;
  TRY(oc_onnx_need_real(r, i, &v));
  if (oc_onnx_count(v) != 1) return oc_onnx_invalid(r, "%s is not a single number", name);
  *out = (double)v->real[0];
  return isnan(*out) ? oc_onnx_invalid(r, "%s is NaN", name) : OC_OK;
}

oc_status oc_onnx_read_Clip(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  double low, high;
  oc_node in;
  TRY(oc_onnx_only(r, (const char *const[]){"min", "max", NULL}));
  TRY(read_limit(r, 1, "min", -INFINITY, &low));
  TRY(read_limit(r, 2, "max", INFINITY, &high));
  TRY(oc_onnx_need_node(r, 0, &x));
  TRY(oc_onnx_as_it_lies(r, x, &in));
  if (!(low <= high)) return oc_onnx_unsupported(r, "min %g above max %g", low, high);
  if (low == 0 && high == 6) return oc_onnx_give_like(r, oc_relu6(r->out->g, in), x);
  return oc_onnx_give_like(r, oc_clip(r->out->g, in, low, high), x);
}

/* ---- what does nothing to a prediction ----------------------------------------------------------------- */

static oc_status pass(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  TRY(oc_onnx_need(r, 0, &x));
  return oc_onnx_give(r, x);
}

oc_status oc_onnx_read_Identity(oc_onnx_reader *r) {
  TRY(oc_onnx_only(r, (const char *const[]){NULL}));
  return pass(r);
}

/* Since opset 12 the ratio and the mode are inputs. Without a ratio nothing is dropped in any mode. */
static oc_status check_training(oc_onnx_reader *r) {
  const oc_onnx_value *training, *ratio;
  if (!oc_onnx_input(r, 2)) return OC_OK;
  TRY(oc_onnx_need_whole(r, 2, &training));
  if (oc_onnx_count(training) == 1 && !training->whole[0]) return OC_OK;
  if (!oc_onnx_input(r, 1)) return oc_onnx_unsupported(r, "training_mode");
  TRY(oc_onnx_need_real(r, 1, &ratio));
  const bool none = oc_onnx_count(ratio) == 1 && ratio->real[0] == 0;
  return none ? OC_OK : oc_onnx_unsupported(r, "training_mode");
}

/* All elements are kept. */
static oc_status give_mask(oc_onnx_reader *r) {
  const oc_onnx_value *x = oc_onnx_input(r, 0);
  oc_onnx_value mask = {.shape = x->shape};
  void *room;
  if (r->node->n_output < 2 || oc_onnx_is_batched(x)) return OC_OK;
  TRY(oc_onnx_take_room(r, &mask.shape, sizeof(int64_t), &room));
  for (int64_t i = 0, n = oc_onnx_count(&mask); i < n; i++) ((int64_t *)room)[i] = 1;
  mask.whole = room;
  return oc_onnx_give_at(r, 1, &mask);
}

oc_status oc_onnx_read_Dropout(oc_onnx_reader *r) {
  int64_t test;
  TRY(oc_onnx_only(r, (const char *const[]){"is_test", "ratio", "seed", NULL}));
  TRY(oc_onnx_get_int(r, "is_test", 0, &test)); /* of opset 6 */
  if (r->opset < 7 && !test) return oc_onnx_unsupported(r, "training_mode");
  TRY(check_training(r));
  TRY(pass(r));
  return give_mask(r);
}

/* ---- softmax ------------------------------------------------------------------------------------------- */

/* Before opset 13 all axes from `axis` on count as one. */
static bool is_one_axis(const oc_onnx_reader *r, const oc_onnx_value *x, int axis) {
  for (int i = axis + 1; r->opset < 13 && i < x->shape.rank; i++)
    if (x->shape.dim[i] != 1) return false;
  return true;
}

static oc_status of_many_axes(oc_onnx_reader *r, const oc_onnx_value *x, int axis, function *f) {
  oc_graph *g = r->out->g;
  oc_shape two = OC_SHAPE(1, 1);
  oc_node in;
  if (oc_onnx_is_batched(x) && axis != 1) return oc_onnx_unsupported(r, "axis %d with others after it", axis);
  for (int i = 0; i < x->shape.rank; i++) two.dim[i < axis ? 0 : 1] *= x->shape.dim[i]; /* the batch is -1 */
  TRY(oc_onnx_plain(r, x, &in));
  return oc_onnx_give_plain(r, oc_reshape(g, f(g, oc_reshape(g, in, two)), x->shape));
}

static oc_status read_softmax(oc_onnx_reader *r, function *f) {
  const oc_onnx_value *x;
  oc_onnx_value like;
  int64_t given;
  int axis;
  oc_node in;
  TRY(oc_onnx_only(r, (const char *const[]){"axis", NULL}));
  TRY(oc_onnx_get_int(r, "axis", r->opset < 13 ? 1 : -1, &given));
  TRY(oc_onnx_need_node(r, 0, &x));
  TRY(oc_onnx_axis(r, given, x->shape.rank, &axis));
  if (!is_one_axis(r, x, axis)) return of_many_axes(r, x, axis, f);
  TRY(oc_onnx_axis_last(r, x, axis, &in, &like));
  return oc_onnx_give_like(r, f(r->out->g, in), &like);
}

oc_status oc_onnx_read_Softmax(oc_onnx_reader *r) {
  return read_softmax(r, oc_softmax);
}
oc_status oc_onnx_read_LogSoftmax(oc_onnx_reader *r) {
  return read_softmax(r, oc_log_softmax);
}
