/* read_gelu.c: gelu(x) = x (1 + erf(x / sqrt 2)) / 2, which files before opset 20 spell out: Mul or Div, Erf,
 * Add, and two Muls, the last ones in any order. The steps are followed from value to value. */
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

static bool is(const char *type, const char *what) {
  return strcmp(type, what) == 0;
}

static void note(oc_onnx_reader *r, oc_onnx_step step, const oc_onnx_value *x) {
  oc_onnx_value *y = oc_onnx_value_find(r, r->node->output[0]);
  y->step = step;
  y->of = x;
}

oc_status oc_onnx_read_Erf(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  oc_node in;
  TRY(oc_onnx_only(r, (const char *const[]){NULL}));
  TRY(oc_onnx_need_node(r, 0, &x));
  TRY(oc_onnx_as_it_lies(r, x, &in));
  TRY(oc_onnx_give_like(r, oc_graph_add(r->out->g, OC_OP(r->out->g, erf), &in, 1, NULL), x));
  if (x->step == OC_ONNX_SCALED && close_to(x->factor, sqrt(0.5))) note(r, OC_ONNX_ERF, x->of);
  return OC_OK;
}

/* Which of a and b is this step; NULL: none. */
static const oc_onnx_value *step_of(oc_onnx_step step, const oc_onnx_value *a, const oc_onnx_value *b) {
  return a->step == step ? a : b->step == step ? b : NULL;
}

/* x of a product that is gelu(x); NULL: it is none. */
static const oc_onnx_value *end_of(const char *type, const oc_onnx_value *a, const oc_onnx_value *b) {
  const oc_onnx_value *twice = step_of(OC_ONNX_TWICE_GELU, a, b), *sum = step_of(OC_ONNX_ERF_PLUS_1, a, b);
  double scalar;
  if (twice && is(type, "Div"))
    return twice == a && scalar_of(b, &scalar) && close_to(scalar, 2) ? a->of : NULL;
  if (!is(type, "Mul")) return NULL;
  if (twice) return scalar_of(twice == a ? b : a, &scalar) && close_to(scalar, 0.5) ? twice->of : NULL;
  const oc_onnx_value *half = sum == a ? b : a;
  return sum && half->step == OC_ONNX_SCALED && half->of == sum->of && close_to(half->factor, 0.5) ? sum->of
                                                                                                   : NULL;
}

oc_status oc_onnx_gelu_end(oc_onnx_reader *r, const char *type, const oc_onnx_value *a,
                           const oc_onnx_value *b, bool *done) {
  const oc_onnx_value *x = end_of(type, a, b);
  oc_node in;
  *done = x != NULL;
  if (!x) return OC_OK;
  TRY(oc_onnx_as_it_lies(r, x, &in));
  return oc_onnx_give_like(r, oc_gelu(r->out->g, in), x);
}

void oc_onnx_gelu_note(oc_onnx_reader *r, const char *type, const oc_onnx_value *a, const oc_onnx_value *b) {
  const oc_onnx_value *erf = step_of(OC_ONNX_ERF, a, b), *sum = step_of(OC_ONNX_ERF_PLUS_1, a, b);
  double scalar;
  if (erf && is(type, "Add") && scalar_of(erf == a ? b : a, &scalar) && scalar == 1)
    note(r, OC_ONNX_ERF_PLUS_1, erf->of);
  if (sum && is(type, "Mul") && (sum == a ? b : a) == sum->of) note(r, OC_ONNX_TWICE_GELU, sum->of);
}
