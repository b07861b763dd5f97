/* equalize.c: makes all values of a channel about equally frequent, as Pillow's ImageOps.equalize. */
#include "data/augment/color.h"
#include "data/augment/transform.h"

/* Values below v, in steps: a step is a 255th of the pixels, without those of the highest value. */
static void equalize_channel(oc_canvas *c, int64_t channel) {
  int64_t counts[256];
  oc_value_table table;
  int high = 255;
  oc_canvas_count(c, channel, counts);
  while (counts[high] == 0) high--;
  const int64_t step = (oc_canvas_pixels(c) - counts[high]) / 255;
  if (step == 0) return;
  int64_t below = step / 2;
  for (int v = 0; v < 256; v++) {
    const int64_t value = below / step;
    table.of[v] = (uint8_t)(value < 255 ? value : 255);
    below += counts[v];
  }
  oc_canvas_look_up(c, channel, &table);
}

static void equalize_change(oc_canvas *c, const double *drawn) {
  (void)drawn;
  for (int64_t k = 0; k < c->shape.channels; k++) equalize_channel(c, k);
}

const oc_transform oc_transform_equalize = {.name = "equalize",
                                            .summary = "make all values of a channel about equally frequent",
                                            .hyperparameters = {OC_PROBABILITY},
                                            .draw = oc_draw_chance,
                                            .change = equalize_change};
