/* color.h: changes the values of an image, wherever they are. */
#ifndef OC_DATA_AUGMENT_COLOR_H
#define OC_DATA_AUGMENT_COLOR_H
#include "data/augment/map.h"

/* What each value of a channel becomes. */
typedef struct oc_value_table {
  uint8_t of[256];
} oc_value_table;

/* The nearest value, 0 to 255. */
static inline uint8_t oc_value_round(float x) {
  return x <= 0 ? 0 : x >= 254.5f ? 255 : (uint8_t)(x + 0.5f);
}
/* The gray of a pixel: its value, or ITU-R BT.601 luma in Pillow's fixed point. */
static inline int oc_value_gray(const uint8_t *pixel, int64_t channels) {
  return channels == 1 ? *pixel : (19595 * pixel[0] + 38470 * pixel[1] + 7471 * pixel[2] + 32768) >> 16;
}
static inline int64_t oc_canvas_pixels(const oc_canvas *c) {
  return c->shape.height * c->shape.width;
}

/* How often each value is in a channel. */
void oc_canvas_count(const oc_canvas *c, int64_t channel, int64_t counts[256]);
/* Replaces the values of a channel by those of the table. */
void oc_canvas_look_up(oc_canvas *c, int64_t channel, const oc_value_table *table);
/* Replaces all values v by about origin + factor * (v - origin). */
void oc_canvas_stretch(oc_canvas *c, double origin, double factor);

#endif
