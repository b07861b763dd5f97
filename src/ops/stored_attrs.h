/* stored_attrs.h: attributes of operations that no kernel reads, for what writes graphs in other formats. */
#ifndef OC_OPS_STORED_ATTRS_H
#define OC_OPS_STORED_ATTRS_H
#include "ops/ops.h"

typedef struct oc_clip_attrs {
  double low, high;
} oc_clip_attrs;

typedef struct oc_transpose_attrs {
  int perm[OC_MAX_RANK];
} oc_transpose_attrs;

typedef struct oc_concat_attrs {
  int axis; /* not negative */
} oc_concat_attrs;

typedef struct oc_slice_attrs {
  int axis; /* not negative */
  int64_t begin, end;
} oc_slice_attrs;

#endif
