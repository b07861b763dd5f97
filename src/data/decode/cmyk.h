/* cmyk.h: converts CMYK to RGB as Pillow does. */
#ifndef OC_DATA_DECODE_CMYK_H
#define OC_DATA_DECODE_CMYK_H
#include <stdint.h>

/* One value of red, green or blue from its ink (cyan, magenta, yellow) and black; 255 is full ink. */
static inline uint8_t oc_cmyk_to_rgb(unsigned ink, unsigned black) {
  const unsigned light = 255 - black, product = light * ink + 128;
  return (uint8_t)(light - (((product >> 8) + product) >> 8));
}

#endif
