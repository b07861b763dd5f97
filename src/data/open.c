/* open.c: opens a bundle of datasets by name: tries the sources in order. */
#include "base/error.h"
#include "data/request.h"
#include "data/source/source.h"

bool oc_data_source(int index, const char **syntax, const char **summary) {
  if (!syntax || !summary) return false;
  const oc_source *source = oc_source_at(index);
  if (!source) return false;
  *syntax = source->syntax;
  *summary = source->summary;
  return true;
}

static oc_status apply_rule(const oc_data_request *r, oc_data *data, oc_error *err) {
  TRY(oc_data_request_apply(r, &data->train, err));
  TRY(oc_data_request_apply(r, &data->valid, err));
  return oc_data_request_apply(r, &data->test, err);
}

oc_status oc_data_open(const char *where, const oc_data_options *options, oc_data *out, oc_error *err) {
  NEED(where, out);
  oc_data_request r;
  *out = (oc_data){0};
  TRY(oc_data_request_fill(&r, options, err));
  if (!where || !*where)
    return oc_fail(err, OC_E_ARGUMENT, "data", "Give a folder with MNIST's files, or digits, or xo.",
                   "the name of the data must not be empty");
  const oc_data_options *o = &r.options;
  oc_registry_close(o->registry);
  const oc_custom_source *custom = oc_custom_source_for(o->registry, where);
  oc_status status = custom ? oc_custom_source_open(custom, where, o, out, err)
                            : oc_source_for(where)->open(where, o, out, err);
  if (status == OC_OK) status = apply_rule(&r, out, err);
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
