/* request.h: prepares the options of opening data. */
#ifndef OC_DATA_REQUEST_H
#define OC_DATA_REQUEST_H
#include "ocellus/preprocess.h"

/* The options with every default, checked. Their background and that of their rule are one: the text of the
 * options goes before. Points into itself. */
typedef struct oc_data_request {
  oc_data_options options;
  oc_preprocessing rule; /* if options.preprocessing is not NULL */
  char background[8];    /* "#rrggbb" */
} oc_data_request;
/* OC_E_ARGUMENT: an option is out of range. */
oc_status oc_data_request_fill(oc_data_request *out, const oc_data_options *given, oc_error *err);
/* Replaces *d (NULL: none) by its view by the rule, if there is one and *d does not follow it. On failure *d
 * stays. */
oc_status oc_data_request_apply(const oc_data_request *r, oc_dataset **d, oc_error *err);

#endif
