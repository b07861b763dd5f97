/* int8_pair.c: sums, differences and products of two tensors of one shape, or of one with a number for each
 * channel, or with one number. A difference is a sum whose second multiplier is negative. */
#include "export/int8/int8.h"
#include <math.h>
#include <string.h>

/* Sums are computed with 20 bits more. */
enum { EXTRA_BITS = 20, MULTIPLIERS = 3 };

static oc_status sum_quantize(oc_int8_network *q, oc_int8_layer *l, oc_error *err) {
  const double a = (double)q->values[l->x].scale, b = (double)q->values[l->x2].scale;
  const double unit = 2 * fmax(a, b), sign = strcmp(l->step->info->op->name, "subtract") == 0 ? -1 : 1;
  TRY(oc_int8_reserve(q, l, err));
  oc_int8_set_multiplier(l, 0, a / unit);
  oc_int8_set_multiplier(l, 1, sign * b / unit);
  oc_int8_set_multiplier(l, 2, ldexp(unit / (double)q->values[l->inner].scale, -EXTRA_BITS));
  return oc_int8_set_results(q, l, err);
}

static oc_status product_quantize(oc_int8_network *q, oc_int8_layer *l, oc_error *err) {
  const double a = (double)q->values[l->x].scale, b = (double)q->values[l->x2].scale;
  TRY(oc_int8_reserve(q, l, err));
  oc_int8_set_multiplier(l, 0, a * b / (double)q->values[l->inner].scale);
  return oc_int8_set_results(q, l, err);
}

/* How the second input, of `count` numbers, is repeated. */
static oc_status set_second(oc_int8_layer *l, int64_t count, oc_error *err) {
  layer *c = &l->code;
  const int64_t all = (int64_t)c->oh * c->ow * c->oc;
  if ((int64_t)c->ih * c->iw * c->ic != all)
    return oc_int8_refuse(l->step, "its first input is the smaller one", err);
  if (count != all && count != c->oc && count != 1)
    return oc_int8_refuse(l->step, "its second input is neither of the first one's shape nor of its channels",
                          err);
  c->x2_pixel = count == all ? c->oc : 0;
  c->x2_channel = count > 1;
  return OC_OK;
}

static oc_status pair_make(oc_int8_network *q, oc_int8_kind kind, const oc_c_step *s, oc_error *err) {
  oc_int8_layer *l = oc_int8_add(q, kind, s);
  if (!l) return oc_fail_memory(err, sizeof *l);
  TRY(oc_int8_take(q, l, 0, err));
  TRY(oc_int8_take(q, l, 1, err));
  l->channels = kind == OC_INT8_add ? MULTIPLIERS : 1;
  l->quantize = kind == OC_INT8_add ? sum_quantize : product_quantize;
  l->in_place = true;
  TRY(set_second(l, q->steps.values[s->in[1]].count, err));
  return oc_int8_activate(q, l, err);
}

static oc_status sum_make(oc_int8_network *q, const oc_c_step *s, oc_error *err) {
  return pair_make(q, OC_INT8_add, s, err);
}
static oc_status product_make(oc_int8_network *q, const oc_c_step *s, oc_error *err) {
  return pair_make(q, OC_INT8_multiply, s, err);
}

OC_INT8_OP(add, sum_make);
OC_INT8_OP(subtract, sum_make);
OC_INT8_OP(multiply, product_make);
OC_INT8_OP(channel_scale, product_make);
