/* tiff_samples.h: makes pixels of the samples of a TIFF. */
#ifndef OC_DATA_DECODE_TIFF_SAMPLES_H
#define OC_DATA_DECODE_TIFF_SAMPLES_H
#include "data/decode/image.h"

/* How a pixel is stored: `samples` of `bits` each, of which the first `colors` are color. */
typedef struct oc_tiff_layout {
  unsigned photometric, samples, colors, bits;
  bool planes; /* a block has one sample of each pixel, not all of them */
  bool alpha;  /* the sample after the colors */
  bool premultiplied;
  const uint16_t *palette[3]; /* red, green, blue: 2^bits of each */
} oc_tiff_layout;

/* A strip or tile of the image, as far as it lies inside. */
typedef struct oc_tiff_block {
  int64_t y, x, rows, cols;
  size_t stride;  /* bytes from one row to the next */
  unsigned plane; /* the sample that it has, with `planes` */
} oc_tiff_block;

/* Channels of the image: 1 or 3, and one of alpha. */
int64_t oc_tiff_channels(const oc_tiff_layout *l);
/* Samples of a pixel that are used: color, and alpha. */
unsigned oc_tiff_used(const oc_tiff_layout *l);
/* Stores the used samples of a block in image->pixels, a byte each, oc_tiff_used of them for a pixel: indices
 * of a palette as they are, all else as v * 255 / max to the nearest. */
void oc_tiff_store(const oc_tiff_layout *l, const oc_tiff_block *block, const uint8_t *from,
                   const oc_decoded *image);
/* Makes colors of all samples, in their place: image->pixels has room for either. */
void oc_tiff_finish(const oc_tiff_layout *l, const oc_decoded *image);

#endif
