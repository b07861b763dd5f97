/* test.c: `ocellus test`: how good a model is, with how far that can be trusted. */
#include "core/command.h"
#include "core/data.h"
#include "core/images.h"
#include "core/json.h"
#include "commands/answers.h"
#include "commands/scores.h"
#include "commands/split.h"
#include "core/target.h"
#include "core/tta.h"
#include "ocellus/tta.h"
#include <string.h>

enum {
  OPTION_SPLIT = CLI_COMMON_COUNT,
  OPTION_VALID,
  OPTION_TTA,
  OPTION_THREADS,
  OPTION_JSON,
};

static const char *const splits[] = {"test", "valid", "train", NULL};

static const cli_option options[] = {
    CLI_COMMON_OPTIONS,
    [OPTION_SPLIT] = {.name = "split",
                      .kind = CLI_CHOICE,
                      .value = "SPLIT",
                      .fallback = "test",
                      .choices = splits,
                      .help = "split of DATA to measure"},
    [OPTION_VALID] = {.name = "valid",
                      .kind = CLI_TEXT,
                      .value = "SPLIT",
                      .help = "validation split, as in `ocellus train`",
                      .usual = "as the model's training run split its data"},
    [OPTION_TTA] = CLI_TTA_ROW,
    [OPTION_THREADS] = CLI_THREADS_ROW("number of worker threads"),
    [OPTION_JSON] = {.name = "json", .help = "print a JSON object"},
};

static const char *const examples[] = {
    "ocellus test run-1 mnist",
    "ocellus test run-1 mnist --split valid --json",
    "ocellus test run-1 mnist --tta shift",
    "ocellus test run-1 digits:100:500",
    NULL,
};

static const char text[] =
    "Measures MODEL (a run folder or a .safetensors file) on the whole test set of DATA (see "
    "`ocellus help data`). Prints the accuracy with its 95% interval (Wilson), the mean "
    "loss, and the precision, recall and F1 of each class. The confusion matrix follows "
    "(rows are the truth, columns the predictions). If there are too many classes for the "
    "width, it lists the most frequent errors instead. --json has everything. Images of another size are "
    "fitted as those of the training were (see `ocellus show MODEL`).";

static oc_dataset *split_set(const oc_data *data, const char *split) {
  if (strcmp(split, "train") == 0) return data->train;
  return strcmp(split, "valid") == 0 ? data->valid : data->test;
}

static oc_status evaluate(const cli_call *call, oc_model *model, const oc_data *data, oc_error *err) {
  const char *split = cli_get(call, OPTION_SPLIT)->text;
  const oc_dataset *set = split_set(data, split);
  oc_evaluation e = {0};
  if (!set)
    return cli_fail(err, OC_E_DATA, cli_operand(call, 1),
                    "Choose the images with --split test, valid or train.", "has no %s set", split);
  cli_fitted fitted = {0};
  cli_fitted_add(&fitted, model, set, oc_dataset_count(set));
  cli_fitted_note(&fitted, model, call);
  const char *views = cli_get(call, OPTION_TTA)->text;
  CLI_TRY(oc_tta_evaluate(model, set, cli_tta_views(views), &e, err));
  cli_scores scores = {.model = model,
                       .evaluation = &e,
                       .model_name = cli_operand(call, 0),
                       .data_name = cli_operand(call, 1),
                       .part = split,
                       .views = views};
  oc_status status = OC_OK;
  if (cli_get(call, OPTION_JSON)->given)
    status = cli_scores_json(&scores, err);
  else
    cli_scores_print(&scores, &call->out);
  oc_evaluation_release(&e);
  return status;
}

/* Returns the split that the model's training run used, NULL if it is not recorded. */
static const char *recorded_split(const oc_model *model, char split[CLI_SPLIT_MAX]) {
  const char *recorded = oc_model_metadata(model, "provenance");
  json_t *facts = recorded ? cli_json_parse(recorded, strlen(recorded), NULL) : NULL;
  const bool known = cli_split_recorded(facts, split);
  json_decref(facts);
  return known ? split : NULL;
}

/* The program's data has labels, which cannot be compared with other outputs. */
static oc_status check_model(const oc_model *model, const char *name, oc_error *err) {
  if (cli_answers_one_class(model)) return OC_OK;
  return cli_fail(err, OC_E_UNSUPPORTED, name,
                  "Evaluate it with the library (oc_model_evaluate), on data with its targets.",
                  "the model does not predict one class, which labels need");
}

static oc_status cmd_test(const cli_call *call, oc_error *err) {
  const cli_value *threads = cli_get(call, OPTION_THREADS), *valid = cli_get(call, OPTION_VALID);
  oc_data_options data_options = oc_data_defaults();
  oc_model *model = NULL;
  oc_data data = {0};
  oc_preprocessing rule;
  const bool on_test = strcmp(cli_get(call, OPTION_SPLIT)->text, "test") == 0;
  char split[CLI_SPLIT_MAX];
  if (on_test) CLI_TRY(cli_no_effect(call, OPTION_VALID, "on the test set", err));
  CLI_TRY(cli_model_load(cli_operand(call, 0), threads->given ? (int)threads->whole : 0, &model, err));
  data_options.preprocessing = cli_model_rule(model, &rule);
  data_options.valid = on_test ? "0" : valid->given ? valid->text : recorded_split(model, split);
  oc_status status = check_model(model, cli_operand(call, 0), err);
  if (status == OC_OK)
    status = cli_split_named(cli_data_open(call, cli_operand(call, 1), &data_options, &data, err), err);
  if (status == OC_OK) status = evaluate(call, model, &data, err);
  oc_data_close(&data);
  oc_model_free(model);
  return status;
}

CLI_COMMAND(test, .summary = "measure a model on labeled images", .operands = "MODEL DATA", .least = 2,
            .most = 2, .text = text, .options = options, .option_count = CLI_OPTION_COUNT(options),
            .examples = examples, .run = cmd_test);
