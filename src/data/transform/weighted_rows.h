/* weighted_rows.h: adds rows of bytes with weights: both passes of a resampling. */
#ifndef OC_DATA_TRANSFORM_WEIGHTED_ROWS_H
#define OC_DATA_TRANSFORM_WEIGHTED_ROWS_H
#include "ocellus/session.h"
#include <stdint.h>

enum { OC_WEIGHT_FRACTION = 22 }; /* bits of fraction */

/* The pixels of the source that make one pixel of the result, and their weights: none is negative, and they
 * add up to about 1. */
typedef struct oc_taps {
  int64_t first, count;
  const int32_t *weights;
} oc_taps;

/* to[i] = the sum over k of weights[k] * from[k * stride + i], rounded, for i below n. */
typedef void (*oc_weighted_rows_fn)(const uint8_t *from, int64_t stride, const oc_taps *t, int64_t n,
                                    uint8_t *to);

/* For a level that this CPU has. All give the same bytes. */
oc_weighted_rows_fn oc_weighted_rows_for(oc_isa isa);

#endif
