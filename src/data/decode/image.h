/* image.h: passes a single image from its decoder to oc_image_load. */
#ifndef OC_DATA_DECODE_IMAGE_H
#define OC_DATA_DECODE_IMAGE_H
#include "base/text.h"
#include "ocellus/data.h"

enum { OC_IMAGE_MAGIC = 12 };
/* Limits without other options: a stranger's file decides nothing beyond them. */
#define OC_IMAGE_MAX_PIXELS ((int64_t)1 << 26)
#define OC_IMAGE_MAX_BYTES  ((size_t)64 << 20)
/* A file may be larger than its pixels (16 bits, text as in P2), but not by more than this. */
#define OC_IMAGE_MAX_FILE (4 * OC_IMAGE_MAX_BYTES)

/* How a decoder decodes. The limits are of oc_image_options: a stranger's file decides nothing beyond
 * them. */
typedef struct oc_decode_options {
  int64_t max_pixels, max_side;
  size_t max_bytes;
  int64_t target_height, target_width; /* of the upright image; 0: whole */
  bool accept_truncated;
  bool header_only; /* sizes and orientation alone, without pixels */
} oc_decode_options;
oc_decode_options oc_decode_defaults(void);

/* An image of 8 bits: 1 channel (gray), 2 (gray, alpha), 3 (color) or 4 (color, alpha). */
typedef struct oc_decoded {
  oc_image_shape size; /* of the pixels */
  uint8_t *pixels;     /* NULL with header_only */
  /* in the file, before scaling and turning; height 0: equal to `size` */
  oc_image_shape stored;
  int orientation; /* EXIF's, 1 to 8; 0: none is given */
  bool upright;    /* `size` and `pixels` are turned already */
  bool truncated;
} oc_decoded;

/* Blends transparent pixels with `background` (see oc_data_options; NULL: chosen) and drops the alpha
 * channel. Takes over `from`. */
oc_status oc_background_apply(oc_decoded *from, const char *background, oc_image *out, oc_error *err);
/* False if `text` is not a background as in oc_data_options. */
bool oc_background_read(const char *text, uint8_t color[3]);
/* Height, width and channels against the limits. */
oc_status oc_image_check(const char *path, oc_image_shape size, const oc_decode_options *limits,
                         oc_error *err);
/* OC_E_DATA: the header of a file of `bytes` declares more pixels than these can hold. */
oc_status oc_image_fail_size(const char *path, const char *format, oc_image_shape size, size_t bytes,
                             oc_error *err);
/* Who writes a PNG, and what to do instead in a build without libpng: for the error. */
typedef struct oc_png_place {
  const char *where, *without;
} oc_png_place;
/* The image (8 bits, 1 or 3 channels, within the limits of PNG) as PNG in `out`, which is empty before and
 * the caller's to release, also after a failure. OC_E_MEMORY; OC_E_UNSUPPORTED without libpng. */
oc_status oc_png_write(const oc_png_place *at, oc_image_shape size, const uint8_t *pixels, oc_text *out,
                       oc_error *err);

#endif
