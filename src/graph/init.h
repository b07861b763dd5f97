/* init.h: computes the initial values of variables. */
#ifndef OC_GRAPH_INIT_H
#define OC_GRAPH_INIT_H
#include "base/error.h"
#include "ocellus/graph.h"

/* Fills `data` (as many elements of type `real` as `shape` counts). Random ones follow from the seed and the
 * variable's index alone, and are the same for OC_F32 and OC_F64 except for rounding. */
oc_status oc_init_fill(const oc_init *init, const oc_shape *shape, oc_dtype real, uint64_t seed,
                       uint64_t variable_index, void *data, oc_error *err);

#endif
