/* read_gelu.c: gelu(x) = x (1 + erf(x / sqrt 2)) / 2, which files before opset 20 spell out: Mul or Div, Erf,
 * Add, and two Muls, the last ones in any order. The steps are followed from value to value; there is no
 * operation for erf alone. */
#include "formats/onnx/onnx_reader.h"
#include <math.h>
#include <string.h>

static bool close_to(double a, double b) {
  return fabs(a - b) < 1e-5;
}

static bool scalar_of(const oc_onnx_value *v, double *out) {
  if (!v->real || oc_onnx_count(v) != 1) return false;
  *out = (double)v->real[0];
  return true;
}

/* Step `step` of `x`: a value that only a later step may read. */
static oc_status give_step(oc_onnx_reader *r, oc_onnx_step step, const oc_onnx_value *x) {
  oc_onnx_value v = *x;
  v.step = step;
  v.of = x;
  v.weight = false;
  return oc_onnx_give(r, &v);
}

static oc_status give_gelu(oc_onnx_reader *r, const oc_onnx_value *x, bool *done) {
  oc_node in;
  *done = true;
  TRY(oc_onnx_as_it_lies(r, x, &in));
  return oc_onnx_give_like(r, oc_gelu(r->out->g, in), x);
}

oc_status oc_onnx_read_Erf(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  TRY(oc_onnx_only(r, (const char *const[]){NULL}));
  TRY(oc_onnx_need_node(r, 0, &x));
  if (x->step == OC_ONNX_SCALED && close_to(x->factor, sqrt(0.5))) return give_step(r, OC_ONNX_ERF, x->of);
  return oc_onnx_unsupported(r, "Erf outside of Gelu");
}

/* A step times a scalar or plus one. */
static oc_status with_scalar(oc_onnx_reader *r, const char *type, const oc_onnx_value *v, double scalar,
                             bool *done) {
  const bool add = strcmp(type, "Add") == 0;
  if (v->step == OC_ONNX_ERF && add && scalar == 1) {
    *done = true;
    return give_step(r, OC_ONNX_ERF_PLUS_1, v->of);
  }
  const double factor = strcmp(type, "Div") == 0 ? 1 / scalar : scalar;
  return v->step == OC_ONNX_TWICE_GELU && !add && close_to(factor, 0.5) ? give_gelu(r, v->of, done) : OC_OK;
}

oc_status oc_onnx_gelu_step(oc_onnx_reader *r, const char *type, const oc_onnx_value *a,
                            const oc_onnx_value *b, bool *done) {
  double scalar;
  *done = false;
  if (scalar_of(b, &scalar)) return with_scalar(r, type, a, scalar, done);
  if (scalar_of(a, &scalar)) return strcmp(type, "Div") == 0 ? OC_OK : with_scalar(r, type, b, scalar, done);
  if (strcmp(type, "Mul") != 0) return OC_OK;
  const oc_onnx_value *erf = a->step == OC_ONNX_ERF_PLUS_1 ? a : b, *x = erf == a ? b : a;
  if (erf->step != OC_ONNX_ERF_PLUS_1) return OC_OK;
  if (x->step == OC_ONNX_SCALED && x->of == erf->of && close_to(x->factor, 0.5))
    return give_gelu(r, x->of, done);
  if (x != erf->of) return OC_OK;
  *done = true;
  return give_step(r, OC_ONNX_TWICE_GELU, x);
}
