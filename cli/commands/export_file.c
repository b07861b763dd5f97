/* export_file.c: protects what is there already. */
#include "commands/export.h"
#include "core/target.h"

oc_status cli_export_may_write(const cli_call *call, const char *path, oc_error *err) {
  if (cli_get(call, CLI_EXPORT_FORCE)->given || !(cli_is_file(path) || cli_is_folder(path))) return OC_OK;
  return cli_fail(err, OC_E_CANT_CREATE, path, "Choose another name, or use --force.", "already exists");
}
