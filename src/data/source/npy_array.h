/* npy_array.h: reads an array of NumPy as images or as labels. */
#ifndef OC_DATA_NPY_ARRAY_H
#define OC_DATA_NPY_ARRAY_H
#include "data/dataset.h"
#include "data/source/stored.h"

/* The bytes of a .npy file. */
typedef struct oc_npy_bytes {
  const char *where; /* for messages */
  oc_stream stream;
  uint64_t most; /* no more than this can come */
} oc_npy_bytes;

/* Reads images into an empty store. Axes: (count, rows, columns), (count, rows, columns, channels) or
 * (count, channels, rows, columns), with 1 or 3 channels; (count, values) are images of one row. Pixels by
 * the rule of stored.h. OC_E_DATA: another shape, or one that could be two of these. */
oc_status oc_npy_read_images(const oc_npy_bytes *from, const oc_data_options *how, oc_store *store,
                             oc_error *err);
/* Reads the labels of the store's images: (count), (count, 1), or (count, classes) with a single 1 in each
 * row. */
oc_status oc_npy_read_labels(const oc_npy_bytes *from, const oc_data_options *how, oc_store *store,
                             oc_error *err);

#endif
