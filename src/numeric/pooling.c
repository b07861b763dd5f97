/* pooling.c: computes max and mean pooling by definition. Padding is never the maximum, and a mean divides by
 * the elements inside. */
#include "base/error.h"
#include "base/options.h"
#include "numeric/axis.h"
#include <math.h>

static const char *const direction[2] = {"rows", "columns"};

oc_pool2d_options oc_pool2d_defaults(void) {
  return (oc_pool2d_options){
      .struct_size = sizeof(oc_pool2d_options), .size = {2, 2}, .mode = OC_CONVOLVE_VALID};
}

static oc_pool2d_options resolve_options(const oc_pool2d_options *given) {
  oc_pool2d_options o = oc_pool2d_defaults();
  if (given) OC_OPTIONS_READ(o, given);
  if (o.mode == OC_CONVOLVE_DEFAULT) o.mode = OC_CONVOLVE_VALID;
  for (int i = 0; i < 2; i++) {
    if (!o.size[i]) o.size[i] = 2;
    if (!o.stride[i]) o.stride[i] = o.size[i];
  }
  return o;
}

static oc_status check_choices(const oc_pool2d_options *o, oc_error *err) {
  if (o->kind != OC_POOL_MAX && o->kind != OC_POOL_MEAN)
    return oc_fail(err, OC_E_ARGUMENT, "pooling", "Use OC_POOL_MAX or OC_POOL_MEAN.",
                   "unknown kind of pooling %d", (int)o->kind);
  if (o->mode != OC_CONVOLVE_VALID && o->mode != OC_CONVOLVE_TF_SAME && o->mode != OC_CONVOLVE_EXPLICIT)
    return oc_fail(err, OC_E_ARGUMENT, "pooling", "Use valid, tf-same or explicit padding.",
                   "unsupported mode for pooling: %s (%d)", oc_convolve_mode_name(o->mode), (int)o->mode);
  return OC_OK;
}

/* With less padding than the window is long, every window meets at least one element. */
static oc_status pad_explicit(oc_convolve_axis *a, const int64_t pad[2], const char *of, oc_error *err) {
  TRY(oc_axis_pad(a, pad[0], pad[1], of, err));
  if (pad[0] < a->kernel && pad[1] < a->kernel) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "pooling", "Use less padding.",
                 "padding %lld and %lld of the %s must be less than the window's %lld", (long long)pad[0],
                 (long long)pad[1], of, (long long)a->kernel);
}

oc_status oc_pool2d_axes(const oc_pool2d_sizes *s, const oc_pool2d_options *options, oc_convolve_axis axes[2],
                         oc_error *err) {
  NEED(s, axes);
  const oc_pool2d_options o = resolve_options(options);
  const int64_t size[2] = {s->rows, s->columns};
  TRY(oc_options_check(o.struct_size, sizeof o, "oc_pool2d_options", err));
  TRY(check_choices(&o, err));
  TRY(oc_axis_expect("batch", "", s->batch, 0, err));
  TRY(oc_axis_expect("number of channels", "", s->channels, 1, err));
  for (int i = 0; i < 2; i++) {
    oc_convolve_axis *a = &axes[i];
    *a = (oc_convolve_axis){.size = size[i], .kernel = o.size[i], .stride = o.stride[i], .dilation = 1};
    TRY(oc_axis_expect("window size", direction[i], a->kernel, 1, err));
    TRY(oc_axis_begin(a, direction[i], err));
    if (o.mode == OC_CONVOLVE_TF_SAME) oc_axis_pad_tf_same(a);
    if (o.mode == OC_CONVOLVE_EXPLICIT) TRY(pad_explicit(a, o.pad + 2 * i, direction[i], err));
    TRY(oc_axis_finish(a, direction[i], err));
  }
  TRY(oc_axis_countable("the input", (int64_t[]){s->rows, s->columns, s->channels, s->batch}, 4, err));
  return oc_axis_countable("the result", (int64_t[]){axes[0].out, axes[1].out, s->channels, s->batch}, 4,
                           err);
}

/* x: one channel of one image; its elements are `channels` apart. */
static double one_place(const oc_convolve_axis axes[2], const double *x, int64_t channels, oc_pool_kind kind,
                        const int64_t place[2]) {
  double sum = 0, most = -INFINITY;
  int64_t first[2], end[2];
  for (int i = 0; i < 2; i++) oc_axis_taps(&axes[i], place[i], &first[i], &end[i]);
  for (int64_t i = first[0]; i < end[0]; i++) {
    const int64_t row = oc_axis_index(&axes[0], place[0], i);
    for (int64_t j = first[1]; j < end[1]; j++) {
      const int64_t column = oc_axis_index(&axes[1], place[1], j);
      const double value = x[(row * axes[1].size + column) * channels];
      if (value > most || isnan(value)) most = value; /* nothing is greater than NaN, which so stays */
      sum += value;
    }
  }
  return kind == OC_POOL_MAX ? most : sum / (double)((end[0] - first[0]) * (end[1] - first[1]));
}

oc_status oc_pool2d(const oc_pool2d_sizes *s, const double *x, const oc_pool2d_options *options, double *y,
                    oc_error *err) {
  NEED(s, x, y);
  const oc_pool2d_options o = resolve_options(options);
  oc_convolve_axis axes[2];
  TRY(oc_pool2d_axes(s, &o, axes, err));
  for (int64_t n = 0; n < s->batch; n++, x += s->rows * s->columns * s->channels)
    for (int64_t row = 0; row < axes[0].out; row++)
      for (int64_t column = 0; column < axes[1].out; column++)
        for (int64_t c = 0; c < s->channels; c++)
          *y++ = one_place(axes, x + c, s->channels, o.kind, (int64_t[]){row, column});
  return OC_OK;
}
