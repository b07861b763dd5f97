/* emit_activation.c: writes functions of single numbers, by the formulas of their files in src/ops. */
#include "export/c/c_emit.h"

static void activation_body(oc_c_text *t, const oc_c_network *n, const oc_c_step *s) {
  oc_c_step own = *s;
  own.activation = s->info;
  own.expression = s->emitter->expression;
  oc_c_put(t, "  for (int i = 0; i < %lld; i++)", (long long)n->values[s->out].count);
  oc_c_put_result(t, &own, "y[i]", "in0[i]");
}

#define PLAIN(id, formula)                                                                                   \
  OC_C_EMITTER(id, .in_place = true, .expression = (formula), .body = activation_body)
#define WITH_MATH(id, formula)                                                                               \
  OC_C_EMITTER(id, .in_place = true, .math = true, .expression = (formula), .body = activation_body)

PLAIN(relu, "v <= 0.0f ? 0.0f : v");
PLAIN(relu6, "v <= 0.0f ? 0.0f : v >= 6.0f ? 6.0f : v");
PLAIN(leaky_relu, "v > 0.0f ? v : {slope} * v");
PLAIN(hard_swish, "v <= -3.0f ? 0.0f : v >= 3.0f ? v : v * (v + 3.0f) / 6.0f");
PLAIN(clip, "v < {low} ? {low} : v > {high} ? {high} : v");
WITH_MATH(sigmoid, "1.0f / (1.0f + expf(-v))");
WITH_MATH(tanh, "tanhf(v)");
WITH_MATH(gelu, "v * (0.5f * erfcf(v * -0.70710678f))");
WITH_MATH(softplus, "(v <= 0.0f ? 0.0f : v) + log1pf(expf(-fabsf(v)))");
WITH_MATH(silu, "v / (1.0f + expf(-v))");
WITH_MATH(exp, "expf(v)");
WITH_MATH(log, "logf(v)");
WITH_MATH(sqrt, "sqrtf(v)");
