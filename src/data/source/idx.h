/* idx.h: reads one IDX file, the format of MNIST (http://yann.lecun.com/exdb/mnist, "the IDX file format").
 *
 * Four bytes (0, 0, type, rank), `rank` sizes of 32 bits with the highest byte first, then the values. */
#ifndef OC_DATA_IDX_H
#define OC_DATA_IDX_H
#include "base/error.h"
#include "ocellus/data.h"
#include <stddef.h>
#include <stdint.h>

enum { OC_IDX_MAX_RANK = 4, OC_IDX_U8 = 8 };

typedef struct oc_idx {
  int rank;                     /* 1..4 */
  int64_t dim[OC_IDX_MAX_RANK]; /* each >= 1 */
  int64_t count;                /* their product */
  uint8_t *values;              /* owned */
} oc_idx;

/* Reads a plain or gzip file of unsigned bytes, exactly as many as its header declares and at most
 * how->max_bytes; how->go_on is called (the rest of `how` is ignored). The header is checked, also against
 * the size of the file, before memory is allocated. The caller releases. */
oc_status oc_idx_read(const char *path, const oc_data_options *how, oc_idx *out, oc_error *err);
void oc_idx_release(oc_idx *idx);

#endif
