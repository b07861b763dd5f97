/* image.h: passes a single image from its decoder to oc_image_load. */
#ifndef OC_DATA_DECODE_IMAGE_H
#define OC_DATA_DECODE_IMAGE_H
#include "base/text.h"
#include "ocellus/data.h"

enum { OC_IMAGE_MAGIC = 8 };
/* Limits of an image: a stranger's file decides nothing beyond them. */
#define OC_IMAGE_MAX_PIXELS ((int64_t)1 << 26)
#define OC_IMAGE_MAX_BYTES  ((size_t)64 << 20)
/* A file may be larger than its pixels (16 bits, text as in P2), but not by more than this. */
#define OC_IMAGE_MAX_FILE (4 * OC_IMAGE_MAX_BYTES)

/* An image as it lies in its file, in 8 bits: 1 channel (gray), 2 (gray, alpha), 3 (color) or 4 (color,
 * alpha). */
typedef struct oc_decoded {
  oc_image_shape size;
  uint8_t *pixels;
} oc_decoded;
/* Blends transparent pixels with `background` (see oc_data_options; NULL: chosen) and drops the alpha
 * channel. Takes over `from`. */
oc_status oc_background_apply(oc_decoded *from, const char *background, oc_image *out, oc_error *err);
/* Height, width and channels against the limits. */
oc_status oc_image_check(const char *path, oc_image_shape size, oc_error *err);
/* Who writes a PNG, and what to do instead in a build without libpng: for the error. */
typedef struct oc_png_place {
  const char *where, *without;
} oc_png_place;
/* The image (8 bits, 1 or 3 channels, within the limits of PNG) as PNG in `out`, which is empty before and
 * the caller's to release, also after a failure. OC_E_MEMORY; OC_E_UNSUPPORTED without libpng. */
oc_status oc_png_write(const oc_png_place *at, oc_image_shape size, const uint8_t *pixels, oc_text *out,
                       oc_error *err);

#endif
