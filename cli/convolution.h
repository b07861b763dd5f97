/* convolution.h: convolving what array.h reads, and setting two ways of it side by side. */
#ifndef OC_CLI_CONVOLUTION_H
#define OC_CLI_CONVOLUTION_H
#include "slide.h"

/* Each plane of x with the kernel w. `line`: in one dimension, with stride[1], dilation[1], pad[2] and pad[3] of the
 * options; axes[0] has then one place. The caller releases *y. */
oc_status cli_convolve(const cli_array *x, const cli_array *w, bool line,
                       const oc_convolve2d_options *options, oc_convolve_axis axes[2], cli_array *y,
                       oc_error *err);

/* True convolution beside cross-correlation, and "same" beside TensorFlow's, as text or, with `object`, as members of
 * it. */
oc_status cli_compare_print(const cli_terminal *t, const cli_slide *s, oc_error *err);
oc_status cli_compare_json(json_t *object, const cli_slide *s, oc_error *err);

#endif
