/* import.c: `ocellus import`: makes a model's file of an ONNX file of another program, with what that lacks:
 * how images become the input, and the names of the classes. */
#include "core/command.h"
#include "core/images.h"
#include "core/target.h"
#include "ocellus/rule.h"
#include <stdlib.h>
#include <string.h>

enum {
  OPTION_OUT = CLI_COMMON_COUNT,
  OPTION_CLASSES,
  OPTION_WHITE,
  OPTION_MEAN,
  OPTION_DEVIATION,
  OPTION_BGR,
  OPTION_RESIZE,
  OPTION_FORCE,
};
enum { CHANNELS_MAX = 3 };

static const char *const ways[] = {"pad", "crop", "stretch", NULL};

static const cli_option options[] = {
    CLI_COMMON_OPTIONS,
    [OPTION_OUT] = {.name = "out",
                    .letter = 'o',
                    .kind = CLI_TEXT,
                    .value = "FILE",
                    .help = "file of the model to write, such as model.safetensors"},
    [OPTION_CLASSES] = {.name = "classes",
                        .kind = CLI_TEXT,
                        .value = "FILE",
                        .usual = "0, 1, 2 and so on",
                        .help =
                            "text file with the name of a class on each line, in the order of the output"},
    [OPTION_WHITE] = {.name = "white",
                      .kind = CLI_REAL,
                      .value = "X",
                      .fallback = "1",
                      .low = 0,
                      .above = true,
                      .high = 65535,
                      .help = "what a white pixel is, in the numbers of --mean and --deviation: 1 or 255"},
    [OPTION_MEAN] = {.name = "mean",
                     .kind = CLI_TEXT,
                     .value = "X[,X,X]",
                     .usual = "0",
                     .help = "what is subtracted from pixels: one number, or one for each channel"},
    [OPTION_DEVIATION] = {.name = "deviation",
                          .kind = CLI_TEXT,
                          .value = "X[,X,X]",
                          .usual = "1",
                          .help = "what pixels are divided by afterwards, in the same way"},
    [OPTION_BGR] = {.name = "bgr", .help = "the network takes blue before green before red"},
    [OPTION_RESIZE] = {.name = "resize",
                       .kind = CLI_CHOICE,
                       .value = "HOW",
                       .choices = ways,
                       .usual = "pad for gray, crop for color",
                       .help = "how images of another aspect ratio get the size: pad (whole, with a border), "
                               "crop (the largest part from the center) or stretch"},
    [OPTION_FORCE] = {.name = "force", .letter = 'f', .help = "replace what is there already"},
};

static const char *const examples[] = {
    "ocellus import resnet18.onnx --classes imagenet.txt --mean 0.485,0.456,0.406 "
    "--deviation 0.229,0.224,0.225 -o resnet18.safetensors",
    "ocellus import mobilenet.onnx --white 255 --mean 127.5 --deviation 127.5 -o mobilenet.safetensors",
    "ocellus train photos --from resnet18.safetensors",
    NULL,
};

static const char text[] =
    "Makes a model of FILE, an ONNX file of another program, for all other commands. Such a file does not "
    "say "
    "how images become its input. Options do: each pixel becomes (pixel * white / 255 - mean) / deviation, "
    "for pixels of 0 to 255. At least one of --white, --mean and --deviation must be given.\n\n"
    "Files of PyTorch's torchvision have --mean 0.485,0.456,0.406 --deviation 0.229,0.224,0.225, as a rule. "
    "A "
    "network that takes pixels of 0 to 255 as they are has --white 255. docs/onnx.md lists what is read.\n\n"
    "A file that `ocellus export --to onnx` wrote has all this, and is a model without import. Then only "
    "--classes changes something.";

/* 1 to CHANNELS_MAX numbers with commas between them; 0: something else. */
static int read_numbers(const char *list, double out[CHANNELS_MAX]) {
  int count = 0;
  for (const char *at = list; count < CHANNELS_MAX;) {
    char *end;
    if (!strchr("0123456789.", *at) || !*at) return 0;
    out[count++] = strtod(at, &end);
    if (end == at || (*end && *end != ',')) return 0;
    if (!*end) return count;
    at = end + 1;
  }
  return 0;
}

