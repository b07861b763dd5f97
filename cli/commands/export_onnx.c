/* export_onnx.c: `ocellus export --to onnx`. */
#include "commands/export.h"

static oc_status export_onnx(const cli_call *call, oc_model *m, oc_error *err) {
  const cli_value *out = cli_get(call, CLI_EXPORT_OUT);
  oc_onnx_export_options options = oc_onnx_export_defaults();
  options.opset = (int)cli_get(call, CLI_EXPORT_OPSET)->whole;
  if (!out->given)
    return cli_fail(err, OC_E_ARGUMENT, "--out", "Use, for example, -o model.onnx.", "must be given");
  CLI_TRY(cli_export_may_write(call, out->text, err));
  return oc_model_export_onnx(m, out->text, &options, err);
}

static const int taken[] = {CLI_EXPORT_OUT, CLI_EXPORT_FORCE, CLI_EXPORT_OPSET, 0};

CLI_EXPORT_TARGET(onnx, .options = taken, .run = export_onnx);
