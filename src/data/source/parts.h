/* parts.h: makes the datasets of a set whose parts were read into stores. */
#ifndef OC_DATA_PARTS_H
#define OC_DATA_PARTS_H
#include "data/dataset.h"

/* Each may be NULL, but not all. Without a validation set it is split off the training set. */
typedef struct oc_parts {
  oc_store *train, *valid, *test;
  const char *const *names; /* name_count of them, of the classes; ignored if there are more classes */
  int name_count;
} oc_parts;

/* Fails if sizes or scales of the parts differ. Their classes are those of all parts together: as many as the
 * largest `classes` of the stores. The parts stay the caller's. */
oc_status oc_parts_open(const char *where, const oc_parts *parts, const oc_data_options *options,
                        oc_data *out, oc_error *err);
void oc_parts_release(oc_parts *parts);

#endif
