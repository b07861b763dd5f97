/* activation.c: computes the feature maps of a layer from the sums of a convolution. */
#include "base/error.h"
#include "base/options.h"
#include "ocellus/convolve.h"
#include <math.h>

const char *oc_activation_name(oc_activation activation) {
  static const char *const names[] = {"none", "relu", "sigmoid", "tanh"};
  return (unsigned)activation < sizeof names / sizeof names[0] ? names[activation] : "?";
}

static double activate(oc_activation activation, double a) {
  switch (activation) {
  case OC_ACTIVATION_NONE:
    break;
  case OC_ACTIVATION_RELU:
    return a > 0 || isnan(a) ? a : 0;
  case OC_ACTIVATION_SIGMOID:
    return 1 / (1 + exp(-a));
  case OC_ACTIVATION_TANH:
    return tanh(a);
  }
  return a;
}

oc_activate_options oc_activate_defaults(void) {
  return (oc_activate_options){.struct_size = sizeof(oc_activate_options)};
}

oc_status oc_convolve_activate(const double *y, int64_t places, int64_t outputs,
                               const oc_activate_options *options, double *a, double *h, oc_error *err) {
  NEED(y, a);
  oc_activate_options o = oc_activate_defaults();
  if (options) OC_OPTIONS_READ(o, options);
  TRY(oc_options_check(o.struct_size, sizeof o, "oc_activate_options", err));
  if (*oc_activation_name(o.activation) == '?')
    return oc_fail(err, OC_E_ARGUMENT, "activation", "Use a value of oc_activation.", "unknown activation %d",
                   (int)o.activation);
  if (places < 0 || outputs < 1)
    return oc_fail(err, OC_E_ARGUMENT, "activation", "",
                   "expected at least 0 positions and 1 output, got %lld and %lld", (long long)places,
                   (long long)outputs);
  for (int64_t i = 0; i < places; i++)
    for (int64_t k = 0; k < outputs; k++) {
      const int64_t n = i * outputs + k;
      a[n] = y[n] + (o.b ? o.b[k] : 0);
      if (h) h[n] = activate(o.activation, a[n]);
    }
  return OC_OK;
}
