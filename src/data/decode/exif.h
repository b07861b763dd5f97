/* exif.h: how an image is to be turned, from the EXIF data of its file. */
#ifndef OC_DATA_DECODE_EXIF_H
#define OC_DATA_DECODE_EXIF_H
#include "data/decode/image.h"

/* The orientation, 1 to 8, in the EXIF data `bytes`: a TIFF header, which may follow "Exif" and two zero
 * bytes. 1, which is upright, if there is none or the data are damaged. */
int oc_exif_orientation(const uint8_t *bytes, size_t size);

/* Where the pixel in row y, column x of a stored image belongs in the upright one: start + y * down + x *
 * across, in pixels. */
typedef struct oc_exif_layout {
  int64_t start, across, down;
} oc_exif_layout;

/* `size` is as stored on entry and upright on return. */
oc_exif_layout oc_exif_layout_of(int orientation, oc_image_shape *size);
/* Turns the image by its orientation, unless it is upright already. OC_E_MEMORY: `image` still owns its
 * pixels. */
oc_status oc_exif_turn(oc_decoded *image, oc_error *err);

#endif
