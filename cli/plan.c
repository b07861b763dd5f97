/* plan.c: `ocellus plan`: how a step is computed. */
#include "command.h"
#include "target.h"

enum {
  OPTION_BATCH = CLI_COMMON_COUNT,
  OPTION_INFERENCE,
  OPTION_INPUT,
  OPTION_CLASSES,
  OPTION_THREADS,
};

static const cli_option options[] = {
    CLI_COMMON_OPTIONS,
    [OPTION_BATCH] = {.name = "batch",
                      .kind = CLI_WHOLE,
                      .value = "N",
                      .fallback = "64",
                      .low = 1,
                      .high = 1e6,
                      .help = "most pictures of a step"},
    [OPTION_INFERENCE] = {.name = "inference", .help = "the plan for prediction instead of training"},
    [OPTION_INPUT] = CLI_INPUT_ROW,
    [OPTION_CLASSES] = CLI_CLASSES_ROW,
    [OPTION_THREADS] = CLI_THREADS_ROW("all processors if not given"),
};

static const char *const examples[] = {
    "ocellus plan lecture",
    "ocellus plan lenet5 --batch 32 --inference",
    "ocellus plan run-1",
    "OCELLUS_CPU=portable ocellus plan tiny --input 32x32x3",
    "OCELLUS_REFUSE=winograd ocellus plan lecture",
    NULL,
};

static const char text[] =
    "Prints the steps that a training step (or a prediction) is made of: the kernel "
    "of each and why a better one was "
    "refused, how the batch is cut into chunks, flops, bytes, and where in memory "
    "everything lies. Nothing is computed.\n\nFor comparisons, the environment variable OCELLUS_CPU caps the "
    "instruction set, and OCELLUS_REFUSE keeps kernels out whose names hold one of its words "
    "(separated by commas), here and in every other command; results get other bits then.";

static void print_line(void *context, const char *line) {
  fputs(line, context);
  fputc('\n', context);
}

static oc_status run(const cli_call *call, oc_error *err) {
  const char *name = cli_operand(call, 0);
  const cli_value *threads = cli_get(call, OPTION_THREADS);
  const bool is_model = cli_names_model(name);
  oc_model *m = NULL;
  if (is_model) CLI_TRY(cli_no_effect(call, OPTION_INPUT, "on a model, which knows its own", err));
  if (is_model) CLI_TRY(cli_no_effect(call, OPTION_CLASSES, "on a model, which knows its own", err));
  if (is_model)
    CLI_TRY(cli_model_load(name, threads->given ? (int)threads->whole : 0, &m, err));
  else
    CLI_TRY(cli_model_of_net(name, cli_get(call, OPTION_INPUT)->text, cli_get(call, OPTION_CLASSES)->whole,
                             &m, err));
  oc_status status = oc_model_plan(m, !cli_get(call, OPTION_INFERENCE)->given,
                                   cli_get(call, OPTION_BATCH)->whole, print_line, stdout, err);
  oc_model_free(m);
  return status;
}

CLI_COMMAND(plan, .summary = "print how a network is computed: kernels, memory, order",
            .operands = "MODEL|NET", .least = 1, .most = 1, .text = text, .options = options,
            .option_count = CLI_OPTION_COUNT(options), .examples = examples, .run = run);
