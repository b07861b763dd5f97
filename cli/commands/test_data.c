/* test_data.c: opens the images that a model is measured on, divided as its training run divided them. */
#include "commands/test_data.h"
#include "commands/split.h"
#include "core/data.h"
#include "core/images.h"
#include "core/json.h"
#include <string.h>

oc_dataset *cli_test_set(const oc_data *data, const char *split) {
  if (strcmp(split, "train") == 0 || strcmp(split, "all") == 0) return data->train;
  return strcmp(split, "valid") == 0 ? data->valid : data->test;
}

/* ---- what the model was trained on --------------------------------------------------------------------- */

/* Of the training run of a model. */
typedef struct origin {
  bool split_known;
  char split[CLI_SPLIT_MAX]; /* how it divided its data */
  char trained[80];          /* oc_dataset_hash of its training set; "": not recorded */
} origin;

static void find_origin(const oc_model *model, origin *o) {
  const char *recorded = oc_model_metadata(model, "provenance");
  json_t *facts = recorded ? cli_json_parse(recorded, strlen(recorded), NULL) : NULL;
  const char *hash = json_string_value(json_object_get(json_object_get(facts, "training"), "train_data"));
  o->split_known = cli_split_recorded(facts, o->split);
  snprintf(o->trained, sizeof o->trained, "%.70s", hash ? hash : "");
  json_decref(facts);
}

static bool was_trained_on(const origin *o, const oc_dataset *d) {
  return d && *o->trained && strcmp(oc_dataset_hash(d), o->trained) == 0;
}

/* What oc_data_options.valid shall be. NULL: the default. */
static const char *split_for(const cli_test_data *what, const origin *o, char made[CLI_SPLIT_MAX]) {
  const char *split = what->split, *valid = what->valid;
  const char *test = o->split_known ? cli_split_test(o->split) : NULL;
  if (strcmp(split, "all") == 0) return "0";
  if (strcmp(split, "test") == 0) return test ? o->split : "0";
  if (!valid) return o->split_known ? o->split : NULL;
  if (!test) return valid;
  snprintf(made, CLI_SPLIT_MAX, "%.100s,test:%.100s", valid, test);
  return made;
}

/* A test set that was split off is one only of the data that the training had. */
static oc_status fail_other_data(const char *name, oc_error *err) {
  return cli_fail(err, OC_E_DATA, name, "If the model has seen none of these images, test on --split all.",
                  "has no test set, and is not the data that the model was trained on, or has changed since");
}

/* For --split all: opens the data as the training did, to see whether it is the same. */
static oc_status refuse_trained(const cli_call *call, const char *name, const origin *o,
                                const oc_data_options *how, oc_error *err) {
  oc_data_options as_trained = *how;
  oc_data data;
  as_trained.valid = o->split_known ? o->split : NULL;
  if (cli_data_read(call, name, &as_trained, &data, NULL) != OC_OK) return OC_OK; /* other data */
  const bool own = data.test && !cli_split_test(oc_dataset_split(data.test)),
             same = was_trained_on(o, data.train);
  oc_data_close(&data);
  if (own)
    return cli_fail(err, OC_E_ARGUMENT, "--split", "Choose test, valid or train.",
                    "all is for data without a test set of its own");
  if (same)
    return cli_fail(err, OC_E_DATA, name, "Leave --split out to test on the other images.",
                    "the model was trained on some of these images");
  return OC_OK;
}

oc_status cli_test_data_open(const cli_call *call, const oc_model *model, const cli_test_data *what,
                             oc_data *data, oc_error *err) {
  oc_data_options how = oc_data_defaults();
  oc_preprocessing rule;
  origin o;
  char made[CLI_SPLIT_MAX];
  const char *name = what->name, *split = what->split;
  find_origin(model, &o);
  how.preprocessing = cli_model_rule(model, &rule);
  if (strcmp(split, "all") == 0) CLI_TRY(refuse_trained(call, name, &o, &how, err));
  how.valid = split_for(what, &o, made);
  const bool as_trained = strcmp(split, "test") == 0 && how.valid == o.split;
  oc_status status = cli_data_open(call, name, &how, data, err);
  if (status == OC_E_ARGUMENT && as_trained) return fail_other_data(name, err); /* too few images */
  CLI_TRY(cli_split_named(status, err));
  if (as_trained && *oc_dataset_split(data->test) && !was_trained_on(&o, data->train))
    return fail_other_data(name, err);
  if (was_trained_on(&o, cli_test_set(data, split)))
    cli_note(&call->err, call->command->name, "%s: the model was trained on these images", name);
  return OC_OK;
}
