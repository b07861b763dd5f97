/* blur.h: blurs a plane of numbers. */
#ifndef OC_DATA_AUGMENT_BLUR_H
#define OC_DATA_AUGMENT_BLUR_H
#include <stdint.h>

/* Largest standard deviation. */
enum { OC_BLUR_MAX = 32 };

/* Convolves height x width numbers with a Gaussian of this standard deviation, up to 4 of them away, and
 * mirrored at the centers of the outermost numbers. `spare` has as much room. */
void oc_blur(float *plane, float *spare, int64_t height, int64_t width, double deviation);

#endif
