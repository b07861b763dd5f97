/* export.h: `ocellus export MODEL --to TARGET`. A target is one file that ends in CLI_EXPORT_TARGET and a row
 * in export_targets.def. */
#ifndef OC_CLI_EXPORT_H
#define OC_CLI_EXPORT_H
#include "core/command.h"
#include "ocellus/export.h"

/* The options of all targets. */
enum {
  CLI_EXPORT_TO = CLI_COMMON_COUNT,
  CLI_EXPORT_OUT,
  CLI_EXPORT_FORCE,
  CLI_EXPORT_OPSET,
  CLI_EXPORT_PREFIX,
  CLI_EXPORT_SELFTEST,
  CLI_EXPORT_MAX_INPUT,
  CLI_EXPORT_INT8,
  CLI_EXPORT_CALIBRATE,
  CLI_EXPORT_CALIBRATE_COUNT,
  CLI_EXPORT_JSON,
  CLI_EXPORT_COUNT,
};

typedef struct cli_export_target {
  const char *name;
  const int *options; /* those of the options above that it takes besides --to, closed by 0 */
  oc_status (*run)(const cli_call *call, oc_model *m, oc_error *err);
} cli_export_target;

#define CLI_EXPORT_TARGET(id, ...)                                                                           \
  extern const cli_export_target cli_export_target_##id;                                                     \
  const cli_export_target cli_export_target_##id = {.name = #id, __VA_ARGS__}

/* export_file.c: OC_E_CANT_CREATE if there is something at `path` already, unless --force is given. */
oc_status cli_export_may_write(const cli_call *call, const char *path, oc_error *err);

#endif
