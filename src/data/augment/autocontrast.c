/* autocontrast.c: stretches the values of each channel to 0 to 255, as Pillow's ImageOps.autocontrast. */
#include "data/augment/color.h"
#include "data/augment/transform.h"

static void autocontrast_change(oc_canvas *c, const double *drawn) {
  (void)drawn;
  for (int64_t k = 0; k < c->shape.channels; k++) {
    int64_t counts[256];
    oc_value_table table;
    int low = 0, high = 255;
    oc_canvas_count(c, k, counts);
    while (low < 255 && counts[low] == 0) low++;
    while (high > 0 && counts[high] == 0) high--;
    if (high <= low) continue;
    for (int v = 0; v < 256; v++) table.of[v] = oc_value_round((float)(v - low) * 255 / (float)(high - low));
    oc_canvas_look_up(c, k, &table);
  }
}

const oc_transform oc_transform_autocontrast = {.name = "autocontrast",
                                                .summary = "stretch the values of each channel to 0 to 255",
                                                .hyperparameters = {OC_PROBABILITY},
                                                .draw = oc_draw_chance,
                                                .change = autocontrast_change};
