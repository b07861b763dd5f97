/* resolve.h: decides what the images of a list become, where the user has not. */
#ifndef OC_DATA_ITEMS_RESOLVE_H
#define OC_DATA_ITEMS_RESOLVE_H
#include "data/items/scan.h"
#include "ocellus/preprocess.h"

/* Fills shape and background, where the rule leaves them open and not to each image, from the images of the
 * training part (of all, if there is none). */
void oc_items_resolve(oc_preprocessing *rule, const oc_items *items, const oc_scan *scan);

#endif
