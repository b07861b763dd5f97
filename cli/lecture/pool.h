/* pool.h: declares the parts of `ocellus pool`. */
#ifndef OC_CLI_POOL_H
#define OC_CLI_POOL_H
#include "core/command.h"
#include "lecture/slide_command.h"

enum {
  OPTION_X = CLI_COMMON_COUNT,
  OPTION_BACKGROUND,
  OPTION_KIND,
  OPTION_SIZE,
  OPTION_STRIDE,
  OPTION_MODE,
  OPTION_PAD,
  OPTION_STEPS,
  OPTION_AT,
  OPTION_SHIFT,
  OPTION_BESIDE,
  OPTION_OUT,
  OPTION_HTML,
  OPTION_JSON,
  OPTION_QUIET,
};

oc_status cli_pool(const cli_array *x, const oc_pool2d_options *o, oc_convolve_axis axes[2], cli_array *y,
                   oc_error *err);

/* --shift: what changes, before and after pooling, when x moves by one in each direction. */
oc_status cli_pool_shift_print(const cli_terminal *t, const cli_slide *s, const oc_pool2d_options *o,
                               oc_error *err);
oc_status cli_pool_shift_json(json_t *object, const cli_slide *s, const oc_pool2d_options *o, oc_error *err);
/* Reads the input of --beside: OC_E_ARGUMENT unless it has the size of x. */
oc_status cli_pool_beside_read(const cli_slide *s, const char *what, const char *background, cli_array *other,
                               oc_error *err);
/* Compares x with the input of the option `--beside`, before and after pooling. */
oc_status cli_pool_beside_print(const cli_terminal *t, const cli_slide *s, const oc_pool2d_options *o,
                                const cli_array *other, oc_error *err);
oc_status cli_pool_beside_json(json_t *object, const cli_slide *s, const oc_pool2d_options *o,
                               const cli_array *other, oc_error *err);

#endif
