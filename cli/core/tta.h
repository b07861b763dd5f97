/* tta.h: the option --tta of the commands that classify images. */
#ifndef OC_CLI_TTA_H
#define OC_CLI_TTA_H
#include "core/options.h"

extern const char *const cli_tta_choices[];
#define CLI_TTA_ROW                                                                                          \
  {                                                                                                          \
    .name = "tta", .kind = CLI_CHOICE, .value = "VIEWS", .fallback = "none", .choices = cli_tta_choices,     \
    .help = "average the probabilities of several views of each image (test-time augmentation): flip adds "  \
            "the mirror image, shift adds the image moved by 1/32 of its side to the upper left and the "    \
            "lower right, flip-shift both"                                                                   \
  }
/* The views of oc_tta_predict for one of the choices. */
unsigned cli_tta_views(const char *choice);

#endif
