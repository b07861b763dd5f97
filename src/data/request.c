/* request.c: see request.h. */
#include "data/request.h"
#include "base/error.h"
#include "base/options.h"
#include "data/dataset.h"
#include "data/decode/image.h"
#include "data/transform/rule.h"
#include <stdio.h>

static void join_backgrounds(oc_data_request *r) {
  oc_preprocessing *rule = &r->rule;
  if (oc_background_read(r->options.background, rule->background)) {
    rule->background_set = true;
  } else if (rule->background_set) {
    (void)snprintf(r->background, sizeof r->background, "#%02x%02x%02x", rule->background[0],
                   rule->background[1], rule->background[2]);
    r->options.background = r->background;
  }
}

oc_status oc_data_request_fill(oc_data_request *out, const oc_data_options *given, oc_error *err) {
  *out = (oc_data_request){.options = oc_data_options_resolve(given)};
  oc_data_options *o = &out->options;
  TRY(oc_options_check(o->struct_size, sizeof *o, "oc_data_options", err));
  TRY(oc_background_check(o->background, err));
  if (!o->preprocessing) return OC_OK;
  TRY(oc_preprocessing_check(o->preprocessing, err));
  OC_OPTIONS_READ(out->rule, o->preprocessing);
  o->preprocessing = &out->rule;
  join_backgrounds(out);
  return OC_OK;
}

oc_status oc_data_request_apply(const oc_data_request *r, oc_dataset **d, oc_error *err) {
  oc_dataset *raw = *d, *view;
  if (!raw || !r->options.preprocessing || raw->store->preprocessing.struct_size) return OC_OK;
  TRY(oc_dataset_preprocessed(raw, &r->rule, &view, err));
  oc_dataset_free(raw);
  *d = view;
  return OC_OK;
}
