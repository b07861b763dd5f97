/* show.h: the two halves of `ocellus show`. */
#ifndef OC_CLI_SHOW_H
#define OC_CLI_SHOW_H
#include "command.h"
#include "ocellus/model.h"

enum {
  CLI_SHOW_INPUT = CLI_COMMON_COUNT,
  CLI_SHOW_CLASSES,
  CLI_SHOW_SAMPLES,
  CLI_SHOW_BACKGROUND,
  CLI_SHOW_JSON,
};

oc_status cli_show_model(const cli_call *call, const oc_model *m, oc_error *err);
/* `name` may end in [..], which says which pictures to draw. */
oc_status cli_show_data(const cli_call *call, const char *name, oc_error *err);

#endif
