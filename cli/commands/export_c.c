/* export_c.c: `ocellus export --to c`. */
#include "commands/export.h"
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

static oc_status export_c(const cli_call *call, oc_model *m, oc_error *err) {
  const cli_value *out = cli_get(call, CLI_EXPORT_OUT);
  oc_c_export_options options = oc_c_export_defaults();
  oc_c_export_figures figures;
  char folder[64];
  options.prefix = cli_get(call, CLI_EXPORT_PREFIX)->text;
  options.self_test = cli_get(call, CLI_EXPORT_SELFTEST)->given;
  options.replace = cli_get(call, CLI_EXPORT_FORCE)->given;
  CLI_TRY(read_sides(cli_get(call, CLI_EXPORT_MAX_INPUT), &options, err));
  (void)snprintf(folder, sizeof folder, "%.50s-c", options.prefix);
  const char *path = out->given ? out->text : folder;
  CLI_TRY(cli_export_may_write(call, path, err));
  CLI_TRY(oc_model_export_c(m, path, &options, &figures, err));
  print_done(call, path, options.prefix, &figures);
  return OC_OK;
}

static const int taken[] = {CLI_EXPORT_OUT,      CLI_EXPORT_FORCE,     CLI_EXPORT_PREFIX,
                            CLI_EXPORT_SELFTEST, CLI_EXPORT_MAX_INPUT, 0};

CLI_EXPORT_TARGET(c, .options = taken, .run = export_c);
