/* read_composed.c: operators that become several operations: Neg, Reciprocal, Elu, Selu, Mish. */
#include "formats/onnx/onnx_reader.h"
#include <math.h>

static oc_status read_input(oc_onnx_reader *r, const char *const *attributes, const oc_onnx_value **x,
                            oc_node *in) {
  TRY(oc_onnx_only(r, attributes));
  TRY(oc_onnx_need_node(r, 0, x));
  return oc_onnx_as_it_lies(r, *x, in);
}

oc_status oc_onnx_read_Neg(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  oc_node in;
  TRY(read_input(r, (const char *const[]){NULL}, &x, &in));
  return oc_onnx_give_like(r, oc_multiply(r->out->g, in, oc_scalar(r->out->g, -1)), x);
}

oc_status oc_onnx_read_Reciprocal(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  oc_node in;
  TRY(read_input(r, (const char *const[]){NULL}, &x, &in));
  return oc_onnx_give_like(r, oc_divide(r->out->g, oc_scalar(r->out->g, 1), in), x);
}

/* gamma (max(x, 0) + alpha (exp(min(x, 0)) - 1)) (Clevert et al. 2016, Klambauer et al. 2017). */
static oc_status read_elu(oc_onnx_reader *r, const char *const *attributes, double alpha, double gamma) {
  const oc_onnx_value *x;
  oc_graph *g = r->out->g;
  oc_node in;
  TRY(read_input(r, attributes, &x, &in));
  TRY(oc_onnx_get_float(r, "alpha", alpha, &alpha));
  TRY(oc_onnx_get_float(r, "gamma", gamma, &gamma));
  const oc_node below = oc_subtract(g, oc_exp(g, oc_clip(g, in, -INFINITY, 0)), oc_scalar(g, 1));
  const oc_node sum = oc_add(g, oc_relu(g, in), oc_multiply(g, below, oc_scalar(g, alpha)));
  return oc_onnx_give_like(r, gamma == 1 ? sum : oc_multiply(g, sum, oc_scalar(g, gamma)), x);
}

oc_status oc_onnx_read_Elu(oc_onnx_reader *r) {
  return read_elu(r, (const char *const[]){"alpha", NULL}, 1, 1);
}

oc_status oc_onnx_read_Selu(oc_onnx_reader *r) {
  return read_elu(r, (const char *const[]){"alpha", "gamma", NULL}, 1.67326319217681884765625,
                  1.05070102214813232421875);
}

/* x tanh(softplus(x)) (Misra 2019). */
oc_status oc_onnx_read_Mish(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  oc_graph *g = r->out->g;
  oc_node in;
  TRY(read_input(r, (const char *const[]){NULL}, &x, &in));
  return oc_onnx_give_like(r, oc_multiply(g, in, oc_tanh(g, oc_softplus(g, in))), x);
}
