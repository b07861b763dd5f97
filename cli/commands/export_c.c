/* export_c.c: `ocellus export --to c`. */
#include "commands/quantized.h"
#include "core/json.h"
#include <stdio.h>
#include <stdlib.h>

#define SIDES "Use, for example, 640x480."

/* "640x480": width and height. */
static oc_status read_sides(const cli_value *given, oc_c_export_options *o, oc_error *err) {
  char *end = NULL;
  if (!given->given) return OC_OK;
  const char *text = given->text;
  const long width = *text >= '0' && *text <= '9' ? strtol(text, &end, 10) : 0;
  const char *rest = end && *end == 'x' && end[1] >= '0' && end[1] <= '9' ? end + 1 : NULL;
  const long height = rest ? strtol(rest, &end, 10) : 0;
  if (!rest || *end || width < 1 || height < 1 || width > OC_C_MAX_SIDE || height > OC_C_MAX_SIDE)
    return cli_fail(err, OC_E_ARGUMENT, "--max-input", SIDES, "must be WIDTHxHEIGHT, each 1 to %d, got '%s'",
                    OC_C_MAX_SIDE, text);
  o->max_width = (int)width;
  o->max_height = (int)height;
  return OC_OK;
}

static void print_done(const cli_call *call, const char *folder, const char *prefix,
                       const oc_c_export_figures *f) {
  FILE *out = call->out.stream;
  fprintf(out, "Wrote  ");
  cli_put(out, folder);
  fprintf(out, "/%s.c and %s.h\n", prefix, prefix);
  fprintf(out, "Flash  %lld bytes of weights and tables, besides code\n", (long long)f->constant_bytes);
  fprintf(out, "RAM    %lld bytes of scratch, besides the stack\n", (long long)f->scratch_bytes);
  if (f->decode_scratch_bytes)
    fprintf(out, "       (%lld of them to resize an image)\n", (long long)f->decode_scratch_bytes);
  fprintf(out, "Work   %lld multiply-adds for one image\n", (long long)f->multiply_adds);
}

static oc_status print_json(const char *folder, const oc_int8_model *q, const oc_c_export_figures *f,
                            oc_error *err) {
  json_t *o = json_pack("{s:s, s:o, s:I, s:I, s:I, s:I}", "schema", "ocellus.export/1", "folder",
                        cli_json_text(folder), "constant_bytes", (json_int_t)f->constant_bytes,
                        "scratch_bytes", (json_int_t)f->scratch_bytes, "decode_scratch_bytes",
                        (json_int_t)f->decode_scratch_bytes, "multiply_adds", (json_int_t)f->multiply_adds);
  if (q) (void)json_object_set_new(o, "int8", cli_quantized_json(q));
  return cli_json_print(o, err);
}

static oc_status report(const cli_call *call, const char *folder, const oc_int8_model *q,
                        const oc_c_export_figures *f, oc_error *err) {
  if (cli_get(call, CLI_EXPORT_JSON)->given) return print_json(folder, q, f, err);
  if (q) cli_quantized_print(q, call->out.stream);
  print_done(call, folder, cli_get(call, CLI_EXPORT_PREFIX)->text, f);
  return OC_OK;
}

/* q: the model in int8, or NULL. */
static oc_status write_c(const cli_call *call, const oc_model *m, const oc_int8_model *q, const char *path,
                         oc_error *err) {
  oc_c_export_options options = oc_c_export_defaults();
  oc_c_export_figures figures;
  options.prefix = cli_get(call, CLI_EXPORT_PREFIX)->text;
  options.self_test = cli_get(call, CLI_EXPORT_SELFTEST)->given;
  options.replace = cli_get(call, CLI_EXPORT_FORCE)->given;
  CLI_TRY(read_sides(cli_get(call, CLI_EXPORT_MAX_INPUT), &options, err));
  CLI_TRY(q ? oc_int8_export_c(q, path, &options, &figures, err)
            : oc_model_export_c(m, path, &options, &figures, err));
  return report(call, path, q, &figures, err);
}

static oc_status write_int8(const cli_call *call, const oc_model *m, const char *path, oc_error *err) {
  oc_int8_model *q;
  CLI_TRY(cli_quantized_create(call, m, &q, err));
  const oc_status status = write_c(call, m, q, path, err);
  oc_int8_free(q);
  return status;
}

static oc_status export_c(const cli_call *call, oc_model *m, oc_error *err) {
  static const int of_int8[] = {CLI_EXPORT_CALIBRATE, CLI_EXPORT_CALIBRATE_COUNT, 0};
  const cli_value *out = cli_get(call, CLI_EXPORT_OUT);
  const bool int8 = cli_get(call, CLI_EXPORT_INT8)->given;
  oc_c_export_options sides;
  char folder[64];
  if (!int8) CLI_TRY(cli_no_effects(call, of_int8, "without --int8", err));
  CLI_TRY(read_sides(cli_get(call, CLI_EXPORT_MAX_INPUT), &sides, err));
  (void)snprintf(folder, sizeof folder, "%.50s-c", cli_get(call, CLI_EXPORT_PREFIX)->text);
  const char *path = out->given ? out->text : folder;
  CLI_TRY(cli_export_may_write(call, path, err));
  return int8 ? write_int8(call, m, path, err) : write_c(call, m, NULL, path, err);
}

static const int taken[] = {CLI_EXPORT_OUT,       CLI_EXPORT_FORCE,
                            CLI_EXPORT_PREFIX,    CLI_EXPORT_SELFTEST,
                            CLI_EXPORT_MAX_INPUT, CLI_EXPORT_INT8,
                            CLI_EXPORT_CALIBRATE, CLI_EXPORT_CALIBRATE_COUNT,
                            CLI_EXPORT_JSON,      0};

CLI_EXPORT_TARGET(c, .options = taken, .run = export_c);
