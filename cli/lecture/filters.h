/* filters.h: kernels by name: "blur", "gaussian:1.5", "sobel-x". */
#ifndef OC_CLI_FILTERS_H
#define OC_CLI_FILTERS_H
#include "lecture/array.h"

/* OC_E_ARGUMENT, with the name that was probably meant, if there is none of this name. */
oc_status cli_kernel_make(const char *name, cli_array *out, oc_error *err);

#endif
