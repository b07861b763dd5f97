/* c_fold.h: makes fewer steps of a network. */
#ifndef OC_EXPORT_C_FOLD_H
#define OC_EXPORT_C_FOLD_H
#include "export/c/c_network.h"

/* After a convolution or product biases and batch normalization go into its weights, and an activation and a
 * pooling (with `pools`) become part of its loop; after other steps an activation does. OC_E_NOT_FINITE: a
 * weight overflows by that. */
oc_status oc_c_fold(oc_c_network *n, bool pools, oc_error *err);

#endif
