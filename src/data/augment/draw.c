/* draw.c: what several transforms draw. */
#include "data/augment/transform.h"
#include <math.h>

bool oc_draw_factor(oc_random *r, const double *values, oc_image_shape shape, double *drawn) {
  (void)shape;
  drawn[0] = oc_random_range(r, 1 - values[0], 1 + values[0]);
  return true;
}

bool oc_draw_chance(oc_random *r, const double *values, oc_image_shape shape, double *drawn) {
  (void)shape, (void)drawn;
  return oc_random_unit(r) < values[0];
}

/* The logarithm of a number with the distribution Gamma(a, 1), by Marsaglia and Tsang, "A Simple Method for
 * Generating Gamma Variables" (2000), as numbers of a small `a` are too near to 0 for a double. */
static double draw_log_gamma(oc_random *r, double a) {
  if (a < 1) return draw_log_gamma(r, a + 1) + log(1 - oc_random_unit(r)) / a;
  const double d = a - 1.0 / 3, c = 1 / sqrt(9 * d);
  for (;;) {
    const double x = oc_random_normal(r), t = 1 + c * x, v = t * t * t;
    const double u = oc_random_unit(r);
    if (t > 0 && log(u) < x * x / 2 + d - d * v + d * log(v)) return log(d * v);
  }
}

/* Of two such numbers x and y, x / (x + y). */
double oc_draw_share(oc_random *r, double alpha) {
  const double x = draw_log_gamma(r, alpha), y = draw_log_gamma(r, alpha);
  return 1 / (1 + exp(y - x));
}
