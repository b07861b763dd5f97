/* int8_scale.c: how real numbers become int8: q = zero + x / scale. A range of 255 steps includes 0, which is
 * exact, so that padding is. */
#include "export/int8/int8.h"
#include <math.h>

/* ---- values -------------------------------------------------------------------------------------------- */

/* The first value of a group becomes the one that all of it names. */
static void flatten_groups(oc_int8_network *q) {
  for (int32_t v = 0; v < q->steps.value_count; v++) {
    int32_t group = v;
    while (q->values[group].group != group) group = q->values[group].group;
    q->values[v].group = group;
  }
}

/* Its range becomes that of all its values, or of those that are bounded. */
static void join_ranges(oc_int8_network *q) {
  for (int32_t v = 0; v < q->steps.value_count; v++) {
    const oc_int8_value *from = &q->values[v];
    oc_int8_value *group = &q->values[from->group];
    if (!from->measured || from->bounded < group->bounded) continue;
    const bool instead = from->bounded > group->bounded;
    group->low = instead ? from->low : fmin(group->low, from->low);
    group->high = instead ? from->high : fmax(group->high, from->high);
    group->bounded = from->bounded;
  }
}

static oc_status set_scale(const oc_int8_network *q, int32_t value, oc_error *err) {
  const oc_int8_value *from = &q->values[q->values[value].group];
  oc_int8_value *v = &q->values[value];
  v->scale = (float)((from->high - from->low) / 255);
  if (!isfinite(v->scale))
    return oc_fail(err, OC_E_NOT_FINITE, q->steps.plan->values[value].name,
                   "Train the model again, with a lower learning rate.",
                   "its numbers are too large: from %g to %g", from->low, from->high);
  if (v->scale < 1e-30f) v->scale = from->high > from->low ? 1e-30f : 1; /* all are 0, or as good as that */
  v->zero = oc_int8_round(-from->low, v->scale, -128);
  return OC_OK;
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

oc_status oc_int8_quantize(oc_int8_network *q, oc_error *err) {
  flatten_groups(q);
  join_ranges(q);
  for (int32_t v = 0; v < q->steps.value_count; v++)
    if (q->values[v].measured) TRY(set_scale(q, v, err));
  for (int32_t i = 0; i < q->layer_count; i++) {
    oc_int8_layer *l = &q->layers[i];
    l->code.x_zero = (int16_t)q->values[l->x].zero;
    l->code.y_zero = (int16_t)q->values[l->inner].zero;
    if (l->x2 >= 0) l->code.x2_zero = (int16_t)q->values[l->x2].zero;
    TRY(l->quantize(q, l, err));
  }
  return oc_int8_set_pixels(q, err);
}
