/* export_int8.c: `ocellus export --to int8`. */
#include "commands/quantized.h"

static oc_status export_int8(const cli_call *call, oc_model *m, oc_error *err) {
  const cli_value *out = cli_get(call, CLI_EXPORT_OUT);
  oc_int8_model *q;
  if (!out->given)
    return cli_fail(err, OC_E_ARGUMENT, "--out", "Use, for example, -o model-int8.safetensors.",
                    "must be given");
  CLI_TRY(cli_export_may_write(call, out->text, err));
  CLI_TRY(cli_quantized_create(call, m, &q, err));
  const oc_status status = oc_int8_save(q, out->text, err);
  if (status == OC_OK) cli_quantized_print(q, call->out.stream);
  oc_int8_free(q);
  return status;
}

static const int taken[] = {CLI_EXPORT_OUT, CLI_EXPORT_FORCE, CLI_EXPORT_CALIBRATE,
                            CLI_EXPORT_CALIBRATE_COUNT, 0};

CLI_EXPORT_TARGET(int8, .options = taken, .run = export_int8);
