/* int8_round.c: makes whole numbers of real ones. */
#include "export/int8/int8.h"
#include <math.h>

enum { LOWEST = -128, HIGHEST = 127 };

void oc_int8_multiplier(double factor, int32_t *multiplier, int8_t *shift) {
  int exponent;
  if (!isfinite(factor)) factor = factor < 0 ? -0x1p31 : 0x1p31; /* more than any shift */
  int64_t fraction = llround(frexp(factor, &exponent) * 2147483648.0);
  if (fraction == INT64_C(1) << 31) {
    fraction /= 2;
    exponent++;
  }
  if (exponent < -31) fraction = exponent = 0;
  if (exponent > 30) {
    fraction = fraction < 0 ? INT32_MIN : INT32_MAX;
    exponent = 30;
  }
  *multiplier = (int32_t)fraction;
  *shift = (int8_t)exponent;
}

void oc_int8_set_multiplier(const oc_int8_layer *l, int64_t i, double factor) {
  oc_int8_multiplier(factor, l->own_multipliers + i, l->own_shifts + i);
}

int8_t oc_int8_round(double value, float scale, int zero) {
  const double q = round(value / (double)scale) + zero;
  return (int8_t)(q < LOWEST ? LOWEST : q > HIGHEST ? HIGHEST : q);
}
