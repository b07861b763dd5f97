/* c_float.h: the network of a C file in float32. */
#ifndef OC_EXPORT_C_FLOAT_H
#define OC_EXPORT_C_FLOAT_H
#include "export/c/c_network.h"
#include "export/c/c_source.h"

/* Calls `visit` for each array of numbers in the file, in its order. */
typedef void (*oc_c_array_fn)(void *context, const char *name, const float *values, int64_t count);
void oc_c_visit_arrays(const oc_c_network *n, oc_c_array_fn visit, void *context);

/* What *u says of the network, which has its places. */
void oc_c_float_unit(const oc_c_network *n, oc_c_unit *u);

/* c_golden.c: computes what the reference implementation answers for the images of the self-test. The caller
 * frees golden->probabilities with oc_memory_free. */
oc_status oc_c_golden_compute(const oc_c_network *n, oc_c_golden *golden, oc_error *err);

#endif
