/* int8_softmax.c: softmax. Its results have the scale 1/256 and the zero point -128. */
#include "export/int8/int8.h"
#include <math.h>

/* Differences get 26 bits after the point; those below -31 count as nothing. */
enum { BITS = 26, INTEGER_MOST = 31, LOWEST_DIFFERENCE = -256 };

static oc_status softmax_quantize(oc_int8_network *q, oc_int8_layer *l, oc_error *err) {
  const double scale = (double)q->values[l->x].scale;
  TRY(oc_int8_reserve(q, l, err));
  oc_int8_set_multiplier(l, 0, fmin(fmax(ldexp(scale, BITS), 1), 2147483647.0));
  const double least = -floor(ldexp(INTEGER_MOST, BITS - l->code.shifts[0]));
  l->code.low = (int16_t)fmax(least, LOWEST_DIFFERENCE);
  return OC_OK;
}

static oc_status softmax_make(oc_int8_network *q, const oc_c_step *s, oc_error *err) {
  oc_int8_layer *l = oc_int8_add(q, OC_INT8_softmax, s);
  if (!l) return oc_fail_memory(err, sizeof *l);
  TRY(oc_int8_take(q, l, 0, err));
  if (l->code.oh != 1 || l->code.ow != 1) return oc_int8_refuse(s, "it is not one of all numbers", err);
  l->channels = 1;
  l->quantize = softmax_quantize;
  oc_int8_bound(q, l->y, 0, 255.0 / 256);
  return OC_OK;
}

OC_INT8_OP(softmax, softmax_make);
