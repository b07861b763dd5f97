/* axis.h: shares code of convolution and pooling for one direction, and for counting elements. */
#ifndef OC_NUMERIC_AXIS_H
#define OC_NUMERIC_AXIS_H
#include "ocellus/convolve.h"

/* Largest size, stride, dilation or padding: products of two, and sums of those, never overflow. */
#define OC_AXIS_MAX ((int64_t)1 << 30)

/* OC_E_ARGUMENT unless least <= value <= OC_AXIS_MAX: "stride 0 of the rows is out of range: 1 to ..". `of`
 * may be "". */
oc_status oc_axis_expect(const char *what, const char *of, int64_t value, int64_t least, oc_error *err);
/* Checks size, kernel, stride and dilation and sets the extent. */
oc_status oc_axis_begin(oc_convolve_axis *a, const char *of, oc_error *err);
/* TensorFlow's SAME, after oc_axis_begin. */
void oc_axis_pad_tf_same(oc_convolve_axis *a);
/* Checks padding as given. */
oc_status oc_axis_pad(oc_convolve_axis *a, int64_t before, int64_t after, const char *of, oc_error *err);
/* Computes the output length; OC_E_ARGUMENT if the kernel is longer than the padded x. */
oc_status oc_axis_finish(oc_convolve_axis *a, const char *of, oc_error *err);
/* OC_E_ARGUMENT if sizes[0] * ... * sizes[count-1] doubles are more than memory can hold. */
oc_status oc_axis_countable(const char *what, const int64_t *sizes, int count, oc_error *err);
/* Taps first..end-1 of the kernel that meet an element at position `out`, for OC_BOUNDARY_FILL; all for other
 * boundaries. A window may be far larger than what it covers. */
void oc_axis_taps(const oc_convolve_axis *a, int64_t out, int64_t *first, int64_t *end);
/* The element at position `out`, tap `tap` of the kernel; -1: fill. */
static inline int64_t oc_axis_index(const oc_convolve_axis *a, int64_t out, int64_t tap) {
  return oc_boundary_index(a->boundary, out * a->stride + tap * a->dilation - a->before, a->size);
}

#endif
