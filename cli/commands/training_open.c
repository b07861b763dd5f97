/* training_open.c: opens the training data by the options of the call, once. */
#include "commands/split.h"
#include "commands/train.h"
#include "core/data.h"
#include "core/message.h"
#include "ocellus/choose.h"
#include "ocellus/preprocess.h"
#include <jansson.h>

/* The recorded split, or that of the options. Data without a test set gets one, but not the lecture's. */
static const char *split_of(const cli_training *t, char split[CLI_SPLIT_MAX]) {
  const char *test = cli_get(t->call, CLI_TRAIN_TEST)->text;
  if (t->record) return json_string_value(json_object_get(t->record, "split"));
  if (!test && !oc_data_is_lecture(t->data_name)) test = "auto";
  return cli_split_seeded(cli_get(t->call, CLI_TRAIN_VALID)->text, test,
                          cli_get(t->call, CLI_TRAIN_SEED)->whole, split);
}

/* Leaves of the training set as many images as --per-class says. */
static oc_status take_few(cli_training *t, oc_error *err) {
  const cli_value *each = cli_get(t->call, CLI_TRAIN_PER_CLASS);
  oc_dataset *few;
  if (!each->text || !t->data.train) return OC_OK;
  CLI_TRY(oc_dataset_per_class(t->data.train, each->whole, (uint64_t)cli_get(t->call, CLI_TRAIN_SEED)->whole,
                               &few, err));
  oc_dataset_free(t->data.train);
  t->data.train = few;
  return OC_OK;
}

/* Opens the data, or gives what is open the images that the options say by now. */
static oc_status open_as(cli_training *t, oc_data_options *options, oc_error *err) {
  if (t->data.train) return options->preprocessing ? oc_data_reshape(&t->data, options, err) : OC_OK;
  CLI_TRY(cli_data_read(t->call, t->data_name, options, &t->data, err));
  return take_few(t, err);
}

oc_status cli_training_open(cli_training *t, oc_error *err) {
  oc_data_options options = oc_data_defaults();
  oc_preprocessing rule;
  bool given;
  char split[CLI_SPLIT_MAX];
  CLI_TRY(cli_train_rule(t->call, &rule, &given, err));
  if (t->from) rule = oc_model_preprocessing(t->from);
  if (given || t->from) options.preprocessing = &rule;
  options.background = cli_get(t->call, CLI_TRAIN_BACKGROUND)->text;
  options.valid = split_of(t, split);
  CLI_TRY(cli_split_named(open_as(t, &options, err), err));
  if (t->data.train) return OC_OK;
  return cli_fail(err, OC_E_DATA, t->data_name, "See its content with `ocellus show`.",
                  "has no training set");
}

oc_status cli_training_note(cli_training *t, oc_error *err) {
  const cli_value *each = cli_get(t->call, CLI_TRAIN_PER_CLASS);
  cli_data_note(t->call, t->data_name, &t->data);
  if (!each->text) return OC_OK;
  oc_choose_options described = oc_choose_defaults();
  CLI_TRY(oc_choose_describe(t->data.train, &described, err));
  if (described.smallest < each->whole)
    cli_note(&t->call->err, t->call->command->name,
             "the smallest class has %lld training images, fewer than --per-class %lld",
             (long long)described.smallest, (long long)each->whole);
  return OC_OK;
}
