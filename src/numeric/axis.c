/* axis.c: computes one direction of a sliding window: the kind and amount of padding, and the output
 * length. */
#include "numeric/axis.h"
#include "base/checked.h"
#include "base/error.h"
#include <stdio.h>
#define LL(x) ((long long)(x))

static const char where[] = "window";

const char *oc_convolve_mode_name(oc_convolve_mode mode) {
  static const char *const names[] = {"default", "full", "same", "valid", "tf-same", "explicit"};
  return (unsigned)mode < sizeof names / sizeof names[0] ? names[mode] : "?";
}

const char *oc_boundary_name(oc_boundary boundary) {
  static const char *const names[] = {"zero", "wrap", "symmetric"};
  return (unsigned)boundary < sizeof names / sizeof names[0] ? names[boundary] : "?";
}

static int64_t remainder_of(int64_t i, int64_t n) {
  const int64_t r = i % n;
  return r < 0 ? r + n : r;
}

int64_t oc_boundary_index(oc_boundary boundary, int64_t i, int64_t n) {
  if (i >= 0 && i < n) return i;
  if (boundary == OC_BOUNDARY_WRAP) return remainder_of(i, n);
  if (boundary != OC_BOUNDARY_SYMMETRIC) return -1;
  const int64_t r = remainder_of(i, 2 * n); /* there and back again */
  return r < n ? r : 2 * n - 1 - r;
}

oc_status oc_axis_expect(const char *what, const char *of, int64_t value, int64_t least, oc_error *err) {
  if (value >= least && value <= OC_AXIS_MAX) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, where, "", "%s %lld%s%s is out of range: %lld to %lld", what, LL(value),
                 *of ? " of the " : "", of, LL(least), LL(OC_AXIS_MAX));
}

oc_status oc_axis_begin(oc_convolve_axis *a, const char *of, oc_error *err) {
  if (a->size < 1 || a->kernel < 1)
    return oc_fail(err, OC_E_ARGUMENT, where, "Give it at least one number.", "%s is empty%s%s",
                   a->size < 1 ? "the input" : "the kernel", *of ? ": it has no " : "", of);
  TRY(oc_axis_expect("input size", of, a->size, 1, err));
  TRY(oc_axis_expect("kernel size", of, a->kernel, 1, err));
  TRY(oc_axis_expect("stride", of, a->stride, 1, err));
  TRY(oc_axis_expect("dilation", of, a->dilation, 1, err));
  a->extent = (a->kernel - 1) * a->dilation + 1;
  return OC_OK;
}

void oc_axis_pad_tf_same(oc_convolve_axis *a) {
  const int64_t out = oc_ceil_div(a->size, a->stride);
  const int64_t total = oc_max_i64((out - 1) * a->stride + a->extent - a->size, 0);
  a->before = total / 2;
  a->after = total - total / 2;
}

oc_status oc_axis_pad(oc_convolve_axis *a, int64_t before, int64_t after, const char *of, oc_error *err) {
  TRY(oc_axis_expect("padding", of, before, 0, err));
  TRY(oc_axis_expect("padding", of, after, 0, err));
  a->before = before;
  a->after = after;
  return OC_OK;
}

oc_status oc_axis_finish(oc_convolve_axis *a, const char *of, oc_error *err) {
  const int64_t padded = a->size + a->before + a->after;
  if (a->extent <= padded) {
    a->out = (padded - a->extent) / a->stride + 1;
    return OC_OK;
  }
  char spread[96] = "";
  if (a->dilation > 1)
    snprintf(spread, sizeof spread, " (%lld with dilation %lld)", LL(a->kernel), LL(a->dilation));
  return oc_fail(
      err, OC_E_ARGUMENT, where,
      a->dilation > 1 ? "Use a smaller dilation or more padding." : "Use a smaller kernel or more padding.",
      "the kernel covers %lld%s%s%s, more than the padded input's %lld + %lld + %lld = %lld", LL(a->extent),
      *of ? " " : "", of, spread, LL(a->before), LL(a->size), LL(a->after), LL(padded));
}

void oc_axis_taps(const oc_convolve_axis *a, int64_t out, int64_t *first, int64_t *end) {
  const int64_t from = out * a->stride - a->before; /* where tap 0 lies */
  *first = 0;
  *end = a->kernel;
  if (a->boundary != OC_BOUNDARY_FILL) return;
  if (from < 0) *first = oc_min_i64(oc_ceil_div(-from, a->dilation), a->kernel);
  const int64_t left = a->size - from; /* elements from tap 0 to the end of x */
  *end = left <= 0 ? *first : oc_max_i64(*first, oc_min_i64(a->kernel, oc_ceil_div(left, a->dilation)));
}

void oc_convolve_uses(const oc_convolve_axis *a, int64_t *counts) {
  if (!a || !counts) return;
  for (int64_t i = 0; i < a->size; i++) counts[i] = 0;
  for (int64_t out = 0; out < a->out; out++) {
    int64_t first, end;
    oc_axis_taps(a, out, &first, &end);
    for (int64_t tap = first; tap < end; tap++) counts[oc_axis_index(a, out, tap)]++;
  }
}

oc_status oc_axis_countable(const char *what, const int64_t *sizes, int count, oc_error *err) {
  int64_t bytes = (int64_t)sizeof(double);
  for (int i = 0; i < count; i++)
    if (!oc_mul_i64(bytes, sizes[i], &bytes))
      return oc_fail(err, OC_E_ARGUMENT, where, "Use smaller sizes.",
                     "%s is too large for memory: %lld times more at axis %d", what, LL(sizes[i]), i + 1);
  return OC_OK;
}
