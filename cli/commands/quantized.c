/* quantized.c: see quantized.h. */
#include "commands/quantized.h"
#include "core/data.h"
#include "core/images.h"
#include "core/json.h"
#include <math.h>

oc_status cli_quantized_create(const cli_call *call, const oc_model *m, oc_int8_model **out, oc_error *err) {
  const cli_value *name = cli_get(call, CLI_EXPORT_CALIBRATE),
                  *count = cli_get(call, CLI_EXPORT_CALIBRATE_COUNT);
  oc_data_options how = oc_data_defaults();
  oc_preprocessing rule;
  oc_data data = {0};
  *out = NULL;
  if (!name->given)
    return cli_fail(err, OC_E_ARGUMENT, "--calibrate", "Give images as the model was trained on.",
                    "must be given");
  how.preprocessing = cli_model_rule(m, &rule);
  how.valid = "0";
  CLI_TRY(cli_data_open(call, name->text, &how, &data, err));
  const oc_status status = oc_model_quantize(m, cli_data_any(&data), count->whole, out, err);
  oc_data_close(&data);
  return status;
}

/* ---- the table ----------------------------------------------------------------------------------------- */

static double share(int64_t part, const oc_int8_report *r) {
  return (double)part / (double)r->images;
}

void cli_quantized_print(const oc_int8_model *q, FILE *out) {
  const oc_int8_report r = oc_int8_report_of(q);
  oc_int8_layer_report l;
  fprintf(out, "%-32s  %-24s  %20s\n", "layer", "operations", "signal-to-noise (dB)");
  for (int i = 0; oc_int8_layer_at(q, i, &l); i++)
    fprintf(out, "%-32.32s  %-24.24s  %20.1f\n", CLI_SHOWN(l.name), l.operations, l.signal_to_noise);
  fprintf(out, "\nCalibrated on %lld image%s", (long long)r.images, r.images == 1 ? "" : "s");
  if (r.labeled)
    fprintf(out, ": accuracy %.4f in float32, %.4f in int8", share(r.float_correct, &r),
            share(r.int8_correct, &r));
  fputs("\n\n", out);
}

static json_t *layer_json(const oc_int8_layer_report *l) {
  return json_pack("{s:o, s:s, s:o, s:o, s:i}", "name", cli_json_text(l->name), "operations", l->operations,
                   "signal_to_noise", cli_json_real(l->signal_to_noise), "scale", cli_json_real(l->scale),
                   "zero", l->zero);
}

json_t *cli_quantized_json(const oc_int8_model *q) {
  const oc_int8_report r = oc_int8_report_of(q);
  const bool l = r.labeled;
  json_t *layers = json_array();
  oc_int8_layer_report row;
  for (int i = 0; oc_int8_layer_at(q, i, &row); i++) (void)json_array_append_new(layers, layer_json(&row));
  return json_pack("{s:I, s:o, s:o, s:o}", "images", (json_int_t)r.images, "float_accuracy",
                   cli_json_real(l ? share(r.float_correct, &r) : NAN), "int8_accuracy",
                   cli_json_real(l ? share(r.int8_correct, &r) : NAN), "layers", layers);
}
