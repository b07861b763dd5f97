/* training_open.c: opens the training data by the options of the call. */
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

static oc_status note_fewer(const cli_training *t, const oc_dataset *train, int64_t wanted, oc_error *err) {
  oc_choose_options described = oc_choose_defaults();
  CLI_TRY(oc_choose_describe(train, &described, err));
  if (described.smallest < wanted)
    cli_note(&t->call->err, t->call->command->name,
             "the smallest class has %lld training images, fewer than --per-class %lld",
             (long long)described.smallest, (long long)wanted);
  return OC_OK;
}

/* Leaves of the training set as many images as --per-class says. */
static oc_status take_few(const cli_training *t, bool note, oc_data *data, oc_error *err) {
  const cli_value *each = cli_get(t->call, CLI_TRAIN_PER_CLASS);
  oc_dataset *few;
  if (!each->text) return OC_OK;
  oc_status status = oc_dataset_per_class(data->train, each->whole,
                                          (uint64_t)cli_get(t->call, CLI_TRAIN_SEED)->whole, &few, err);
  if (status == OC_OK) {
    oc_dataset_free(data->train);
    data->train = few;
    if (note) status = note_fewer(t, few, each->whole, err);
  }
  if (status != OC_OK) oc_data_close(data);
  return status;
}

oc_status cli_training_open(const cli_training *t, bool note, oc_data *out, oc_error *err) {
  oc_data_options options = oc_data_defaults();
  oc_preprocessing rule;
  bool given;
  char split[CLI_SPLIT_MAX];
  CLI_TRY(cli_train_rule(t->call, &rule, &given, err));
  if (t->from) rule = oc_model_preprocessing(t->from);
  if (given || t->from) options.preprocessing = &rule;
  options.background = cli_get(t->call, CLI_TRAIN_BACKGROUND)->text;
  options.valid = split_of(t, split);
  CLI_TRY(cli_split_named((note ? cli_data_open : cli_data_read)(t->call, t->data_name, &options, out, err),
                          err));
  if (out->train) return take_few(t, note, out, err);
  oc_data_close(out);
  return cli_fail(err, OC_E_DATA, t->data_name, "See its content with `ocellus show`.",
                  "has no training set");
}
