/* run_tensors.h: what `ocellus run` says of a tensor, alone and compared with the one that was expected. */
#ifndef OC_CLI_RUN_TENSORS_H
#define OC_CLI_RUN_TENSORS_H
#include "core/command.h"
#include "ocellus/run.h"

typedef struct cli_tensor_figures {
  int64_t count, not_finite;
  double least, mean, most; /* of the finite elements; NaN: there are none */
} cli_tensor_figures;
oc_status cli_tensor_figures_of(const oc_tensor *t, cli_tensor_figures *out, oc_error *err);

/* How far apart two tensors of one shape are. */
typedef struct cli_tensor_difference {
  double largest; /* of |a - b| / max(1, |b|), for reals; of |a - b| for integers; infinite if one is NaN */
  int64_t at;     /* its element, in row order */
  double got, expected;
} cli_tensor_difference;
/* OC_E_DATA if shapes or types differ; `where` names the file of what was expected. */
oc_status cli_tensor_compare(const oc_tensor *got, const oc_tensor *expected, const char *where,
                             cli_tensor_difference *out, oc_error *err);
/* "(1, 3)[0,2]" without the shape: the index of an element, "[0,2]". Returns `text`. */
const char *cli_tensor_index(const oc_shape *shape, int64_t at, char text[192]);

#endif
