/* window.h: computes sliding windows over images: padding, sizes, the elements of a window. Source: lecture,
 * "Determining the Size of the Convolutional Output"; SAME as TensorFlow defines it. */
#ifndef OC_OPS_WINDOW_H
#define OC_OPS_WINDOW_H
#include "ops/ops.h"

/* Largest kernel, stride, dilation or padding, so that products of two never overflow. */
#define OC_MAX_WINDOW ((int64_t)1 << 30)

/* Elements from the first to the last of a kernel of size k with dilation d. */
static inline int64_t oc_window_extent(int64_t k, int64_t dilation) {
  return (k - 1) * dilation + 1;
}

/* Padding of one axis in numbers: pad[0] before, pad[1] after. `size`: of the image. No padding for numbers
 * out of range, which the shape rules then refuse. */
void oc_window_padding(oc_padding mode, int64_t size, int64_t kernel, int64_t stride, int64_t dilation,
                       int64_t pad[2]);

/* Shape of y for x (n,ih,iw,ic) and w (kh,kw,ic/groups,oc), all attributes checked. `where`: for messages. */
oc_status oc_conv2d_shape(const oc_conv2d_attrs *a, const oc_shape *x, const oc_shape *w, const char *where,
                          oc_shape *y, oc_error *err);
/* Shape of y for x (n,ih,iw,c), all attributes checked. Every window then meets at least one element of x. */
oc_status oc_pool_shape(const oc_pool_attrs *a, const oc_shape *x, const char *where, oc_shape *y,
                        oc_error *err);
/* The pooling of x by a builder's options; NULL options: the defaults. False: the graph has failed.
 */
bool oc_pool_attrs_of(oc_graph *g, oc_node x, const oc_pool_options *options, const char *where,
                      oc_pool_attrs *out);
/* As oc_op.describe; `x`: shape of the images. */
void oc_describe_conv2d(const oc_conv2d_attrs *a, const oc_shape *x, const oc_attribute_sink *sink);
void oc_describe_pool(const oc_pool_attrs *a, const oc_shape *x, const oc_attribute_sink *sink);

#endif
