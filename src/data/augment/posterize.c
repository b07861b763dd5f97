/* posterize.c: keeps the highest bits of each value, as Pillow's ImageOps.posterize. */
#include "data/augment/color.h"
#include "data/augment/transform.h"

static bool posterize_draw(oc_random *r, const double *values, oc_image_shape shape, double *drawn) {
  (void)shape;
  drawn[0] = values[0];
  return oc_random_unit(r) < values[1];
}

/* drawn: bits. */
static void posterize_change(oc_canvas *c, const double *drawn) {
  oc_value_table table;
  for (int v = 0; v < 256; v++) table.of[v] = (uint8_t)(v & (0xff00 >> (int)drawn[0]));
  for (int64_t k = 0; k < c->shape.channels; k++) oc_canvas_look_up(c, k, &table);
}

const oc_transform oc_transform_posterize = {
    .name = "posterize",
    .summary = "keep so many bits of each value",
    .hyperparameters =
        {{.name = "bits", .low = 1, .high = 8, .whole = true, .required = true, .help = "bits that are kept"},
         OC_PROBABILITY},
    .draw = posterize_draw,
    .change = posterize_change};
