/* training_open.c: opens the training data by the options of the call, once. */
#include "commands/split.h"
#include "commands/train.h"
#include "core/data.h"
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

/* Opens the data, or gives what is open the images that the options say by now. */
static oc_status open_as(cli_training *t, oc_data_options *options, oc_error *err) {
  if (!t->data.train) return cli_data_read(t->call, t->data_name, options, &t->data, err);
  return options->preprocessing ? oc_data_reshape(&t->data, options, err) : OC_OK;
}

oc_status cli_training_open(cli_training *t, oc_error *err) {
  oc_data_options options = oc_data_defaults();
  oc_preprocessing rule;
  bool given;
  char split[CLI_SPLIT_MAX];
  CLI_TRY(cli_train_rule(t->call, &rule, &given, err));
  if (given) options.preprocessing = &rule;
  options.background = cli_get(t->call, CLI_TRAIN_BACKGROUND)->text;
  options.valid = split_of(t, split);
  CLI_TRY(cli_split_named(open_as(t, &options, err), err));
  if (t->data.train) return OC_OK;
  return cli_fail(err, OC_E_DATA, t->data_name, "See its content with `ocellus show`.",
                  "has no training set");
}
