/* plan.c: `ocellus plan`: how a step is computed. */
#include "core/command.h"
#include "core/page.h"
#include "core/target.h"
#include <string.h>

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
                      .help = "maximum number of images per step"},
    [OPTION_INFERENCE] = {.name = "inference", .help = "print the plan for prediction instead of training"},
    [OPTION_INPUT] = CLI_INPUT_ROW,
    [OPTION_CLASSES] = CLI_CLASSES_ROW,
    [OPTION_THREADS] = CLI_THREADS_ROW("number of worker threads"),
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
    "Prints the plan of a training step (or of a prediction) without computing it. Each step "
    "shows its kernel and why better kernels were refused. The plan also shows the chunks of "
    "the batch, FLOPs, bytes, and the position of each tensor in memory.\n\n"
    "For comparisons, the environment variable OCELLUS_CPU caps the instruction set. "
    "OCELLUS_REFUSE excludes kernels whose names contain one of its words (separated by "
    "commas). Both work in every command and change the bits of the results.";

/* On a terminal, breaks a long line and keeps its indent. */
static void print_line(void *context, const char *line) {
  char indent[32];
  const size_t blanks = strspn(line, " ");
  snprintf(indent, sizeof indent, "%*s", (int)(blanks < 24 ? blanks : 24), "");
  cli_page_labeled(context, indent, line + strlen(indent));
}

/* 0: all processors. */
static int threads_of(const cli_call *call) {
  const cli_value *threads = cli_get(call, OPTION_THREADS);
  return threads->given ? (int)threads->whole : 0;
}

static oc_status plan_model(const cli_call *call, bool training, int64_t batch, oc_error *err) {
  oc_model *m = NULL;
  CLI_TRY(cli_no_effect(call, OPTION_INPUT, "on a model, which has its own", err));
  CLI_TRY(cli_no_effect(call, OPTION_CLASSES, "on a model, which has its own", err));
  CLI_TRY(cli_model_load(cli_operand(call, 0), threads_of(call), &m, err));
  const oc_status status = oc_model_plan(m, training, batch, print_line, (void *)(uintptr_t)&call->out, err);
  oc_model_free(m);
  return status;
}

static oc_status plan_net(const cli_call *call, bool training, int64_t batch, oc_error *err) {
  oc_session_options session = oc_session_defaults();
  oc_network n;
  CLI_TRY(cli_network_read(cli_operand(call, 0), cli_get(call, OPTION_INPUT)->text,
                           cli_get(call, OPTION_CLASSES)->whole, &n, err));
  session.threads = threads_of(call);
  n.session = &session;
  return oc_network_plan(&n, training, batch, print_line, (void *)(uintptr_t)&call->out, err);
}

static oc_status cmd_plan(const cli_call *call, oc_error *err) {
  const bool training = !cli_get(call, OPTION_INFERENCE)->given;
  const int64_t batch = cli_get(call, OPTION_BATCH)->whole;
  const bool model = cli_names_model(cli_operand(call, 0));
  return (model ? plan_model : plan_net)(call, training, batch, err);
}

CLI_COMMAND(plan, .summary = "print the plan of a network: kernels, memory, order", .operands = "MODEL|NET",
            .least = 1, .most = 1, .text = text, .options = options,
            .option_count = CLI_OPTION_COUNT(options), .examples = examples, .run = cmd_plan);
