/* idx.h: reads one IDX file, the format of MNIST (http://yann.lecun.com/exdb/mnist, "the IDX file format").
 *
 * Four bytes (0, 0, type, rank), `rank` sizes of 32 bits with the highest byte first, then the values. */
#ifndef OC_DATA_IDX_H
#define OC_DATA_IDX_H
#include "data/source/stored.h"
#include <stddef.h>

enum { OC_IDX_MAX_RANK = 4 };

typedef enum oc_idx_content { OC_IDX_PIXELS, OC_IDX_LABELS } oc_idx_content;

typedef struct oc_idx {
  int rank;                     /* 1..4 */
  int64_t dim[OC_IDX_MAX_RANK]; /* each >= 1 */
  int64_t count;                /* their product */
  const oc_element *type;
  uint8_t *pixels; /* owned; the values, by the rule of stored.h */
  int32_t *labels; /* owned; instead, for OC_IDX_LABELS */
  int32_t largest; /* of the labels */
  int real_max;    /* of the pixels: oc_stored_real_max */
} oc_idx;

/* Reads a plain or gzip file of numbers of any type, exactly as many as its header declares and at most
 * how->max_bytes; how->go_on is called (the rest of `how` is ignored). The header is checked, also against
 * the size of the file, before memory is allocated. Labels are of rank 1. The caller releases. */
oc_status oc_idx_read(const char *path, oc_idx_content content, const oc_data_options *how, oc_idx *out,
                      oc_error *err);
void oc_idx_release(oc_idx *idx);

#endif