static oc_status read_list(const cli_call *call, int option, const char *name, double out[CHANNELS_MAX],
                           int *count, oc_error *err) {
  const cli_value *v = cli_get(call, option);
  *count = v->given ? read_numbers(v->text, out) : 0;
  if (!v->given || *count == 1 || *count == CHANNELS_MAX) return OC_OK;
  return cli_fail(err, OC_E_ARGUMENT, name, "Write, for example, 0.485,0.456,0.406.",
                  "must be one number or three, with commas between them, got '%.60s'", v->text);
}

/* Both lists with as many numbers. */
static void spread(double *list, int *count, int numbers) {
  for (int i = *count; *count == 1 && i < numbers; i++) list[i] = list[0];
  if (*count) *count = numbers;
}

static oc_status set_rule(const cli_call *call, oc_model *m, oc_error *err) {
  oc_rule_options o = oc_rule_defaults();
  double mean[CHANNELS_MAX] = {0}, deviation[CHANNELS_MAX] = {0};
  int means, deviations;
  CLI_TRY(read_list(call, OPTION_MEAN, "--mean", mean, &means, err));
  CLI_TRY(read_list(call, OPTION_DEVIATION, "--deviation", deviation, &deviations, err));
  o.numbers = means > deviations ? means : deviations;
  spread(mean, &means, o.numbers);
  spread(deviation, &deviations, o.numbers);
  if (means) o.mean = mean;
  if (deviations) o.deviation = deviation;
  o.white = cli_get(call, OPTION_WHITE)->real;
  o.bgr = cli_get(call, OPTION_BGR)->given;
  o.resize = cli_resize_mode(cli_get(call, OPTION_RESIZE)->text);
  return oc_model_set_rule(m, &o, err);
}

/* What a model that has a rule does not need. */
static oc_status check_needless(const cli_call *call, oc_error *err) {
  for (int option = OPTION_WHITE; option <= OPTION_RESIZE; option++)
    CLI_TRY(cli_no_effect(call, option, "on a file that has its rule for images", err));
  return OC_OK;
}

static oc_status complete(const cli_call *call, oc_model *m, oc_error *err) {
  const cli_value *classes = cli_get(call, OPTION_CLASSES);
  const char *path = cli_operand(call, 0);
  const bool numbers = cli_get(call, OPTION_WHITE)->given || cli_get(call, OPTION_MEAN)->given ||
                       cli_get(call, OPTION_DEVIATION)->given;
  if (oc_model_has_rule(m))
    CLI_TRY(check_needless(call, err));
  else if (!numbers)
    return cli_fail(err, OC_E_ARGUMENT, path,
                    "Give --white 255 if it takes pixels of 0 to 255, --white 1 if of 0 to 1, and --mean and "
                    "--deviation if it was trained with them.",
                    "the file does not say how pixels become its input");
  else
    CLI_TRY(set_rule(call, m, err));
  return classes->given ? oc_model_load_class_names(m, classes->text, err) : OC_OK;
}

static oc_status check_place(const cli_call *call, const cli_value *out, oc_error *err) {
  if (!out->given)
    return cli_fail(err, OC_E_ARGUMENT, "--out", "Use, for example, -o model.safetensors.", "must be given");
  if (cli_get(call, OPTION_FORCE)->given || !(cli_is_file(out->text) || cli_is_folder(out->text)))
    return OC_OK;
  return cli_fail(err, OC_E_CANT_CREATE, out->text, "Choose another name, or use --force.", "already exists");
}

static oc_status cmd_import(const cli_call *call, oc_error *err) {
  const cli_value *out = cli_get(call, OPTION_OUT);
  oc_model *m = NULL;
  CLI_TRY(check_place(call, out, err));
  CLI_TRY(cli_model_load(cli_operand(call, 0), 0, &m, err));
  oc_status status = complete(call, m, err);
  if (status == OC_OK) status = oc_model_save(m, out->text, err);
  oc_model_free(m);
  return status;
}

CLI_COMMAND(import, .summary = "make a model of an ONNX file of another program", .operands = "FILE",
            .least = 1, .most = 1, .text = text, .options = options,
            .option_count = CLI_OPTION_COUNT(options), .examples = examples, .run = cmd_import);
