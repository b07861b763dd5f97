/* idx_pair.h: an IDX images file and its labels file as one store. */
#ifndef OC_DATA_IDX_PAIR_H
#define OC_DATA_IDX_PAIR_H
#include "data/dataset.h"

/* `labels` may be NULL. Holds at most options->max_bytes of images. The classes of the store are counted
 * (largest label + 1, at least 2; 0 without labels) but not named yet: the caller may first compare them with
 * another pair's. The caller releases the store. */
oc_status oc_pair_read(const char *images, const char *labels, const oc_data_options *options, oc_store **out,
                       oc_error *err);
/* The labels file that belongs to an images file by name: images-idx3-ubyte -> labels-idx1-ubyte, plain or
 * .gz. NULL in *labels if there is none; else from the heap. */
oc_status oc_pair_labels_beside(const char *images, char **labels, oc_error *err);
/* "NAME" or "NAME.gz", whichever exists, plain first; NULL in *path if neither; else from the heap. */
oc_status oc_plain_or_gzip(const char *name, char **path, oc_error *err);

#endif
