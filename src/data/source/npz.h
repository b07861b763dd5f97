/* npz.h: the arrays of a .npz archive, which is a zip of .npy files. */
#ifndef OC_DATA_NPZ_H
#define OC_DATA_NPZ_H
#include "data/source/npy_array.h"

typedef struct oc_npz oc_npz;

/* True for a zip archive whose first file is a .npy. */
bool oc_npz_known(const char *path);
/* Lists the archive. The caller closes *out, also after a failure. */
oc_status oc_npz_open(const char *path, const oc_data_options *options, oc_npz **out, oc_error *err);
void oc_npz_close(oc_npz *z); /* NULL is fine */
/* True if it holds NAME.npy. */
bool oc_npz_has(const oc_npz *z, const char *name);
/* Reads NAME.npy, which it holds, by oc_npy_read_images or oc_npy_read_labels. */
oc_status oc_npz_read(oc_npz *z, const char *name,
                      oc_status (*read)(const oc_npy_bytes *, const oc_data_options *, oc_store *,
                                        oc_error *),
                      const oc_data_options *how, oc_store *store, oc_error *err);

#endif
