/* color.c: see color.h. */
#include "data/augment/color.h"
#include <string.h>

void oc_canvas_count(const oc_canvas *c, int64_t channel, int64_t counts[256]) {
  const int64_t channels = c->shape.channels, count = oc_canvas_pixels(c) * channels;
  memset(counts, 0, 256 * sizeof *counts);
  for (int64_t i = channel; i < count; i += channels) counts[c->pixels[i]]++;
}

void oc_canvas_look_up(oc_canvas *c, int64_t channel, const oc_value_table *table) {
  const int64_t channels = c->shape.channels, count = oc_canvas_pixels(c) * channels;
  for (int64_t i = channel; i < count; i += channels) c->pixels[i] = table->of[c->pixels[i]];
}

void oc_canvas_stretch(oc_canvas *c, double origin, double factor) {
  oc_value_table table;
  for (int v = 0; v < 256; v++) table.of[v] = oc_value_round((float)(origin + factor * (v - origin)));
  for (int64_t k = 0; k < c->shape.channels; k++) oc_canvas_look_up(c, k, &table);
}
