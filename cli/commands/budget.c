/* budget.c: `ocellus budget`: what a network takes as C source, before it is trained. */
#include "core/command.h"
#include "core/page.h"
#include "core/target.h"
#include "ocellus/export.h"
#include "ocellus/int8.h"

enum { OPTION_FLASH = CLI_COMMON_COUNT, OPTION_RAM, OPTION_INPUT, OPTION_CLASSES, OPTION_INT8 };

#define MOST_BYTES 4294967296.0 /* of a microcontroller's addresses */

static const cli_option options[] = {
    CLI_COMMON_OPTIONS,
    [OPTION_FLASH] = {.name = "flash",
                      .kind = CLI_BYTES,
                      .value = "BYTES",
                      .low = 1,
                      .high = MOST_BYTES,
                      .help = "flash for weights and tables, such as 64k or 1M"},
    [OPTION_RAM] = {.name = "ram",
                    .kind = CLI_BYTES,
                    .value = "BYTES",
                    .low = 1,
                    .high = MOST_BYTES,
                    .help = "RAM for the scratch, such as 16k"},
    [OPTION_INPUT] = CLI_INPUT_ROW,
    [OPTION_CLASSES] = CLI_CLASSES_ROW,
    [OPTION_INT8] = {.name = "int8", .help = "print what 8-bit numbers take instead of float32"},
};

static const char *const examples[] = {
    "ocellus budget tiny --flash 64k --ram 48k",
    "ocellus budget 'conv 3x3x8 relu | maxpool 2 | dense CLASSES' --input 32x32x3 --flash 128k",
    "ocellus budget tiny --int8 --flash 16k --ram 8k",
    "ocellus budget run-1",
    NULL,
};

static const char text[] = "Prints what a model or a network takes as C source (`ocellus export --to c`): "
                           "bytes of weights, bytes of "
                           "memory and multiply-adds of each step. It reads a model, a preset or a net text, "
                           "which needs no training. "
                           "With --flash or --ram, it prints whether that fits. If it does not, the exit "
                           "code is 78, and the hint names "
                           "the preset with the most multiply-adds that fits.\n\n"
                           "Code, the names of classes and the stack come on top.";

typedef struct limits {
  int64_t flash, ram; /* INT64_MAX: none */
  bool int8;
} limits;

static bool fits(const oc_c_export_figures *f, const limits *l) {
  return f->constant_bytes <= l->flash && f->scratch_bytes <= l->ram;
}

static void print_steps(FILE *out, const oc_c_step_figures *steps, int count) {
  fprintf(out, "%-28s  %-30s  %12s  %12s  %14s\n", "step", "operations", "flash", "RAM", "multiply-adds");
  for (int i = 0; i < count; i++)
    fprintf(out, "%-28.28s  %-30.30s  %12lld  %12lld  %14lld\n", CLI_SHOWN(steps[i].name),
            steps[i].operations, (long long)steps[i].bytes, (long long)steps[i].scratch_bytes,
            (long long)steps[i].multiply_adds);
}

static void print_limit(FILE *out, const char *what, int64_t bytes, int64_t limit) {
  fprintf(out, "%-6s %lld bytes", what, (long long)bytes);
  if (limit != INT64_MAX)
    fprintf(out, " of %lld: %s", (long long)limit, bytes <= limit ? "fits" : "does not fit");
  fputc('\n', out);
}

static oc_status measure(const oc_model *m, const limits *l, oc_c_measure *out, oc_error *err) {
  return l->int8 ? oc_model_measure_int8(m, out, err) : oc_model_measure_c(m, out, err);
}

/* ---- the nearest preset -------------------------------------------------------------------------------- */

static oc_status measure_preset(const char *net, const oc_model *like, const limits *l,
                                oc_c_export_figures *f) {
  oc_c_measure measured = {0};
  const oc_image_shape s = oc_model_image_shape(like);
  char input[64];
  oc_model *m = NULL;
  snprintf(input, sizeof input, "%lldx%lldx%lld", (long long)s.height, (long long)s.width,
           (long long)s.channels);
  oc_status status = cli_model_of_net(net, input, oc_model_classes(like), &m, NULL);
  if (status == OC_OK) status = measure(m, l, &measured, NULL);
  *f = measured.total;
  oc_c_measure_release(&measured);
  oc_model_free(m);
  return status;
}

/* The preset with the most multiply-adds that fits; NULL if none does. */
static const char *nearest_preset(const oc_model *like, const limits *l) {
  const char *best = NULL;
  int64_t most = -1;
  for (int i = 0; oc_net_preset_name(i); i++) {
    oc_c_export_figures f;
    if (measure_preset(oc_net_preset_name(i), like, l, &f) != OC_OK || !fits(&f, l)) continue;
    if (f.multiply_adds <= most) continue;
    most = f.multiply_adds;
    best = oc_net_preset_name(i);
  }
  return best;
}

static oc_status fail_budget(const cli_call *call, const oc_model *m, const limits *l, oc_error *err) {
  const char *preset = nearest_preset(m, l);
  char hint[128];
  snprintf(hint, sizeof hint, "No preset fits: use smaller images.");
  if (preset) snprintf(hint, sizeof hint, "The preset %s fits.", preset);
  return cli_fail(err, OC_E_NET, cli_operand(call, 0), hint, "does not fit");
}

/* ---- the command --------------------------------------------------------------------------------------- */

static oc_status report(const cli_call *call, const oc_model *m, const limits *l, oc_error *err) {
  oc_c_measure measured;
  FILE *out = call->out.stream;
  CLI_TRY(measure(m, l, &measured, err));
  const oc_c_export_figures total = measured.total;
  print_steps(out, measured.steps, measured.step_count);
  oc_c_measure_release(&measured);
  fputc('\n', out);
  print_limit(out, "Flash", total.constant_bytes, l->flash);
  print_limit(out, "RAM", total.scratch_bytes, l->ram);
  fprintf(out, "%-6s %lld multiply-adds\n", "Work", (long long)total.multiply_adds);
  return fits(&total, l) ? OC_OK : fail_budget(call, m, l, err);
}

static oc_status open_model(const cli_call *call, oc_model **out, oc_error *err) {
  static const int of_networks[] = {OPTION_INPUT, OPTION_CLASSES, 0};
  const char *name = cli_operand(call, 0);
  if (!cli_names_model(name))
    return cli_model_of_net(name, cli_get(call, OPTION_INPUT)->text, cli_get(call, OPTION_CLASSES)->whole,
                            out, err);
  CLI_TRY(cli_no_effects(call, of_networks, "on a model, which has its own", err));
  return cli_model_load(name, 0, out, err);
}

static oc_status cmd_budget(const cli_call *call, oc_error *err) {
  const cli_value *flash = cli_get(call, OPTION_FLASH), *ram = cli_get(call, OPTION_RAM);
  const limits l = {flash->given ? flash->whole : INT64_MAX, ram->given ? ram->whole : INT64_MAX,
                    cli_get(call, OPTION_INT8)->given};
  oc_model *m = NULL;
  CLI_TRY(open_model(call, &m, err));
  const oc_status status = report(call, m, &l, err);
  oc_model_free(m);
  return status;
}

CLI_COMMAND(budget, .summary = "print what a network takes as C source", .operands = "MODEL|NET", .least = 1,
            .most = 1, .text = text, .options = options, .option_count = CLI_OPTION_COUNT(options),
            .examples = examples, .run = cmd_budget);
