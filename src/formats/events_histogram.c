/* events_histogram.c: writes a histogram of values, in buckets of equal width from the smallest to the
 * largest. */
#include "base/error.h"
#include "formats/events.h"
#include <float.h>
#include <math.h>

static double value_at(const oc_tensor *t, int64_t i) {
  switch (t->dtype) {
  case OC_F32:
    return ((const float *)t->data)[i];
  case OC_F64:
    return ((const double *)t->data)[i];
  case OC_U8:
    return ((const uint8_t *)t->data)[i];
  case OC_I32:
    return ((const int32_t *)t->data)[i];
  case OC_I64:
    return (double)((const int64_t *)t->data)[i];
  }
  return NAN;
}

static void measure(const oc_tensor *t, int64_t n, oc_histogram *h) {
  h->min = INFINITY;
  h->max = -INFINITY;
  for (int64_t i = 0; i < n; i++) {
    const double v = value_at(t, i);
    if (!isfinite(v)) continue;
    h->min = fmin(h->min, v);
    h->max = fmax(h->max, v);
    h->sum += v;
    h->sum_squares += v * v;
    h->count++;
  }
}

/* Values too close to have 64 buckets between them count as equal. */
static void make_buckets(oc_histogram *h, double *width) {
  *width = h->max / OC_HISTOGRAM_BUCKETS - h->min / OC_HISTOGRAM_BUCKETS;
  const double blur = 4 * DBL_EPSILON * fmax(fabs(h->min), fabs(h->max));
  h->buckets = *width > blur && *width >= DBL_MIN ? OC_HISTOGRAM_BUCKETS : 1;
  for (int i = 0; i < h->buckets; i++) {
    const double share = (i + 1.0) / h->buckets; /* exact, and no product overflows */
    h->limit[i] = h->min * (1 - share) + h->max * share;
  }
  h->limit[h->buckets - 1] = h->max;
}

oc_status oc_histogram_of(const oc_tensor *t, oc_histogram *h, oc_error *err) {
  int64_t n;
  double width;
  *h = (oc_histogram){0};
  TRY(oc_shape_count(&t->shape, 1, &n, err));
  measure(t, n, h);
  if (h->count == 0) {
    *h = (oc_histogram){0};
    return OC_OK;
  }
  make_buckets(h, &width);
  for (int64_t i = 0; i < n; i++) {
    const double v = value_at(t, i);
    if (!isfinite(v)) continue;
    const double place = h->buckets > 1 ? (v - h->min) / width : 0;
    h->bucket[(int)fmin(place, h->buckets - 1)]++;
  }
  return OC_OK;
}
