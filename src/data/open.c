/* open.c: opens a bundle of datasets by name: tries the sources in order. */
#include "base/error.h"
#include "base/options.h"
#include "data/source/source.h"
#include "data/transform/rule.h"

bool oc_data_source(int index, const char **syntax, const char **summary) {
  if (!syntax || !summary) return false;
  const oc_source *source = oc_source_at(index);
  if (!source) return false;
  *syntax = source->syntax;
  *summary = source->summary;
  return true;
}

/* Those that the source did not make by the rule itself. */
static oc_status preprocess(oc_data *data, const oc_preprocessing *rule, oc_error *err) {
  oc_dataset **sets[] = {&data->train, &data->valid, &data->test};
  for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
    oc_dataset *raw = *sets[i];
    if (!raw || raw->store->preprocessing.struct_size) continue;
    TRY(oc_dataset_preprocessed(raw, rule, sets[i], err));
    oc_dataset_free(raw);
  }
  return OC_OK;
}

oc_status oc_data_open(const char *where, const oc_data_options *options, oc_data *out, oc_error *err) {
  NEED(where, out);
  const oc_data_options o = oc_data_options_resolve(options);
  *out = (oc_data){0};
  TRY(oc_options_check(o.struct_size, sizeof o, "oc_data_options", err));
  if (!where || !*where)
    return oc_fail(err, OC_E_ARGUMENT, "data", "Give a folder with MNIST's files, or digits, or xo.",
                   "the name of the data must not be empty");
  TRY(oc_background_check(o.background, err));
  if (o.preprocessing) TRY(oc_preprocessing_check(o.preprocessing, err));
  oc_registry_close(o.registry);
  const oc_custom_source *custom = oc_custom_source_for(o.registry, where);
  oc_status status = custom ? oc_custom_source_open(custom, where, &o, out, err)
                            : oc_source_for(where)->open(where, &o, out, err);
  if (status == OC_OK && o.preprocessing) status = preprocess(out, o.preprocessing, err);
  if (status != OC_OK) oc_data_close(out);
  return status;
}

void oc_data_close(oc_data *data) {
  if (!data) return;
  oc_dataset_free(data->train);
  oc_dataset_free(data->valid);
  oc_dataset_free(data->test);
  *data = (oc_data){0};
}
