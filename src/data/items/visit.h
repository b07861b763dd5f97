/* visit.h: calls a function for each image of a list, on all threads. */
#ifndef OC_DATA_ITEMS_VISIT_H
#define OC_DATA_ITEMS_VISIT_H
#include "data/items/items.h"

typedef struct oc_visit {
  const oc_items *items;
  const oc_data_options *options; /* workers, progress, go_on */
  const char *what;               /* for the progress: "Scanning" */
  /* For item `index`, on any thread. What it returns other than OC_OK ends the visit. */
  oc_status (*visit)(void *context, int64_t index, oc_error *err);
  void *context;
} oc_visit;

/* The first failure in time, if there is one. OC_E_INTERRUPTED: go_on returned false. */
oc_status oc_items_visit(const oc_visit *v, oc_error *err);

#endif
