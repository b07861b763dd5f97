/* draw_figure.c: shares code between the kinds of drawings. */
#include "commands/draw.h"

const char *cli_draw_layer(const cli_call *call) {
  return cli_get(call, CLI_DRAW_LAYER)->text;
}

void cli_draw_take(cli_figure *f, const oc_layer_values *v) {
  snprintf(f->tensor, sizeof f->tensor, "%s", v->name);
  f->values = v->values;
}
