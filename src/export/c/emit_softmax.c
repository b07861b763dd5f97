/* emit_softmax.c: writes softmax along the last axis, shifted by the largest number, so that no power
 * overflows. */
#include "export/c/c_emit.h"

static void softmax_body(oc_c_text *t, const oc_c_network *n, const oc_c_step *s) {
  const oc_shape *x = &s->info->out[0].shape;
  const long long size = x->dim[x->rank - 1], count = n->values[s->out].count;
  oc_c_put(t, "  for (int i = 0; i < %lld; i += %lld) {\n", count, size);
  oc_c_put(t, "    float most = in0[i], sum = 0.0f;\n");
  oc_c_put(t, "    for (int k = 1; k < %lld; k++)\n      if (in0[i + k] > most) most = in0[i + k];\n", size);
  oc_c_put(t, "    for (int k = 0; k < %lld; k++) {\n      y[i + k] = expf(in0[i + k] - most);\n", size);
  oc_c_put(t, "      sum += y[i + k];\n    }\n");
  oc_c_put(t, "    for (int k = 0; k < %lld; k++) y[i + k] /= sum;\n  }\n", size);
}

OC_C_EMITTER(softmax, .in_place = true, .math = true, .body = softmax_body);
