/* draw_filters.c: `ocellus draw filters`: the kernels that a layer has learned. */
#include "commands/draw.h"
#include "core/target.h"

static oc_status draw_filters_make(const cli_call *call, cli_figure *out, oc_error *err) {
  oc_layer_values values = {0};
  oc_model *m = NULL;
  CLI_TRY(cli_model_load(cli_operand(call, 1), 1, &m, err));
  const oc_status status = oc_model_filters(m, cli_draw_layer(call), &values, err);
  if (status == OC_OK) cli_draw_take(out, &values);
  oc_model_free(m);
  return status;
}

CLI_DRAW_KIND(filters, .operands = "MODEL", .operand_count = 1, .summary = "the weights of a layer",
              .make = draw_filters_make);
