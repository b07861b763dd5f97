/* solarize.c: inverts values from a threshold on, as Pillow's ImageOps.solarize. */
#include "data/augment/color.h"
#include "data/augment/transform.h"

static bool solarize_draw(oc_random *r, const double *values, oc_image_shape shape, double *drawn) {
  (void)shape;
  drawn[0] = values[0];
  return oc_random_unit(r) < values[1];
}

/* drawn: the threshold. */
static void solarize_change(oc_canvas *c, const double *drawn) {
  oc_value_table table;
  for (int v = 0; v < 256; v++) table.of[v] = (uint8_t)(v >= drawn[0] ? 255 - v : v);
  for (int64_t k = 0; k < c->shape.channels; k++) oc_canvas_look_up(c, k, &table);
}

const oc_transform oc_transform_solarize = {.name = "solarize",
                                            .summary = "invert values from a threshold on",
                                            .hyperparameters = {{.name = "threshold",
                                                                 .high = 255,
                                                                 .required = true,
                                                                 .help = "lowest value that is inverted"},
                                                                OC_PROBABILITY},
                                            .draw = solarize_draw,
                                            .change = solarize_change};
