/* fetch.h: gets the files of a published set, whichever it is. */
#ifndef OC_DATA_FETCH_H
#define OC_DATA_FETCH_H
#include "data/fetch/published.h"
#include "ocellus/fetch.h"

/* As oc_fetch. `options` has every default filled in; `folder` must exist. */
oc_status oc_fetch_files(const oc_published *p, const char *folder, const oc_fetch_options *options,
                         oc_error *err);

#endif
