/* conv.h: declares the parts of `ocellus conv`: its options, reading them, and the additions of some of
 * them. */
#ifndef OC_CLI_CONV_H
#define OC_CLI_CONV_H
#include "core/command.h"
#include "lecture/convolution.h"
#include "lecture/slide_command.h"

enum {
  OPTION_X = CLI_COMMON_COUNT,
  OPTION_W,
  OPTION_BACKGROUND,
  OPTION_KERNEL,
  OPTION_MODE,
  OPTION_PAD,
  OPTION_STRIDE,
  OPTION_DILATION,
  OPTION_BOUNDARY,
  OPTION_FILL,
  OPTION_CORRELATE,
  OPTION_BIAS,
  OPTION_ACTIVATION,
  OPTION_STEPS,
  OPTION_AT,
  OPTION_COMPARE,
  OPTION_USES,
  OPTION_SLIDE_LOOP,
  OPTION_LEVELS,
  OPTION_OUT,
  OPTION_HTML,
  OPTION_JSON,
  OPTION_QUIET,
};

/* Reads x, w and b, and how they are convolved, and refuses what would have no effect. */
oc_status cli_conv_read(const cli_call *call, cli_slide *s, oc_convolve2d_options *o, oc_error *err);

/* --uses: counts the windows that contain each value of x. */
oc_status cli_uses_print(const cli_terminal *t, const cli_slide *s, oc_error *err);
oc_status cli_uses_json(json_t *object, const cli_slide *s, oc_error *err);

/* --slide-loop: what the loop that the lecture prints for conv1d and conv2d would give. It takes len(x)/s, or
 * the number of positions, for the end of a range that already goes in steps of s. */
oc_status cli_slide_loop_check(const cli_slide *s, oc_error *err);
oc_status cli_slide_loop_print(const cli_terminal *t, const cli_slide *s, oc_error *err);
oc_status cli_slide_loop_json(json_t *object, const cli_slide *s, oc_error *err);

#endif
