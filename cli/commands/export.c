/* export.c: `ocellus export`: finds the target, loads the model and lets the target write it. */
#include "commands/export.h"
#include "core/target.h"
#include <string.h>

#define CLI_EXPORT_ROW(name) extern const cli_export_target cli_export_target_##name;
#include "commands/export_targets.def"
#undef CLI_EXPORT_ROW

static const cli_export_target *const targets[] = {
#define CLI_EXPORT_ROW(name) &cli_export_target_##name,
#include "commands/export_targets.def"
#undef CLI_EXPORT_ROW
};
enum { TARGETS = (int)(sizeof targets / sizeof *targets) };

static const char *const names[] = {
#define CLI_EXPORT_ROW(name) #name,
#include "commands/export_targets.def"
#undef CLI_EXPORT_ROW
    NULL};

static const cli_option options[] = {
    CLI_COMMON_OPTIONS,
    [CLI_EXPORT_TO] = {.name = "to",
                       .kind = CLI_CHOICE,
                       .value = "TARGET",
                       .choices = names,
                       .help = "what to write: onnx, c or int8"},
    [CLI_EXPORT_OUT] = {.name = "out",
                        .letter = 'o',
                        .kind = CLI_TEXT,
                        .value = "PATH",
                        .help = "file to write; for --to c its folder, without which that is PREFIX-c"},
    [CLI_EXPORT_FORCE] = {.name = "force", .help = "replace what is there already"},
    [CLI_EXPORT_OPSET] = {.name = "opset",
                          .kind = CLI_WHOLE,
                          .value = "N",
                          .fallback = "17",
                          .low = OC_ONNX_MIN_OPSET,
                          .high = OC_ONNX_MAX_OPSET,
                          .help = "version of ONNX's operators, for --to onnx"},
    [CLI_EXPORT_PREFIX] = {.name = "prefix",
                           .kind = CLI_TEXT,
                           .value = "NAME",
                           .fallback = "model",
                           .help = "beginning of the names of files and functions, for --to c"},
    [CLI_EXPORT_SELFTEST] = {.name = "selftest",
                             .help = "add a function that checks weights and answers, for --to c"},
    [CLI_EXPORT_MAX_INPUT] = {.name = "max-input",
                              .kind = CLI_TEXT,
                              .value = "WxH",
                              .usual = "only images of the network's size",
                              .help = "largest image that is resized to the network's size, for --to c"},
    [CLI_EXPORT_INT8] = {.name = "int8", .help = "write 8-bit numbers instead of float32, for --to c"},
    [CLI_EXPORT_CALIBRATE] = {.name = "calibrate",
                              .kind = CLI_TEXT,
                              .value = "DATA",
                              .help = "images that the ranges of 8-bit numbers are found on"},
    [CLI_EXPORT_CALIBRATE_COUNT] = {.name = "calibrate-count",
                                    .kind = CLI_WHOLE,
                                    .value = "N",
                                    .fallback = "256",
                                    .low = 1,
                                    .high = 1000000,
                                    .help = "number of these images, spread evenly over DATA"},
    [CLI_EXPORT_JSON] = {.name = "json", .help = "print a JSON object, for --to c"},
};

static const char *const examples[] = {
    "ocellus export run-1 --to onnx -o run-1.onnx",
    "ocellus export run-1 --to onnx -o run-1.onnx --opset 13 --force",
    "ocellus export run-1 --to c --prefix digits --selftest",
    "ocellus export run-1 --to c --out digits-c --max-input 640x480 --force",
    "ocellus export run-1 --to c --int8 --calibrate mnist",
    "ocellus export run-1 --to int8 --calibrate mnist -o run-1-int8.safetensors",
    NULL,
};

static const char text[] =
    "Writes a model in the format of other programs. MODEL is a run folder or a model's file. Nothing is "
    "replaced without --force, and a file is written whole or not at all.\n\n"
    "The target `onnx` writes an ONNX file for ONNX Runtime, OpenVINO and others. Its input `image` "
    "takes float32 (batch, channels, height, width): pixels of 0 to 255, as they are, because "
    "standardization is part of the graph. Its output `probabilities` has the softmax (batch, classes). "
    "Its metadata has the names of the classes and the rule by which images get the shape. The same model "
    "gives the same bytes.\n\n"
    "The target `c` writes a classifier as C99: NAME.c and NAME.h in a folder. The code calls no allocator; "
    "its "
    "weights are constants, and the caller gives it the memory that the header states. `NAME_classify` takes "
    "an image of 8-bit pixels and returns its class. The same model gives the same bytes.\n\n"
    "With --int8 it computes with whole numbers of 8 bits, as TFLite does: a quarter of the memory, and no "
    "floating point. DATA of --calibrate is read as by `ocellus test`; without labels it serves as well. "
    "The table shows how far each layer is from float32.\n\n"
    "The target `int8` writes the same network as a safetensors file, for other back ends.";

static const cli_export_target *find_target(const char *name) {
  for (int i = 0; i < TARGETS; i++)
    if (strcmp(targets[i]->name, name) == 0) return targets[i];
  return NULL;
}

static bool takes(const cli_export_target *t, int option) {
  for (const int *o = t->options; *o; o++)
    if (*o == option) return true;
  return false;
}

static oc_status check_options(const cli_call *call, const cli_export_target *t, oc_error *err) {
  char why[64];
  snprintf(why, sizeof why, "with --to %s", t->name);
  for (int option = CLI_EXPORT_TO + 1; option < CLI_EXPORT_COUNT; option++)
    if (!takes(t, option)) CLI_TRY(cli_no_effect(call, option, why, err));
  return OC_OK;
}

static oc_status cmd_export(const cli_call *call, oc_error *err) {
  const cli_value *to = cli_get(call, CLI_EXPORT_TO);
  oc_model *m = NULL;
  if (!to->given)
    return cli_fail(err, OC_E_ARGUMENT, "--to", "Use, for example, --to onnx.", "must be given");
  const cli_export_target *target = find_target(to->text);
  CLI_TRY(check_options(call, target, err));
  CLI_TRY(cli_model_load(cli_operand(call, 0), 0, &m, err));
  const oc_status status = target->run(call, m, err);
  oc_model_free(m);
  return status;
}

CLI_COMMAND(export, .summary = "write a model for other programs", .operands = "MODEL", .least = 1, .most = 1,
            .text = text, .options = options, .option_count = CLI_OPTION_COUNT(options), .examples = examples,
            .run = cmd_export);
