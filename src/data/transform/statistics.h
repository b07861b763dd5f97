/* statistics.h: counts how bright images and their borders are, and how much contrast they have. */
#ifndef OC_DATA_TRANSFORM_STATISTICS_H
#define OC_DATA_TRANSFORM_STATISTICS_H
#include "ocellus/data.h"

/* Of one image, in levels 0 to 255. */
typedef struct oc_image_levels {
  int brightness; /* mean of all values */
  int border;     /* mean of the outermost pixels */
  int contrast;   /* standard deviation of all values */
} oc_image_levels;
oc_image_levels oc_image_levels_of(const uint8_t *pixels, oc_image_shape shape);

/* How many images have each level. Zero-initialize. */
typedef struct oc_image_statistics {
  int64_t images;
  int64_t brightness[256], border[256], contrast[256];
} oc_image_statistics;
void oc_image_statistics_add(oc_image_statistics *s, const uint8_t *pixels, oc_image_shape shape);
/* The level that `share` (0 to 1) of the images do not exceed. */
int oc_image_statistics_quantile(const int64_t counts[256], int64_t images, double share);

#endif
