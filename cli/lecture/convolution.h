/* convolution.h: convolves arrays, as a layer does, and compares two kinds of convolution. */
#ifndef OC_CLI_CONVOLUTION_H
#define OC_CLI_CONVOLUTION_H
#include "lecture/slide.h"

/* x of the slide with its kernel: each plane, or the sum over them; on a line in one dimension, with
 * stride[1], dilation[1], pad[2] and pad[3] of the options; axes[0] then has one position. The caller
 * releases *y. */
oc_status cli_convolve(const cli_slide *s, const oc_convolve2d_options *options, oc_convolve_axis axes[2],
                       cli_array *y, oc_error *err);
/* Fills a and h of a slide whose y is there. */
oc_status cli_activate(cli_slide *s, oc_error *err);

/* Compares true convolution with cross-correlation, and "same" with TensorFlow's, as text or, with `object`,
 * as members of it. */
oc_status cli_compare_print(const cli_terminal *t, const cli_slide *s, oc_error *err);
oc_status cli_compare_json(json_t *object, const cli_slide *s, oc_error *err);

#endif
