/* test.c: `ocellus test`: how good a model is, with how far that can be trusted. */
#include "core/command.h"
#include "core/json.h"
#include "commands/scores.h"
#include "commands/split.h"
#include "core/target.h"
#include <string.h>

enum {
  OPTION_PART = CLI_COMMON_COUNT,
  OPTION_VALID,
  OPTION_THREADS,
  OPTION_JSON,
};

static const char *const parts[] = {"test", "valid", "train", NULL};

static const cli_option options[] = {
    CLI_COMMON_OPTIONS,
    [OPTION_PART] = {.name = "part",
                     .kind = CLI_CHOICE,
                     .value = "PART",
                     .fallback = "test",
                     .choices = parts,
                     .help = "which images of DATA"},
    [OPTION_VALID] = {.name = "valid",
                      .kind = CLI_TEXT,
                      .value = "SPLIT",
                      .help =
                          "as in `ocellus train`; if not given, as the model's own training split its data"},
    [OPTION_THREADS] = CLI_THREADS_ROW("all processors if not given"),
    [OPTION_JSON] = {.name = "json", .help = "print a JSON object"},
};

static const char *const examples[] = {
    "ocellus test run-1 mnist",
    "ocellus test run-1 mnist --part valid --json",
    "ocellus test run-1 digits:100:500",
    NULL,
};

static const char text[] = "MODEL is a run folder or a .safetensors file; for DATA see `ocellus help data`. "
                           "Prints the accuracy on the whole "
                           "test part with its 95 % interval (Wilson), the mean loss, precision, recall and "
                           "F1 of each class, and which class "
                           "was taken for which (rows are the truth, columns the answers). If there are too "
                           "many classes for the width, the "
                           "most frequent mistakes are listed instead; --json has everything.";

static oc_dataset *part_of(const oc_data *data, const char *part) {
  if (strcmp(part, "train") == 0) return data->train;
  return strcmp(part, "valid") == 0 ? data->valid : data->test;
}

static oc_status evaluate(const cli_call *call, oc_model *model, const oc_data *data, oc_error *err) {
  const char *part = cli_get(call, OPTION_PART)->text;
  const oc_dataset *set = part_of(data, part);
  oc_evaluation e = {0};
  if (!set)
    return cli_fail(err, OC_E_DATA, cli_operand(call, 1),
                    "Choose the images with --part test, valid or train.", "has no %s set", part);
  CLI_TRY(oc_model_evaluate(model, set, &e, err));
  cli_scores scores = {.model = model,
                       .evaluation = &e,
                       .model_name = cli_operand(call, 0),
                       .data_name = cli_operand(call, 1),
                       .part = part};
  oc_status status = OC_OK;
  if (cli_get(call, OPTION_JSON)->given)
    status = cli_scores_json(&scores, err);
  else
    cli_scores_print(&scores, &call->out);
  oc_evaluation_release(&e);
  return status;
}

/* NULL: the model does not say. */
static const char *recorded_split(const oc_model *model, char split[CLI_SPLIT_MAX]) {
  const char *recorded = oc_model_metadata(model, "provenance");
  json_t *facts = recorded ? cli_json_parse(recorded, strlen(recorded), NULL) : NULL;
  const bool known = cli_split_recorded(facts, split);
  json_decref(facts);
  return known ? split : NULL;
}

static oc_status cmd_test(const cli_call *call, oc_error *err) {
  const cli_value *threads = cli_get(call, OPTION_THREADS), *valid = cli_get(call, OPTION_VALID);
  oc_data_options data_options = oc_data_defaults();
  oc_model *model = NULL;
  oc_data data = {0};
  const bool on_test = strcmp(cli_get(call, OPTION_PART)->text, "test") == 0;
  char split[CLI_SPLIT_MAX];
  if (on_test) CLI_TRY(cli_no_effect(call, OPTION_VALID, "on the test part", err));
  CLI_TRY(cli_model_load(cli_operand(call, 0), threads->given ? (int)threads->whole : 0, &model, err));
  data_options.valid = on_test ? "0" : valid->given ? valid->text : recorded_split(model, split);
  oc_status status = cli_split_named(oc_data_open(cli_operand(call, 1), &data_options, &data, err), err);
  if (status == OC_OK) status = evaluate(call, model, &data, err);
  oc_data_close(&data);
  oc_model_free(model);
  return status;
}

CLI_COMMAND(test, .summary = "measure a model on images with labels", .operands = "MODEL DATA", .least = 2,
            .most = 2, .text = text, .options = options, .option_count = CLI_OPTION_COUNT(options),
            .examples = examples, .run = cmd_test);
