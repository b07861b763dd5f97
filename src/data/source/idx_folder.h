/* idx_folder.h: opens a folder with MNIST's files. */
#ifndef OC_DATA_IDX_FOLDER_H
#define OC_DATA_IDX_FOLDER_H
#include "data/dataset.h"

/* `names`: of the classes, as of oc_parts; NULL: the numbers. */
oc_status oc_idx_folder_open(const char *where, const char *const *names, int name_count,
                             const oc_data_options *options, oc_data *out, oc_error *err);

#endif
