/* fast_sum.h: computes XXH3 (128 bits) over the bytes that both SHA-256 sums of a model file cover, and over
 * these two as stored: it finds what accidents do to a file, some ten times faster. The SHA-256 sums stay
 * the identity of a model. */
#ifndef OC_FORMATS_FAST_SUM_H
#define OC_FORMATS_FAST_SUM_H
#include "formats/sums.h"

#define OC_FAST_SUM_KEY "xxh3"

/* Of the tensors' parts, then the metadata's (sums.h), then the values of sha256 and metadata_sha256, each
 * with its 0: 32 hex digits and a closing 0. */
oc_status oc_fast_sum(const oc_named_tensor *tensors, int count, const oc_metadata *m, char hex[33],
                      oc_error *err);

typedef enum oc_fast_state {
  OC_FAST_NONE = 0, /* the file has none that counts, or there was no memory to make it */
  OC_FAST_RIGHT,
  OC_FAST_WRONG
} oc_fast_state;
/* True if the file has such a sum, in a version of the format that allows it. */
bool oc_fast_sum_is_there(const oc_metadata *m);
/* Compares the stored sum with the sum of the content. All bytes must have been read. */
oc_fast_state oc_fast_sum_check(const oc_safetensors *s);

#endif
