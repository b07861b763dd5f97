/* picture.h: a single picture between its decoder and oc_picture_load. */
#ifndef OC_DATA_PICTURE_H
#define OC_DATA_PICTURE_H
#include "ocellus/data.h"

enum { OC_PICTURE_MAGIC = 8 };
/* Limits of a picture: a stranger's file decides nothing beyond them. */
#define OC_PICTURE_MAX_PIXELS ((int64_t)1 << 26)
#define OC_PICTURE_MAX_BYTES  ((size_t)64 << 20)

/* Do these first bytes belong to a kind that oc_picture_load reads? */
bool oc_picture_known(const unsigned char *first, size_t got);
/* A picture as it lies in its file, in 8 bits: 1 channel (grey), 2 (grey, alpha), 3 (colour) or 4 (colour, alpha). */
typedef struct oc_decoded {
  oc_picture_size size;
  uint8_t *pixels;
} oc_decoded;
/* Lays what is transparent over `background` (see oc_data_options; NULL: chosen) and drops the alpha channel. Takes over `from`. */
oc_status oc_background_apply(oc_decoded *from, const char *background, oc_picture *out, oc_error *err);
/* Height, width and channels against the limits. */
oc_status oc_picture_check(const char *path, oc_picture_size size, oc_error *err);

#endif
