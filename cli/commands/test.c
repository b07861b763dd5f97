/* test.c: `ocellus test`: how good a model is, with how far that can be trusted. */
#include "core/command.h"
#include "core/data.h"
#include "core/images.h"
#include "commands/answers.h"
#include "commands/scores.h"
#include "commands/test_data.h"
#include "commands/threshold.h"
#include "core/target.h"
#include "core/tta.h"
#include "ocellus/tta.h"
#include <string.h>

enum {
  OPTION_SPLIT = CLI_COMMON_COUNT,
  OPTION_VALID,
  OPTION_TTA,
  OPTION_THRESHOLD_FOR,
  OPTION_SAVE,
  OPTION_THREADS,
  OPTION_JSON,
};

static const char *const splits[] = {"test", "valid", "train", "all", NULL};

static const cli_option options[] = {
    CLI_COMMON_OPTIONS,
    [OPTION_SPLIT] = {.name = "split",
                      .kind = CLI_CHOICE,
                      .value = "SPLIT",
                      .fallback = "test",
                      .choices = splits,
                      .help = "split of DATA to measure; all: every image of data without a test set of "
                              "its own, none of which the model was trained on"},
    [OPTION_VALID] = {.name = "valid",
                      .kind = CLI_TEXT,
                      .value = "SPLIT",
                      .help = "validation split, as in `ocellus train`",
                      .usual = "as the model's training run split its data"},
    [OPTION_TTA] = CLI_TTA_ROW,
    [OPTION_THRESHOLD_FOR] = {.name = "threshold-for",
                              .kind = CLI_REAL,
                              .value = "FRACTION",
                              .low = 0,
                              .above = true,
                              .high = 1,
                              .help =
                                  "find the lowest probability of answers of which this fraction is right, "
                                  "on the validation set unless --split is given"},
    [OPTION_SAVE] = {.name = "save",
                     .kind = CLI_TEXT,
                     .value = "FILE",
                     .help = "write a copy of the model that has the threshold of --threshold-for"},
    [OPTION_THREADS] = CLI_THREADS_ROW("number of worker threads"),
    [OPTION_JSON] = {.name = "json", .help = "print a JSON object"},
};

static const char *const examples[] = {
    "ocellus test run-1 mnist",
    "ocellus test run-1 mnist --split valid --json",
    "ocellus test run-1 mnist --tta shift",
    "ocellus test run-1 digits:100:500",
    "ocellus test run-1 mnist --threshold-for 0.99 --save sure.safetensors",
    NULL,
};

static const char text[] =
    "Measures MODEL (a run folder or a .safetensors file) on the whole test set of DATA (see "
    "`ocellus help data`). Prints the accuracy with its 95% interval (Wilson), the mean "
    "loss, and the precision, recall and F1 of each class. The confusion matrix follows "
    "(rows are the truth, columns the predictions). If there are too many classes for the "
    "width, it lists the most frequent errors instead. --json has everything. Images of another size are "
    "fitted as those of the training were (see `ocellus show MODEL`).\n\n"
    "Data without a test set was divided when the model was trained on it (see --test of `ocellus train`): "
    "tested are the images that the training never saw. Other data of this kind is a test set as a whole: "
    "--split all.\n\n"
    "With --threshold-for 0.99, it also finds the lowest probability such that 99% of the answers with at "
    "least "
    "that are right. A model with such a threshold marks the other answers as unknown.";

/* The threshold is found on other images than a test has. */
static const char *split_of(const cli_call *call) {
  const cli_value *split = cli_get(call, OPTION_SPLIT);
  return !split->given && cli_get(call, OPTION_THRESHOLD_FOR)->given ? "valid" : split->text;
}

static oc_status report(const cli_call *call, oc_model *model, const oc_dataset *set, cli_scores *scores,
                        oc_error *err) {
  const cli_value *precision = cli_get(call, OPTION_THRESHOLD_FOR);
  const char *save = cli_get(call, OPTION_SAVE)->text;
  oc_threshold found;
  if (precision->given) {
    CLI_TRY(cli_threshold_find(model, set, precision->real, save, &found, err));
    scores->threshold = &found;
  }
  if (cli_get(call, OPTION_JSON)->given) return cli_scores_json(scores, err);
  cli_scores_print(scores, &call->out);
  if (precision->given) cli_threshold_print(&found, save, call->out.stream);
  return OC_OK;
}

static oc_status evaluate(const cli_call *call, oc_model *model, const oc_data *data, oc_error *err) {
  const char *split = split_of(call);
  const oc_dataset *set = cli_test_set(data, split);
  oc_evaluation e = {0};
  if (!set)
    return cli_fail(err, OC_E_DATA, cli_operand(call, 1),
                    "Choose the images with --split test, valid or train; or all, if it is other data than "
                    "that of the training.",
                    "has no %s set", split);
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
  const oc_status status = report(call, model, set, &scores, err);
  oc_evaluation_release(&e);
  return status;
}

/* ---- the command --------------------------------------------------------------------------------------- */

/* The program's data has labels, which cannot be compared with other outputs. */
static oc_status check_model(const oc_model *model, const char *name, oc_error *err) {
  if (cli_answers_one_class(model)) return OC_OK;
  return cli_fail(err, OC_E_UNSUPPORTED, name,
                  "Evaluate it with the library (oc_model_evaluate), on data with its targets.",
                  "the model does not predict one class, which labels need");
}

static oc_status check_threshold(const cli_call *call, oc_error *err) {
  if (!cli_get(call, OPTION_THRESHOLD_FOR)->given)
    return cli_no_effect(call, OPTION_SAVE, "without --threshold-for", err);
  CLI_TRY(cli_no_effect(call, OPTION_TTA, "with --threshold-for, which answers each image once", err));
  return cli_threshold_check(cli_get(call, OPTION_SAVE)->text, err);
}

static oc_status cmd_test(const cli_call *call, oc_error *err) {
  const cli_value *threads = cli_get(call, OPTION_THREADS);
  oc_model *model = NULL;
  oc_data data = {0};
  const char *split = split_of(call);
  if (strcmp(split, "test") == 0) CLI_TRY(cli_no_effect(call, OPTION_VALID, "on the test set", err));
  if (strcmp(split, "all") == 0) CLI_TRY(cli_no_effect(call, OPTION_VALID, "on all images", err));
  CLI_TRY(check_threshold(call, err));
  CLI_TRY(cli_model_load(cli_operand(call, 0), threads->given ? (int)threads->whole : 0, &model, err));
  oc_status status = check_model(model, cli_operand(call, 0), err);
  const cli_test_data what = {cli_operand(call, 1), split, cli_get(call, OPTION_VALID)->text};
  if (status == OC_OK) status = cli_test_data_open(call, model, &what, &data, err);
  if (status == OC_OK) status = evaluate(call, model, &data, err);
  oc_data_close(&data);
  oc_model_free(model);
  return status;
}

CLI_COMMAND(test, .summary = "measure a model on labeled images", .operands = "MODEL DATA", .least = 2,
            .most = 2, .text = text, .options = options, .option_count = CLI_OPTION_COUNT(options),
            .examples = examples, .run = cmd_test);
