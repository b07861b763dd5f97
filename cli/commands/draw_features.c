/* draw_features.c: `ocellus draw features`: draws the output of a layer for an image. */
#include "commands/draw.h"
#include "core/images.h"
#include "core/target.h"
#include <stdlib.h>

static oc_status draw_features_make(const cli_call *call, cli_figure *out, oc_error *err) {
  oc_layer_values values = {0};
  oc_model *m = NULL;
  uint8_t *pixels = NULL;
  CLI_TRY(cli_model_load(cli_operand(call, 1), 1, &m, err));
  oc_status status =
      cli_image_open(call, cli_operand(call, 2), (cli_image_place){m, oc_model_image_shape(m)}, &pixels, err);
  if (status == OC_OK) status = oc_model_features(m, pixels, cli_draw_layer(call), &values, err);
  if (status == OC_OK) cli_draw_take(out, &values);
  free(pixels);
  oc_model_free(m);
  return status;
}

CLI_DRAW_KIND(features, .operands = "MODEL IMAGE", .operand_count = 2,
              .summary = "the maps that a layer makes of an image", .make = draw_features_make);
