/* run_tensors.c: figures of a tensor, and the difference of two. */
#include "commands/run_tensors.h"
#include <math.h>

static double element(const oc_tensor *t, int64_t i) {
  return t->dtype == OC_F32 ? (double)((const float *)t->data)[i] : (double)((const int64_t *)t->data)[i];
}

oc_status cli_tensor_figures_of(const oc_tensor *t, cli_tensor_figures *out, oc_error *err) {
  double sum = 0;
  *out = (cli_tensor_figures){.least = INFINITY, .most = -INFINITY};
  CLI_TRY(oc_shape_count(&t->shape, 1, &out->count, err));
  for (int64_t i = 0; i < out->count; i++) {
    const double value = element(t, i);
    if (!isfinite(value)) {
      out->not_finite++;
      continue;
    }
    out->least = fmin(out->least, value);
    out->most = fmax(out->most, value);
    sum += value;
  }
  const int64_t finite = out->count - out->not_finite;
  out->mean = finite ? sum / (double)finite : NAN;
  if (!finite) out->least = out->most = NAN;
  return OC_OK;
}

/* Equal infinities and two NaN are as expected. */
static double difference(double got, double expected, bool relative) {
  if (got == expected || (isnan(got) && isnan(expected))) return 0;
  if (!isfinite(got) || !isfinite(expected)) return INFINITY;
  return fabs(got - expected) / (relative ? fmax(1, fabs(expected)) : 1);
}

/* Of element `i`. Integers are not compared as double, which has 53 bits. */
static double difference_at(const oc_tensor *got, const oc_tensor *expected, int64_t i) {
  if (got->dtype == OC_F32) return difference(element(got, i), element(expected, i), true);
  if (((const int64_t *)got->data)[i] == ((const int64_t *)expected->data)[i]) return 0;
  return fmax(1, difference(element(got, i), element(expected, i), false));
}

oc_status cli_tensor_compare(const oc_tensor *got, const oc_tensor *expected, const char *where,
                             cli_tensor_difference *out, oc_error *err) {
  char a[192], b[192];
  int64_t count;
  *out = (cli_tensor_difference){0};
  if (got->dtype != expected->dtype || !oc_shape_equal(&got->shape, &expected->shape))
    return cli_fail(err, OC_E_DATA, where, "Compare a result with what was computed for the same input.",
                    "expected %s %s, got %s %s", oc_dtype_name(expected->dtype),
                    oc_shape_text(&expected->shape, a, sizeof a), oc_dtype_name(got->dtype),
                    oc_shape_text(&got->shape, b, sizeof b));
  CLI_TRY(oc_shape_count(&got->shape, 1, &count, err));
  for (int64_t i = 0; i < count; i++) {
    const double apart = difference_at(got, expected, i);
    if (apart > out->largest) *out = (cli_tensor_difference){apart, i, element(got, i), element(expected, i)};
  }
  return OC_OK;
}

const char *cli_tensor_index(const oc_shape *shape, int64_t at, char text[192]) {
  int64_t index[OC_MAX_RANK];
  int used = snprintf(text, 192, "[");
  for (int i = shape->rank - 1; i >= 0; at /= shape->dim[i--]) index[i] = at % shape->dim[i];
  for (int i = 0; i < shape->rank; i++)
    used += snprintf(text + used, 192 - (size_t)used, "%s%lld", i ? "," : "", (long long)index[i]);
  (void)snprintf(text + used, 192 - (size_t)used, "]");
  return text;
}
