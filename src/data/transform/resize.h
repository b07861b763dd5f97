/* resize.h: resamples a part of an image to another size. */
#ifndef OC_DATA_TRANSFORM_RESIZE_H
#define OC_DATA_TRANSFORM_RESIZE_H
#include "ocellus/data.h"

/* Limit of how many times smaller an image may become: the weights have 22 bits of fraction, so that those of
 * more pixels would be inexact. */
#define OC_RESIZE_MAX_SHRINK 16384

/* From a box of an image (in pixels, float32 as in Pillow), with its channels converted, to height x width
 * pixels in `to`, whose rows are `stride` bytes apart. */
typedef struct oc_resize {
  const uint8_t *from;
  oc_image_shape size; /* of the whole image, 1 or 3 channels */
  float left, top, right, bottom;
  uint8_t *to;
  int64_t height, width, channels; /* at least 1; channels 1 or 3 */
  int64_t stride;
} oc_resize;
/* OC_E_UNSUPPORTED: more than OC_RESIZE_MAX_SHRINK times smaller. OC_E_MEMORY. */
oc_status oc_resize_image(const oc_resize *r, oc_error *err);

#endif
