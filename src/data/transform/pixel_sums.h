/* pixel_sums.h: adds up the pixels of images, in integers, so that no order can change a bit. */
#ifndef OC_DATA_TRANSFORM_PIXEL_SUMS_H
#define OC_DATA_TRANSFORM_PIXEL_SUMS_H
#include "data/transform/statistics.h"

typedef struct oc_pixel_sums {
  int64_t n;         /* values of an image */
  uint64_t *each;    /* n sums over the images */
  uint64_t *squares; /* n sums of squares */
} oc_pixel_sums;

/* Adds the first `images` images of d; to `statistics` too, unless it is NULL. Images in files are decoded on
 * as many threads as the data was opened with. The caller releases *out, also after a failure. Errors as of
 * oc_dataset_read. */
oc_status oc_pixel_sums_add(const oc_dataset *d, int64_t images, oc_image_statistics *statistics,
                            oc_pixel_sums *out, oc_error *err);
void oc_pixel_sums_release(oc_pixel_sums *s);

#endif
